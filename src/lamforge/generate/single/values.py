"""Values for arguments of which nothing is known but name, schema and description."""

from __future__ import annotations

import random
from typing import Any

from lamforge.errors import SchemaError
from lamforge.generate.single.amounts import amount
from lamforge.generate.single.sample_texts import text_value
from lamforge.tools import validate_arguments

_TRIES = 12  # draws for one value until the schema takes it
_DEEP = 6  # levels of nested values
_OPPOSITE_SHARE = 0.75  # how often a switch is said to be what it is not by default


class NoValueError(Exception):
    """Nothing that the schema takes can be made up for an argument."""


class ValueSampler:
    """Draws values for one call: of one kind, no two values of it are the same. All randomness is the caller's.

    Args:
        root: The schema that references start at.
    """

    def __init__(self, root: dict[str, Any], rng: random.Random) -> None:
        self._root = root
        self._rng = rng
        self._used: set[Any] = set()

    def draw(self, name: str, schema: Any) -> Any:
        """A value that the schema takes.

        Raises:
            NoValueError: naming the argument.
        """
        schema = self._plain(schema, 0)
        whole = {**self._root, "required": [], "properties": {**self._root.get("properties", {}), name: schema}}
        for _ in range(_TRIES):
            value = self._value(name, schema, 0)
            if value is not None and not _wrong(whole, {name: value}) and not self._again(value):
                return value
        raise NoValueError(f"no value for {name!r} is known")

    def _again(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        seen = value in self._used and self._rng.random() < 0.9
        self._used.add(value)
        return seen

    def _plain(self, schema: Any, depth: int) -> dict[str, Any]:
        """A schema without references and choices at its top."""
        schema = schema if isinstance(schema, dict) else {}
        for _ in range(_DEEP):
            if isinstance(reference := schema.get("$ref"), str):
                schema = {**_at(self._root, reference), **{k: v for k, v in schema.items() if k != "$ref"}}
            elif options := _options(schema):
                rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
                schema = {**rest, **self._rng.choice(options)}
            elif parts := schema.get("allOf"):
                rest = {key: value for key, value in schema.items() if key != "allOf"}
                schema = {key: value for part in [*parts, rest] for key, value in part.items()}
            else:
                return schema
        return schema

    def _value(self, name: str, schema: dict[str, Any], depth: int) -> Any:
        if depth > _DEEP:
            return None
        if "const" in schema:
            return schema["const"]
        if options := [each for each in schema.get("enum") or () if each is not None]:
            return self._rng.choice(options)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kind = next((each for each in kinds if each != "null"), "string") if isinstance(kinds, list) else kinds
        if kind == "boolean":
            opposite = self._rng.random() < _OPPOSITE_SHARE
            return not schema["default"] if opposite and "default" in schema else self._rng.random() < 0.7
        if kind in ("integer", "number"):
            return amount(name, schema, self._rng, whole=kind == "integer")
        if kind == "array":
            return self._array(name, schema, depth)
        if kind == "object":
            return self._object(schema, depth)
        return text_value(name, schema, self._rng)

    def _array(self, name: str, schema: dict[str, Any], depth: int) -> list[Any] | None:
        least = schema.get("minItems", 1)
        most = max(least, min(schema.get("maxItems", 3), max(3, least)))
        items = self._plain(schema.get("items") or {"type": "string"}, depth)
        found: list[Any] = []
        singular = name[:-1] if name.endswith("s") and not name.endswith("ss") else name
        for _ in range(self._rng.randint(max(1, least), max(1, most)) * 3):
            value = self._value(singular, items, depth + 1)
            if value is not None and value not in found and len(found) < most:
                found.append(value)
            if len(found) >= max(least, 1) and self._rng.random() < 0.4:
                break
        return found if len(found) >= least else None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any] | None:
        required = schema.get("required") or ()
        made = {}
        for name, inner in (schema.get("properties") or {}).items():
            if name in required or self._rng.random() < 0.4:
                value = self._value(name, self._plain(inner, depth), depth + 1)
                if value is None and name in required:
                    return None
                if value is not None:
                    made[name] = value
        return made or None


def _options(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of which a value fits one, but for that of null."""
    options = schema.get("anyOf") or schema.get("oneOf") or ()
    return [each for each in options if isinstance(each, dict) and each.get("type") != "null"]


def _at(root: Any, reference: str) -> dict[str, Any]:
    for part in reference.removeprefix("#").strip("/").split("/"):
        root = root.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(root, dict) and part else root
    return root if isinstance(root, dict) else {}


def _wrong(schema: dict[str, Any], arguments: dict[str, Any]) -> list[str]:
    try:
        return validate_arguments(schema, arguments)
    except SchemaError as error:
        return [str(error)]
