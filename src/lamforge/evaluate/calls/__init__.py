"""Single-turn expectations on a user's own tools: which calls a query wants, or that it wants none."""

from lamforge.evaluate.calls.cases import load_cases
from lamforge.evaluate.calls.evaluation import CallSummary, evaluate_calls
from lamforge.evaluate.calls.records import Case, ExpectedCall
from lamforge.evaluate.calls.suite import CallSuite

__all__ = ["CallSuite", "CallSummary", "Case", "ExpectedCall", "evaluate_calls", "load_cases"]
