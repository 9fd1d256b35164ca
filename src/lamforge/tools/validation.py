"""Arguments against their JSON Schema. Nothing is fetched, and patterns run on a linear-time engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jsonschema_rs

from lamforge.cache import ByteCache
from lamforge.error_kinds import UNKNOWN_TOOL
from lamforge.errors import SchemaError, bounded
from lamforge.tools.complaints import VALUE, complaints, order_of_arguments
from lamforge.tools.unfolding import unfolded_size

MAX_COMPLAINTS = 20  # of one call; a model mends no more than that at once

_CACHED = 128 << 20  # bytes of compiled schemas that are kept
_PATTERN_BYTES = 1 << 20  # memory that one compiled pattern may take, and again what it keeps while it matches
_BYTES_PER_CHARACTER = 40  # of a schema, once it is compiled; 10 to 35 were measured
_MAX_WORK = 1 << 20  # nodes of the schema times characters of the arguments, up to which all is said that is wrong


class _Compiled(NamedTuple):
    validator: jsonschema_rs.Draft202012Validator
    nodes: int  # of the schema with its references written out
    size: int  # bytes that the validator takes at most, as measured


def compile_validator(parameters: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A compiled JSON Schema (draft 2020-12, formats checked), kept while it is in use.

    Raises:
        SchemaError: if it is no JSON Schema, refers to anything outside itself, or a pattern needs backtracking.
    """
    return _compiled(parameters).validator


def _compiled(parameters: dict[str, Any]) -> _Compiled:
    try:
        text = json.dumps(parameters)
        return _CACHE.get(text, lambda: _compile(text))
    except RecursionError as error:
        raise SchemaError("is no usable JSON Schema: it is nested too deep") from error
    except (TypeError, ValueError) as error:
        raise SchemaError(f"is no usable JSON Schema: {error}") from error


def _compile(text: str) -> _Compiled:
    schema = json.loads(text)
    try:
        validator = jsonschema_rs.Draft202012Validator(
            schema,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES),
            validate_formats=True,
            offline=True,
            mask=VALUE,
        )
    except ValueError as error:
        place = "".join(f"[{part!r}]" for part in getattr(error, "instance_path", ()))
        reason = _reason(error).replace(VALUE, "it") if place else _reason(error)
        raise SchemaError(f"is no usable JSON Schema{': ' + place if place else ''}: {reason}") from error
    patterns = text.count('"pattern": ') + text.count('": {') * ('"patternProperties"' in text)
    size = 2048 + _BYTES_PER_CHARACTER * len(text) + 2 * _PATTERN_BYTES * patterns
    return _Compiled(validator, unfolded_size(schema) or _MAX_WORK, size)


def validate_arguments(parameters: dict[str, Any], arguments: Any) -> list[str]:
    """What is wrong with a call's arguments; empty if nothing is.

    Each message names the argument and says what is expected, so that a model can mend its call. Their order is that of
    the schema's properties, whatever the order of the arguments; at most `MAX_COMPLAINTS` are given, each bounded.

    Raises:
        SchemaError: if the parameters are no JSON Schema.
    """
    return ArgumentCheck(parameters).problems(arguments)


def call_problems(offered: Mapping[str, dict[str, Any]], name: str, arguments: Any) -> list[str]:
    """What is wrong with a call, wherever it is made: its tool is not offered, or its arguments break the schema.

    `lamforge.error_kinds.problem_kind` says of which kind the first of them is.

    Args:
        offered: The parameters of each tool by name.
    Raises:
        SchemaError: if the parameters are no JSON Schema.
    """
    if name not in offered:
        return [f"{UNKNOWN_TOOL} {bounded(name)}"]
    return validate_arguments(offered[name], arguments)


class ArgumentCheck:
    """`validate_arguments` of one schema, for many calls.

    Raises:
        SchemaError: if the parameters are no JSON Schema.
    """

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._compiled = _compiled(parameters)
        self._complaints = partial(complaints, parameters=parameters, order=order_of_arguments(parameters))

    def problems(self, arguments: Any) -> list[str]:
        """What is wrong with a call's arguments; of much that may be wrong with long ones only the first thing."""
        validator, nodes, _ = self._compiled
        try:
            if validator.is_valid(arguments):
                return []
            if nodes * len(json.dumps(arguments)) <= _MAX_WORK:
                return _shortened(self._complaints(validator.iter_errors(arguments)))
            validator.validate(arguments)
        except jsonschema_rs.ValidationError as error:
            return self._complaints([error])[:1]
        except RecursionError:
            return ["the arguments cannot be read: they are nested too deep"]
        except ValueError as error:  # nested too deep, half a surrogate pair, a key that is no string
            return [f"the arguments cannot be read: {_reason(error)}"]
        return []

    def fits(self, arguments: Any) -> bool:
        """Whether nothing is wrong, without saying what is."""
        try:
            return bool(self._compiled.validator.is_valid(arguments))
        except ValueError:
            return False


def _shortened(found: list[str]) -> list[str]:
    more = len(found) - MAX_COMPLAINTS
    return [*found[:MAX_COMPLAINTS], f"and {more} more problems"] if more > 0 else found


def _reason(error: ValueError) -> str:
    message = str(getattr(error, "message", None) or error).splitlines()[0]
    if message == "Recursion limit reached":
        return "they are nested too deep"
    return message if len(message) <= 200 else bounded(message)


_CACHE: ByteCache[_Compiled] = ByteCache(_CACHED, lambda compiled: compiled.size)
