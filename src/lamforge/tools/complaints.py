"""From a schema's violations to sentences that a model can act on. Every sentence is bounded and names its argument."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

VALUE = "the value"  # what the validator's own messages call the offending value

_SHOWN = 60  # characters of one value
_LISTED = 20  # values of one enum, names of one object
_PATH = 120  # characters of one argument's path
_SENTENCE = 500  # characters

_NOUNS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_SAMPLES = {"date": "2025-01-31", "date-time": "2025-01-31T09:30:00Z", "time": "09:30:00Z", "email": "name@example.com"}

Path = tuple[str | int, ...]


def order_of_arguments(parameters: dict[str, Any]) -> dict[str | int, int]:
    """The places of the schema's properties."""
    return {name: place for place, name in enumerate(_properties(parameters))}


def complaints(errors: Iterable[Any], parameters: dict[str, Any], order: dict[str | int, int]) -> list[str]:
    """One sentence for each violation, in the order of the arguments, each only once."""
    found: dict[str, tuple[Any, ...]] = {}
    for path, text in _collected(list(errors), parameters):
        named = path[0] if path else ""
        key = (
            order.get(named, len(order)),
            [(0, part, "") if isinstance(part, int) else (1, 0, part) for part in path],
            text,
        )
        found.setdefault(_cut(text, _SENTENCE), key)
    return sorted(found, key=found.__getitem__)


def _collected(errors: list[Any], parameters: dict[str, Any]) -> list[tuple[Path, str]]:
    """(path of the argument, sentence) of each violation that says more than the others."""
    chosen = {tuple(e.instance_path) for e in errors if e.kind.name in ("enum", "const")}
    found: list[tuple[Path, str]] = []
    for error in errors:
        if error.kind.name == "type" and tuple(error.instance_path) in chosen:
            continue  # the list of the choices says it too
        found += _sentences(error, parameters)
    return found


def _sentences(error: Any, parameters: dict[str, Any]) -> list[tuple[Path, str]]:
    path: Path = tuple(error.instance_path)
    kind, detail = error.kind.name, error.kind.as_dict()
    subject = f"argument {_place(path)}" if path else "the arguments"
    if kind == "required":
        missing = (*path, detail["property"])
        return [(missing, f"missing required argument {_place(missing)}{_type_of(missing, error, parameters)}")]
    if kind in ("additionalProperties", "unevaluatedProperties"):
        names = _properties(_node(parameters, error.schema_path[:-1]))
        allowed = f"; allowed: {_listing(names)}" if names else "; it takes none" if not path else ""
        unknown = [(*path, name) for name in detail["unexpected"]]
        return [(each, f"unknown argument {_place(each)}{allowed}") for each in unknown]
    if kind in ("anyOf", "oneOf") and (branches := detail.get("context")):
        return _best_branch(path, subject, error.instance, branches, parameters)
    if kind == "enum":
        return [(path, f"{subject} must be one of {_listing(detail['options'])}; got {_shown(error.instance)}")]
    if kind == "const":
        return [(path, f"{subject} must be {_shown(detail['expected_value'])}; got {_shown(error.instance)}")]
    if kind == "type":
        return [(path, _wrong_type(subject, detail["types"], error.instance))]
    if kind == "format":
        sample = _SAMPLES.get(detail["format"])
        like = f" like {sample}" if sample else ""
        return [(path, f"{subject} must be a {detail['format']}{like}; got {_shown(error.instance)}")]
    reason = error.message.replace(VALUE, "it", 1)
    return [(path, f"{subject} does not fit: {_cut(reason, 200)}; got {_described(error.instance)}")]


def _best_branch(
    path: Path, subject: str, instance: Any, branches: list[list[Any]], parameters: dict[str, Any]
) -> list[tuple[Path, str]]:
    """The violations of the alternative that was most likely meant: one of the value's own type, with the fewest."""
    wrong_types: list[str] = []
    close: list[list[Any]] = []
    for branch in branches:
        own = [error for error in branch if error.kind.name == "type" and tuple(error.instance_path) == path]
        types = [one for error in own for one in error.kind.as_dict()["types"]]
        wrong_types += [one for one in types if one not in wrong_types]
        if branch and not types:
            close.append(branch)
    if close:
        return _collected(min(close, key=len), parameters)
    if wrong_types:
        return [(path, _wrong_type(subject, wrong_types, instance))]
    return [(path, f"{subject} fits more than one of its alternatives; got {_described(instance)}")]


def _wrong_type(subject: str, types: list[str], instance: Any) -> str:
    expected = " or ".join(_NOUNS.get(one, one) for one in types)
    return f"{subject} must be {expected}; got {_described(instance)}"


def _node(parameters: Any, path: list[Any]) -> Any:
    """What stands at a place of the schema, or None."""
    node = parameters
    for part in path:
        if isinstance(node, dict):
            node = node.get(str(part))
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return None
    return node


def _properties(schema: Any) -> dict[str, Any]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _type_of(path: Path, error: Any, parameters: dict[str, Any]) -> str:
    """The type of a missing argument in brackets, if its schema names one."""
    schema = _properties(_node(parameters, error.schema_path[:-1])).get(str(path[-1]))
    kind = schema.get("type") if isinstance(schema, dict) else None
    return f" ({kind})" if isinstance(kind, str) else ""


def _place(path: Path) -> str:
    """A path such as items[0].id, in quotes."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return _quoted(text, _PATH)


def _listing(values: Iterable[Any]) -> str:
    listed = list(values)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(_shown(value) for value in listed[:_LISTED]) + more


def _described(value: Any) -> str:
    """A value with its type, such as: the string '5'."""
    if value is None or isinstance(value, bool):
        return _shown(value)
    names = {str: "string", int: "integer", float: "number", list: "list", tuple: "list", dict: "object"}
    return f"the {names.get(type(value), 'value')} {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return _cut(json.dumps(value, ensure_ascii=False, default=str), _SHOWN)


def _quoted(text: str, limit: int = _SHOWN) -> str:
    return f"'{_cut(text, limit)}'"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
