"""Parameters, in the vocabulary's short form: what they hold, how their values are said, what else they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lamforge.generate.synthetic.phrases import read_yaml

_TOKEN = re.compile(r"[^\s(]+(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*")  # with what it has in parentheses
_GROUP = re.compile(r"\(([^()]*(?:\([^()]*\))?)\)")  # what stands in parentheses


@dataclass(frozen=True)
class Parameter:
    """One parameter of a concept."""

    name: str
    kind: str  # for `lamforge.generate.synthetic.kinds`; "=a|b", "<object" and "?flag" beside them
    required: bool
    attached: tuple[str, ...] = ()  # "from {}": how it is said right behind the request
    aliases: tuple[str, ...] = ()
    meaning: str = ""

    @property
    def words(self) -> str:
        """The name as words."""
        return self.name.replace("_", " ")


@lru_cache(maxsize=1)
def objects() -> dict[str, Any]:
    """Things with parts, as `parameters.yaml` has them."""
    return dict(read_yaml("parameters.yaml")["objects"])


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str]]:
    found = {}
    for name, line in read_yaml("parameters.yaml")["names"].items():
        kind, attached, aliases, meaning = (*_fourfold(line),)
        found[name] = (kind, _split(attached), _split(aliases), meaning)
    return found


def _fourfold(line: str) -> list[str]:
    parts = [each.strip() for each in re.split(r"(?<=\s)\|(?=\s|$)", line)]
    return [*parts, "", "", ""][:4]


def _split(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


@lru_cache(maxsize=1)
def flags() -> dict[str, list[str]]:
    """How yes and no are said, by the parameter's name."""
    return dict(read_yaml("parameters.yaml")["flags"])


def parameter(text: str, required: bool) -> Parameter:
    """A parameter from its form in the vocabulary: `city`, `height:m(1,9)`, `until:date(until {}|to {})`, `size=s|m`.

    Raises:
        ValueError: if it has another form, or nothing tells what it holds.
    """
    match = re.fullmatch(r"(\w+)([=:(]?)(.*)", text, re.DOTALL)
    if match is None:
        raise ValueError(f"{text!r} is no parameter")
    name, sign, rest = match.groups()
    options, kind, said, bounds = "", "", "", ""
    if sign == "=":
        options, _, said = rest.removesuffix(")").partition("(")
    elif sign == "(":
        said = rest.removesuffix(")")
    elif sign == ":":
        kind = rest.partition("(")[0]
        groups = _GROUP.findall(rest)
        said = next((each for each in groups if "{}" in each), "")
        bounds = next((f"({each})" for each in groups if "{}" not in each), "")
    known = _known().get(name)
    attached = tuple(said.split("|")) if said else known[1] if known and (not options or known[0][0] == "=") else ()
    aliases, meaning = (known[2], known[3]) if known else ((), "")
    if options:
        return Parameter(name, f"={options}", required, attached, aliases, meaning)
    if kind:
        own = f"{kind}{bounds}"
        same = known is not None and known[0].partition("(")[0] == kind
        return Parameter(
            name, own, required, attached if same or said else (), aliases if same else (), meaning if same else ""
        )
    if name in flags():
        return Parameter(name, "?", False)
    if known is None and (tail := _known().get(name.rpartition("_")[2])) is not None:
        return Parameter(name, tail[0], required, attached)
    if known is None:
        raise ValueError(f"{text!r}: nothing tells what it holds")
    return Parameter(name, known[0], required, attached, aliases, meaning)


def parameters(
    text: str, attributes: list[Parameter] | None = None, number: Parameter | None = None
) -> list[Parameter]:
    """Those of a line: first the required, behind `~` the others.

    Args:
        attributes: Of the thing that the line is about; `@` stands for them, `@1` for the first.
        number: What `#` stands for.
    """
    found: list[Parameter] = []
    needed = True
    for token in _TOKEN.findall(text):
        if token == "~":
            needed = False
        elif token == "#" and number is not None:
            found.append(number)
        elif token.startswith("@") and attributes is not None:
            taken = attributes if needed or token == "@1" else [_optional(each) for each in attributes]
            found += taken
        else:
            found.append(parameter(token, needed))
    return found


def _optional(each: Parameter) -> Parameter:
    return Parameter(each.name, each.kind, False, each.attached, each.aliases, each.meaning)
