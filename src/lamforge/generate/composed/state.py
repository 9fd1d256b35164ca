"""The records of a composed domain."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from lamforge.generate.composed import values
from lamforge.generate.composed.business import FieldKind
from lamforge.generate.composed.sketch import Sketch, Table

Record = dict[str, Any]

_PERSONS = (18, 30)
_ITEMS = (6, 12)
_THINGS = (1, 1, 2, 2, 3)  # of one person
_OPEN_SHARE = 0.75
_SOON_SHARE = 0.25  # dates that may be too near for a change
_DEBT_SHARE, _FLAG_SHARE = 0.3, 0.2
_SIMPLE: dict[str, values.Shape] = {
    "person": values.person,
    "company": values.company,
    "place": values.place,
    "street": values.street,
    "title": values.title,
    "note": values.note,
    "time": values.clock,
    "seat": values.seat,
    "plate": values.plate,
    "model": values.model,
    "room": values.room,
    "spot": values.spot,
}


def make_state(sketch: Sketch, rng: random.Random) -> dict[str, dict[str, Record]]:
    """The tables: persons, their records, and the items that these are about."""
    persons = _persons(sketch, rng)
    items = _items(sketch, rng)
    things: dict[str, Record] = {}
    for person in persons.values():
        for _ in range(rng.choice(_THINGS)):
            key = _fresh(sketch.thing, things, rng)
            things[key] = _thing(sketch, key, person, items, rng)
    tables = {sketch.person.name: persons, sketch.thing.name: things}
    if sketch.item is not None:
        tables[sketch.item.name] = items
    return tables


def _fresh(table: Table, records: dict[str, Record], rng: random.Random) -> str:
    while (key := table.shape(rng)) in records:
        continue
    return key


def _persons(sketch: Sketch, rng: random.Random) -> dict[str, Record]:
    codes = values.code_shape("account", rng, printed=True)
    postcodes = values.postcode_shape(rng)
    persons: dict[str, Record] = {}
    names: set[str] = set()
    for _ in range(rng.randint(*_PERSONS)):
        while (name := values.person(rng)) in names:
            continue
        names.add(name)
        key = _fresh(sketch.person, persons, rng)
        known = {
            "name": name,
            "email": values.email(name, rng),
            "phone": values.phone(rng),
            "birth_date": values.birth(rng),
            "street": values.street(rng),
            "postcode": postcodes(rng),
            "card_number": codes(rng),
            "account_code": codes(rng),
        }
        record: Record = {sketch.person.key: key, **{fact: known[fact] for fact in sketch.facts}}
        if sketch.tier:
            record[sketch.tier.name] = rng.choice(sketch.tier.choices)
        if "debt" in sketch.limits:
            record["unpaid"] = values.amount(5, 90, rng) if rng.random() < _DEBT_SHARE else 0
        persons[key] = record
    return persons


def _items(sketch: Sketch, rng: random.Random) -> dict[str, Record]:
    """What can be booked or bought; names and ids are all different."""
    if sketch.item is None or sketch.item_field is None:
        return {}
    items: dict[str, Record] = {}
    names: set[str] = set()
    for _ in range(rng.randint(*_ITEMS)):
        name = str(draw(sketch.business.named, sketch, rng))
        if name in names:
            continue
        names.add(name)
        key = _fresh(sketch.item, items, rng)
        record: Record = {sketch.item.key: key, sketch.item_field: name}
        items[key] = record | {each.name: draw(each, sketch, rng) for each in sketch.business.item_fields[:2]}
    return items


def _thing(sketch: Sketch, key: str, person: Record, items: dict[str, Record], rng: random.Random) -> Record:
    record: Record = {sketch.thing.key: key, sketch.person.key: person[sketch.person.key]}
    if sketch.item_field:
        record[sketch.item_field] = rng.choice(list(items.values()))[sketch.item_field]
    record |= {each.name: draw(each, sketch, rng) for each in sketch.fields}
    if sketch.business.price:
        record["price"] = draw(sketch.business.price, sketch, rng)
    if "once" in sketch.limits:
        record["changed_before"] = rng.random() < _FLAG_SHARE
    is_open = rng.random() < _OPEN_SHARE
    record["status"] = rng.choice(sketch.business.open if is_open else sketch.business.shut)
    return record


def draw(kind: FieldKind, sketch: Sketch, rng: random.Random) -> Any:
    """A value of a field."""
    match kind.kind:
        case "choice":
            return rng.choice(kind.choices)
        case "number":
            return rng.randint(kind.low, kind.high)
        case "date" if rng.random() < _SOON_SHARE:
            return (sketch.today + timedelta(days=rng.randint(0, 7))).isoformat()
        case "date":
            return values.day(sketch.today, rng)
        case "code":  # one shape in a domain
            return values.code_shape(kind.name, random.Random(f"{sketch.firm} {kind.name}"))(rng)
    return _SIMPLE[kind.kind](rng)
