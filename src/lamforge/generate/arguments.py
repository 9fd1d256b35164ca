"""Arguments for a call, drawn from the state: values that exist and that belong together."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from lamforge.domains.naming import plain_words
from lamforge.generate.graph import Graph, Place
from lamforge.generate.links import examples, fits, whole_numbers
from lamforge.generate.names import field_of, leaves, singular

_CHANGES = {"change", "update", "set", "edit", "modify", "correct", "replace"}  # what they take is a new value
_OPTIONAL_SHARE = 0.5  # how often an optional argument is given
_SEVERAL_SHARE = 0.25  # how often a list has two elements
_FOREIGN_SHARE = 0.06  # how often a record of somebody else is asked for: policy must refuse


class NoSource(Exception):
    """Nothing in the state or the schema can feed an argument."""


class ArgumentSampler:
    """Draws the arguments of one call for one owner.

    Args:
        owner: The owner's id, or None in a domain without owners.
        donors: Owners whose values may serve as new ones; they are of the same split.
    """

    def __init__(self, graph: Graph, owner: str | None, donors: list[str], rng: random.Random) -> None:
        self._graph = graph
        self._owner = owner
        self._donors = donors
        self._split = frozenset(donors)
        self._rng = rng
        self._changing = False  # whether the tool at hand takes new values without saying so in their names

    def sample(self, tool: str) -> dict[str, Any]:
        """Arguments that fit the tool's schema and come from the state, in the schema's order.

        Raises:
            NoSource: if a required argument cannot be fed.
        """
        declared = self._graph.domain.tool(tool)
        assert declared is not None
        properties = declared.parameters.get("properties", {})
        required = declared.parameters.get("required", [])
        chosen: dict[str, Any] = {}
        focus: list[Place] = []
        owner_table = self._graph.owner or ""
        others = [each for each in self._donors if each != self._owner] or self._donors
        donor = self._graph.record((owner_table, self._rng.choice(others))) if others else {}
        links = self._graph.links[tool]
        plain = not any(link.startswith("new_") for link in links.values())
        self._changing = plain and plain_words(tool).split()[0] in _CHANGES
        for name in sorted(properties, key=lambda name: self._order(links[name])):
            if name not in required and self._rng.random() > _OPTIONAL_SHARE:
                continue
            try:
                chosen[links[name]] = self._value(links[name], properties[name], chosen, focus, donor)
            except NoSource as error:
                if name in required:
                    raise NoSource(name) from error
        return {name: chosen[links[name]] for name in properties if links[name] in chosen}

    def try_sample(self, tool: str) -> dict[str, Any] | None:
        """Like `sample`; None if a required argument cannot be fed."""
        try:
            return self.sample(tool)
        except NoSource:
            return None

    def _order(self, name: str) -> int:
        """Ids first, since they set the focus; new values last, since they depend on the old ones."""
        return 2 if name.startswith("new_") else 0 if name in self._graph.keys.values() else 1

    def _value(
        self, name: str, schema: dict[str, Any], chosen: dict[str, Any], focus: list[Place], donor: dict[str, Any]
    ) -> Any:
        if "anyOf" in schema:
            schema = next((option for option in schema["anyOf"] if option.get("type") != "null"), schema)
        if "enum" in schema:
            return self._rng.choice(schema["enum"])
        if name == self._graph.owner_key and self._owner is not None:
            return self._graph.id_of((self._graph.owner or "", self._owner))
        if schema.get("type") == "object" and "properties" in schema:
            return self._object(name, schema, focus, donor)
        if schema.get("type") == "array":
            return self._list(name, schema, chosen, focus, donor)
        if name in self._graph.keys.values() and (place := self._own_record(name)):
            focus.append(place)
            return self._graph.id_of(place)
        if name.startswith("new_"):
            return self._new(name, chosen.get(field_of(name)), donor, focus)
        return self._known(name, schema, focus)

    def _own_record(self, key_field: str) -> Place | None:
        """A record of the owner's, now and then of somebody else's, whose id feeds the argument."""
        tables = {table for table, key in self._graph.keys.items() if key == key_field}
        owners = [self._owner]
        if self._donors and self._rng.random() < _FOREIGN_SHARE:
            owners = [self._rng.choice(self._donors)]
        places = [p for owner in owners for p in self._graph.owned.get(owner or "", ()) if p[0] in tables]
        if not places and not tables & (self._graph.owned_tables | {self._graph.owner}):
            places = [(table, key) for table in sorted(tables) for key in self._graph.tables[table]]
        return self._rng.choice(places) if places else None

    def _object(self, name: str, schema: dict[str, Any], focus: list[Place], donor: dict[str, Any]) -> dict[str, Any]:
        """Each field like an argument of its name; of something new, every field is new and from one donor."""
        prefix = "new_" if name.startswith("new_") else ""
        fields = {field: schema["properties"][field] for field in schema.get("required", ())}
        theirs = dict(leaves(donor)) if prefix else {}
        if theirs and all(field in theirs for field in fields):
            return {field: theirs[field] for field in fields}
        return {field: self._value(prefix + field, inner, {}, focus, donor) for field, inner in fields.items()}

    def _list(
        self, name: str, schema: dict[str, Any], chosen: dict[str, Any], focus: list[Place], donor: dict[str, Any]
    ) -> list[Any]:
        items = schema.get("items", {})
        count = 2 if self._rng.random() < _SEVERAL_SHARE else 1
        if "enum" in items:
            return self._rng.sample(items["enum"], min(count, len(items["enum"])))
        if items.get("type") == "object" and "properties" in items:
            return [self._object(name, items, focus, donor)]
        old = chosen.get(name.removeprefix("new_")) if name.startswith("new_") else None
        if isinstance(old, list):
            return [self._new(f"new_{singular(field_of(name))}", element, donor, focus) for element in old]
        values = self._in_focus(field_of(name), focus)
        if not values:
            raise NoSource(name)
        return self._rng.sample(values, min(count, len(values)))

    def _in_focus(self, field: str, focus: list[Place]) -> list[Any]:
        """The different values of a field in the records at hand, nearest first."""
        places = [*focus, *([(self._graph.owner, self._owner)] if self._graph.owner and self._owner else [])]
        for place in places:
            values = [v for f, v in leaves(self._graph.record(place)) if singular(f) == field and v is not None]
            if values:
                return list(dict.fromkeys(values))
        return []

    def _new(self, name: str, old: Any, donor: dict[str, Any], focus: list[Place]) -> Any:
        """Another value of the field: from records like that of the old value or tied to it, from a donor, from any."""
        field = field_of(name)
        current = self._in_focus(field, focus)
        old = current[0] if old is None and len(current) == 1 else old
        near = self._graph.catalogue.get((field, old), ()) if old is not None else ()
        for source in self._others(field, near, donor, focus):
            if given := [value for value in source if value != old and value not in current]:
                return self._rng.choice(given)
        raise NoSource(name)

    def _others(
        self, field: str, near: Iterable[Place], donor: dict[str, Any], focus: list[Place]
    ) -> Iterator[list[Any]]:
        """Values of a field, list by list: nearest to the old value first."""
        graph = self._graph
        yield [v for p in near for f, v in leaves(graph.record(p)) if singular(f) == field]
        yield [graph.id_of((p[0], key)) for p in near if graph.keys[p[0]] == field for key in graph.alike(p)]
        yield [v for p in graph.linked(focus) for f, v in leaves(graph.record(p)) if f.endswith(f"_{field}")]
        yield self._in_focus(field, [])  # such as another payment method
        yield [v for f, v in leaves(donor) if singular(f) == field]
        yield self.anywhere(field)

    def _known(self, name: str, schema: dict[str, Any], focus: list[Place]) -> Any:
        present = self._in_focus(field_of(name), focus) if self._changing else []
        if (
            others := [v for v in self.anywhere(field_of(name)) if v not in present and fits(schema, v)]
            if present
            else []
        ):
            return self._rng.choice(others)
        for values in (self._in_focus(field_of(name), focus), self.anywhere(field_of(name))):
            if fitting := [value for value in values if fits(schema, value)]:
                return self._rng.choice(fitting)
        kind = schema.get("type")
        if kind == "boolean":
            return self._rng.random() < 0.5
        if kind in ("integer", "number"):
            low, high = whole_numbers(schema)
            if low <= high:
                return self._rng.randint(low, high)
        if given := [example for example in examples(schema) if fits(schema, example)]:
            return self._rng.choice(given)
        raise NoSource(name)

    def anywhere(self, field: str) -> list[Any]:
        """The different values of a field in the records of nobody and of the split's owners."""

        def visible(place: Place) -> bool:
            owner = place[1] if place[0] == self._graph.owner else self._graph.owner_of.get(place)
            return owner is None or owner == self._owner or owner in self._split

        return list(dict.fromkeys(v for v, place in self._graph.fields.get(field, ()) if visible(place)))
