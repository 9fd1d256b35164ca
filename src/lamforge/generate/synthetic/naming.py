"""How the tools of one conversation are written: the style of names and of descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from lamforge.generate.english import capitalised
from lamforge.generate.synthetic.phrases import pick

_CASES = ("snake", "snake", "snake", "snake", "camel", "camel", "pascal", "dotted", "kebab", "colon")
_PREFIXES = ("api", "v1", "svc", "app", "my", "core", "do", "tool", "x", "v2", "fn")
_SHORT = {
    "number": "no",
    "quantity": "qty",
    "description": "desc",
    "message": "msg",
    "maximum": "max",
    "minimum": "min",
    "temperature": "temp",
    "address": "addr",
    "department": "dept",
    "reference": "ref",
    "amount": "amt",
    "identifier": "id",
}


@dataclass(frozen=True, slots=True)
class Style:
    """What the tools of one conversation have in common."""

    case: str
    parameter_case: str
    prefix: str  # before each tool's name, or ""
    field_first: bool  # the field as a prefix
    noun_first: bool  # ticket_book instead of book_ticket
    short: bool
    telling: str  # of descriptions: plain, third, when, gerund, doc
    capital: bool
    stop: bool
    articles: bool
    bare: float  # share of parameters without a description
    optional: float  # share of optional parameters that say so
    defaults: float  # share of optional parameters that have one
    examples: float  # share of texts with an example
    currency: int  # of all amounts
    closed: bool  # additionalProperties: false
    made_up: bool  # names say nothing

    def tool_name(self, rng: Random, words: list[str], field: str) -> str:
        """The name of a tool."""
        if self.noun_first and len(words) > 1:
            words = [*words[1:], words[0]]
        if self.short and len(words) > 3:
            words = [words[0], words[1], words[-1]]
        front = [self.prefix] if self.prefix else [field.split("_")[0]] if self.field_first and not self.made_up else []
        if self.case == "dotted":
            return ".".join(
                [
                    "_".join(front or [words[-1]] if len(words) > 1 else front),
                    "_".join(words if front or len(words) < 2 else words[:-1]),
                ]
            ).strip(".")
        if self.case == "colon":
            return "-".join(["_".join(front), "_".join(words)]).strip("-")
        return _cased([*front, *words], self.case)

    def parameter_name(self, name: str) -> str:
        """The name of a parameter."""
        words = name.split("_")
        if self.short:
            words = [_SHORT.get(word, word) for word in words]
        return _cased(words, self.parameter_case)


def _cased(words: list[str], case: str) -> str:
    if case == "camel":
        return words[0] + "".join(capitalised(word) for word in words[1:])
    if case == "pascal":
        return "".join(capitalised(word) for word in words)
    return ("-" if case == "kebab" else "_").join(words)


def style(rng: Random, made_up: bool) -> Style:
    """A style."""
    case = pick(rng, _CASES)
    return Style(
        case=case,
        parameter_case=case if case == "camel" and rng.random() < 0.8 else "kebab" if rng.random() < 0.02 else "snake",
        prefix=pick(rng, _PREFIXES) if rng.random() < 0.08 else "",
        field_first=rng.random() < 0.12,
        noun_first=rng.random() < 0.12,
        short=rng.random() < 0.2,
        telling=pick(rng, ("plain", "plain", "third", "third", "when", "gerund", "doc")),
        capital=rng.random() < 0.75,
        stop=rng.random() < 0.6,
        articles=rng.random() < 0.4,
        bare=pick(rng, (0.0, 0.0, 0.15, 0.5, 0.9)),
        optional=pick(rng, (0.0, 0.0, 0.3, 0.8)),
        defaults=pick(rng, (0.0, 0.0, 0.3, 0.7)),
        examples=pick(rng, (0.0, 0.0, 0.0, 0.2, 0.6)),
        currency=int(rng.random() * 3),
        closed=rng.random() < 0.15,
        made_up=made_up,
    )
