"""The tools that queries are written for: of a domain, which can be executed, and of a file, which cannot."""

from __future__ import annotations

import re
from typing import Any

from lamforge.domains import Domain
from lamforge.errors import GenerationError, UsageError
from lamforge.messages import content_id
from lamforge.tools import described, validate_arguments

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_COMMON = frozenset(
    "a an the of to for in on by with and or is be from at as this that its it all one given get".split()
)


class Toolbox:
    """Tools by name.

    Args:
        tools: Of a file, in OpenAI's wrapper; they are described and no more.
        domain: Its tools come first and are executable.
    Raises:
        UsageError: if a tool of the file has the name of one of the domain's.
        GenerationError: if there are no tools at all.
    """

    def __init__(self, tools: list[dict[str, Any]], domain: Domain | None = None, *, name: str = "tools") -> None:
        self.domain = domain
        self.name = domain.name if domain is not None else name
        mine = [described(tool) for tool in (domain.tools if domain is not None else ())]
        others = [described(tool) for tool in tools]
        self._tools = {tool["name"]: tool for tool in mine}
        for tool in others:
            if tool["name"] in self._tools:
                what = f"{tool['name']!r} is a tool of the file and of the domain {self.name}"
                raise UsageError(what, where="--tools", remedy="Take it out of the file: the domain's is executable.")
            self._tools[tool["name"]] = tool
        if not self._tools:
            raise GenerationError("there is no tool to write queries for", where=self.name)
        self._words = {name: _words_of(tool) for name, tool in self._tools.items()}

    @property
    def names(self) -> list[str]:
        """The names of all tools, the domain's first."""
        return list(self._tools)

    @property
    def digest(self) -> str:
        """Which tools these are, and which version of the domain."""
        return content_id(list(self._tools.values()), self.domain.digest if self.domain is not None else None)

    def described(self, name: str) -> dict[str, Any]:
        """{name, description, parameters} of a tool."""
        return self._tools[name]

    def parameters(self, name: str) -> dict[str, Any]:
        """The JSON Schema of a tool's arguments."""
        return self._tools[name].get("parameters") or {"type": "object", "properties": {}}

    def properties(self, name: str) -> dict[str, Any]:
        """The schemas of a tool's arguments, by name."""
        found = self.parameters(name).get("properties")
        return found if isinstance(found, dict) else {}

    def required(self, name: str) -> list[str]:
        """The arguments without which a tool cannot be called."""
        return [each for each in self.parameters(name).get("required") or () if each in self.properties(name)]

    def executable(self, name: str) -> bool:
        """Whether the domain has the tool, and can be brought back to where it was before a call."""
        domain = self.domain
        return domain is not None and domain.tool(name) is not None and name not in domain.unusable

    def problems(self, name: str, arguments: dict[str, Any], *, partly: bool = False) -> list[str]:
        """What is wrong with a call's arguments by the schema.

        Args:
            partly: Required arguments may be missing.
        """
        parameters = self.parameters(name)
        return validate_arguments({**parameters, "required": []} if partly else parameters, arguments)

    def likeness(self, one: str, other: str) -> float:
        """How much two tools are about the same, 0 to 1: the share of words that both have."""
        mine, theirs = self._words[one], self._words[other]
        return len(mine & theirs) / max(1, min(len(mine), len(theirs)))

    def speaks_of(self, name: str, text: str) -> bool:
        """Whether a text has a word that says something in common with a tool's name and description."""
        return bool(self._words[name] & words(text))


def words(text: str) -> set[str]:
    """The stems of a text's words that say something; camelCase and snake_case are taken apart."""
    found = (word.lower() for word in _WORD.findall(text))
    return {word[:-1] if word.endswith("s") and len(word) > 3 else word for word in found if word not in _COMMON}


def _words_of(tool: dict[str, Any]) -> set[str]:
    return words(f"{tool['name']} {tool.get('description') or ''}")
