"""Schema-Guided Dialogue as small models read it: fewer words, typed arguments, results cut to what is spoken of.

The dialogues are those that `sgd.py` reads. Numbers and yes-no values are no texts, arguments that restrict nothing
are left out, results hold what somebody speaks of, and a dialogue ends after the last call that fits.
One with a value that nobody has said is no example to learn from and is not converted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from lamforge.data.exchange import sgd
from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.sgd_lean_tools import Tool, lean_tool, new_names, offered, typed, typed_value
from lamforge.data.rating.sources import Sources
from lamforge.domains.speech import mentions
from lamforge.messages import Function, Message, ToolCall, derived_seed

_FAILED = "NOTIFY_FAILURE"
_MOST_RECORDS, _LEAST_FIELDS = 3, 2
_TELLING = 3  # characters of a value that may be said otherwise
_LONGEST = 1200  # characters of all that is said
_AFTER = 2  # messages of the user after the last call


def read(row: dict[str, Any]) -> Draft:
    """A dialogue, made short.

    Raises:
        Unconvertible: also if nothing is called in its first part, or a value comes from nowhere.
    """
    draft = sgd.read(row)
    try:
        return _shortened(draft, row["dialogue"])
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise Unconvertible("shape", f"is no dialogue of the corpus: {error!r} is wrong") from error


def _shortened(draft: Draft, dialogue: dict[str, Any]) -> Draft:
    rng = random.Random(derived_seed("sgd-lean", draft.task or ""))
    messages = _cut(draft.messages[1:])
    called = {call.function.name for message in messages for call in message.tool_calls or ()}
    if not called:
        raise Unconvertible("no call", "nothing is called in what is short enough")
    tools = offered(draft.tools, called, rng)
    names = new_names([tool["function"]["name"] for tool in tools], rng)
    described = rng.random() < 0.5
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    system = Message(role="system", content=rng.choice(["Today is Friday, 2019-03-01.", "Date: 2019-03-01 (Friday)."]))
    lean = [system, *_converted(messages, schemas, names, _failures(dialogue))]
    draft.tools = [lean_tool(tool, names, described=described) for tool in tools]
    _trace(lean, draft.tools)
    draft.messages = lean
    return draft


def _cut(messages: list[Message]) -> list[Message]:
    """The first part: whole exchanges up to a length, and not much after the last call."""
    ends = [place for place, message in enumerate(messages) if message.role == "assistant" and not message.tool_calls]
    sizes = [len(m.content or "") if m.role != "tool" else 0 for m in messages]
    fitting = [end for end in ends if sum(sizes[: end + 1]) <= _LONGEST]
    kept = messages[: fitting[-1] + 1] if fitting else []
    last = max((place for place, message in enumerate(kept) if message.tool_calls), default=-1)
    users = [place for place, message in enumerate(kept) if message.role == "user" and place > last]
    return kept[: users[_AFTER]] if len(users) > _AFTER else kept


def _failures(dialogue: dict[str, Any]) -> list[bool]:
    """For each call of a dialogue in their order, whether the assistant says that it failed."""
    turns = [turn["frames"] for turn in dialogue["turns"] if turn["speaker"] != "USER"]
    return [
        any(action.get("act") == _FAILED for action in frame.get("actions", ()))
        for frames in turns
        for frame in frames
        if frame.get("service_call")
    ]


def _converted(
    messages: list[Message], schemas: dict[str, dict[str, Any]], names: dict[str, str], failed: list[bool]
) -> Iterator[Message]:
    """The messages with lean calls and results."""
    results = 0
    for place, message in enumerate(messages):
        if message.tool_calls:
            calls = [_call(call, schemas, names, messages[:place]) for call in message.tool_calls]
            yield message.model_copy(update={"tool_calls": calls})
        elif message.role == "tool":
            result = _result(message.content or "[]", messages[place + 1 :], failed=failed[results])
            yield message.model_copy(update={"content": result})
            results += 1
        else:
            yield message


def _call(call: ToolCall, schemas: dict[str, dict[str, Any]], names: dict[str, str], before: list[Message]) -> ToolCall:
    name = call.function.name
    parameters = schemas[name]
    said = " ".join(message.content or "" for message in before)
    arguments = {}
    for key, value in call.function.arguments.items():
        schema = parameters["properties"].get(key, {})
        by_itself = key not in parameters["required"] and value == schema.get("default") and not mentions(said, value)
        if value != sgd.ANY and not by_itself:
            arguments[key] = typed_value(value, typed({"description": "", **schema}, False))
    return call.model_copy(update={"function": Function(name=names[name], arguments=arguments)})


def _result(content: str, after: list[Message], *, failed: bool) -> str:
    """Of each record what is spoken of until the next call, or handed on to one; the first record if none is."""
    records = [record for record in json.loads(content) if isinstance(record, dict)]
    said, spoken = _until_the_next_call(after), Sources()
    spoken.hear(said)
    kept: list[dict[str, Any]] = []
    for record in records:
        found = {key: value for key, value in record.items() if _is_said(key, value, said, spoken)}
        news = [value for value in found.values() if all(value not in other.values() for other in kept)]
        if len(kept) < _MOST_RECORDS and len(found) >= _LEAST_FIELDS and (news or not kept):
            kept.append(found)
    if failed:
        return json.dumps({"error": "not possible", **({"instead": kept} if kept else {})}, ensure_ascii=False)
    kept = kept or [dict(list(record.items())[:_LEAST_FIELDS]) for record in records[:1]]
    several = len(records) > len(kept)
    return json.dumps({"found": len(records), "first": kept} if several else kept, ensure_ascii=False)


def _is_said(key: str, value: Any, said: str, spoken: Sources) -> bool:
    """Whether somebody says a value: as it is, or in other words if there is enough of it."""
    return mentions(said, value) or (
        len(str(value)) >= _TELLING and bool(spoken.source(value, key, {"type": "string"}))
    )


def _until_the_next_call(after: list[Message]) -> str:
    texts = []
    for message in after:
        if message.tool_calls:
            texts += [str(value) for call in message.tool_calls for value in call.function.arguments.values()]
            break
        if message.role == "assistant":
            texts.append(message.content or "")
    return " ".join(texts)


def _trace(messages: list[Message], tools: list[Tool]) -> None:
    """Holds each value of a call against what was said, proposed or found before."""
    schemas = {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in tools}
    sources = Sources()
    for message in messages:
        for call in message.tool_calls or ():
            for name, value in call.function.arguments.items():
                schema = schemas[call.function.name].get(name)
                if schema is None or sources.source(value, name, schema) is None:
                    raise Unconvertible("value from nowhere", f"{name} {str(value)[:60]!r} was never said")
        if message.role in ("user", "system"):
            sources.hear(message.content or "")
        elif message.role == "tool":
            sources.find(message.content or "")
        elif message.content:
            sources.say(message.content)
