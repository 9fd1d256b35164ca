"""The API graph of a domain: which values of the state can feed which argument, found from names and by executing.

An argument takes its values from the state's field of the same name: `order_id` from the ids of the orders, `item_ids`
from every `item_id`, `new_zip` from another record's `zip`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from lamforge.domains import Domain
from lamforge.generate.links import linked_name
from lamforge.generate.names import leaves, singular
from lamforge.messages import derived_seed

Place = tuple[str, str]  # (table, id)
_ALIKE = 8  # records that are taken to be like another one
TEST_SHARE = 5  # one owner in five is kept for held-out tasks


class Graph:
    """What can be known of a domain without understanding it."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.tables = domain.base.tables
        self.keys = {table: self._key_of(table) for table in self.tables}  # table -> the field that repeats its id
        self.fields: dict[str, list[tuple[Any, Place]]] = defaultdict(list)  # field -> its values and where they stand
        self._index()
        self.links = {
            name: self._links(name) for name in domain.tool_names
        }  # tool -> argument -> as the state names it
        self.owner, self.identify = self._owner()
        self.owner_key = self.keys.get(self.owner) if self.owner else None
        self.secret_key = self.owner_key if self.identify else None  # an id that users need not know: tools find it
        self.secrets = {a for links in self.links.values() for a, name in links.items() if name == self.secret_key}
        self.owned = self._owned_by(self.owner) if self.owner else {}  # owner id -> the records that belong to it
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

    def _links(self, tool: str) -> dict[str, str]:
        declared = self.domain.tool(tool)
        assert declared is not None
        properties = declared.parameters.get("properties", {})
        links = {name: linked_name(name, tool, schema, self.fields, self.keys) for name, schema in properties.items()}
        named = list(links.values())
        return {name: link if named.count(link) == 1 else name for name, link in links.items()}

    def _owned_by(self, table: str) -> dict[str, list[Place]]:
        owned: dict[str, list[Place]] = defaultdict(list)
        for other, records in self.tables.items() if self.keys[table] else ():
            for key, record in records.items():
                owner = str(record.get(self.keys[table] or "", ""))
                if other != table and owner:
                    owned[owner].append((other, key))
        return owned

    def facts(self, tool: str, names: list[str], owner: str) -> dict[str, Any]:
        """What an owner tells a tool that identifies it: fields of its own record, or else of one that belongs to it.

        Raises:
            KeyError: if there is no such field.
        """
        return self._facts(tool, names, self.record((self.owner or "", owner)), self.owned.get(owner, []))

    def _facts(self, tool: str, names: list[str], record: dict[str, Any], places: list[Place]) -> dict[str, Any]:
        fields = {name: self.links[tool][name] for name in names}
        elsewhere = {field for field in fields.values() if field not in record}
        owned = (self.record(place) for place in places) if elsewhere else ()
        other = next((each for each in owned if elsewhere <= each.keys()), {})
        return {name: record[field] if field in record else other[field] for name, field in fields.items()}

    def _identifying_tools(self, owner: str) -> list[tuple[str, list[str]]]:
        """(tool, argument names): read tools that lead from what an owner knows of itself to its id, by executing."""
        found = []
        owned = self._owned_by(owner)
        owners = [(key, record) for key, record in self.tables[owner].items() if owned.get(key)]
        owners = (owners or list(self.tables[owner].items()))[:5]
        for name in self.domain.tool_names if owners else ():
            tool = self.domain.tool(name)
            assert tool is not None
            arguments = tool.parameters.get("required", [])
            if tool.kind != "read" or not arguments or self.keys[owner] in map(self.links[name].get, arguments):
                continue
            try:
                known = [(self._facts(name, arguments, record, owned.get(key, [])), key) for key, record in owners]
            except KeyError:
                continue
            whole = all(f in owners[0][1] for f in map(self.links[name].get, arguments))
            if not whole and all(f not in owners[0][1] for f in map(self.links[name].get, arguments)):
                continue  # knowing an order's number alone does not make one its customer
            if all(self._leads_to(name, facts, key) for facts, key in known):
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
            key_field = self.links[name][required[0]] if len(required) == 1 else None
            tables = [t for t in sorted(self.owned_tables) if key_field and self.keys[t] == key_field]
            if tool.kind != "read" or not tables:
                continue
            key, record = next(iter(self.tables[tables[0]].items()))
            call = self.domain.environment().execute(name, {required[0]: self.id_of((tables[0], key))})
            shown = set(leaves(record)) & set(leaves(call.result)) if call.ok else set()
            if len(shown) > best.get(required[0], (0, ""))[0]:
                best[required[0]] = (len(shown), name)
        return {field: tool for field, (_, tool) in best.items()}
