"""Calls in the deltas of an answer: what is wrong with each, and what all of them come to.

It knows OpenAI's deltas, tools and their schemas; not how a model wrote them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from lamforge.error_kinds import BREAKS_OFF
from lamforge.errors import bounded
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import bare, call_problems

Delta = dict[str, Any]


def arguments_of(text: str) -> dict[str, Any] | None:
    """A call's arguments; None if they are no whole JSON object, as in a call that broke off."""
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


@dataclass
class Call:
    """A call as far as its pieces have come."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    problems: list[str] = field(default_factory=list)

    def add(self, piece: dict[str, Any]) -> None:
        """The next piece."""
        function = piece.get("function") or {}
        self.id = self.id or piece.get("id") or ""
        self.name += function.get("name") or ""
        self.arguments += function.get("arguments") or ""
        self.problems += piece.get("problems") or ()

    def text(self) -> str:
        """The call as a model writes it, as far as it came."""
        return f'{{"name": {json.dumps(self.name, ensure_ascii=False)}, "arguments": {self.arguments}'

    def found(self, offered: dict[str, Any] | None) -> list[str]:
        """What is wrong with it.

        Args:
            offered: The parameters of each tool by name; None if nothing was offered to hold it against.
        """
        arguments = arguments_of(self.arguments)
        if arguments is None:
            return [f"{BREAKS_OFF}: its arguments are no whole JSON object"]
        if offered is None:
            return []
        return call_problems(offered, self.name, arguments)


@dataclass
class Joined:
    """What the deltas of an answer come to."""

    calls: dict[int, Call] = field(default_factory=dict)
    problem: str | None = None  # why a text that looks like a call is none
    _parts: list[str | Call] = field(default_factory=list)  # in the order in which they came

    def add(self, delta: Delta) -> None:
        """The next delta."""
        if text := delta.get("content"):
            self._parts.append(text)
        for piece in delta.get("tool_calls") or ():
            if piece["index"] not in self.calls:
                self.calls[piece["index"]] = Call(piece["index"])
                self._parts.append(self.calls[piece["index"]])
            self.calls[piece["index"]].add(piece)
        self.problem = delta.get("problem") or self.problem

    @property
    def content(self) -> str:
        """The content, as it was sent."""
        return "".join(part for part in self._parts if isinstance(part, str))

    def message(self) -> Message:
        """The message that it is; a call that broke off, such as one cut by `max_tokens`, is content in its place."""
        made, content, problem = [], "", self.problem
        for part in self._parts:
            if isinstance(part, str):
                content += part
            elif (arguments := arguments_of(part.arguments)) is not None:
                function = Function(name=part.name, arguments=arguments)
                made.append(ToolCall(id=part.id, function=function, problems=part.problems))
            else:
                problem = problem or f"the arguments of {bounded(part.name)} are no JSON object"
                content += "\n" * bool(content) + part.text()
        said = content or (None if made else "")
        return Message(role="assistant", content=said, tool_calls=made or None, problem=problem)


async def checked(
    deltas: AsyncGenerator[Delta, None], tools: list[dict[str, Any]] | None
) -> AsyncGenerator[Delta, None]:
    """The same deltas; the last piece of a call that is wrong says why, in its "problems"."""
    offered = None if tools is None else {bare(tool)["name"]: bare(tool).get("parameters") or {} for tool in tools}
    call: Call | None = None
    async with aclosing(deltas) as stream:
        async for delta in stream:
            for part in _single(delta):
                (piece,) = part.get("tool_calls") or (None,)
                if call and (piece is None or piece["index"] != call.index):
                    if not call.problems and (problems := call.found(offered)):  # an endpoint may say them itself
                        last = {"index": call.index, "function": {"arguments": ""}, "problems": problems}
                        yield {"tool_calls": [last]}
                    call = None
                if piece is not None:
                    call = call or Call(piece["index"])
                    call.add(piece)
                yield part


def _single(delta: Delta) -> Iterator[Delta]:
    """A delta as several of one piece each."""
    if rest := {key: value for key, value in delta.items() if key != "tool_calls"}:
        yield rest
    for piece in delta.get("tool_calls") or ():
        yield {"tool_calls": [piece]}


def field_of(tool: dict[str, Any], number: int, key: str) -> str:
    """Where a tool of a request says something: in OpenAI's wrapper in chats, without it in responses."""
    return f"tools[{number}].function.{key}" if "function" in tool else f"tools[{number}].{key}"


def strict_field(tools: list[dict[str, Any]] | None) -> str | None:
    """Where a request first asks that calls fit their schemas in any case; None if it does not."""
    asked = (field_of(tool, number, "strict") for number, tool in enumerate(tools or ()) if bare(tool).get("strict"))
    return next(asked, None)
