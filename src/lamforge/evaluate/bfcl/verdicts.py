"""The verdict on one answer, official and sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lamforge.evaluate.bfcl.ast_checker import check_calls
from lamforge.evaluate.bfcl.decoding import Decoder, Unreadable, makes_a_call, well_formed
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.multi_turn import check_conversation
from lamforge.evaluate.bfcl.suites import kind_of, language_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.values import Fault
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.formats import get_format

# No answer at all is right for these: the possible answer contradicts the function's document, in every release so far.
UNSATISFIABLE = frozenset(
    {
        "live_simple_106-63-0",
        "live_simple_112-68-0",
        "live_multiple_862-181-3",
        "live_multiple_964-207-0",
        "java_36",
        "java_65",
        "simple_java_36",
        "simple_java_65",
    }
)


@dataclass(frozen=True)
class Verdict:
    """What is said of one answer.

    `error_type` is the official one, empty for a right answer. `sound` is whether the answer deserves to count: None
    for a task that no answer can solve; wrong for a call that could not be read and was counted as abstaining.
    """

    valid: bool
    error_type: str = ""
    message: str = ""
    sound: bool | None = None


class Judge:
    """Gives verdicts on the answers to the tasks of one release."""

    def __init__(self, release: Release, decoder: Decoder) -> None:
        self._release = release
        self._decoder = decoder
        self._classes: dict[str, type] | None = None

    def verdict(self, task: BfclTask, answer: Any) -> Verdict:
        """The verdict on an answer: a text or calls, or for a conversation those of each step of each turn.

        Raises:
            DataError, MissingExtraError: if the release's back ends are needed and cannot be loaded.
        """
        fault = self._fault(task, answer)
        if task.id in UNSATISFIABLE:
            sound = None
        elif kind_of(task.category) == "irrelevance":
            sound = fault is None and not broken_call(answer)
        else:
            sound = fault is None or self._right_but_for_quotes(task, answer)
        return Verdict(True, sound=sound) if fault is None else Verdict(False, fault.kind, fault.message, sound)

    def _fault(self, task: BfclTask, answer: Any) -> Fault | None:
        kind = kind_of(task.category)
        if kind == "multi_turn":
            if self._classes is None:
                self._classes = load_classes(self._release)
            return check_conversation(task, answer, self._decoder, self._classes)
        try:
            calls = self._decoder.calls(answer)
        except Unreadable as error:
            if kind == "ast":
                return Fault("ast_decoder:decoder_failed", f"no calls to read: {error}")
            calls = []
        if kind == "irrelevance":
            called = makes_a_call(calls)
            return Fault("irrelevance_error:decoder_success", "a function is called") if called else None
        if kind == "relevance":
            called = makes_a_call(calls)
            return None if called else Fault("relevance_error:decoder_failed", "no function is called")
        if not well_formed(calls):
            return Fault("ast_decoder:decoder_wrong_output_format", "arguments are no object")
        return check_calls(task, calls, underscores=self._decoder.underscores)

    def _right_but_for_quotes(self, task: BfclTask, answer: Any) -> bool:
        """Whether an answer in Java is right once the strings of arrays are read as Java reads them."""
        if language_of(task.category) != "java":
            return False
        try:
            calls = self._decoder.calls(answer)
        except Unreadable:
            return False
        if not well_formed(calls):
            return False
        return check_calls(task, calls, underscores=self._decoder.underscores, unquote=True) is None


def broken_call(answer: Any) -> bool:
    """Whether a text was meant as a call and cannot be read as one."""
    return isinstance(answer, str) and get_format("xlam-qwen").parse(answer).problem is not None
