"""The Berkeley Function-Calling Leaderboard: its tasks from the official release, verdicts and scores of our own."""

from lamforge.evaluate.bfcl.against.agreement import Agreement, agreement
from lamforge.evaluate.bfcl.asking import ChatAsker, CompletionsAsker
from lamforge.evaluate.bfcl.rescoring import score_results
from lamforge.evaluate.bfcl.runner import evaluate_bfcl
from lamforge.evaluate.bfcl.suites import Suite, parse_suite
from lamforge.evaluate.bfcl.summary import BfclSummary
from lamforge.evaluate.bfcl.tasks import BfclTask, load_tasks
from lamforge.evaluate.bfcl.verdicts import Judge, Verdict
from lamforge.evaluate.bfcl.wheel import Release, open_release

__all__ = [
    "Agreement",
    "BfclSummary",
    "BfclTask",
    "ChatAsker",
    "CompletionsAsker",
    "Judge",
    "Release",
    "Suite",
    "Verdict",
    "agreement",
    "evaluate_bfcl",
    "load_tasks",
    "open_release",
    "parse_suite",
    "score_results",
]
