"""Phrases with choices: `[please |]send [it|them] to {person}`, `<opening>` for another rule of the grammar.

A phrase is compiled once and expanded often. What stands in braces is looked up by its name, or left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml

Any_ = TypeVar("Any_")
Node = str | tuple[str, Any]  # text, or ("slot" | "rule", name), or ("either", alternatives)

_FOLDER = Path(__file__).parent
_TOKEN = re.compile(r"[\[\]|<>{}]|[^\[\]|<>{}]+")


def pick(rng: Random, among: Sequence[Any_]) -> Any_:
    """One of them; several times quicker than `Random.choice`."""
    return among[int(rng.random() * len(among))]


def read_yaml(name: str) -> Any:
    """A file of this package, by the C parser where there is one."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((_FOLDER / name).read_text(encoding="utf-8"), Loader=loader)


@cache
def compiled(text: str) -> tuple[Node, ...]:
    """The parts of a phrase."""
    parts, rest = _sequence(_TOKEN.findall(text), 0, "")
    if rest != -1:
        raise ValueError(f"a bracket is not closed or not opened in {text!r}")
    return parts


def _sequence(tokens: list[str], at: int, until: str) -> tuple[tuple[Node, ...], int]:
    """(parts up to a closing bracket or a bar, the place of it); -1 at the end of the text."""
    parts: list[Node] = []
    while at < len(tokens):
        token = tokens[at]
        if token in "]|" and len(token) == 1:
            return tuple(parts), at if until else -2
        if token == "[":
            options = []
            while True:
                inner, at = _sequence(tokens, at + 1, "]")
                if at < 0:
                    return tuple(parts), -2
                options.append(inner)
                if tokens[at] == "]":
                    break
            parts.append(("either", tuple(options)))
        elif token in "<{":
            parts.append(("rule" if token == "<" else "slot", tokens[at + 1]))
            at += 2
        else:
            parts.append(token)
        at += 1
    return tuple(parts), -2 if until else -1


class Grammar:
    """Rules by name, each a list of phrases."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self._rules = {name: tuple(compiled(each) for each in phrases) for name, phrases in rules.items()}
        for phrases in self._rules.values():
            for each in phrases:
                self._check(each)

    def say(self, rng: Random, rule: str, slots: Mapping[str, str] | Callable[[str], str] | None = None) -> str:
        """A text of a rule."""
        out: list[str] = []
        self._expand(rng, pick(rng, self._rules[rule]), slots, out)
        return "".join(out)

    def fill(self, rng: Random, text: str, slots: Mapping[str, str] | None = None) -> str:
        """A text of a phrase that stands in no rule."""
        if "[" not in text and "{" not in text and "<" not in text:
            return text
        out: list[str] = []
        self._expand(rng, compiled(text), slots, out)
        return "".join(out)

    def _expand(self, rng: Random, parts: tuple[Node, ...], slots: Any, out: list[str]) -> None:
        for part in parts:
            if isinstance(part, str):
                out.append(part)
                continue
            kind, what = part
            if kind == "either":
                self._expand(rng, what[int(rng.random() * len(what))], slots, out)
            elif kind == "rule":
                rule = self._rules[what]
                self._expand(rng, pick(rng, rule), slots, out)
            else:
                out.append(slots[what] if slots and what in slots else f"{{{what}}}")

    def _check(self, parts: tuple[Node, ...]) -> None:
        for kind, what in (part for part in parts if not isinstance(part, str)):
            if kind == "rule" and what not in self._rules:
                raise ValueError(f"there is no rule {what!r}")
            if kind == "either":
                for each in what:
                    self._check(each)
