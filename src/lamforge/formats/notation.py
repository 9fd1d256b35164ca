"""One pass over an assistant's text, as it comes, that tells calls from content.

It knows the notations in use: a bare list of calls or a single one, in a code fence, in `<tool_call>` blocks, after
`[TOOL_CALLS]`, after reasoning in `<think>`. Links, lists, other JSON and other code stay content. What it finds it
tells a `Listener` at once; text is held back only while it may still become a call.

No call is read from inside a broken one: executing a part of what the model meant is worse than asking again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Protocol, TypeVar

from lamforge.formats import window
from lamforge.formats.calls import CallListener, CallReader, Outcome
from lamforge.formats.json_text import BrokenJson, JsonText, Wait

# Where something else than prose may begin; all that can be seen without waiting is looked at here, since it is fast.
_BRACE = r"\{(?=\s{0,64}(?:[\"'a-z]|\Z))"
_BRACKET = r"\[(?=\s{0,64}(?:\{\s{0,64}(?:[\"'a-z]|\Z)|[\"\[\-0-9tfnT]|\Z))"
_TRIGGER = re.compile(rf"`|<(?=t|\Z)|{_BRACKET}|{_BRACE}")
_TRIGGER_IN_BROKEN = re.compile(r"[`\n]|<(?=t|\Z)|\[(?=T|\Z)|\{(?=\s{0,64}(?:[\"']?[nap]|[\"']?\Z))")
_LIKE_A_CALL = re.compile(r"(\[\s*)?\{\s*[\"']?(name|arguments|parameters)\b")
_FENCE, _OPEN, _CLOSE, _MISTRAL = "```", "<tool_call>", "</tool_call>", "[TOOL_CALLS]"
_THOUGHT = "</think>"
_CLOSED_BY = {_FENCE: _FENCE, _OPEN: _CLOSE}
_CALL_LANGUAGES = ("", "json", "tool_call", "tool_calls")

Found = TypeVar("Found")


class Listener(CallListener, Protocol):
    """Is told what an assistant's text holds, in order."""

    def content(self, text: str) -> None:
        """Text for the user."""

    def problem(self, why: str) -> None:
        """Something that looks like a call is none."""


