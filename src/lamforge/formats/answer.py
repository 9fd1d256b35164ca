"""What is found in an assistant's text, as OpenAI's deltas on the way and as a message in the end."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import Any

from lamforge.errors import bounded
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import ArgumentCheck, bare

Delta = dict[str, Any]

_EXPLAINED = 32  # wrong calls of one answer of which it is said what is wrong


class Answer:
    """Collects what it is told; a `lamforge.formats.listener.Listener`."""

    def __init__(self, tools: list[dict[str, Any]] | None) -> None:
        self._offered: dict[str, Any] | None = None
        if tools is not None:
            self._offered = {bare(tool)["name"]: bare(tool).get("parameters") or {} for tool in tools}
        self._checks: dict[str, ArgumentCheck] = {}  # by the names of tools that were called
        self._wrong = 0  # calls that break their schema
        self._found: list[tuple[int | None, bool, str]] = []  # (call, whether it begins, text) since `take_deltas`
        self._content: list[str] = []
        self._space: list[str] = []  # white space that is content only if more follows
        self._pieces: list[str] = []  # of the arguments of the call that is coming
        self._settled = 0  # of these pieces
        self._name = ""
        self._begun = 0  # calls
        self._calls: list[ToolCall] = []
        self._problem: str | None = None

    def take_deltas(self) -> list[Delta]:
        """What was found since the last time; text of the same kind together."""
        if not self._found:  # more arguments of the same call, as mostly
            text = self._new_arguments()
            return [_delta(self._begun - 1, False, text)] if text else []
        self._settle()
        found, self._found = self._found, []
        kinds = groupby(found, itemgetter(0, 1))
        return [_delta(index, begins, "".join(text for _, _, text in same)) for (index, begins), same in kinds]

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
        self._found.append((None, False, before + visible))

    def call(self, name: str) -> None:
        self._name, self._pieces, self._settled = name, [], 0
        self._found.append((self._begun, True, name))
        self._begun += 1

    def arguments(self, text: str) -> None:
        self._pieces.append(text)

    def call_ends(self) -> None:
        self._settle()
        made = Function(name=self._name, arguments=json.loads("".join(self._pieces)))
        self._calls.append(ToolCall(id=f"call_{self._begun - 1}", function=made, problems=self._problems(made)))

    def call_breaks(self, written: str) -> None:
        self._settle()
        self._content += ["".join(self._space), written]
        self._space = []

    def problem(self, why: str) -> None:
        self._problem = self._problem or why

    def _settle(self) -> None:
        """Adds the arguments that came to what was found."""
        if text := self._new_arguments():
            self._found.append((self._begun - 1, False, text))

    def _new_arguments(self) -> str:
        known, self._settled = self._settled, len(self._pieces)
        return "".join(self._pieces[known:])

    def _problems(self, made: Function) -> list[str]:
        if self._offered is None:
            return []
        if made.name not in self._offered:
            return [f"unknown tool {bounded(made.name)}"]
        check = self._checks.get(made.name)
        if check is None:
            check = self._checks[made.name] = ArgumentCheck(self._offered[made.name])
        if self._wrong >= _EXPLAINED:
            return (
                [] if check.fits(made.arguments) else ["its arguments do not fit the schema, as in many calls before"]
            )
        found = check.problems(made.arguments)
        self._wrong += bool(found)
        return found


def _delta(index: int | None, begins: bool, text: str) -> Delta:
    """Content, the beginning of a call, or a piece of its arguments."""
    if index is None:
        return {"content": text}
    if not begins:
        return {"tool_calls": [{"index": index, "function": {"arguments": text}}]}
    function = {"name": text, "arguments": ""}
    return {"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]}


def whole_deltas(message: Message) -> list[Delta]:
    """A message as deltas, each of its calls in one."""
    deltas: list[Delta] = [{"content": message.content}] if message.content else []
    for index, call in enumerate(message.tool_calls or ()):
        function = {"name": call.function.name, "arguments": json.dumps(call.function.arguments, ensure_ascii=False)}
        deltas.append({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
    return deltas
