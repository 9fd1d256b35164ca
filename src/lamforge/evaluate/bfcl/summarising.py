"""From the answers with their verdicts to the numbers of a BFCL evaluation. It scores nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.intervals import Intervals, intervals, shares
from lamforge.evaluate.bfcl.playing import spread, tokens_of
from lamforge.evaluate.bfcl.scoring import (
    Counts,
    Scored,
    at_best,
    counted,
    nothing_counts,
    planned_counts,
    shown,
    untouched,
)
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.summary import BfclSummary, Columns
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.verdicts import UNSATISFIABLE
from lamforge.evaluate.part import Part
from lamforge.evaluate.reliability import Estimate, estimates
from lamforge.evaluate.report import error_counts
from lamforge.evaluate.results import Result
from lamforge.evaluate.summary import BrokenEpisode


def summarise(
    suite: Suite,
    tasks: Sequence[BfclTask],
    scored: Sequence[Scored],
    *,
    model: str,
    mode: str,
    trials: int = 1,
    sizes: dict[str, int],
    played: Sequence[dict[str, Any]] = (),
    broken: Sequence[BrokenEpisode] = (),
    results: Sequence[Result] = (),
    made: dict[str, Any],
) -> BfclSummary:
    """The numbers of answers with their verdicts.

    Args:
        tasks: All that were planned.
        sizes: How many tasks each category of the suite has.
        played: Records of `Played`, for times and tokens.
        results: The same answers in the words of all suites, for costs and kinds of error.
    """
    planned = planned_counts(tasks, trials)
    possible = planned_counts((task for task in tasks if task.id not in UNSATISFIABLE), trials)
    official = counted((each.task for each in scored if each.verdict.valid), planned)
    sound = counted((each.task for each in scored if each.verdict.sound), possible)
    missing = _missing(planned, scored)
    hopeful = _missing(possible, [each for each in scored if each.verdict.sound is not None])
    kinds: dict[str, Counter[str]] = {}
    for each in scored:
        if each.verdict.error_type:
            kinds.setdefault(each.task.category, Counter())[each.verdict.error_type] += 1
    run = Counter(task.category for task in tasks)

    idle = untouched(suite, planned, sizes)

    def made_of(counts: Counts, missing: dict[str, int]) -> Columns:
        low = tables(suite, counts, sizes)
        return shown(low, tables(suite, at_best(counts, missing), sizes) if missing else low, idle)

    def trusted(verdicts: Sequence[tuple[str, str, bool | None]]) -> Intervals:
        return {} if missing else intervals(suite, shares(verdicts), sizes)

    return BfclSummary(
        model=model,
        suite=str(suite),
        mode=mode,
        tasks=len(tasks),
        trials=trials,
        results=len(scored),
        official=made_of(official, missing),
        sound=made_of(sound, hopeful),
        nothing=made_of(nothing_counts(tasks), {}),
        intervals=trusted([(each.task.category, each.task.id, each.verdict.valid) for each in scored]),
        sound_intervals=trusted([(each.task.category, each.task.id, each.verdict.sound) for each in scored]),
        counts=official,
        sound_counts=sound,
        missing=missing,
        reliability=_reliability(tasks, scored, trials),
        errors={category: dict(counted.most_common()) for category, counted in kinds.items()},
        unsatisfiable=sorted(task.id for task in tasks if task.id in UNSATISFIABLE),
        unreadable=sum(len(each.get("problems", ())) for each in played),
        not_run={**{name: size for name, size in sizes.items() if name not in run}, **suite.not_run},
        part=_part(run, sizes),
        seconds=spread(second for each in played for second in each["seconds"]),
        task_seconds=spread(result.seconds for result in results if result.scored),
        tokens=tokens_of(played),
        error_kinds={name: count for name, count, _ in error_counts(results)},
        cost=sum(result.cost for result in results),
        broken=list(broken),
        made=made,
    )


def _part(run: Mapping[str, int], sizes: Mapping[str, int]) -> Part | None:
    if run == sizes:
        return None
    shortened = sum(count < sizes[name] for name, count in run.items())
    how = [f"{len(run)} of {len(sizes)} categories"] if len(run) < len(sizes) else []
    most = max(run.values(), default=0)
    if shortened and all(count == min(most, sizes[name]) for name, count in run.items()):
        how, shortened = [*how, f"at most {most:,} of each category"], 0
    how += [f"not all of {shortened} {'category' if shortened == 1 else 'categories'}"] if shortened else []
    return Part(sum(run.values()), sum(sizes.values()), ", ".join(how))


def _missing(planned: dict[str, int], scored: Sequence[Scored]) -> dict[str, int]:
    there = Counter(each.task.category for each in scored)
    return {name: total - there[name] for name, total in planned.items() if total > there[name]}


def _reliability(tasks: Sequence[BfclTask], scored: Sequence[Scored], trials: int) -> list[Estimate]:
    if not tasks:
        return []
    done = Counter(each.task.id for each in scored)
    right = Counter(each.task.id for each in scored if each.verdict.valid)
    ids = [task.id for task in tasks]
    return estimates([right[i] for i in ids], [trials - done[i] for i in ids], trials)
