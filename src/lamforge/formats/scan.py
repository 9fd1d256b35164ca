"""One pass over a generated text that tells calls from content.

It knows the wrappers in use (code fence, `<tool_call>`, `[TOOL_CALLS]`, `</think>`) and JSON; not tools, not messages.
No call is ever read from inside a broken one: executing a part of what the model meant is worse than asking again.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from lamforge.errors import bounded
from lamforge.formats.calls import Call, UnreadableCall, calls_in

# Where something may begin. Nothing in it can be matched in two ways, so that a search is linear.
_LIMITS = (
    r"(?P<think></think>)"
    r"|(?P<marker><tool_call>|\[TOOL_CALLS\])"
    r"|(?P<end></tool_call>)"
    r"|(?P<fence>```(?P<language>[^\s`\[{<]*))"
    r"|(?P<paragraph>\n[ \t\r]*\n)"
)
_LIMIT = re.compile(_LIMITS)
_EVENT = re.compile(
    _LIMITS + r"|(?P<json>\[[ \t\r\n]*\{|\{[ \t\r\n]*\")"
    r"|(?P<unquoted>\{[ \t\r\n]*['a-z])"
)
_BLOCK_END = re.compile(r"^[ \t]*```|(?=</think>)", re.MULTILINE)
_FENCE = "```"
_CALL_LANGUAGES = ("", "json", "tool_call", "tool_calls")
_CALL_BEGINNINGS = tuple(opening + key for opening in ("[{", "{") for key in ("name", "arguments", "parameters"))
_NEARBY = 64  # characters before or after a place that are looked at to judge it
_FAILURES = 256  # broken values, after which the rest is content: each may cost a look at the whole text
_DECODER = json.JSONDecoder()


class Scanned(NamedTuple):
    """The calls in a text, the text without them and their wrappers, and why something like a call is none."""

    calls: list[Call]
    content: str
    problem: str | None


def scan(text: str) -> Scanned:
    """Reads a whole text; total, and linear in its length."""
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._failures = 0
        self._begin()

    def _begin(self) -> None:
        """Forgets what was found: the beginning of the text, or the end of the model's reasoning."""
        self._calls: list[Call] = []
        self._kept: list[tuple[int, int]] = []  # where content stands before `_done`
        self._done = 0
        self._problem: str | None = None
        self._broken = False  # after broken JSON: no other counts before the next wrapper or paragraph
        self._wrapper: tuple[int, int] | None = None  # start and end of an opening wrapper that no call followed yet
        self._closing: str | None = None  # what closes the wrapper of the latest call
        self._awaited: str | None = None  # a marker that promises a call which has not come yet
        self._fenced = False

    def run(self) -> Scanned:
        """The one pass."""
        place = self._after_reasoning()
        while self._failures < _FAILURES and (event := self._next(place)):
            kind = event.lastgroup
            if kind == "json":
                place = self._value(event.start())
            elif kind == "unquoted":
                if self._begins_like_a_call(event.start()):
                    self._break(event.start(), "a name is not in double quotes")
                place = event.end()
            elif kind == "paragraph":
                self._broken = False
                place = event.end()
            elif kind == "think":
                self._begin()
                place = event.end()
            elif kind == "marker":
                self._promise()
                self._open(event, awaited=event.group())
                place = event.end()
            elif kind == "end":
                self._close(*event.span())
                place = event.end()
            else:
                place = self._fence(event)
        self._promise()
        kept = [*self._kept, (self._done, len(self._text))]
        return Scanned(self._calls, "".join(self._text[start:end] for start, end in kept), self._problem)

    def _next(self, place: int) -> re.Match[str] | None:
        """What comes next; after a call whose problem is noted, only what may end it."""
        return (_LIMIT if self._broken and self._problem else _EVENT).search(self._text, place)

    def _open(self, event: re.Match[str], awaited: str | None) -> None:
        self._wrapper, self._awaited, self._broken = event.span(), awaited, False

    def _promise(self) -> None:
        """Notes that a marker was followed by no call."""
        if self._awaited:
            self._note(f"no complete call after {self._awaited}")
        self._awaited = None

    def _note(self, problem: str) -> None:
        self._problem = self._problem or problem

    def _close(self, start: int, end: int) -> None:
        """Drops a closing wrapper if it belongs to the latest call."""
        if self._closing == self._text[start:end] and not self._text[self._done : start].strip():
            self._done = end
        self._closing = None

    def _after_reasoning(self) -> int:
        """Where to begin: after the reasoning if the text opens with it, and nowhere if that never ends."""
        if not self._text.lstrip().startswith("<think>"):
            return 0
        end = self._text.find("</think>")
        return len(self._text) if end < 0 else end + len("</think>")

    def _fence(self, event: re.Match[str]) -> int:
        """Opens or closes a code block; one in another language is skipped. Returns where to go on."""
        language = event.group("language").lower()
        if self._fenced and (self._closing == _FENCE or not language):
            self._fenced = self._broken = False
            end = event.start() + len(_FENCE)
            self._close(event.start(), end)
            return end
        if language in _CALL_LANGUAGES:
            self._fenced = True
            self._open(event, awaited=None)
            return event.end()
        before = self._text[max(0, event.start() - _NEARBY) : event.start()]
        if before.rpartition("\n")[2].strip() or (len(before) == _NEARBY and "\n" not in before):
            return event.end()  # in the middle of a line no block begins
        end_of_block = _BLOCK_END.search(self._text, event.end())
        return end_of_block.end() if end_of_block else len(self._text)

    def _value(self, start: int) -> int:
        """Reads the JSON value that begins at `start`. Returns where to go on."""
        if self._broken or self._belongs_to_a_key(start):
            return self._break(start, "it is inside broken JSON", resume=start + 1)
        try:
            value, end = _DECODER.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            return self._break(start, error.msg, resume=max(start + 1, error.pos))
        except (ValueError, RecursionError) as error:  # a number of thousands of digits; thousands of levels
            return self._break(start, str(error), resume=len(self._text))
        try:
            found = calls_in(value)
        except UnreadableCall as error:
            return self._break(start, str(error), resume=end)
        if found:
            self._take(found, start, end)
        return end

    def _break(self, start: int, why: str, resume: int = 0) -> int:
        """Takes what begins at `start` as broken, notes it if it looks like a call, and returns `resume`."""
        if self._begins_like_a_call(start):
            self._note(f"looks like a call but cannot be read: {bounded(why)}")
            self._awaited = None
        self._broken = True
        self._failures += 1
        return resume

    def _belongs_to_a_key(self, start: int) -> bool:
        """Whether a value follows a quoted key, inside JSON whose beginning is missing."""
        return self._text[max(0, start - _NEARBY) : start].rstrip().endswith('":')

    def _take(self, found: list[Call], start: int, end: int) -> None:
        if self._wrapper and not self._text[self._wrapper[1] : start].strip():
            start, opened = self._wrapper[0], self._text[slice(*self._wrapper)]
            self._closing = "</tool_call>" if opened == "<tool_call>" else _FENCE if opened.startswith(_FENCE) else None
        self._wrapper = self._awaited = None
        self._kept.append((self._done, start))
        self._calls += found
        self._done = end

    def _begins_like_a_call(self, start: int) -> bool:
        beginning = "".join(self._text[start : start + _NEARBY].split()).replace('"', "").replace("'", "")
        ends_here = start + _NEARBY >= len(self._text)
        return beginning.startswith(_CALL_BEGINNINGS) or (
            ends_here and any(known.startswith(beginning) for known in _CALL_BEGINNINGS)
        )
