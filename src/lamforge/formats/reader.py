"""One pass over an assistant's text, as it comes, that tells calls from content.

It knows the notations in use: a bare list of calls or a single one, in a code fence, in `<tool_call>` blocks, after
`[TOOL_CALLS]`, after reasoning in `<think>`. Links, lists, other JSON and other code stay content. What it finds it
tells a `Listener` at once; text is held back only while it may still become a call.

No call is read from inside a broken one: executing a part of what the model meant is worse than asking again.
"""

from __future__ import annotations

import re
from contextlib import suppress

from lamforge.formats import window
from lamforge.formats.calls import CallReader, Outcome
from lamforge.formats.json_text import BrokenJson, JsonText, Wait
from lamforge.formats.listener import Listener
from lamforge.formats.prose import THOUGHT, Prose

# Where something else than prose may begin; all that can be seen without waiting is looked at here, since it is fast.
_BRACE = r"\{(?=\s{0,64}(?:[\"'a-z]|\Z))"
_BRACKET = r"\[(?=\s{0,64}(?:\{\s{0,64}(?:[\"'a-z]|\Z)|[\"\[\-0-9tfnT]|\Z))"
_TRIGGER = re.compile(rf"`|<(?=t|\Z)|{_BRACKET}|{_BRACE}")
_TRIGGER_IN_BROKEN = re.compile(r"[`\n]|<(?=t|\Z)|\[(?=T|\Z)|\{(?=\s{0,64}(?:[\"']?[nap]|[\"']?\Z))")
_LIKE_A_CALL = re.compile(r"(\[\s*)?\{\s*[\"']?(name|arguments|parameters)\b")
_FENCE, _OPEN, _CLOSE, _MISTRAL = "```", "<tool_call>", "</tool_call>", "[TOOL_CALLS]"
_CLOSED_BY = {_FENCE: _FENCE, _OPEN: _CLOSE}
_CALL_LANGUAGES = ("", "json", "tool_call", "tool_calls")


class Notation(Prose):
    """Reads one text; `run` is a generator that yields when it needs more of it."""

    def __init__(self, source: JsonText, listener: Listener) -> None:
        super().__init__(source, listener)
        self._calls = CallReader(source, listener)
        self._broken = False  # after broken JSON: no other counts before the next wrapper or empty line
        self._fenced = False
        self._wrapper = self._opened_by = ""  # an opening wrapper that is held back, because a call may follow
        self._awaited = ""  # a marker that promises a call which has not come yet

    def run(self) -> Wait:
        """The one pass."""
        if (yield from self.look(window.begins_with_reasoning)):
            yield from self.up_to(THOUGHT)
        while True:
            pattern = _TRIGGER_IN_BROKEN if self._broken else _TRIGGER
            trigger = pattern.search(self.source.text, self.source.at)
            self.read(trigger.start() if trigger else len(self.source.text))
            if trigger:
                yield from self._event(trigger.group())
            elif self.source.ended:
                break
            else:
                yield
        self._break_promise()

    def _event(self, character: str) -> Wait:
        """Reads what begins with this character."""
        if character == "\n":
            self._broken = bool(self.line.strip())
            self.read(self.source.at + 1)
        elif character == "`":
            yield from self._fence()
        elif marker := (yield from self.next_is(_OPEN, _MISTRAL)):
            self._break_promise()
            self._awaited = marker
            yield from self._wrap(marker, len(marker))
        elif character == "<":
            self.read(self.source.at + 1)
        else:
            yield from self._json()

    # wrappers

    def _fence(self) -> Wait:
        """Opens or closes a code block; one in another language is read to its end."""
        opening = yield from self.look(window.fence)
        language = opening.removeprefix(_FENCE).lower()
        if not opening:
            self.read(self.source.at + 1)
        elif self._fenced and not language:
            self._fenced = self._broken = False
            self.read(self.source.at + len(_FENCE))
        elif language in _CALL_LANGUAGES:
            self._fenced = True
            yield from self._wrap(_FENCE, len(opening))
        elif self.line.strip():
            self.read(self.source.at + len(opening))  # in the middle of a line no block begins
        else:
            yield from self.code()

    def _wrap(self, opened_by: str, length: int) -> Wait:
        """Reads an opening wrapper. It is content if no call follows; else what closes it is none either."""
        self._broken = False
        self._opened_by = opened_by
        self.source.take(self.source.at + length, self._hold)
        end = yield from self.look(window.leading_space)
        self.source.take(self.source.at + end, self._hold)
        if self.source.text[self.source.at : self.source.at + 1] in ("[", "{"):
            yield from self._json()
        self._release()

    def _hold(self, text: str) -> None:
        self._wrapper += text

    def _release(self) -> None:
        """Lets a wrapper that no call followed be content."""
        held, self._wrapper = self._wrapper, ""
        if held:
            self.say(held)

    def _close(self) -> Wait:
        """Drops what closes the wrapper of a call, if that comes next."""

        def decide(ahead: str, final: bool) -> int | None:
            rest = ahead.lstrip()
            if rest.startswith(self.closing):
                return len(ahead) - len(rest) + len(self.closing)
            return None if self.closing.startswith(rest) and not final else 0

        end = (yield from self.look(decide)) if self.closing else 0
        if end:
            self.source.at += end
            self._fenced = self._fenced and self.closing != _FENCE
            self.closing = ""

    def _break_promise(self) -> None:
        if self._awaited:
            self.listener.problem(f"no complete call after {self._awaited}")
        self._awaited = ""

    # JSON

    def _json(self) -> Wait:
        """Reads what begins with a bracket or a brace: calls, other JSON, or just that character."""
        kind = yield from self.look(window.kind)
        if kind == "text":
            pass
        elif self._broken or self.line.rstrip().endswith('":'):
            ahead = yield from self.look(lambda ahead, final: ahead if final else None)
            self._break("it is inside broken JSON", noted=bool(_LIKE_A_CALL.match(ahead)))
        elif kind == "object":
            outcome = yield from self._calls.read()
            yield from self._settle(outcome)
            return
        elif kind == "list":
            self._release()
            with suppress(BrokenJson):  # a link or a remark in brackets
                yield from self.source.value(self.say)
            return
        elif kind == "unquoted":
            self._break("a key is not in double quotes", noted=True)
        self._release()
        self.read(self.source.at + 1)

    def _settle(self, outcome: Outcome) -> Wait:
        """Deals with what was read where calls might begin."""
        if outcome.calls:
            self.closing = _CLOSED_BY.get(self._opened_by, "") if self._wrapper else self.closing
            self._wrapper = self._awaited = ""
        self._release()
        if outcome.left:
            self.say(outcome.left)
        if outcome.broken is not None:
            self._break(outcome.broken, noted=outcome.meant)
        elif outcome.problem:
            self._note(outcome.problem)
        if outcome.open_containers is not None:
            try:
                yield from self.source.value(self.say, outcome.open_containers, outcome.after_value)
            except BrokenJson:
                self._broken = True
        elif outcome.calls:
            yield from self._close()

    def _break(self, why: str, *, noted: bool) -> None:
        """After broken JSON."""
        self._broken = True
        self.line = self.line.strip() or "…"  # what broke stands on this line
        if noted:
            self._note(why)

    def _note(self, why: str) -> None:
        self._awaited = ""
        self.listener.problem(f"looks like a call but cannot be read: {why}")
