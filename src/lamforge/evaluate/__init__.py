"""Scoring: suites on one runner, pass^k with confidence intervals, an error taxonomy, reports and comparisons."""

from lamforge.error_kinds import ERROR_KINDS
from lamforge.evaluate.compare import compare_runs
from lamforge.evaluate.comparison import Comparison
from lamforge.evaluate.domain import evaluate_domain
from lamforge.evaluate.reliability import Estimate, estimates, pass_hat_k
from lamforge.evaluate.report import render_report, write_report
from lamforge.evaluate.results import Result, read_results
from lamforge.evaluate.runner import Options, Outcome, run_suite
from lamforge.evaluate.scores import Scores, scores
from lamforge.evaluate.suite import Item, Played, Score
from lamforge.evaluate.summary import BrokenEpisode, Summary
from lamforge.simulate import error_kind

__all__ = [
    "ERROR_KINDS",
    "BrokenEpisode",
    "Comparison",
    "Estimate",
    "Item",
    "Options",
    "Outcome",
    "Played",
    "Result",
    "Score",
    "Scores",
    "Summary",
    "compare_runs",
    "error_kind",
    "estimates",
    "evaluate_domain",
    "pass_hat_k",
    "read_results",
    "render_report",
    "run_suite",
    "scores",
    "write_report",
]
