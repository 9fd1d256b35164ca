"""From what reads answer to tables of records: {table: {id: record}}. Pure; it knows shapes and names, no server."""

from __future__ import annotations

import re
from typing import Any

from lamforge.domains.state import Record, Tables
from lamforge.errors import bounded

_GENERIC = {"items", "data", "results", "result", "records", "values", "content", "entries", "rows", "list"}
_VERBS = re.compile(
    r"^(list|get|show|read|fetch|find|search|all|view|query|retrieve)(_all)?_?(?=[a-z_])", re.IGNORECASE
)
_IDS = ("id", "uuid", "guid", "key", "code", "slug", "number", "name")
_ONLY = "main"  # the id of a record that is alone


def singular(word: str) -> str:
    """The singular of an English noun, by its spelling."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def plain(name: str) -> str:
    """A name as it is compared: bikeId and bike_id are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def noun_of(tool: str) -> str:
    """What a read tool shows, by its name: list_bikes shows bikes."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tool).lower()
    return _VERBS.sub("", words).strip("_") or words


def without(value: Any, fields: set[str]) -> Any:
    """A JSON value without the fields of these names, at whatever depth."""
    if isinstance(value, dict):
        return {key: without(item, fields) for key, item in value.items() if key not in fields}
    if isinstance(value, list):
        return [without(item, fields) for item in value]
    return value


def rows_of(value: Any, name: str) -> dict[str, list[Record]]:
    """The records in an answer, by table.

    A list of objects is a table; an object around lists of objects holds several, an object of objects is one by id,
    any other object is one record.

    Args:
        name: Of the table where the answer itself names none.
    """
    if isinstance(value, list):
        return {name: [row if isinstance(row, dict) else {"value": row} for row in value]}
    if not isinstance(value, dict):
        return {name: [{"value": value}]}
    lists = {key: item for key, item in value.items() if _is_table(item)}
    if lists and not any(isinstance(item, dict) for key, item in value.items() if key not in lists):
        only = len(lists) == 1
        return {name if only or key.lower() in _GENERIC else key: list(item) for key, item in lists.items()}
    if len(value) > 1 and all(isinstance(item, dict) for item in value.values()):
        return {name: [{"id": key, **item} for key, item in value.items()]}
    return {name: [{"id": _ONLY, **unwrapped(value)}]}


def unwrapped(value: Any) -> Any:
    """The record in an answer about one record: {"bike": {...}} is the bike."""
    if isinstance(value, dict) and len(value) == 1:
        inner = next(iter(value.values()))
        return inner if isinstance(inner, dict) else value
    return value


def id_field(rows: list[Record], table: str) -> str | None:
    """The field that tells a table's records apart, or None if there is none."""
    if not rows:
        return None
    fields = [field for field in rows[0] if all(_is_id(row.get(field)) for row in rows)]
    different = [field for field in fields if len({str(row[field]) for row in rows}) == len(rows)]
    own = plain(f"{singular(table)}_id")
    ranked = [field for field in different if plain(field) == own]
    ranked += [field for name in _IDS for field in different if plain(field) == name]
    ranked += [field for field in different if plain(field).endswith("id")]
    return ranked[0] if ranked else None


def key_name(table: str, field: str) -> str:
    """What the id of a table's records is called in the state: as everywhere else, where it is only called id."""
    return f"{singular(table)}_id" if plain(field) in ("id", "uuid", "guid", "key") else field


def keyed(rows: list[Record], field: str | None, name: str) -> dict[str, Record]:
    """Records by their ids, which stand first in each as `name`; by their places if nothing tells them apart."""
    if field is None:
        return {str(place): dict(row) for place, row in enumerate(rows)}
    return {
        str(row[field]): {name: row[field], **{k: v for k, v in row.items() if k != field}}
        for row in rows
        if field in row
    }


def merge(tables: Tables, table: str, records: dict[str, Record]) -> None:
    """Adds records to a table; of one that is there already, what is new."""
    known = tables.setdefault(table, {})
    for key, record in records.items():
        known[key] = {**known.get(key, {}), **record}


def first_difference(expected: Tables, found: Tables) -> str | None:
    """Where two states first differ, in words, or None."""
    for table in sorted(expected.keys() | found.keys()):
        one, other = expected.get(table, {}), found.get(table, {})
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return f"{table}/{key} is {bounded(other.get(key), 150)} instead of {bounded(one.get(key), 150)}"
    return None


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
