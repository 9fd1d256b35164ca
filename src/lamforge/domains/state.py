"""The state of an environment: tables of JSON records, copied on write.

A `BaseState` is read once and never changes. Each `State` is an overlay on one: it copies a record when a tool touches
it and remembers only the records that changed, so opening, snapshotting and restoring cost microseconds.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from lamforge.errors import DomainError
from lamforge.messages import canonical_json

Record = dict[str, Any]
Tables = dict[str, dict[str, Record]]
Change = tuple[str, str, "Record | None", "Record | None"]  # table, id, record at the start, record now
Overlay = dict[tuple[str, str], "bytes | None"]  # (table, id) -> the changed record frozen, None when deleted

_MODULUS = 1 << 256


def freeze(record: Record) -> bytes:
    """A record as bytes to copy it from; in-process only, several times faster than `copy.deepcopy`."""
    return marshal.dumps(record, 2)


def thaw(frozen: bytes) -> Record:
    """A copy of a frozen record. The bytes never come from outside this process."""
    return marshal.loads(frozen)  # noqa: S302


def record_hash(table: str, key: str, record: Record) -> int:
    """The 256-bit hash of one record in its place."""
    return int.from_bytes(hashlib.sha256(f"{table}\0{key}\0{canonical_json(record)}".encode()).digest(), "big")


class BaseState:
    """The starting state of a domain; never changes after construction."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.frozen = {name: {key: freeze(record) for key, record in table.items()} for name, table in tables.items()}
        self._hash: int | None = None

    @property
    def hash(self) -> int:
        """The sum of all record hashes modulo 2**256: changing a record changes it by the difference."""
        if self._hash is None:
            self._hash = sum(record_hash(n, k, r) for n, table in self.tables.items() for k, r in table.items())
            self._hash %= _MODULUS
        return self._hash


def changed_records(before: Tables, after: Tables) -> list[Change]:
    """The records that differ between two states, in order of table and id."""
    rows: list[Change] = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, {}), after.get(table, {})
        for key in sorted(old.keys() | new.keys()):
            one, other = old.get(key), new.get(key)
            if one is None or other is None or canonical_json(one) != canonical_json(other):
                rows.append((table, key, one, other))
    return rows


class Table(MutableMapping[str, Record]):
    """One table of a `State`. Records are the environment's own copies: tools change them in place."""

    def __init__(self, name: str, base: BaseState, overlay: Overlay) -> None:
        self._name = name
        self._records = base.tables[name]
        self._base = base.frozen[name]
        self._overlay = overlay
        self._live: dict[str, Record | None] = {}

    def __getitem__(self, key: str) -> Record:
        record = self._live[key] if key in self._live else self._thaw(key)
        if record is None:
            raise KeyError(key)
        return record

    def _thaw(self, key: str) -> Record | None:
        frozen = self._overlay.get((self._name, key), self._base.get(key))
        if frozen is None:
            return None
        record: Record = thaw(frozen)
        self._live[key] = record
        return record

    def peek(self, key: str) -> Record:
        """The record, for looking only: no copy is made, and whoever changes it breaks all environments."""
        if key in self._live or (self._name, key) in self._overlay:
            return self[key]
        return self._records[key]

    def __setitem__(self, key: str, record: Record) -> None:
        self._live[key] = record

    def __delitem__(self, key: str) -> None:
        self[key]
        self._live[key] = None

    def __iter__(self) -> Iterator[str]:
        added = [key for table, key in self._overlay if table == self._name and key not in self._base]
        fresh = [key for key in self._live if key not in self._base and (self._name, key) not in self._overlay]
        return iter([key for key in (*self._base, *added, *fresh) if key in self])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        if key in self._live:
            return self._live[key] is not None  # type: ignore[index]
        return self._overlay.get((self._name, key), self._base.get(key)) is not None  # type: ignore[call-overload,arg-type]

    def commit(self) -> None:
        """Keeps what was changed in place since the last commit."""
        for key, record in self._live.items():
            place = (self._name, key)
            frozen = None if record is None else freeze(record)
            if frozen == self._base.get(key):
                self._overlay.pop(place, None)
            else:
                canonical_json(record)  # raises TypeError for what JSON cannot hold
                self._overlay[place] = frozen
        self._live.clear()

    def discard(self) -> None:
        """Forgets what was changed in place since the last commit."""
        self._live.clear()


class State(Mapping[str, Table]):
    """The tables that a tool works on: `state["orders"][order_id]` is a plain dict to read and change in place."""

    def __init__(self, base: BaseState) -> None:
        self._base = base
        self._overlay: Overlay = {}
        self._tables = {name: Table(name, base, self._overlay) for name in base.tables}

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def commit(self) -> None:
        """Keeps the changes made since the last commit.

        Raises:
            DomainError: if a tool stored something that JSON cannot hold.
        """
        for name, table in self._tables.items():
            try:
                table.commit()
            except (TypeError, ValueError) as error:
                self.discard()
                raise DomainError(
                    f"a tool stored a value that is not JSON in table {name!r} ({error})",
                    remedy="Store strings, numbers, booleans, null, lists and dicts only.",
                ) from error

    def discard(self) -> None:
        """Forgets the changes made since the last commit."""
        for table in self._tables.values():
            table.discard()

    def snapshot(self) -> Overlay:
        """What differs from the starting state; give it to `restore`."""
        return dict(self._overlay)

    def restore(self, snapshot: Overlay) -> None:
        """Goes back to a snapshot."""
        self.discard()
        self._overlay.clear()
        self._overlay.update(snapshot)

    def changes(self) -> list[Change]:
        """(table, id, record at the start, record now) for each record that differs, in order of table and id."""
        rows = []
        for (table, key), frozen in sorted(self._overlay.items(), key=lambda item: item[0]):
            before = self._base.tables[table].get(key)
            after = None if frozen is None else thaw(frozen)
            if before is None or after is None or canonical_json(before) != canonical_json(after):
                rows.append((table, key, before, after))
        return rows

    def hash(self) -> str:
        """64 hex digits that depend on the content of all records alone, not on the way there."""
        total = self._base.hash
        for table, key, before, after in self.changes():
            total -= record_hash(table, key, before) if before is not None else 0
            total += record_hash(table, key, after) if after is not None else 0
        return f"{total % _MODULUS:064x}"
