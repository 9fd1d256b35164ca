"""Agreement with the official checkers: both judge the same answers, and every difference is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, bounded
from lamforge.evaluate.agreement import Compared
from lamforge.evaluate.bfcl.against.mutations import mutated
from lamforge.evaluate.bfcl.against.perfect import as_answer, perfect_calls
from lamforge.evaluate.bfcl.against.process import official_scores, official_verdicts
from lamforge.evaluate.bfcl.decoding import Decoder, Kind
from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.recorded import ResultFile, named, read_results
from lamforge.evaluate.bfcl.suites import Suite, kind_of
from lamforge.evaluate.bfcl.tasks import BfclTask, load_tasks, task_ids
from lamforge.evaluate.bfcl.verdicts import Judge
from lamforge.evaluate.bfcl.wheel import Release

_KINDS: tuple[Kind, ...] = ("text", "calls")
_RARER = 8  # a conversation takes the official checkers as long as so many other tasks, or more
_NAMED = 10_000  # differences that are named in full
_LONGEST = 2000  # characters of an answer that is named

_Row = tuple[BfclTask, Kind, str, Any]  # an answer, how it is written, and where it comes from
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Difference:
    """An answer on which the two differ."""

    task_id: str
    label: str
    official: str
    ours: str
    answer: str


@dataclass
class Agreement(Compared):
    """Agreement on each category's answers, verdict and error type."""

    suite: str
    data_sha256: str
    right: dict[str, int] = field(default_factory=dict)  # of those compared, officially right
    differences: list[Difference] = field(default_factory=list)  # all, but for the last of very many
    left_out: list[str] = field(default_factory=list)  # files of categories that are not run here, or were not chosen
    columns: int = 0  # of the tables that these verdicts make
    columns_differing: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether there is no difference at all, in the tables neither."""
        return super().same and not self.columns_differing


def agreement(
    release: Release,
    suite: Suite,
    *,
    mutations: int = 0,
    results: Sequence[Path] = (),
    answers: Kind = "text",
    categories: tuple[str, ...] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Agreement:
    """Judges perfect answers, mutations of them, and files of results, with the official code and with ours.

    Args:
        mutations: How many, over all categories.
        results: Files or folders in BFCL's layout, of any models; each is compared.
        answers: How their answers are written.
        progress: Called with categories done and all categories.
    Raises:
        DataError: if the official code does not run, or a file holds no answers to tasks of the suite.
    """
    chosen = categories or suite.categories
    suite = release.labelled(suite)
    found = Agreement(str(suite), release.digest)
    classes = load_classes(release)
    tasks = {category: load_tasks(release, suite, category) for category in chosen}
    shares = sum(1 if kind_of(category) == "multi_turn" else _RARER for category in chosen for _ in tasks[category])
    files = _recorded(release, suite, tasks, results, found)
    for done, category in enumerate(chosen):
        weight = 1 if kind_of(category) == "multi_turn" else _RARER
        each = -(-mutations * weight // max(1, shares) // 2)
        rows = [*_answers(tasks[category], classes, each, seed), *_answered(tasks[category], files, answers)]
        _compare(release, category, rows, found)
        if progress is not None:
            progress(done + 1, len(chosen))
    _compare_tables(release, suite, {category: len(tasks[category]) for category in chosen}, found)
    return found


def _recorded(
    release: Release, suite: Suite, tasks: dict[str, list[BfclTask]], results: Sequence[Path], found: Agreement
) -> list[ResultFile]:
    """All files of results, with their answers sorted into what is compared and what cannot be."""
    chosen = {task.id for own in tasks.values() for task in own}
    unchosen = [category for category in suite.categories if results and category not in tasks]
    others = {name for category in unchosen for name in task_ids(release, suite, category)}
    files: list[ResultFile] = []
    for path in results:
        read, left_out = read_results(path, suite)
        matching = 0
        for file in read:
            ids = [each.task_id for each in file.answers]
            count = sum(each in chosen for each in ids)
            found.unmatched += [
                f"{file.path}: {bounded(each, 80)}" for each in ids if each not in chosen and each not in others
            ]
            if count:
                found.recorded[str(file.path)] = count
                files.append(file)
            elif others.issuperset(ids):
                left_out.append(file.path)
            matching += count
        if not matching:
            tried = named(each.task_id for file in read for each in file.answers)
            raise DataError(
                f"holds no answers to tasks of {suite} that are compared ({tried or 'it is empty'})",
                where=path,
                remedy="Check --suite and --category.",
            )
        found.left_out += map(str, left_out)
    return files


def _answered(tasks: list[BfclTask], files: Sequence[ResultFile], kind: Kind) -> Iterator[_Row]:
    by_id = {task.id: task for task in tasks}
    for file in files:
        for each in file.answers:
            if each.task_id in by_id:
                yield by_id[each.task_id], kind, str(file.path), each.answer


def _compare_tables(release: Release, suite: Suite, sizes: dict[str, int], found: Agreement) -> None:
    """Holds the tables that both make of the verdicts against each other, as they are shown."""
    if len(sizes) < len(suite.categories):
        return
    counts = {name: (found.right[name], found.total[name]) for name in found.total}
    official = official_scores(release, counts)
    for name, columns in tables(suite, counts, sizes).items():
        shown = official[name.lower().replace("-", "_").replace(" ", "_")]
        found.columns += len(columns)
        found.columns_differing += [f"{name}: {key}" for key, score in columns.items() if shown.get(key) != str(score)]


def _answers(tasks: list[BfclTask], classes: dict[str, type], mutations: int, seed: int) -> Iterator[_Row]:
    for task in tasks:
        turns = perfect_calls(task, classes)
        for kind in _KINDS:
            yield task, kind, "perfect", as_answer(task, turns, kind)
            for label, answer in mutated(task, turns, kind, mutations, seed):
                yield task, kind, label, answer


def _compare(release: Release, category: str, rows: list[_Row], found: Agreement) -> None:
    judges = {kind: Judge(release, Decoder(kind)) for kind in _KINDS}
    official = official_verdicts(release, [(task, kind, answer) for task, kind, _, answer in rows])
    for (task, kind, label, answer), (valid, error) in zip(rows, official, strict=True):
        verdict = judges[kind].verdict(task, answer)
        ours = "raises" if verdict.error_type == "uncheckable" else verdict.error_type
        found.right[category] = found.right.get(category, 0) + valid
        same = (valid, error) == (verdict.valid, ours)
        found.tally(category, same)
        if not same and len(found.differences) < _NAMED:
            said = error or "right"
            found.differences.append(
                Difference(task.id, f"{kind}: {label}", said, ours or "right", str(answer)[:_LONGEST])
            )
