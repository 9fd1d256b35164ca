"""The businesses that domains are composed of, read from `businesses/*.yaml` and checked."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from lamforge.generate.english import participle

_FOLDER = Path(__file__).with_name("businesses")
_RANGE = re.compile(r"(\d+)-(\d+)")

Deed = Literal["end", "set", "more", "add", "new", "pay", "report"]
DEEDS: tuple[Deed, ...] = ("end", "set", "more", "add", "new", "pay", "report")


class FieldKind(BaseModel):
    """How the values of a field are drawn: a named kind, one of a list, or a whole number of a range."""

    name: str
    kind: str = "choice"
    choices: list[str] = Field(default_factory=list)
    low: int = 0
    high: int = 0
    questions: list[str] = Field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether it says how many there are of something."""
        return self.kind == "number" and self.name.endswith("s")

    @property
    def words(self) -> str:
        """The field as people name it."""
        words = self.name.replace("_", " ")
        return f"number of {words}" if self.counts else words

    @property
    def verb(self) -> str:
        """What goes with these words: is or are."""
        plural = self.name.endswith("s") and not self.counts and not self.name.endswith(("ss", "us"))
        return "are" if plural else "is"


class Action(BaseModel):
    """What can be done with a record: a deed, the verb for it, and what goes with it."""

    model_config = ConfigDict(extra="forbid")

    verb: str
    past: str
    deed: Deed
    object: str = ""  # end: the status afterwards; set: a field; more: a unit; add, report: what the choice is called
    fields: list[str] = Field(default_factory=list)  # new: what is told
    choices: dict[str, list[str]] = Field(default_factory=dict)  # reasons, options -> how people say them
    most: int = 0
    say: list[str] = Field(default_factory=list)


class Business(BaseModel):
    """One kind of business."""

    model_config = ConfigDict(extra="forbid")

    name: str
    firm: list[str]
    about: str
    person: str
    thing: str
    item: str | None = None
    named: FieldKind
    fields: list[FieldKind]
    item_fields: list[FieldKind]
    open: list[str]
    shut: list[str]
    price: FieldKind | None = None
    tier: FieldKind | None = None
    actions: list[Action]


@lru_cache(maxsize=1)
def businesses() -> tuple[Business, ...]:
    """All businesses, in the order of their names."""
    found: dict[str, Any] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(_business(name, found[name]) for name in sorted(found))


def _business(name: str, written: dict[str, Any]) -> Business:
    opened, _, shut = written["status"].partition(">")
    tier = written.get("tiers")
    return Business(
        name=name,
        firm=written["firm"],
        about=written["about"],
        person=written["person"],
        thing=written["thing"],
        item=written.get("item"),
        named=_field("name", written.get("named", "title")),
        fields=[_field(key, value) for key, value in written["fields"].items()],
        item_fields=[_field(key, value) for key, value in written.get("item_fields", {}).items()],
        open=_listed(opened),
        shut=_listed(shut),
        price=_field("price", written["price"]) if "price" in written else None,
        tier=FieldKind(name=tier["name"], choices=tier["of"]) if tier else None,
        actions=[_action(verb, spec) for each in written["do"] for verb, spec in each.items()],
    )


def _field(name: str, text: str) -> FieldKind:
    """A field of its short form: "date | When is it?", "of a, b | Which ...?", "1-9"."""
    kind, *questions = (part.strip() for part in str(text).split("|"))
    if kind.startswith("of "):
        return FieldKind(name=name, choices=_listed(kind[3:]), questions=questions)
    if found := _RANGE.fullmatch(kind):
        return FieldKind(name=name, kind="number", low=int(found[1]), high=int(found[2]), questions=questions)
    return FieldKind(name=name, kind=kind, questions=questions)


def _action(verb: str, spec: dict[str, Any]) -> Action:
    deed = next(deed for deed in DEEDS if deed in spec)
    told = spec[deed]
    choices = spec.get("of") or spec.get("why") or (told if deed == "pay" else {})
    return Action(
        verb=verb,
        past=spec.get("past", participle(verb)),
        deed=deed,
        object=told if isinstance(told, str) else "",
        fields=told if deed == "new" else [],
        choices=choices if isinstance(choices, dict) else {each: [] for each in choices},
        most=spec.get("most", 0),
        say=spec.get("say", []),
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
