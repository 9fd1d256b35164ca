"""The second check: calls are executed in a fresh environment, and what goes wrong has a kind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Literal

from lamforge.domains import Environment, ToolError
from lamforge.errors import DomainError, bounded
from lamforge.generate.single.records import Answer, Problem
from lamforge.generate.single.toolbox import Toolbox

TIMEOUT_S = 10.0  # of one call; tools of a domain answer within microseconds

Outcome = Literal["passed", "not executable", "nothing to execute"]


@dataclass
class Execution:
    """What came of a pair's calls."""

    outcome: Outcome = "nothing to execute"
    results: list[Any] = field(default_factory=list)
    diff: list[Any] = field(default_factory=list)  # what they changed, as JSON Patch
    problem: Problem | None = None


class _TimeoutError(BaseException):
    """No tool catches it, whatever it catches."""


def execute(toolbox: Toolbox, answers: list[Answer]) -> Execution:
    """Executes calls one after the other, in an environment of their own.

    The problem's kind is "type" (an argument is not what the function takes), "missing argument", "refused" (the tool
    says no), "timeout" or "runtime" (the tool broke). Calls of tools without an implementation are not executable; that
    is not a pass.
    """
    if not answers:
        return Execution()
    if toolbox.domain is None or not all(toolbox.executable(answer.name) for answer in answers):
        return Execution("not executable")
    environment = toolbox.domain.environment()
    results = []
    for place, answer in enumerate(answers):
        try:
            results.append(_called(environment, answer))
        except _Failed as failure:
            detail = f"answers[{place}] {answer.name}: {failure}"
            return Execution(problem=Problem("execution", failure.kind, detail))
    return Execution("passed", results, list(environment.diff()))


class _Failed(Exception):
    def __init__(self, kind: str, detail: object) -> None:
        super().__init__(str(detail))
        self.kind = kind


def _called(environment: Environment, answer: Answer) -> Any:
    tool = environment.domain.tool(answer.name)
    assert tool is not None
    if missing := [name for name in tool.parameters.get("required", ()) if name not in answer.arguments]:
        raise _Failed("missing argument", ", ".join(missing))
    try:
        tool.typed(answer.arguments)
    except (ToolError, KeyError) as error:
        raise _Failed("type", error) from error
    own = environment.domain.execution.get("tools") == "in-process"  # else it has a time limit of its own
    try:
        with _at_most(TIMEOUT_S) if own else nullcontext():
            return environment.call(answer.name, answer.arguments)
    except ToolError as error:
        raise _Failed("refused", error) from error
    except DomainError as error:
        raise _Failed(_kind(error.__cause__), bounded(error.what)) from error
    except _TimeoutError:
        raise _Failed("timeout", f"no result after {TIMEOUT_S:.0f} s") from None


def _kind(cause: BaseException | None) -> str:
    """What made a tool fail, in this process or in a sandbox."""
    raised = str(getattr(cause, "kind", type(cause).__name__))
    return {"TypeError": "type", "Timeout": "timeout"}.get(raised, "runtime")


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Ends what takes longer; in another thread than the main one, where no signal arrives, nothing is ended."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise _TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
