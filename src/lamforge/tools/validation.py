"""Arguments against their JSON Schema, with messages that a model can act on."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

_CACHED = 1024  # compiled schemas kept
_compiled: dict[int, tuple[dict[str, Any], Any]] = {}  # id of a schema -> the schema itself, so the id stays its own

_JSON_NAMES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "NoneType": "null",
}


def compile_validator(parameters: dict[str, Any]) -> Any:
    """A compiled JSON Schema (draft 2020-12); patterns run on a linear-time engine.

    Raises:
        ValueError: if it is no JSON Schema.
    """
    known = _compiled.get(id(parameters))
    if known is not None and known[0] is parameters:
        return known[1]
    options = jsonschema_rs.RegexOptions(size_limit=1 << 20)
    validator = jsonschema_rs.Draft202012Validator(parameters, pattern_options=options)
    if len(_compiled) >= _CACHED:
        _compiled.clear()
    _compiled[id(parameters)] = (parameters, validator)
    return validator


def validate_arguments(parameters: dict[str, Any], arguments: Any) -> list[str]:
    """What is wrong with a call's arguments; empty if nothing is.

    Each message names the argument and says what is expected, so that a model can mend its call.
    """
    validator = compile_validator(parameters)
    if validator.is_valid(arguments):
        return []
    return list(
        dict.fromkeys(message for error in validator.iter_errors(arguments) for message in _messages(error, parameters))
    )


def _messages(error: Any, parameters: dict[str, Any]) -> list[str]:
    place = _place(error.instance_path)
    subject = f"argument {place!r}" if place else "the arguments"
    got = f"the {_json_type(error.instance)} {_cut(_shown(error.instance))}"
    kind, detail = error.kind.name, error.kind.as_dict()
    if kind == "required":
        name = detail["property"]
        return [f"missing required argument {_join(place, name)!r}{_expected(parameters, name) if not place else ''}"]
    if kind == "additionalProperties":
        allowed = ", ".join(parameters.get("properties", {})) if not place else ""
        hint = f"; allowed: {allowed}" if allowed else ""
        return [f"unknown argument {_join(place, name)!r}{hint}" for name in detail["unexpected"]]
    if kind == "enum":
        options = detail["options"]
        choices = json.loads(options) if isinstance(options, str) else options
        return [f"{subject} must be one of {', '.join(_shown(choice) for choice in choices[:20])}; got {got}"]
    if kind == "type":
        types = detail["types"]
        return [f"{subject} must be of type {' or '.join(types)}; got {got}"]
    if kind == "anyOf" and (types := _types_at(parameters, error.schema_path)):
        return [f"{subject} must be of type {' or '.join(types)}; got {got}"]
    return [f"{subject}: {_cut(error.message)}"]


def _types_at(parameters: dict[str, Any], path: list[Any]) -> list[str]:
    """The types that an anyOf at a place in the schema allows."""
    node: Any = parameters
    for part in path:
        node = node[part] if isinstance(node, list) else node.get(str(part), {})
    return [option["type"] for option in node if isinstance(option, dict) and isinstance(option.get("type"), str)]


def _cut(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _place(path: list[Any]) -> str:
    """A path such as items[0].id."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _expected(parameters: dict[str, Any], name: str) -> str:
    kind = parameters.get("properties", {}).get(name, {}).get("type")
    return f" ({kind})" if isinstance(kind, str) else ""


def _json_type(value: Any) -> str:
    return _JSON_NAMES.get(type(value).__name__, type(value).__name__)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
