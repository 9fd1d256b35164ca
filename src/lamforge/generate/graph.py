"""The API graph of a domain: which values of the state can feed which argument, found from names and by executing.

An argument takes its values from the state's field of the same name: `order_id` from the ids of the orders, `item_ids`
from every `item_id`, `new_zip` from another record's `zip`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lamforge.domains import Domain
from lamforge.messages import derived_seed

Place = tuple[str, str]  # (table, id)
_ALIKE = 8  # records that are taken to be like another one
TEST_SHARE = 5  # one owner in five is kept for held-out tasks


def leaves(value: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    """(field name, scalar) for everything inside a JSON value; elements of a list carry the list's singular name."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, singular(field))
    else:
        yield field, value


def singular(name: str) -> str:
    """The singular of a field's name, by English spelling."""
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def field_of(argument: str) -> str:
    """The state's field that feeds an argument of that name."""
    return singular(argument.removeprefix("new_"))


class Graph:
    """What can be known of a domain without understanding it."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.tables = domain.base.tables
        self.keys = {table: self._key_of(table) for table in self.tables}  # table -> the field that repeats its id
        self.owner, self.identify = self._owner()
        self.owner_key = self.keys.get(self.owner) if self.owner else None
        self.secret_key = self.owner_key if self.identify else None  # an id that users need not know: tools find it
        self.fields: dict[str, list[tuple[Any, Place]]] = defaultdict(list)  # field -> its values and where they stand
        self.owned: dict[str, list[Place]] = defaultdict(list)  # owner id -> the records that belong to it
        self._index()
        self.owner_of = {place: owner for owner, places in self.owned.items() for place in places}
        self.owned_tables = {table for places in self.owned.values() for table, _ in places}
        self.catalogue: dict[tuple[str, Any], list[Place]] = defaultdict(list)  # (field, value) -> records nobody owns
        for field, values in self.fields.items():
            for value, place in values:
                if place[0] not in self.owned_tables and place[0] != self.owner:
                    self.catalogue[field, value].append(place)
        self.lookup = self._lookup_tools()

    def owners(self, split: str) -> list[str]:
        """The owners whose tasks belong to a split; no owner is in two."""
        if not self.owner:
            return []
        return [key for key in self.tables[self.owner] if self.split_of(key) == split]

    def split_of(self, owner: str) -> str:
        """The split that an owner belongs to; it depends on the id alone."""
        return "test" if derived_seed("split", owner) % TEST_SHARE == 0 else "train"

    def record(self, place: Place) -> dict[str, Any]:
        """The record at a place in the starting state."""
        return self.tables[place[0]][place[1]]

    def id_of(self, place: Place) -> Any:
        """The id of a record as its own field has it: a server's may be a number."""
        return self.record(place).get(self.keys[place[0]] or "", place[1])

    def linked(self, places: list[Place]) -> list[Place]:
        """The records that records refer to by id, such as the departure of a booking."""
        tables = {key: table for table, key in self.keys.items() if key}
        found = [(tables[f], str(v)) for place in places for f, v in leaves(self.record(place)) if f in tables]
        return [p for p in dict.fromkeys(found) if p not in places and p[1] in self.tables[p[0]]]

    def alike(self, place: Place) -> list[str]:
        """The ids of the few records of the same table that share most values, such as other days of one flight."""
        record = self.record(place)

        def shared(key: str) -> int:
            return sum(self.tables[place[0]][key].get(field) == value for field, value in record.items())

        others = [key for key in self.tables[place[0]] if key != place[1]]
        return sorted(others, key=shared, reverse=True)[:_ALIKE]

    def _key_of(self, table: str) -> str | None:
        """The field of a table's records that always equals their id; by convention `order_id` for `orders`."""
        records = self.tables[table]
        conventional = f"{singular(table)}_id"
        if not records:
            return conventional
        first = next(iter(records.values()))
        same = [f for f in first if all(str(record.get(f)) == key for key, record in records.items())]
        return conventional if conventional in same or not same else same[0]

    def _owner(self) -> tuple[str | None, list[tuple[str, list[str]]]]:
        """The table whose records own the others, and how tools find one of them by what it knows of itself."""
        if self.domain.owner:
            return self.domain.owner, self._identifying_tools(self.domain.owner)
        candidates = self._most_referred()
        for table in candidates:
            if len(candidates) > 1 and (found := self._identifying_tools(table)):
                return table, found
        first = candidates[0] if candidates else None
        return first, self._identifying_tools(first) if first else []

    def _most_referred(self) -> list[str]:
        """The tables that most other tables' records refer to."""
        counts = {
            table: sum(
                any(f == key for f, _ in leaves(r)) for t in self.tables if t != table for r in self.tables[t].values()
            )
            for table, key in self.keys.items()
        }
        most = max(counts.values(), default=0)
        return [table for table, count in counts.items() if count == most] if most else []

    def _index(self) -> None:
        for table, records in self.tables.items():
            for key, record in records.items():
                own_key = self.keys[table]
                if own_key not in record:
                    self.fields[own_key or ""].append((key, (table, key)))
                for field, value in leaves(record):
                    if value is not None:
                        self.fields[singular(field)].append((value, (table, key)))
                owner = str(record.get(self.owner_key or "", ""))
                if table != self.owner and owner:
                    self.owned[owner].append((table, key))

    def _identifying_tools(self, owner: str) -> list[tuple[str, list[str]]]:
        """(tool, argument names): read tools that lead from what an owner knows of itself to its id, by executing."""
        found = []
        owners = list(self.tables[owner].items())[:5]
        for name in self.domain.tool_names if owners else ():
            tool = self.domain.tool(name)
            assert tool is not None
            arguments = tool.parameters.get("required", [])
            if tool.kind != "read" or not arguments or self.keys[owner] in arguments:
                continue
            if not all(argument in owners[0][1] for argument in arguments):
                continue
            if all(self._leads_to(name, {a: record.get(a) for a in arguments}, key) for key, record in owners):
                found.append((name, arguments))
        return found

    def _leads_to(self, tool: str, arguments: dict[str, Any], key: str) -> bool:
        call = self.domain.environment().execute(tool, arguments)
        return call.ok and any(str(value) == key for _, value in leaves(call.result))

    def _lookup_tools(self) -> dict[str, str]:
        """id field of a table -> the read tool that shows most of a record of that table, by executing."""
        best: dict[str, tuple[int, str]] = {}
        for name in self.domain.tool_names:
            tool = self.domain.tool(name)
            assert tool is not None
            required = tool.parameters.get("required", [])
            tables = [t for t in sorted(self.owned_tables) if len(required) == 1 and self.keys[t] == required[0]]
            if tool.kind != "read" or not tables:
                continue
            key, record = next(iter(self.tables[tables[0]].items()))
            call = self.domain.environment().execute(name, {required[0]: self.id_of((tables[0], key))})
            shown = set(leaves(record)) & set(leaves(call.result)) if call.ok else set()
            if len(shown) > best.get(required[0], (0, ""))[0]:
                best[required[0]] = (len(shown), name)
        return {field: tool for field, (_, tool) in best.items()}
