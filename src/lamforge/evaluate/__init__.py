"""Scoring: trials of tasks, pass^k with confidence intervals, an error taxonomy, and a report."""

from lamforge.evaluate.episodes import BrokenEpisode, Episode, Suite
from lamforge.evaluate.reliability import Estimate, estimates, pass_hat_k
from lamforge.evaluate.report import render_report
from lamforge.evaluate.runner import evaluate_domain
from lamforge.evaluate.summary import Summary, summarise
from lamforge.evaluate.taxonomy import ERROR_KINDS, error_kind

__all__ = [
    "ERROR_KINDS",
    "BrokenEpisode",
    "Episode",
    "Estimate",
    "Suite",
    "Summary",
    "error_kind",
    "estimates",
    "evaluate_domain",
    "pass_hat_k",
    "render_report",
    "summarise",
]
