"""Which of many tools a model is shown: those that share most words with what the user said.

Small models choose badly among many tools, and each costs about a hundred tokens of prompt. Words are compared by their
first letters, and one that several tools have says little of which is meant.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, cast

from lamforge.engines.base import Delta, Model
from lamforge.engines.calls import strict_field
from lamforge.messages import TOOL_CHOICES, as_dicts
from lamforge.tools import bare, spaced

_NAME, _DESCRIPTION, _PARAMETERS = 2.0, 1.0, 0.5  # what a word in each counts
_STEM = 4  # letters of a word: "book", "booked" and "booking" are one
_HEARD = 8  # messages of the user, the last ones; each counts half as much as the next
_WORD = re.compile(r"[^\W\d_]{2,}")
_EMPTY = frozenset(
    "an and any are as at be but by can could do does for from has have how if in is it its me my no not of on or our "
    "please so some that the their them then there they this to was we what when where which who will with would you "
    "your yes".split()
)


class Shortlist:
    """A model that is shown some of the tools that it is offered; in all else the model itself.

    Args:
        most: Tools that it is shown. Those that it has called, and one that it must call, are shown in any case.
    """

    def __init__(self, model: Model, most: int) -> None:
        self._model, self._most = model, most

    def __getattr__(self, name: str) -> Any:
        if name == "_model":  # while it is copied
            raise AttributeError(name)
        return getattr(self._model, name)

    async def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> AsyncGenerator[Delta, None]:
        """See `Model.chat`. If a tool is strict all are shown: what is refused must not depend on what is said."""
        if tools and strict_field(tools) is None:
            tools = await asyncio.to_thread(shortlist, tools, messages, self._most, tool_choice)
        answer = cast(AsyncGenerator[Delta, None], self._model.chat(messages, tools, tool_choice, **options))
        async with aclosing(answer) as deltas:
            async for delta in deltas:
                yield delta

    def describe(self) -> dict[str, Any]:
        """See `Model.describe`."""
        return {**self._model.describe(), "max_tools": self._most}


def shortlist(
    tools: list[dict[str, Any]], messages: list[Any], most: int, tool_choice: str = "auto"
) -> list[dict[str, Any]]:
    """So many of the tools, in their order, with those that were called or must be; all if no word is shared."""
    said = as_dicts(messages)
    words = [_weights(bare(tool)) for tool in tools]
    having = Counter(word for each in words for word in each)
    scores = [0.0] * len(tools)
    heard = [_words([str(each.get("content"))]) for each in said if each["role"] == "user"][-_HEARD:]
    for age, asked in enumerate(reversed(heard)):
        for number, each in enumerate(words):
            scores[number] += 0.5**age * sum(each[word] / having[word] ** 2 for word in asked & each.keys())
    if not any(scores):
        return tools
    best = sorted(range(len(tools)), key=lambda number: -scores[number])[:most]
    kept = {call["function"]["name"] for each in said for call in each.get("tool_calls") or ()}
    kept |= {tool_choice}.difference(TOOL_CHOICES)
    return [tool for number, tool in enumerate(tools) if number in best or bare(tool)["name"] in kept]


def _weights(tool: dict[str, Any]) -> dict[str, float]:
    """What each word of a tool counts."""
    weights = dict.fromkeys(_words(_told(tool.get("parameters"))), _PARAMETERS)
    weights |= dict.fromkeys(_words([tool.get("description") or ""]), _DESCRIPTION)
    return weights | dict.fromkeys(_words([tool["name"]]), _NAME)


def _words(texts: Iterator[str] | list[str]) -> set[str]:
    """The beginnings of the words that mean something."""
    words = _WORD.findall(spaced(" ".join(texts)))
    return {word[:_STEM] for word in map(str.lower, words) if word not in _EMPTY}


def _told(schema: Any) -> Iterator[str]:
    """What a schema says in words: names of properties, descriptions, choices; none of JSON Schema's own."""
    if isinstance(schema, list):
        for each in schema:
            yield from _told(each)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("description", "title"):
                yield str(value)
            elif key in ("enum", "const"):
                yield from map(str, value if isinstance(value, list) else [value])
            elif key == "properties" and isinstance(value, dict):
                yield from value
                yield from _told(list(value.values()))
            else:
                yield from _told(value)
