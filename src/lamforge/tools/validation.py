"""Arguments against their JSON Schema. Nothing is fetched, and patterns run on a linear-time engine."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs

from lamforge.errors import SchemaError, bounded
from lamforge.tools.complaints import VALUE, complaints

MAX_COMPLAINTS = 20  # of one call; a model mends no more than that at once

_CACHED = 1024  # compiled schemas kept
_PATTERN_BYTES = 1 << 20  # memory that one compiled pattern may take


def compile_validator(parameters: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A compiled JSON Schema (draft 2020-12, formats checked), kept while it is in use.

    Raises:
        SchemaError: if it is no JSON Schema, refers to anything outside itself, or a pattern needs backtracking.
    """
    try:
        return _compile(json.dumps(parameters))
    except RecursionError as error:
        raise SchemaError("is no usable JSON Schema: it is nested too deep") from error
    except (TypeError, ValueError) as error:
        raise SchemaError(f"is no usable JSON Schema: {error}") from error


@lru_cache(_CACHED)
def _compile(schema: str) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            json.loads(schema),
            pattern_options=jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES),
            validate_formats=True,
            offline=True,
            mask=VALUE,
        )
    except ValueError as error:
        place = "".join(f"[{part!r}]" for part in getattr(error, "instance_path", ()))
        reason = _reason(error).replace(VALUE, "it") if place else _reason(error)
        raise SchemaError(f"is no usable JSON Schema{': ' + place if place else ''}: {reason}") from error


def validate_arguments(parameters: dict[str, Any], arguments: Any) -> list[str]:
    """What is wrong with a call's arguments; empty if nothing is.

    Each message names the argument and says what is expected, so that a model can mend its call. Their order is that of
    the schema's properties, whatever the order of the arguments; at most `MAX_COMPLAINTS` are given, each bounded.

    Raises:
        SchemaError: if the parameters are no JSON Schema.
    """
    validator = compile_validator(parameters)
    try:
        if validator.is_valid(arguments):
            return []
        found = complaints(validator.iter_errors(arguments), parameters)
    except ValueError as error:  # nested too deep, half a surrogate pair, a key that is no string
        return [f"the arguments cannot be read: {_reason(error)}"]
    more = len(found) - MAX_COMPLAINTS
    return [*found[:MAX_COMPLAINTS], f"and {more} more problems"] if more > 0 else found


def _reason(error: ValueError) -> str:
    message = str(getattr(error, "message", None) or error).splitlines()[0]
    if message == "Recursion limit reached":
        return "they are nested too deep"
    return message if len(message) <= 200 else bounded(message)
