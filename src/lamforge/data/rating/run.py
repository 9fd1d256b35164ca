"""Rating a data set: what was paid for is kept, and the file appears when all of it is rated."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lamforge.data.files import check_suffix, write_trajectories
from lamforge.data.outputs import prepare_outputs
from lamforge.data.rating.raters import (
    Panel,
    Raters,
    RatingEstimate,
    estimate_rating,
    open_panel,
    rating_prompt,
    rating_prompts,
)
from lamforge.data.rating.rules import ceiling, find_faults
from lamforge.data.streams import read_all
from lamforge.engines.budget import Budget
from lamforge.errors import EngineError, IncompleteError
from lamforge.generate.calls import PaidCalls
from lamforge.generate.crew import EnginesGone, make_all
from lamforge.messages import Opinion, Rating, Trajectory

Progress = Callable[[int, int, str], None]

_BINS = 5  # of the histogram: 0 to below 1, ..., 4 to 5


@dataclass
class Rated:
    """What came of it."""

    out: str
    conversations: int = 0
    unrated: int = 0  # for their rater's engine failed
    histogram: list[int] = field(default_factory=lambda: [0] * _BINS)  # scores from 0 to below 1, ..., from 4 to 5
    mean: float = 0.0
    codes: dict[str, int] = field(default_factory=dict)  # code -> conversations in which the rules found it
    raters: dict[str, float] = field(default_factory=dict)  # model -> the mean of its scores
    unreadable: int = 0  # opinions that count 0, for they could not be read or the conversation did not fit
    spent: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class _Unit:
    place: int
    trajectory: Trajectory


def rate(
    paths: list[Path],
    out: Path,
    *,
    raters: Raters | None = None,
    budget: Budget | None = None,
    progress: Progress | None = None,
) -> Rated:
    """Writes the conversations with their ratings, in their order.

    A rating is the mean of the raters' scores, 5 if there are none, but no more than `rules.CEILINGS` gives to what the
    rules find. An opinion that cannot be read counts 0.

    Raises:
        DataError: if a file is wrong; then nobody was asked yet.
        BudgetError: if a ceiling is reached; what was paid is kept beside `out`, and the same call goes on.
        IncompleteError: if engines failed for some conversations; they stand in `out` without a rating.
        OutputError: if `out` cannot be written.
    """
    check_suffix(out)
    prepare_outputs(paths, out)
    raters, budget = raters or Raters(), budget or Budget()
    total = sum(1 for _ in read_all(paths))
    opinions: dict[int, list[Opinion]] = {}
    broken: dict[_Unit, str] = {}
    kept = out.with_name(f".{out.name}.calls.jsonl")
    if raters.raters:
        asyncio.run(_ask_all(paths, kept, raters, budget, opinions, broken, total, progress))
    counted = _Counted(Rated(str(out)))
    missing = {unit.place for unit in broken}
    write_trajectories(out, counted.see(_rated(read_all(paths), opinions, missing)))
    result = counted.finished(budget)
    if broken:
        raise IncompleteError(
            f"{len(broken)} of {total} conversations have no rating, for the engine failed; the first: "
            f"{next(iter(broken.values()))}",
            where=out,
            remedy="The same command asks for those again; what was paid for is kept.",
        )
    kept.unlink(missing_ok=True)
    return result


def estimate(paths: list[Path], raters: Raters) -> dict[str, RatingEstimate]:
    """What rating may cost, by rater; no model is asked."""
    prompts = rating_prompts(raters)
    sizes = [len(rating_prompt(prompts, trajectory, find_faults(trajectory))) for trajectory in read_all(paths)]
    return estimate_rating(raters, sizes)


async def _ask_all(
    paths: list[Path],
    kept: Path,
    raters: Raters,
    budget: Budget,
    opinions: dict[int, list[Opinion]],
    broken: dict[_Unit, str],
    total: int,
    progress: Progress | None,
) -> None:
    """Fills in the opinions by the place of their conversation."""
    async with AsyncExitStack() as stack:
        panel: Panel = await open_panel(raters, budget, stack)
        paid = stack.enter_context(closing(PaidCalls(kept, ())))
        panel.book_earlier(paid.earlier)
        panel.keep_answers_in(paid.of("rate"))

        async def ask(unit: _Unit) -> None:
            opinions[unit.place] = await panel.opinions(unit.trajectory, find_faults(unit.trajectory))
            if progress is not None:
                progress(len(opinions), total, f"cost {budget.cost:.2f}" if budget.cost else "")

        units = (_Unit(place, trajectory) for place, trajectory in enumerate(read_all(paths)))
        try:
            await make_all(units, ask, broken, at_a_time=raters.in_flight)
        except EnginesGone as error:
            remedy = "Nothing is lost: mend the cause, and the same command goes on."
            raise EngineError(f"given up, for the raters' engines fail: {error}", remedy=remedy) from error


def _rated(
    trajectories: Iterable[Trajectory], opinions: dict[int, list[Opinion]], missing: set[int]
) -> Iterator[Trajectory]:
    for place, trajectory in enumerate(trajectories):
        rating = None if place in missing else rating_of(trajectory, opinions.get(place, []))
        yield trajectory.model_copy(update={"rating": rating})


def rating_of(trajectory: Trajectory, opinions: list[Opinion]) -> Rating:
    """The rating that comes of the rules and of opinions."""
    findings = find_faults(trajectory)
    best = ceiling(findings)
    mean = sum(each.score for each in opinions) / len(opinions) if opinions else best
    return Rating(score=round(min(best, mean), 3), findings=findings, opinions=opinions)


class _Counted:
    """Counts ratings while they pass."""

    def __init__(self, result: Rated) -> None:
        self._result = result
        self._sum = 0.0
        self._codes: Counter[str] = Counter()
        self._scores: dict[str, list[float]] = {}

    def see(self, trajectories: Iterable[Trajectory]) -> Iterator[Trajectory]:
        """The same trajectories."""
        for trajectory in trajectories:
            self._result.conversations += 1
            if trajectory.rating is None:
                self._result.unrated += 1
            else:
                self._add(trajectory.rating)
            yield trajectory

    def _add(self, rating: Rating) -> None:
        self._sum += rating.score
        self._result.histogram[min(_BINS - 1, int(rating.score))] += 1
        self._codes.update({finding.code for finding in rating.findings})
        for opinion in rating.opinions:
            self._result.unreadable += not opinion.readable
            self._scores.setdefault(opinion.rater, []).append(opinion.score)

    def finished(self, budget: Budget) -> Rated:
        """The counts once all have passed."""
        result = self._result
        result.mean = round(self._sum / max(1, result.conversations - result.unrated), 3)
        result.codes = dict(self._codes.most_common())
        result.raters = {name: round(sum(each) / len(each), 3) for name, each in self._scores.items()}
        result.spent = {role: asdict(spent) for role, spent in budget.by_role.items()}
        return result
