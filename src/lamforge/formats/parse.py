"""What a `Notation` finds, as OpenAI's deltas on the way and as a message in the end."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

from lamforge.errors import bounded
from lamforge.formats.json_text import JsonText
from lamforge.formats.notation import Notation
from lamforge.formats.repair import repaired
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import bare, validate_arguments

Delta = dict[str, Any]

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Answer:
    """Collects what it is told; a listener of `Notation`."""

    def __init__(self, tools: list[dict[str, Any]] | None) -> None:
        self._offered: dict[str, dict[str, Any]] | None = None
        if tools is not None:
            self._offered = {bare(tool)["name"]: bare(tool).get("parameters") or {} for tool in tools}
        self._found: list[tuple[int | None, list[str] | Delta]] = []  # (call, its pieces) since the last `take_deltas`
        self._content: list[str] = []
        self._space: list[str] = []  # white space that is content only if more follows
        self._pieces: list[str] = []  # of the arguments of the call that is coming
        self._name = ""
        self._begun = 0  # calls
        self._calls: list[ToolCall] = []
        self._problem: str | None = None

    def take_deltas(self) -> list[Delta]:
        """What was found since the last time."""
        found, self._found = self._found, []
        return [what if isinstance(what, dict) else _delta(index, "".join(what)) for index, what in found]

    def message(self) -> Message:
        """What was found so far."""
        content = "".join(self._content).strip()
        return Message(
            role="assistant",
            content=content or None if self._calls else content,
            tool_calls=self._calls or None,
            problem=self._problem,
        )

    def content(self, text: str) -> None:
        visible = text.strip()
        if not visible:
            self._space.append(text)
            return
        start = text.index(visible)
        before = "".join(self._space) + text[:start] if self._content else ""
        self._space = [text[start + len(visible) :]]
        self._content.append(before + visible)
        self._add(None, before + visible)

    def call(self, name: str) -> None:
        self._name, self._pieces = name, []
        function = {"name": name, "arguments": ""}
        begun = {"index": self._begun, "id": f"call_{self._begun}", "type": "function", "function": function}
        self._found.append((self._begun, {"tool_calls": [begun]}))
        self._begun += 1

    def arguments(self, text: str) -> None:
        self._pieces.append(text)
        self._add(self._begun - 1, text)

    def call_ends(self) -> None:
        made = Function(name=self._name, arguments=json.loads("".join(self._pieces)))
        self._calls.append(ToolCall(id=f"call_{self._begun - 1}", function=made, problems=self._problems(made)))

    def call_breaks(self, written: str) -> None:
        self._content += ["".join(self._space), written]
        self._space = []

    def problem(self, why: str) -> None:
        self._problem = self._problem or why

    def _add(self, index: int | None, text: str) -> None:
        """Adds text to what came last, if that is of the same kind."""
        if self._found and self._found[-1][0] == index and isinstance(pieces := self._found[-1][1], list):
            pieces.append(text)
        else:
            self._found.append((index, [text]))

    def _problems(self, made: Function) -> list[str]:
        if self._offered is None:
            return []
        if made.name not in self._offered:
            return [f"unknown tool {bounded(made.name)}"]
        return validate_arguments(self._offered[made.name], made.arguments)


def _delta(index: int | None, text: str) -> Delta:
    """Content, or a piece of the arguments of a call."""
    if index is None:
        return {"content": text}
    return {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def _whole(message: Message) -> list[Delta]:
    """A message as deltas."""
    deltas: list[Delta] = [{"content": message.content}] if message.content else []
    for index, call in enumerate(message.tool_calls or ()):
        function = {"name": call.function.name, "arguments": json.dumps(call.function.arguments, ensure_ascii=False)}
        deltas.append({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
    return deltas


class StreamParser:
    """Reads an assistant's text as it comes: `feed` pieces, then `close`. Where the text is cut never matters.

    The deltas follow OpenAI's rules: a call's name comes whole and once, then pieces of its arguments whose
    concatenation is a JSON object. Joined, they are what `message` holds in the end. Of a call that breaks off after
    it has begun the deltas can take nothing back; `message` then has its text as content, and says why in `problem`.

    Args:
        tools: If given, calls to others and arguments that break the schema are noted in the calls' `problems`.
        stop_tokens: One of them at the very end is dropped.
        repair: Mend calls that are nearly right, see `lamforge.formats.repair`; everything then comes with `close`.
    """

    def __init__(
        self, tools: list[dict[str, Any]] | None = None, stop_tokens: tuple[str, ...] = (), *, repair: bool = False
    ) -> None:
        self._tools = tools
        self._repair = repair
        self._mended: Message | None = None
        self._stops = stop_tokens
        self._longest = max(map(len, stop_tokens), default=0)
        self._tail = ""  # held back: it may be a stop token, or the beginning of one
        self._source = JsonText()
        self._answer = _Answer(tools)
        self._reading = Notation(self._source, self._answer).run()
        self._closed = False

    @property
    def message(self) -> Message:
        """The assistant's message so far; the whole after `close`."""
        return self._mended or self._answer.message()

    def feed(self, chunk: str) -> list[Delta]:
        """What the next piece of the text adds."""
        if not chunk.isascii():
            chunk = _SURROGATE.sub("\ufffd", chunk)  # no UTF-8 can hold half a surrogate pair
        text = self._tail + chunk
        if held := self._may_stop(text):
            text, self._tail = text[:-held], text[-held:]
        else:
            self._tail = ""
        deltas = self._read(text)
        return [] if self._repair else deltas

    def close(self) -> list[Delta]:
        """What the end of the text adds; a second `close` adds nothing."""
        self._source.ended = True
        rest = "" if self._tail in self._stops else self._tail
        self._tail = ""
        deltas = self._read(rest)
        if not self._repair or self._mended:
            return [] if self._repair else deltas
        self._mended = repaired(self._answer.message(), partial(parse, tools=self._tools), self._tools)
        return _whole(self._mended)

    def _may_stop(self, text: str) -> int:
        """The length of the longest end of a text that a stop token begins with."""
        if not any(stop[0] in text[-self._longest :] for stop in self._stops):
            return 0
        lengths = range(min(self._longest, len(text)), 0, -1)
        return next((n for n in lengths if any(stop.startswith(text[-n:]) for stop in self._stops)), 0)

    def _read(self, text: str) -> list[Delta]:
        self._source.add(text)
        if not self._closed:
            self._closed = next(self._reading, True) is True
        return self._answer.take_deltas()


def parse(
    text: str, tools: list[dict[str, Any]] | None = None, stop_tokens: tuple[str, ...] = (), *, repair: bool = False
) -> Message:
    """The message in a generated text; total. A broken call stays in `content`, and `problem` says what is wrong.

    See `StreamParser`, which reads the same from pieces.
    """
    parser = StreamParser(tools, stop_tokens, repair=repair)
    parser.feed(text)
    parser.close()
    return parser.message
