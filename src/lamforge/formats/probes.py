"""The conversations that tell formats apart, and the calls that a format must read back as it wrote them."""

from __future__ import annotations

from typing import Any, NamedTuple

from lamforge.formats.base import Tools
from lamforge.messages import Function


class Probe(NamedTuple):
    """A conversation that the assistant is to continue."""

    name: str
    messages: list[dict[str, Any]]
    tools: Tools | None


_FIND = {
    "name": "find_order",
    "description": "Finds an order by its id.",
    "parameters": {
        "type": "object",
        "properties": {
            "order_id": {"type": "string", "description": "Such as W1."},
            "fields": {"type": "array", "items": {"type": "string", "enum": ["status", "total"]}},
        },
        "required": ["order_id"],
    },
}
_CLOCK = {"name": "clock", "description": "The time.", "parameters": {"type": "object", "properties": {}}}
_FOREIGN = {
    "name": "search",
    "description": "Sucht „größere“ Städte <in> 日本 & 'dort'.",
    "parameters": {"type": "object", "properties": {"stadt": {"type": "string"}}},
}

_SYSTEM = {"role": "system", "content": "Be brief."}
_ASK = {"role": "user", "content": "Where is order W1?"}
_MORE = {"role": "user", "content": "And the time?"}
_SAID = {"role": "assistant", "content": "It is on its way."}
_FOUND = {"role": "tool", "tool_call_id": "call00001", "content": '{"status": "shipped"}'}
_TIME = {"role": "tool", "tool_call_id": "call00002", "content": "12:00"}


def _called(*calls: tuple[str, dict[str, Any]], content: str | None = None) -> dict[str, Any]:
    made = [
        {"id": f"call{number:05}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls, start=1)
    ]
    return {"role": "assistant", **({"content": content} if content else {}), "tool_calls": made}


_LOOK_UP = ("find_order", {"order_id": "W1", "fields": ["status"]})

PROBES = (
    Probe("no tools", [_SYSTEM, _ASK, _SAID, _MORE], None),
    Probe("tools, no system message", [_ASK], [_FIND, _CLOCK]),
    Probe("tools and a system message", [_SYSTEM, _ASK], [_FIND, _CLOCK]),
    Probe("a call and its result", [_SYSTEM, _ASK, _called(_LOOK_UP), _FOUND], [_FIND]),
    Probe("parallel calls", [_ASK, _called(_LOOK_UP, ("clock", {})), _FOUND, _TIME, _SAID, _MORE], [_FIND, _CLOCK]),
    Probe("text and a call", [_ASK, _called(_LOOK_UP, content="One moment."), _FOUND], [_FIND]),
    Probe(
        "beyond ASCII",
        [
            {"role": "user", "content": "Größer? 日本 😀"},
            _called(("search", {"stadt": "Zürich <é> & 'x' \"y\""})),
            {"role": "tool", "tool_call_id": "call00001", "content": "東京"},
        ],
        [_FOREIGN],
    ),
    Probe("empty arguments", [_ASK, _called(("clock", {})), {**_TIME, "tool_call_id": "call00001"}], [_CLOCK]),
)

CALLS = (
    [Function(name="clock", arguments={})],
    [Function(name="find", arguments={"name": "arguments", "s": 'a "b" [{é}] \\ }]', "n": [1, {"x": None}]})],
    [Function(name="a", arguments={"x": -1.5}), Function(name="b", arguments={}), Function(name="a", arguments={})],
)
