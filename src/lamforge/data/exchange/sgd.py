"""Schema-Guided Dialogue (Google, CC BY-SA 4.0): a folder of train, dev and test with dialogues_*.json and schema.json.

An intent of a service becomes a tool, a service call of a frame becomes a call with the service's results. All values
are texts, as in the corpus, whose dialogues take place on 1 March 2019.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.tool_lists import fit_name
from lamforge.data.exchange.turns import assistant
from lamforge.data.record_files import Record, records
from lamforge.errors import DataError, bounded
from lamforge.messages import Function, Message, ToolCall

SYSTEM = "You are a helpful assistant. Today is Friday, 2019-03-01."

_SCHEMA = "schema.json"
_DIALOGUES = "dialogues_*.json"
ANY = "dontcare"  # the corpus' default of an argument that restricts nothing


def is_sgd(path: Path) -> bool:
    """Whether a folder, or a part of it, is of this corpus."""
    return path.is_dir() and bool(_folders(path))


def _folders(path: Path) -> list[Path]:
    inside = [path, *(each for each in path.iterdir() if each.is_dir())]
    return sorted(each for each in inside if (each / _SCHEMA).is_file() and any(each.glob(_DIALOGUES)))


def sgd_records(path: Path) -> Iterator[Record]:
    """Each dialogue, with its split and the tools of the services beside it.

    Raises:
        DataError: if a schema cannot be read.
    """
    for folder in _folders(path):
        tools = _services(folder / _SCHEMA)
        for file in sorted(folder.glob(_DIALOGUES)):
            for where, each in records(file):
                row = {"split": folder.name, "services": tools, "dialogue": each}
                yield where, each if isinstance(each, DataError) else row


def _services(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The tools of each service by its name."""
    found = {}
    for where, service in records(path):
        if isinstance(service, DataError):
            raise service
        try:
            slots = {slot["name"]: slot for slot in service["slots"]}
            name = service["service_name"]
            found[name] = [_tool(name, service["description"], intent, slots) for intent in service["intents"]]
        except (KeyError, TypeError) as error:
            raise DataError(f"is no service of the corpus: {error!r} is wrong", where=where) from error
    return found


def _tool(service: str, about: str, intent: dict[str, Any], slots: dict[str, Any]) -> dict[str, Any]:
    optional = intent["optional_slots"]
    properties = {}
    for name in dict.fromkeys([*intent["required_slots"], *optional]):
        slot = slots[name]
        schema = {"type": "string", "description": slot["description"]}
        if slot["is_categorical"] and slot["possible_values"]:
            schema["enum"] = [*slot["possible_values"]]
        if optional.get(name, ANY) != ANY:
            schema["default"] = optional[name]
        properties[name] = schema
    parameters = {"type": "object", "properties": properties, "required": [*intent["required_slots"]]}
    told = f"{intent['description']} ({about})"
    function = {"name": tool_name(service, intent["name"]), "description": told, "parameters": parameters}
    return {"type": "function", "function": function}


def tool_name(service: str, intent: str) -> str:
    """What the tool of a service's intent is called; two services may have intents of one name."""
    return fit_name(f"{service}_{intent}")


def read(row: dict[str, Any]) -> Draft:
    """A dialogue."""
    try:
        dialogue, offered = row["dialogue"], row["services"]
        services = dialogue["services"]
        unknown = [name for name in services if name not in offered]
        if unknown:
            raise Unconvertible("tools", f"the schema has no service {bounded(unknown[0])}")
        messages = [Message(role="system", content=SYSTEM)]
        for turn in dialogue["turns"]:
            messages += _turn(turn, len(messages))
        identity = dialogue["dialogue_id"]
    except (KeyError, TypeError, AttributeError) as error:
        raise Unconvertible("shape", f"is no dialogue of the corpus: {error!r} is wrong") from error
    return Draft(
        messages,
        [tool for name in services for tool in offered[name]],
        task=f"sgd/{row['split']}/{identity}",
        domain="+".join(sorted({name.rpartition("_")[0] for name in services})),
        provenance={"licence": "CC-BY-SA-4.0", "split": row["split"], "services": services},
    )


def _turn(turn: dict[str, Any], place: int) -> list[Message]:
    """What is said in a turn; calls of the system and their results come before its words."""
    if turn["speaker"] == "USER":
        return [Message(role="user", content=turn["utterance"])]
    calls: list[ToolCall] = []
    results: list[Message] = []
    for frame in turn["frames"]:
        if call := frame.get("service_call"):
            identity = f"call_{place}_{len(calls)}"
            function = Function(name=tool_name(frame["service"], call["method"]), arguments=call["parameters"])
            calls.append(ToolCall(id=identity, function=function))
            content = json.dumps(frame["service_results"], ensure_ascii=False)
            results.append(Message(role="tool", content=content, tool_call_id=identity))
    return [*([assistant(None, calls)] if calls else []), *results, assistant(turn["utterance"])]
