"""Other names for tools and parameters, the same ones wherever they stand: schemas, calls, mentions in texts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lamforge.data.augmenting.tables import table
from lamforge.grounding import split_name
from lamforge.messages import Message, Trajectory
from lamforge.tools import bare

_PLAIN = {"type", "properties", "required", "additionalProperties", "description", "title"}
_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_TOKEN = re.compile(r"\b[A-Za-z_]\w*\b")
_LONGEST = 64  # characters of a name in OpenAI's API


@dataclass
class Renaming:
    """Old name -> new name, of tools and of each tool's parameters."""

    tools: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)  # by the tool's old name

    def inverse(self) -> Renaming:
        """What brings the old names back."""
        tools = {new: old for old, new in self.tools.items()}
        parameters = {
            self.tools.get(tool, tool): {new: old for old, new in names.items()}
            for tool, names in self.parameters.items()
        }
        return Renaming(tools, parameters)

    def mentions(self) -> dict[str, str]:
        """What is replaced in texts: names that no prose would use, as far as they are renamed to one thing only."""
        found = {old: new for old, new in self.tools.items() if _is_code(old)}
        several: dict[str, set[str]] = {}
        for names in self.parameters.values():
            for old, new in names.items():
                several.setdefault(old, set()).add(new)
        return found | {old: min(new) for old, new in several.items() if len(new) == 1 and _is_code(old)}

    def as_dict(self) -> dict[str, Any]:
        """For the record: what was renamed to what."""
        changed = {tool: {o: n for o, n in names.items() if o != n} for tool, names in self.parameters.items()}
        tools = {old: new for old, new in self.tools.items() if old != new}
        return {"tools": tools, "parameters": {tool: names for tool, names in changed.items() if names}}


def draw_renaming(trajectory: Trajectory, rng: random.Random) -> Renaming | None:
    """New names for a conversation's tools and parameters in one style; None if a new name would say two things.

    Tools whose schema speaks of its parameters elsewhere than in `properties` and `required` keep their parameters.
    """
    style = rng.choice((_snake, _snake, _camel, None))
    renaming = Renaming()
    taken = set(_TOKEN.findall(" ".join([json.dumps(trajectory.tools), *_texts(trajectory)])))
    for tool in map(bare, trajectory.tools):
        name = str(tool.get("name"))
        renaming.tools[name] = _other(name, "verbs", style, rng, taken)
        taken.add(renaming.tools[name])
        parameters = tool.get("parameters") or {}
        properties = parameters.get("properties")
        if not isinstance(properties, dict) or not set(parameters) <= _PLAIN:
            continue
        mine: dict[str, str] = {}
        for old in properties:
            known = next((names[old] for names in renaming.parameters.values() if old in names), None)
            mine[old] = known or _other(old, "nouns", style, rng, taken)
        if len(set(mine.values())) < len(mine):
            return None
        taken |= set(mine.values())
        renaming.parameters[name] = mine
    return renaming if any(renaming.as_dict().values()) else None


def renamed(trajectory: Trajectory, renaming: Renaming) -> Trajectory:
    """The conversation with the new names."""
    mentions = renaming.mentions()
    tools = [_renamed_tool(tool, renaming, mentions) for tool in trajectory.tools]
    messages = [_renamed_message(message, renaming, mentions) for message in trajectory.messages]
    return trajectory.model_copy(update={"tools": tools, "messages": messages})


def _renamed_tool(tool: dict[str, Any], renaming: Renaming, mentions: dict[str, str]) -> dict[str, Any]:
    function = dict(bare(tool))
    names = renaming.parameters.get(str(function.get("name")), {})
    function["name"] = renaming.tools.get(str(function.get("name")), function.get("name"))
    if isinstance(function.get("description"), str):
        function["description"] = _spoken(function["description"], mentions)
    if names:
        parameters = dict(function["parameters"])
        properties = parameters["properties"].items()
        parameters["properties"] = {names.get(old, old): _renamed_schema(each, mentions) for old, each in properties}
        if isinstance(parameters.get("required"), list):
            parameters["required"] = [names.get(old, old) for old in parameters["required"]]
        function["parameters"] = parameters
    return {**tool, "function": function} if "function" in tool else function


def _renamed_schema(schema: Any, mentions: dict[str, str]) -> Any:
    if isinstance(schema, dict) and isinstance(schema.get("description"), str):
        return {**schema, "description": _spoken(schema["description"], mentions)}
    return schema


def _renamed_message(message: Message, renaming: Renaming, mentions: dict[str, str]) -> Message:
    changed = message.model_copy(deep=True)
    for call in changed.tool_calls or ():
        names = renaming.parameters.get(call.function.name, {})
        call.function.arguments = {names.get(old, old): value for old, value in call.function.arguments.items()}
        call.function.name = renaming.tools.get(call.function.name, call.function.name)
    if changed.role in ("system", "assistant") and changed.content:
        changed.content = _spoken(changed.content, mentions)
    if changed.role == "tool" and changed.name is not None:
        changed.name = renaming.tools.get(changed.name, changed.name)
    return changed


def _spoken(text: str, mentions: dict[str, str]) -> str:
    return _TOKEN.sub(lambda found: mentions.get(found[0], found[0]), text)


def _texts(trajectory: Trajectory) -> list[str]:
    return [message.content for message in trajectory.messages if message.content]


Style = Callable[[list[str]], str] | None


def _other(name: str, words: str, style: Style, rng: random.Random, taken: set[str]) -> str:
    """Another name with words of the table in the style, or the same one if there is none that is free."""
    if not _NAME.fullmatch(name):
        return name
    parts = split_name(name)
    if "".join(parts).lower() != name.replace("_", "").lower():
        return name  # not of words alone
    choices = table("names")[words]
    place = 0 if words == "verbs" else rng.randrange(len(parts))
    replaced = rng.choice([*choices.get(parts[place], ()), parts[place]]).split("_")
    wanted = [*parts[:place], *replaced, *parts[place + 1 :]]
    found = style(wanted) if style is not None else _like(name, wanted)
    return found if found not in taken and len(found) <= _LONGEST and _NAME.fullmatch(found) else name


def _snake(words: list[str]) -> str:
    return "_".join(words)


def _camel(words: list[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _like(name: str, words: list[str]) -> str:
    """The words in the style of a name."""
    if "_" in name or name.islower():
        return _snake(words)
    return _camel(words) if name[0].islower() else "".join(word.capitalize() for word in words)


def _is_code(name: str) -> bool:
    """Whether a name is one that prose does not use: of several words."""
    return "_" in name.strip("_") or any(letter.isupper() for letter in name[1:])
