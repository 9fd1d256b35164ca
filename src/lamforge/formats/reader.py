"""One pass over an assistant's text, as it comes, that tells calls from content.

It knows the notations in use: a bare list of calls or a single one, in a code fence, in `<tool_call>` blocks, after
`[TOOL_CALLS]`, after reasoning in `<think>`. Links, lists, other JSON and other code stay content. What it finds it
tells a `Listener` at once; text is held back only while it may still become a call.

No call is read from inside a broken one: executing a part of what the model meant is worse than asking again.
"""

from __future__ import annotations

import re

from lamforge.formats import window
from lamforge.formats.calls import CallReader, Outcome
from lamforge.formats.json_source import BrokenJson, Wait
from lamforge.formats.json_text import JsonText
from lamforge.formats.listener import Listener
from lamforge.formats.triggers import (
    CODE_END,
    FENCE,
    SPECIAL,
    SPECIAL_IN_BROKEN,
    SPECIAL_WHEN_NOTED,
    THOUGHT_END,
)
from lamforge.formats.wrappers import CLOSED_BY, Wrappers

_LIKE_A_CALL = re.compile(r"(\[\s*)?\{\s*[\"']?(name|arguments|parameters)\b")
_CALL_LANGUAGES = ("", "json", "tool_call", "tool_calls")


class AnswerReader(Wrappers):
    """Reads one text."""

    def __init__(self, source: JsonText, listener: Listener) -> None:
        super().__init__(source, listener)
        self._calls = CallReader(source, self)
        self._broken = False  # after broken JSON: no other counts before the next wrapper or empty line
        self.arguments = listener.arguments
        self.call_ends = listener.call_ends
        self._steps = self._run()

    def advance(self) -> None:
        """Reads what has come, and tells of it."""
        next(self._steps, None)
        if self.untold:
            self.tell()

    def _run(self) -> Wait:
        """The one pass; a generator that yields when it needs more of the text."""
        if (yield from self.look(window.begins_with_reasoning)):
            yield from self.up_to(THOUGHT_END)
        while True:
            pattern = SPECIAL if not self._broken else SPECIAL_WHEN_NOTED if self.noted else SPECIAL_IN_BROKEN
            special = pattern.search(self.source.text, self.source.at)
            self.read(special.start() if special else len(self.source.text))
            if special and special.lastindex and (self._broken or not self.after_key()):
                self._broken = False
                self.read(special.end())
            elif special and (self.source.ended or special[0][0] != "\n"):
                yield from self._event()
            elif self.source.ended:
                break
            else:
                yield
        self.break_promise()

    def _event(self) -> Wait:
        """Reads what begins here."""
        begins = self.source.text[self.source.at : self.source.at + 2]
        if begins[0] == "`":
            yield from self._fence()
        elif begins in ("<", "<t", "[", "[T") and (marker := (yield from self.look(window.marker))):
            self.break_promise()
            self.awaited = marker
            yield from self._wrap(marker, len(marker))
        elif begins[0] in "<\n" or (begins[0] == "[" and self._broken):
            self.read(self.source.at + 1)
        else:
            yield from self._json()

    # wrappers

    def _fence(self) -> Wait:
        """Opens or closes a code block; one in another language is read to its end."""
        opening = yield from self.look(window.fence)
        language = opening.removeprefix(FENCE).lower()
        if not opening:
            self.read(self.source.at + 1)
        elif self.fenced and not language:
            self.fenced = self._broken = False
            self.read(self.source.at + len(FENCE))
        elif language in _CALL_LANGUAGES:
            self.fenced = True
            yield from self._wrap(FENCE, len(opening))
        elif self.line.strip():
            self.read(self.source.at + len(opening))  # in the middle of a line no block begins
        else:
            yield from self.up_to(CODE_END)

    def _wrap(self, opened_by: str, length: int) -> Wait:
        """Reads an opening wrapper. It is content if no call follows; else what closes it is none either."""
        self._broken = False
        self.opened_by = opened_by
        self.source.take(self.source.at + length, self.hold)
        end = yield from self.look(window.leading_space)
        self.source.take(self.source.at + end, self.hold)
        if (yield from self.look(window.first)) in ("[", "{"):
            yield from self._json()
        self.release()

    # JSON

    def call(self, name: str) -> None:
        """Tells of a call that begins; what came before it first."""
        self.tell()
        self.listener.call(name)

    def _json(self) -> Wait:
        """Reads what begins with a bracket or a brace: calls, other JSON, or just that character."""
        kind = yield from self.look(window.kind)
        if kind == "text":
            pass
        elif self._broken or self.after_key():
            ahead = yield from self.look(lambda ahead, final: ahead if final else None)
            self._break("it is inside broken JSON", noted=bool(_LIKE_A_CALL.match(ahead)))
        elif kind == "object":
            outcome = yield from self._calls.read()
            yield from self._settle(outcome)
            return
        elif kind in ("list", "other"):
            self.release()
            try:
                yield from self.source.value(self.say)
            except BrokenJson:
                self._broken = kind == "other"  # a list may be a link, or a remark in brackets
            return
        elif kind == "unquoted":
            self._break("a key is not in double quotes", noted=True)
        self.release()
        self.read(self.source.at + 1)

    def _settle(self, outcome: Outcome) -> Wait:
        """Deals with what was read where calls might begin."""
        if outcome.calls:
            self.closing = CLOSED_BY.get(self.opened_by, "") if self.wrapper else self.closing
            self.wrapper = self.awaited = ""
        if outcome.begun is not None:
            self.listener.call_breaks(self.wrapper + outcome.begun)
            self.wrapper = ""
        self.release()
        if outcome.left:
            self.say(outcome.left)
        if outcome.broken is not None:
            self._break(outcome.broken, noted=outcome.meant)
        elif outcome.problem:
            self.note(outcome.problem)
        if outcome.open_containers is not None:
            try:
                yield from self.source.value(self.say, outcome.open_containers, outcome.after_value)
            except BrokenJson:
                self._broken = True
        elif outcome.calls:
            yield from self.close()

    def _break(self, why: str, *, noted: bool) -> None:
        """After broken JSON."""
        self._broken = True
        self.fill_line()  # with what broke
        if noted:
            self.note(why)