class Notation:
    """Reads one text; `run` is a generator that yields when it needs more of it."""

    def __init__(self, source: JsonText, listener: Listener) -> None:
        self._source = source
        self._listener = listener
        self._calls = CallReader(source, listener)
        self._line = ""  # the end of the content so far, back to the line's beginning at most
        self._broken = False  # after broken JSON: no other counts before the next wrapper or empty line
        self._fenced = False
        self._wrapper = self._opened_by = ""  # an opening wrapper that is held back, because a call may follow
        self._closing = ""  # what closes the wrapper of the latest call
        self._awaited = ""  # a marker that promises a call which has not come yet

    def run(self) -> Wait:
        """The one pass."""
        if (yield from self._look(window.begins_with_reasoning)):
            yield from self._up_to(_THOUGHT)
        while True:
            pattern = _TRIGGER_IN_BROKEN if self._broken else _TRIGGER
            trigger = pattern.search(self._source.text, self._source.at)
            self._prose(trigger.start() if trigger else len(self._source.text))
            if trigger:
                yield from self._event(trigger.group())
            elif self._source.ended:
                break
            else:
                yield
        self._break_promise()

    def _event(self, character: str) -> Wait:
        """Reads what begins with this character."""
        if character == "\n":
            self._broken = bool(self._line.strip())
            self._prose(self._source.at + 1)
        elif character == "`":
            yield from self._fence()
        elif marker := (yield from self._next_is(_OPEN, _MISTRAL)):
            self._break_promise()
            self._awaited = marker
            yield from self._wrap(marker, len(marker))
        elif character == "<":
            self._prose(self._source.at + 1)
        else:
            yield from self._json()

    # what comes next

    def _look(self, decide: Callable[[str, bool], Found | None]) -> Generator[None, None, Found]:
        """What `decide` makes of the next characters and of whether these are all; None asks for more of them."""
        while True:
            ahead = self._source.text[self._source.at : self._source.at + window.WIDTH]
            found = decide(ahead, self._source.ended or len(ahead) == window.WIDTH)
            if found is not None:
                return found
            yield

    def _next_is(self, *words: str) -> Generator[None, None, str]:
        """The word that stands next if one of them does, else an empty text."""

        def decide(ahead: str, final: bool) -> str | None:
            if found := next((word for word in words if ahead.startswith(word)), ""):
                return found
            return None if not final and any(word.startswith(ahead) for word in words) else ""

        return (yield from self._look(decide))

    # content

    def _prose(self, end: int) -> None:
        """Reads up to `end` as content."""
        self._source.take(end, self._say)

    def _say(self, text: str) -> None:
        if not text.isspace():
            self._closing = ""
        self._line = (self._line + text[-window.WIDTH :])[-window.WIDTH :].rpartition("\n")[2]
        self._listener.content(text)

    def _up_to(self, *words: str) -> Generator[None, None, str]:
        """Reads as content up to and with one of the words, which it returns, or to the end of the text."""
        first = re.compile("|".join(re.escape(word[0]) for word in words))
        while True:
            place = first.search(self._source.text, self._source.at)
            self._prose(place.start() if place else len(self._source.text))
            if place is None:
                if self._source.ended:
                    return ""
                yield
            elif word := (yield from self._next_is(*words)):
                self._prose(self._source.at + len(word))
                return word
            else:
                self._prose(self._source.at + 1)

    def _code(self) -> Wait:
        """Reads a code block as content, up to the fence at the beginning of a line, or the end of reasoning."""
        while (yield from self._up_to("\n", _THOUGHT)) == "\n":
            if end := (yield from self._look(window.block_end)):
                self._prose(self._source.at + end)
                return

    # wrappers

    def _fence(self) -> Wait:
        """Opens or closes a code block; one in another language is read to its end."""
        opening = yield from self._look(window.fence)
        language = opening.removeprefix(_FENCE).lower()
        if not opening:
            self._prose(self._source.at + 1)
        elif self._fenced and not language:
            self._fenced = self._broken = False
            self._prose(self._source.at + len(_FENCE))
        elif language in _CALL_LANGUAGES:
            self._fenced = True
            yield from self._wrap(_FENCE, len(opening))
        elif self._line.strip():
            self._prose(self._source.at + len(opening))  # in the middle of a line no block begins
        else:
            yield from self._code()

    def _wrap(self, opened_by: str, length: int) -> Wait:
        """Reads an opening wrapper. It is content if no call follows; else what closes it is none either."""
        self._broken = False
        self._opened_by = opened_by
        self._source.take(self._source.at + length, self._hold)
        end = yield from self._look(window.leading_space)
        self._source.take(self._source.at + end, self._hold)
        if self._source.text[self._source.at : self._source.at + 1] in ("[", "{"):
            yield from self._json()
        self._release()

    def _hold(self, text: str) -> None:
        self._wrapper += text

    def _release(self) -> None:
        """Lets a wrapper that no call followed be content."""
        held, self._wrapper = self._wrapper, ""
        if held:
            self._say(held)

    def _close(self) -> Wait:
        """Drops what closes the wrapper of a call, if that comes next."""

        def decide(ahead: str, final: bool) -> int | None:
            rest = ahead.lstrip()
            if rest.startswith(self._closing):
                return len(ahead) - len(rest) + len(self._closing)
            return None if self._closing.startswith(rest) and not final else 0

        end = (yield from self._look(decide)) if self._closing else 0
        if end:
            self._source.at += end
            self._fenced = self._fenced and self._closing != _FENCE
            self._closing = ""

    def _break_promise(self) -> None:
        if self._awaited:
            self._listener.problem(f"no complete call after {self._awaited}")
        self._awaited = ""

    # JSON

    def _json(self) -> Wait:
        """Reads what begins with a bracket or a brace: calls, other JSON, or just that character."""
        kind = yield from self._look(window.kind)
        if self._broken or self._line.rstrip().endswith('":'):
            ahead = yield from self._look(lambda ahead, final: ahead if final else None)
            self._break("it is inside broken JSON", noted=bool(_LIKE_A_CALL.match(ahead)))
        elif kind == "object":
            outcome = yield from self._calls.read()
            yield from self._settle(outcome)
            return
        elif kind == "list":
            self._release()
            with suppress(BrokenJson):  # a link or a remark in brackets
                yield from self._source.value(self._say)
            return
        elif kind == "unquoted":
            self._break("a key is not in double quotes", noted=True)
        self._release()
        self._prose(self._source.at + 1)

    def _settle(self, outcome: Outcome) -> Wait:
        """Deals with what was read where calls might begin."""
        if outcome.calls:
            self._closing = _CLOSED_BY.get(self._opened_by, "") if self._wrapper else self._closing
            self._wrapper = self._awaited = ""
        self._release()
        if outcome.left:
            self._say(outcome.left)
        if outcome.broken is not None:
            self._break(outcome.broken, noted=outcome.meant)
        elif outcome.problem:
            self._note(outcome.problem)
        if outcome.open_containers is not None:
            try:
                yield from self._source.value(self._say, outcome.open_containers, outcome.after_value)
            except BrokenJson:
                self._broken = True
        elif outcome.calls:
            yield from self._close()

    def _break(self, why: str, *, noted: bool) -> None:
        """After broken JSON."""
        self._broken = True
        self._line = self._line.strip() or "…"  # what broke stands on this line
        if noted:
            self._note(why)

    def _note(self, why: str) -> None:
        self._awaited = ""
        self._listener.problem(f"looks like a call but cannot be read: {why}")
