"""Agreement with the official checkers: both judge the same answers, and every difference is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lamforge.evaluate.bfcl.against.mutations import mutated
from lamforge.evaluate.bfcl.against.perfect import as_answer, perfect_calls
from lamforge.evaluate.bfcl.against.process import official_scores, official_verdicts
from lamforge.evaluate.bfcl.decoding import Decoder, Kind
from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.results import read_results
from lamforge.evaluate.bfcl.suites import Suite, kind_of
from lamforge.evaluate.bfcl.tasks import BfclTask, load_tasks
from lamforge.evaluate.bfcl.verdicts import Judge
from lamforge.evaluate.bfcl.wheel import Release

_KINDS: tuple[Kind, ...] = ("text", "calls")
_RARER = 8  # a conversation takes the official checkers as long as so many other tasks, or more
_NAMED = 100  # differences that are named in full

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
class Agreement:
    """How often both say the same, verdict and error type, on each category's answers."""

    suite: str
    data_sha256: str
    agreeing: dict[str, int] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)  # of them officially right
    differences: list[Difference] = field(default_factory=list)
    columns: int = 0  # of the tables that these verdicts make
    columns_differing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether there is no difference at all."""
        return self.agreeing == self.total and not self.columns_differing

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"complete": self.complete, **asdict(self)}


def agreement(
    release: Release,
    suite: Suite,
    *,
    mutations: int = 0,
    results: dict[Path, Kind] | None = None,
    categories: tuple[str, ...] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Agreement:
    """Judges perfect answers, mutations of them, and files of results, with the official code and with ours.

    Args:
        mutations: How many, over all categories.
        results: Files or folders in BFCL's layout, with how their answers are written.
        progress: Called with categories done and all categories.
    Raises:
        DataError: if the official code does not run, or a file holds no results.
    """
    chosen = categories or suite.categories
    found = Agreement(str(suite), release.digest)
    classes = load_classes(release)
    tasks = {category: load_tasks(release, suite, category) for category in chosen}
    shares = sum(1 if kind_of(category) == "multi_turn" else _RARER for category in chosen for _ in tasks[category])
    recorded = {kind: read_results(path, suite) for path, kind in (results or {}).items()}
    for done, category in enumerate(chosen):
        weight = 1 if kind_of(category) == "multi_turn" else _RARER
        each = -(-mutations * weight // max(1, shares) // 2)
        for kind in _KINDS:
            rows = list(_answers(tasks[category], kind, classes, each, seed))
            answered = recorded.get(kind, {})
            rows += [(task, "recorded", answered[task.id]) for task in tasks[category] if task.id in answered]
            _compare(release, category, kind, rows, found)
        if progress is not None:
            progress(done + 1, len(chosen))
    _compare_tables(release, suite, {category: len(tasks[category]) for category in chosen}, found)
    return found


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


def _answers(
    tasks: list[BfclTask], kind: Kind, classes: dict[str, type], mutations: int, seed: int
) -> Iterator[tuple[BfclTask, str, Any]]:
    for task in tasks:
        turns = perfect_calls(task, classes)
        yield task, "perfect", as_answer(task, turns, kind)
        for label, answer in mutated(task, turns, kind, mutations, seed):
            yield task, label, answer


def _compare(
    release: Release, category: str, kind: Kind, rows: list[tuple[BfclTask, str, Any]], found: Agreement
) -> None:
    judge = Judge(release, Decoder(kind))
    official = official_verdicts(release, kind, [(task, answer) for task, _, answer in rows])
    for (task, label, answer), (valid, error) in zip(rows, official, strict=True):
        verdict = judge.verdict(task, answer)
        ours = "raises" if verdict.error_type == "uncheckable" else verdict.error_type
        found.total[category] = found.total.get(category, 0) + 1
        found.right[category] = found.right.get(category, 0) + valid
        same = (valid, error) == (verdict.valid, ours)
        found.agreeing[category] = found.agreeing.get(category, 0) + same
        if not same and len(found.differences) < _NAMED:
            said = error or "right"
            found.differences.append(Difference(task.id, f"{kind}: {label}", said, ours or "right", str(answer)[:2000]))
