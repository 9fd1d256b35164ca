"""The hash of a whole state as tau-bench and tau2-bench make it, without writing the whole state out each time.

Both write all tables as one text, sorted by key, and take its SHA-256. Here the text of each record is kept, and the
hash goes on from the last checkpoint before the first record that changed.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from lamforge.domains import State
from lamforge.domains.state import BaseState, Record

_STRIDE = 128  # records between two checkpoints

Place = tuple[str, str]  # table, id
Changes = dict[Place, "Record | None"]


class _Tuples:
    """tau-bench: `str` of nested tuples, with the comma that a tuple of one has."""

    begin = "("

    def record(self, record: Record) -> str:
        return str(_as_tuple(record))

    def open(self, table: str) -> str:
        return f"({table!r}, ("

    def entry(self, key: str, text: str) -> str:
        return f"({key!r}, {text})"

    def close(self, count: int) -> str:
        return ",))" if count == 1 else "))"

    def end(self, tables: int) -> str:
        return ",)" if tables == 1 else ")"


class _Json:
    """tau2-bench: JSON with sorted keys."""

    begin = "{"

    def record(self, record: Record) -> str:
        return json.dumps(record, sort_keys=True)

    def open(self, table: str) -> str:
        return f"{json.dumps(table)}: {{"

    def entry(self, key: str, text: str) -> str:
        return f"{json.dumps(key)}: {text}"

    def close(self, count: int) -> str:
        return "}"

    def end(self, tables: int) -> str:
        return "}"


def _as_tuple(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, _as_tuple(value[key])) for key in sorted(value))
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


class StateDigest:
    """The hashes of the states that a base state can become.

    Args:
        style: "v1" or "tau2".
    """

    def __init__(self, base: BaseState, style: str) -> None:
        self._base = base
        self._style: _Tuples | _Json = _Tuples() if style == "v1" else _Json()

    def of(self, state: State) -> str:
        """64 hex digits."""
        changes: Changes = {(table, key): after for table, key, _, after in state.changes()}
        places = self._places
        first = min((bisect_left(places, place) for place in changes), default=len(places))
        step = first // _STRIDE
        total = self._checkpoints[step].copy()
        start = step * _STRIDE
        rest = [place for place in places[start:] if place not in changes]
        rest += [place for place, after in changes.items() if after is not None]
        rest.sort()  # nearly sorted already
        total.update("".join(text for text, _ in self._pieces(start, rest, changes)).encode())
        return total.hexdigest()

    @cached_property
    def _places(self) -> list[Place]:
        return sorted((table, key) for table, records in self._base.tables.items() for key in records)

    @cached_property
    def _entries(self) -> dict[Place, str]:
        tables = self._base.tables
        return {place: self._entry(place, tables[place[0]][place[1]]) for place in self._places}

    def _entry(self, place: Place, record: Record) -> str:
        return self._style.entry(place[1], self._style.record(record))

    @cached_property
    def _checkpoints(self) -> list[Any]:
        """The hash after each `_STRIDE` records, from none on."""
        total, done = hashlib.sha256(), 0
        made = [total.copy()]
        for text, is_record in self._pieces(0, self._places, {}):
            total.update(text.encode())
            done += is_record
            if is_record and done % _STRIDE == 0:
                made.append(total.copy())
        return made

    def _pieces(self, start: int, rest: Sequence[Place], changes: Changes) -> Iterator[tuple[str, bool]]:
        """The text from after the first `start` records on, in pieces; (piece, whether it is a record)."""
        tables = sorted(self._base.tables)
        following = {table: list(places) for table, places in groupby(rest, key=lambda place: place[0])}
        current = self._places[start - 1][0] if start else tables[0]
        for number, table in enumerate(tables):
            if table < current:
                continue
            count = start - bisect_left(self._places, (table, "")) if start and table == current else 0
            if not count:
                yield (", " if number else self._style.begin) + self._style.open(table), False
            for place in following.get(table, ()):
                changed = changes.get(place)
                text = self._entries[place] if changed is None else self._entry(place, changed)
                yield (", " if count else "") + text, True
                count += 1
            yield self._style.close(count), False
        yield self._style.end(len(tables)), False
