"""What one composed domain is made of: which business, which of its tools, named how, under which rules."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from keyword import iskeyword

from lamforge.generate.composed import values
from lamforge.generate.composed.business import Action, Business, FieldKind
from lamforge.generate.composed.values import Shape
from lamforge.generate.english import plural

_FACTS = {  # field of a person that identifies it -> how people name it, and in a tool's description
    "name": ["full name", "name", "first name and surname", "whole name", "registered name"],
    "email": ["e-mail address", "email", "mail address", "address for mails"],
    "phone": ["phone number", "telephone number", "number to call"],
    "postcode": ["postcode", "postal code", "zip code"],
    "birth_date": ["date of birth", "birthday", "birth date"],
    "card_number": ["card number", "number on the card", "number of the card"],
    "account_code": ["account code", "code of the account"],
    "street": ["street address", "street", "street and house number"],
}
_WAYS = (
    ["email"], ["phone"], ["card_number"], ["account_code"], ["name", "birth_date"], ["name", "postcode"],
    ["name", "phone"], ["name", "email"], ["card_number", "postcode"], ["name", "street"],
)  # fmt: skip
_KEYS = {"id": 40, "number": 20, "no": 8, "ref": 10, "reference": 8, "code": 14}
_KEY_WORDS = {"no": "number", "ref": "reference"}  # of endings that are no words
_THINGS_ONLY = ("ref", "reference", "no")  # endings of ids that persons do not have
_SECOND_WAY = 0.15
_ACTIONS = (1, 2, 2, 3, 3, 4)  # of one domain


@dataclass(frozen=True)
class Table:
    """One kind of record: its noun, its table's name, the field with its id and how ids look."""

    noun: str
    name: str
    key: str
    key_word: str
    shape: Shape

    @property
    def key_words(self) -> str:
        """The id as people name it, such as "loan number"."""
        return f"{self.noun} {self.key_word}"

    @property
    def plural(self) -> str:
        """The noun for several."""
        return plural(self.noun)


@dataclass
class Sketch:
    """The choices for one domain; state, tools, policy and words are written from it."""

    business: Business
    firm: str
    today: date
    style: str  # of tools' names: snake, camel, noun_first, prefixed
    person: Table
    thing: Table
    item: Table | None
    ways: list[list[str]]  # each a set of facts by which a tool identifies a person
    fields: list[FieldKind]  # of the main record
    actions: list[Action]
    reads: list[str]  # tools that only look: list, items, item
    contact: str | None  # a fact of the person that can be changed
    tier: FieldKind | None
    hand_over: bool
    confirm: bool
    look_up: bool
    limits: list[str] = field(default_factory=list)  # further rules
    days: int = 0  # before a date, in which nothing can be changed
    at_most: int = 0  # open records of a person

    @property
    def facts(self) -> list[str]:
        """The fields of a person beside its id."""
        wanted = ["name", *(fact for way in self.ways for fact in way), *([self.contact] if self.contact else [])]
        return list(dict.fromkeys(wanted))

    @property
    def date_field(self) -> str | None:
        """The field that says when the main record takes place."""
        return next((each.name for each in self.fields if each.kind == "date"), None)

    @property
    def it(self) -> str:
        """How people name one main record: "loan {loan_id}"."""
        return f"{self.thing.noun} {{{self.thing.key}}}"

    @property
    def my(self) -> str:
        """How people name their only main record."""
        return f"my {self.thing.noun}"

    @property
    def item_field(self) -> str | None:
        """The field of the main record that names its item."""
        name = self.item.noun.replace(" ", "_") if self.item else None
        return f"{name}_name" if name and iskeyword(name) else name

    def kind_of(self, name: str) -> FieldKind:
        """A field of the main record by name."""
        return next(each for each in self.business.fields if each.name == name)


def fact_words(fact: str) -> list[str]:
    """How people name a fact about themselves."""
    return _FACTS.get(fact, [fact.replace("_", " ")])


def sketch(business: Business, rng: random.Random) -> Sketch:
    """Draws one domain of a business."""
    endings = rng.choices(list(_KEYS), weights=list(_KEYS.values()))[0]
    chosen = rng.sample(business.actions, min(rng.choice(_ACTIONS), len(business.actions)))
    actions = [action for action in business.actions if action in chosen]
    needed = {each.object for each in actions if each.deed == "set"} | {f for each in actions for f in each.fields}
    spare = [each for each in business.fields if each.name not in needed]
    kept = {each.name for each in rng.sample(spare, min(len(spare), rng.randint(1, 2)))} | needed
    fields = [each for each in business.fields if each.name in kept]
    makes = any(each.deed == "new" for each in actions)
    items = business.item is not None and (makes or rng.random() < 0.6)
    ways = [rng.choice(_WAYS)]
    if rng.random() < _SECOND_WAY:
        ways += [rng.choice([way for way in _WAYS if not set(way) & set(ways[0])])]
    reads = ["list"] if rng.random() < 0.55 else []
    reads += [rng.choice(["items", "item"])] if items and rng.random() < 0.35 else []
    sketched = Sketch(
        business=business,
        firm=rng.choice(business.firm).format(place=values.place(rng), surname=values.surname(rng)),
        today=date(2026, 1, 5) + timedelta(days=rng.randint(0, 3000)),
        style=rng.choices(["snake", "camel", "noun_first", "prefixed"], weights=[66, 14, 10, 10])[0],
        person=_table(business.person, "id" if endings in _THINGS_ONLY else endings, rng),
        thing=_table(business.thing, endings, rng),
        item=_table(business.item or "", endings, rng) if items else None,
        ways=ways,
        fields=fields,
        actions=actions,
        reads=reads,
        contact=rng.choice(["phone", "email", "street", "postcode"]) if rng.random() < 0.2 else None,
        tier=business.tier if business.tier and rng.random() < 0.6 else None,
        hand_over=rng.random() < 0.25,
        confirm=rng.random() < 0.8,
        look_up=rng.random() < 0.6,
    )
    if sketched.contact in {fact for way in ways for fact in way}:
        sketched.contact = None
    _add_limits(sketched, rng)
    return sketched


def _table(noun: str, ending: str, rng: random.Random) -> Table:
    name = noun.replace(" ", "_")
    return Table(noun, plural(name), f"{name}_{ending}", _KEY_WORDS.get(ending, ending), values.code_shape(noun, rng))


def _add_limits(sketched: Sketch, rng: random.Random) -> None:
    """Draws rules that fit the tools."""
    deeds = {each.deed for each in sketched.actions}
    possible = []
    if deeds & {"end", "set"} and sketched.date_field:
        possible.append("too_late")
    if "more" in deeds:
        possible.append("most")
    if "new" in deeds:
        possible += ["at_most", "debt"]
    if sketched.tier and deeds & {"set", "add", "new", "more"}:
        possible.append("tier")
    if any(each.deed == "end" and len(each.choices) > 2 for each in sketched.actions):
        possible.append("reasons")
    if deeds & {"set", "more"}:
        possible.append("once")
    sketched.limits = sorted(rng.sample(possible, min(len(possible), rng.randint(1, 3))))
    sketched.days = rng.choice([0, 0, 1, 2, 3, 5, 7])
    sketched.at_most = rng.choice([2, 3, 3, 4])
