"""Values with parts: an address, a contact, the lines of an order."""

from __future__ import annotations

from random import Random
from typing import Any

from lamforge.generate.synthetic.kinds import listed, slot
from lamforge.generate.synthetic.naming import Style
from lamforge.generate.synthetic.parameters import objects
from lamforge.generate.synthetic.slot import Slot


def object_slot(rng: Random, name: str, written: Style) -> Slot:
    """The kind of that name in `parameters.yaml`, or a list of it."""
    known = objects()[name]
    parts = {part: slot(rng, kind, part.replace("_", " ")) for part, kind in known["parts"].items()}
    keys = {part: written.parameter_name(part) for part in parts}
    properties = {}
    for part, each in parts.items():
        properties[keys[part]] = {**each.schema, "description": each.hint} if each.hint else each.schema
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": list(keys.values())}

    def one(rng: Random, whole: bool) -> tuple[str, dict[str, Any]]:
        drawn = {part: each.draw(rng) for part, each in parts.items()}
        value = {keys[part]: value for part, (_, value) in drawn.items()}
        if whole:
            return known["say"].format(**{part: said for part, (said, _) in drawn.items()}), value
        return ", ".join(f"{part.replace('_', ' ')} {said}" for part, (said, _) in drawn.items()), value

    if not known.get("many"):
        return Slot(schema, "", lambda rng: one(rng, rng.random() < 0.6))

    def several(rng: Random) -> tuple[str, list[dict[str, Any]]]:
        made = [one(rng, True) for _ in range(1 + int(rng.random() * 3))]
        return listed([said for said, _ in made], rng), [value for _, value in made]

    return Slot({"type": "array", "items": schema}, "", several)
