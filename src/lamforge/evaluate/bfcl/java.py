"""Java literals as BFCL reads them: what a parameter's text is worth, by the type that the function's document names.

BFCL reads them with backtracking patterns, one of which takes forever on a hundred spaces. Here each is read from left
to right to the same result. A text longer than any answer stays a text.
"""

from __future__ import annotations

import re
from typing import Any

from lamforge.evaluate.bfcl.literals import LONGEST, number_or_text, pieces

TYPES: dict[str, type] = {
    "byte": int,
    "short": int,
    "integer": int,
    "float": float,
    "double": float,
    "long": int,
    "boolean": bool,
    "char": str,
    "Array": list,
    "ArrayList": list,
    "Set": set,
    "HashMap": dict,
    "Hashtable": dict,
    "Queue": list,
    "Stack": list,
    "String": str,
    "any": str,
}

_INTEGER = re.compile(r"^-?\d+$")
_LONG = re.compile(r"^-?\d+[lL]$")
_DOUBLE = re.compile(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$")
_FLOAT = re.compile(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?[fF]$")
_AS_LIST = re.compile(r"new\s+ArrayList<\w*>\(Arrays\.asList\(")
_ADDING = re.compile(r"new\s+ArrayList<\w*>\(\)\s*\{\{\s*")
_EMPTY_LIST = re.compile(r"new\s+ArrayList<\w*>\(\)")
_ARRAY = re.compile(r"new\s+\w+\[\]\s*\{")
_MAP = re.compile(r"new\s+HashMap<")
_MAP_BODY = re.compile(r">\s*\(\)\s*\{\s*\{?\s*")
_MAP_EMPTY = re.compile(r">\s*\(\)")


def java_value(text: str, kind: str, inner: str | None = None, *, unquote: bool = False) -> Any:
    """The value of a literal, or the text itself where it is no literal of that type.

    Args:
        kind: The type in the document, a key of `TYPES`.
        inner: The type of a list's elements.
        unquote: Take the quotes off the strings of an array too, which BFCL forgets.
    Raises:
        ValueError: for a type that BFCL does not convert.
    """
    if len(text) > LONGEST and kind not in ("String", "any"):
        return text
    if kind in ("byte", "short", "integer"):
        return int(text) if _INTEGER.match(text) else text
    if kind == "long":
        return int(text.rstrip("\n")[:-1]) if _LONG.match(text) else text
    if kind == "float":
        return float(text.rstrip("\n")[:-1]) if _FLOAT.match(text) else text
    if kind == "double":
        return float(text) if _DOUBLE.match(text) else text
    if kind == "boolean":
        return text == "true" if text in ("true", "false") else text
    if kind == "ArrayList":
        return _array_list(text, inner)
    if kind == "Array":
        return _array(text, inner, unquote)
    if kind == "HashMap":
        return _hash_map(text)
    if kind in ("String", "any", "char"):
        return text
    raise ValueError(f"BFCL converts no {kind}")


def _array_list(text: str, inner: str | None) -> list[Any] | str:
    for opening in _AS_LIST.finditer(text):
        end = text.find("))", opening.end() + 1)
        if end < 0:
            break
        if "\n" not in text[opening.end() : end]:
            return [_element(part.strip(), inner) for part in text[opening.end() : end].split(",")]
    if (adding := _ADDING.search(text)) is not None:
        end = text.find("}}", adding.end() + 1)
        if end >= 0:
            return [_element(part.strip(), inner) for part in pieces(text[adding.end() : end], "add(", ")")]
    return [] if _EMPTY_LIST.search(text) else text


def _element(text: str, inner: str | None) -> Any:
    if inner in ("char", "String"):
        return text[1:-1]
    return java_value(text, inner) if inner else _untyped(text)


def _array(text: str, inner: str | None, unquote: bool) -> list[Any] | str:
    for opening in _ARRAY.finditer(text):
        end = text.find("}", opening.end())
        if end < 0:
            break
        if "\n" not in text[opening.end() : end]:
            parts = [part.strip() for part in text[opening.end() : end].split(",") if part.strip()]
            if unquote and inner in ("char", "String"):
                return [part[1:-1] if part[:1] in ("'", '"') and part[-1:] == part[:1] else part for part in parts]
            return [java_value(part, inner) if inner else _untyped(part) for part in parts]
    return text


def _hash_map(text: str) -> dict[str, Any] | str:
    if (begin := _MAP.search(text)) is None:
        return text
    if (body := _MAP_BODY.search(text, begin.end())) is not None:
        end = text.find("}", body.end())
        if end >= 0:
            return dict(_puts(text[body.end() : end].rstrip()))
    return {} if _MAP_EMPTY.search(text, begin.end()) else text


def _puts(text: str) -> list[tuple[str, Any]]:
    """The `put("key", value)` in a text; neither key nor value goes over a line's end."""
    found, place = [], text.find('put("')
    while place >= 0:
        begin = place + len('put("')
        line = text.find("\n", begin)
        key = text.find('",', begin, line if line >= 0 else len(text))
        while key >= 0:
            value = key + 2 + len(text[key + 2 :]) - len(text[key + 2 :].lstrip())
            below = text.find("\n", value)
            end = text.find(")", value, below if below >= 0 else len(text))
            if end >= 0:
                found.append((text[begin:key], _untyped(text[value:end].strip())))
                begin = end + 1
                break
            key = text.find('",', key + 1, line if line >= 0 else len(text))
        place = text.find('put("', begin)
    return found


def _untyped(text: str) -> Any:
    """A literal by its looks."""
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    if _LONG.match(text):
        return int(text[:-1])
    if _FLOAT.match(text):
        return float(text[:-1])
    return number_or_text(text)
