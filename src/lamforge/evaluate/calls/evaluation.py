"""One evaluation of single-turn expectations: the suite on the shared runner, its numbers, what is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lamforge.evaluate.baselines import baseline_plays
from lamforge.evaluate.calls.matching import RIGHT_TOOL
from lamforge.evaluate.calls.records import Checked
from lamforge.evaluate.calls.report import call_detail, call_report
from lamforge.evaluate.calls.suite import CallSuite
from lamforge.evaluate.domain import summarise
from lamforge.evaluate.episodes import MakeAgent
from lamforge.evaluate.part import Part
from lamforge.evaluate.reliability import Estimate
from lamforge.evaluate.report import write_report
from lamforge.evaluate.results import Result, write_results
from lamforge.evaluate.runner import Options, run_suite
from lamforge.evaluate.scores import scores
from lamforge.evaluate.summary import Summary, shown
from lamforge.journal import write_atomically
from lamforge.messages import content_id


@dataclass(frozen=True)
class Rate:
    """One figure of the suite, over the cases that it is about."""

    name: str
    cases: int
    estimate: Estimate


@dataclass(frozen=True)
class CallSummary(Summary):
    """What an evaluation of calls found."""

    rates: list[Rate]

    def rows(self) -> list[tuple[str, str]]:
        """See `Summary.rows`."""
        head, *rest = super().rows()
        return [head, *((rate.name, f"{shown(rate.estimate)}   of {rate.cases} cases") for rate in self.rates), *rest]


async def evaluate_calls(
    cases: Sequence[Checked],
    make_agent: MakeAgent,
    options: Options,
    *,
    name: str = "calls",
    limit: int | None = None,
    seed: int = 0,
) -> CallSummary:
    """Asks an agent every query and writes everything into the folder of the options.

    Besides what `run_suite` writes, the folder gets `results.jsonl`, `details.jsonl`, `summary.json`, `report.html` and
    `report.md`.

    Args:
        make_agent: Gives the agent of one answer for a sampling seed.
        name: Of the cases, for people.
        limit: Only the first so many cases are asked.
    Raises:
        UsageError: if the folder holds another run.
        OutputError: if it cannot be written.
    """
    suite = CallSuite(cases[:limit], seed=seed)
    part = Part(limit, len(cases), f"the first {limit}") if limit is not None and limit < len(cases) else None
    digest = content_id([each.digest for each in cases])
    identity = {"suite": f"calls {name}", "data_sha256": digest, "seed": seed, **options.identity}
    options = replace(options, identity=identity, part=part)
    outcome = await run_suite(suite, suite.player(make_agent), options, baseline_plays(suite.player))
    outgrown = sum(result.error_type == "context" for result in outcome.results)
    about = {"outgrown": outgrown} if outgrown else {}
    plain = summarise(outcome, options, f"calls {name}", name, seed, about)
    summary = CallSummary(**vars(plain), rates=_rates(suite, outcome.results, options.trials, seed))
    details = [
        call_detail(suite.cases[row.task_id], row, result.passed)
        for row, result in zip(outcome.rows, outcome.results, strict=True)
    ]
    write_results(options.out, outcome.results, details)
    write_atomically(options.out / "summary.json", json.dumps(summary.as_dict(), indent=2) + "\n")
    rates = [(rate.name, rate.cases, rate.estimate) for rate in summary.rates]
    write_report(options.out, call_report(summary, rates), outcome.results, details)
    return summary


def _rates(suite: CallSuite, results: Sequence[Result], trials: int, seed: int) -> list[Rate]:
    """The figures that people ask for: of what wants calls, and of what wants none."""
    passed: Callable[[Result], bool] = lambda result: result.passed  # noqa: E731
    figures: list[tuple[str, tuple[str, ...], Callable[[Result], bool]]] = [
        ("exact call", ("calls",), passed),
        ("right tool", ("calls",), lambda result: result.passed or result.error_type == RIGHT_TOOL),
        ("refusal or question", ("refuse", "ask"), passed),
    ]
    rates = []
    for name, wanted, right in figures:
        own = [r for r in results if suite.cases[r.task_id].case.wants in wanted]
        if own:
            judged = [replace(r, passed=right(r)) for r in own]
            rates.append(Rate(name, len({r.task_id for r in own}), scores(judged, trials, seed=seed).reliability[0]))
    return rates
