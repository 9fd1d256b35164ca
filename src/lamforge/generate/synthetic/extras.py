"""Parameters that a tool takes beside its own, as real ones do: choices, flags, lists, numbers, names."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from random import Random

from lamforge.generate.english import plural
from lamforge.generate.synthetic.parameters import Parameter
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.quantities import UNITS
from lamforge.generate.synthetic.vocabulary import concepts
from lamforge.generate.synthetic.wording import WORDS

_LISTED = "colour material food animal plant sport genre language subject job disease drug chemical planet".split()
_NAMES = tuple("kind type category mode variety option style group choice class model level".split())
_BEHIND = (", {}", ", {} please", "as {}", ", {} if possible", ", preferably {}", ", {} one", "({})", ", {} as always")
_NUMBERS = ("int", "num", "money", "percent", *UNITS)
_REQUIRED = 0.4  # share of them that are required
_WAYS = {"drawn": 0.2, "choice": 0.15, "named": 0.2, "flag": 0.15, "list": 0.1, "number": 0.1, "text": 0.1}


def extras(rng: Random, own: list[Parameter]) -> list[Parameter]:
    """One to three parameters for a tool that has these already."""
    taken = {name for each in own for name in (each.name, *each.aliases)}
    found: list[Parameter] = []
    for _ in range(1 + int(rng.random() * 3)):
        way = rng.choices(tuple(_WAYS), tuple(_WAYS.values()))[0]
        each = _MAKERS[way](rng) if way in _MAKERS else pick(rng, _known()[way])
        if each.name in taken:
            continue
        taken.add(each.name)
        required = rng.random() < _REQUIRED and each.kind != "?"
        found.append(replace(each, required=required))
    return found


def _drawn(rng: Random) -> Parameter:
    """A choice among words of one sort: too many of them to be known by heart."""
    sort = pick(rng, _LISTED)
    words = rng.sample(WORDS[sort], 2 + int(rng.random() * 5))
    options = "|".join(word.replace(" ", "_") for word in words)
    if rng.random() < 0.5:
        return Parameter(sort, f"={options}", False, _BEHIND)
    return Parameter(pick(rng, _NAMES), f"={options}", False, _BEHIND, meaning=f"which {sort}")


def _named(rng: Random) -> Parameter:
    """Something that has a name of its own, such as a ship or a room."""
    noun = pick(rng, _nouns())
    said = (f"{noun} {{}}", f"the {{}} {noun}", f"the {noun} {{}}", "in {}", "on {}", "called {}", "to {}")
    name = noun.replace(" ", "_")
    return Parameter(name, "proper", False, said, (noun.split()[-1], f"{name}_name"), f"name of the {noun}")


@lru_cache(maxsize=1)
def _nouns() -> tuple[str, ...]:
    things = [word for sort in ("thing", "animal") for word in WORDS[sort]]
    return tuple(sorted({each.noun for of in concepts().values() for each in of if each.noun}.union(things)))


def _list(rng: Random) -> Parameter:
    sort = pick(rng, _LISTED)
    return Parameter(f"{sort}_list" if rng.random() < 0.2 else plural(sort), f"list({sort})", False, (": {}", "for {}"))


_MAKERS = {"drawn": _drawn, "named": _named, "list": _list}  # the other ways take what concepts have


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[Parameter, ...]]:
    """The parameters of all concepts, by what they hold."""
    found: dict[str, dict[tuple[str, str], Parameter]] = {"choice": {}, "flag": {}, "number": {}, "text": {}}
    for each in (each for of in concepts().values() for concept in of for each in concept.parameters):
        sort = each.kind.partition("(")[0]
        way = "choice" if sort[0] == "=" else "flag" if sort == "?" else "number" if sort in _NUMBERS else "text"
        plain = sort not in ("code", "list", "pair", "text") and sort[0] != "<"
        if plain and not any("new" in phrase or " now " in phrase for phrase in each.attached):
            found[way].setdefault((each.name, each.kind), each)
    return {way: tuple(of.values()) for way, of in found.items()}
