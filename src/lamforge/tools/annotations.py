"""From one annotation to its JSON Schema: what pydantic writes, tidied for a model to read.

Titles go, nested types are written out in place, objects with named fields are closed, keys stand in one order.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

Schema = dict[str, Any]

_DEFINITION = "#/$defs/"
_OF_NAMES = ("properties", "patternProperties", "dependentSchemas")  # keywords that hold schemas by name
_OF_SCHEMAS = (
    "items",
    "prefixItems",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "contains",
    "propertyNames",
)
_DROPPED = ("title", "$defs", "discriminator")  # noise; written out in place; OpenAPI's, not JSON Schema's
_FIRST = ("type", "properties", "required", "enum", "const", "anyOf", "oneOf", "items")
_LAST = ("description", "default")


def annotation_schema(adapter: TypeAdapter[Any]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of what the adapter reads, and the definitions of the recursive types in it, which stay references.

    Raises:
        PydanticUserError: if the type has no JSON Schema.
    """
    return written_out(adapter.json_schema())


def written_out(schema: Schema) -> tuple[Schema, dict[str, Schema]]:
    """A schema as pydantic writes it, tidied, and the definitions of the recursive types in it."""
    definitions: dict[str, Schema] = schema.get("$defs", {})
    recursive = _recursive(definitions)
    written = _written(schema, definitions, recursive)
    return written, {name: _written(definitions[name], definitions, recursive) for name in sorted(recursive)}


def in_order(schema: Schema) -> Schema:
    """The same schema with its keys as a reader wants them: type first, description and default last."""
    first = [key for key in _FIRST if key in schema]
    last = [key for key in _LAST if key in schema]
    middle = [key for key in schema if key not in _FIRST and key not in _LAST]
    return {key: schema[key] for key in (*first, *middle, *last)}


def _recursive(definitions: dict[str, Schema]) -> set[str]:
    """The names of the types that contain themselves."""
    reached = {name: _references(definition) for name, definition in definitions.items()}
    for _ in definitions:  # a path through n types takes at most n steps
        reached = {name: near.union(*(reached[other] for other in near)) for name, near in reached.items()}
    return {name for name, all_inside in reached.items() if name in all_inside}


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_references(item) for item in node))
    if not isinstance(node, dict):
        return set()
    here = {_referred(node)} - {""}
    return here.union(*(_references(value) for value in node.values()))


def _referred(node: Schema) -> str:
    """The name of the definition that a node stands for, or ""."""
    reference = node.get("$ref")
    return reference.removeprefix(_DEFINITION) if isinstance(reference, str) else ""


def _written(node: Any, definitions: dict[str, Schema], recursive: set[str]) -> Any:
    if isinstance(node, list):
        return [_written(item, definitions, recursive) for item in node]
    if not isinstance(node, dict):
        return node
    name = _referred(node)
    if name in definitions and name not in recursive:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _written({**definitions[name], **beside}, definitions, recursive)
    result: Schema = {}
    for key, value in node.items():
        if key in _DROPPED:
            continue
        if key in _OF_NAMES:
            result[key] = {each: _written(schema, definitions, recursive) for each, schema in value.items()}
        elif key in _OF_SCHEMAS:
            result[key] = _written(value, definitions, recursive)
        else:
            result[key] = value
    if "properties" in result:
        result.setdefault("additionalProperties", False)
    return in_order(result)
