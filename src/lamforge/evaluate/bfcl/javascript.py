"""JavaScript literals as BFCL reads them: what a parameter's text is worth, by the type that the document names.

As in `java`, what BFCL does with backtracking patterns is done from left to right, to the same result.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

from lamforge.evaluate.bfcl.literals import LONGEST, number_or_text

TYPES: dict[str, type] = {
    "String": str,
    "integer": int,
    "float": float,
    "Bigint": int,
    "Boolean": bool,
    "dict": dict,
    "array": list,
    "any": str,
}

_INTEGER = re.compile(r"^-?\d+$")
_FLOAT = re.compile(r"^-?\d+(\.\d+)?$")
_BIGINT = re.compile(r"^-?\d+n$")
_ROWS = re.compile(r"\[\s*\[")
_NEW_ROWS = re.compile(r"new\s+Array\(\s*\[")
_NEXT_ROW = re.compile(r",\s*\[")
_INNER = re.compile(r"\[(.*?)\]")
_ONE_ROW = re.compile(r"\[(.*?)\]|\bnew\s+Array\((.*?)\)")
_OBJECT = re.compile(r"\{(.*?)\}")
_PAIR = re.compile(r"([^:]+):\s*(.*?)(?:,\s*(?=[^,]+:)|$)")


def javascript_value(text: str, kind: str, inner: str | None = None) -> Any:
    """The value of a literal, or the text itself where it is no literal of that type.

    Args:
        kind: The type in the document, a key of `TYPES`.
        inner: The type of an array's elements.
    Raises:
        ValueError: for a type that BFCL does not convert.
    """
    if kind == "String":
        return text[1:-1] if _quoted(text) else text
    if kind == "any" or (kind in TYPES and len(text) > LONGEST):
        return text
    if kind == "integer":
        return int(text) if _INTEGER.match(text) else text
    if kind == "float":
        return float(text) if _FLOAT.match(text) else text
    if kind == "Bigint":
        return int(text[:-1]) if _BIGINT.match(text) and not text.endswith("\n") else text
    if kind == "Boolean":
        return text == "true" if text in ("true", "false") else text
    if kind == "dict":
        return _object(text.strip())
    if kind == "array":
        return _array(text.strip(), inner)
    raise ValueError(f"BFCL converts no {kind}")


def _quoted(text: str) -> bool:
    return (text.startswith('"') and text.endswith('"')) or (text.startswith("'") and text.endswith("'"))


def _array(text: str, inner: str | None) -> Any:
    end = _rows_end(text)
    if end is not None:
        rows = [row.strip() for row in _INNER.findall(text[:end])]
        rows[0] = rows[0].removeprefix("[")
        return [[_untyped(part.strip()) for part in row.split(",")] for row in rows]
    found = _ONE_ROW.match(text)
    if found is None:
        return text
    written = (found.group(1) if found.group(1) is not None else found.group(2)).strip()
    parts = [part.strip() for part in written.split(",")] if written else []
    if not inner:
        return [_untyped(part) for part in parts]
    try:
        return [javascript_value(part, inner, "String" if part[:1] in ("'", '"') else None) for part in parts]
    except ValueError:
        return text


def _rows_end(text: str) -> int | None:
    """Where an array of arrays ends that the text begins with."""
    for opening, closing in ((_ROWS, "]"), (_NEW_ROWS, ")")):
        begun = opening.match(text)
        if begun is not None and (end := _after_rows(text, begun.end(), closing)) is not None:
            return end
    return None


def _after_rows(text: str, begin: int, closing: str) -> int | None:
    """The end after rows with commas between and `closing` behind them; `begin` stands in the first row.

    A row may end at any "]" of its line, an earlier one rather than a later one, and as many rows as possible are
    taken. What follows a "]" does not depend on what came before it, so it is found once for each, from the
    last one on.
    """
    brackets = [place for place, letter in enumerate(text) if letter == "]" and place >= begin]
    ends: dict[int, int | None] = {}

    def first(start: int) -> int | None:
        line = text.find("\n", start)
        for place in brackets[bisect_left(brackets, start) :]:
            if 0 <= line < place:
                return None
            if ends[place] is not None:
                return ends[place]
        return None

    for place in reversed(brackets):
        behind = place + 1
        while text[behind : behind + 1].isspace():
            behind += 1
        row = _NEXT_ROW.match(text, behind)
        end = first(row.end()) if row is not None else None
        ends[place] = behind + 1 if end is None and text[behind : behind + 1] == closing else end
    return first(begin)


def _object(text: str) -> Any:
    if text == "{}":
        return {}
    found = _OBJECT.match(text)
    if found is None:
        return text
    values: dict[str, Any] = {}
    for key, written in _PAIR.findall(found.group(1)):
        value = written.strip()
        if value.startswith("[") and value.endswith("]"):
            read = _array(value, None)
        elif value.startswith("{") and value.endswith("}"):
            read = _object(value)
        else:
            read = _untyped(value.strip("'\""))
        values[key.strip().strip("'\"")] = read
    return values


def _untyped(text: str) -> Any:
    """A literal by its looks."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    return text[1:-1] if _quoted(text) else number_or_text(text)
