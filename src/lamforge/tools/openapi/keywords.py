"""The keywords of a schema that hold no other schemas, from OpenAPI's spelling to JSON Schema's."""

from __future__ import annotations

from lamforge.errors import SchemaError
from lamforge.tools.openapi.merging import Schema
from lamforge.tools.validation import compile_validator

MAX_TEXT = 500  # characters of one description
_EXAMPLES = 5

_KEPT = (
    *("type", "enum", "const", "format", "multipleOf", "uniqueItems", "dependentRequired", "default"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"),
)
_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}


def simple_keywords(node: Schema) -> Schema:
    """The keywords of a schema that are no schemas themselves, as JSON Schema has them."""
    result: Schema = {key: node[key] for key in _KEPT if key in node}
    _mend_types(result)
    _mend_bounds(result)
    if isinstance(node.get("pattern"), str) and _is_linear(node["pattern"]):
        result["pattern"] = node["pattern"]
    examples = node.get("examples") if isinstance(node.get("examples"), list) else []
    if examples or "example" in node:
        result["examples"] = (examples or [node["example"]])[:_EXAMPLES]
    if isinstance(node.get("description"), str) and (text := one_line(node["description"], MAX_TEXT)):
        result["description"] = text
    return result


def one_line(text: str, limit: int) -> str:
    """A text on one line, cut to `limit` characters."""
    plain = " ".join(text.split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def nullable(schema: Schema) -> Schema:
    """A schema that null fits too (OpenAPI 3.0's `nullable`)."""
    if "enum" in schema and None not in schema["enum"]:
        schema = {**schema, "enum": [*schema["enum"], None]}
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": [*types, *([] if "null" in types else ["null"])]}
    if not schema.keys() - {"description", "default", "examples"}:
        return schema
    said: Schema = {key: schema[key] for key in ("description", "default") if key in schema}
    return {"anyOf": [{k: v for k, v in schema.items() if k not in said}, {"type": "null"}], **said}


def _mend_types(schema: Schema) -> None:
    """Takes out types that JSON Schema does not have, such as OpenAPI 2's file."""
    types = schema.get("type")
    if isinstance(types, list):
        schema["type"] = [each for each in types if each in _TYPES]
    elif types is not None and types not in _TYPES:
        del schema["type"]


def _mend_bounds(schema: Schema) -> None:
    """OpenAPI 3.0 says with a boolean that a bound is exclusive."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = schema.get(exclusive)
        if isinstance(flag, bool):
            del schema[exclusive]
            if flag and bound in schema:
                schema[exclusive] = schema.pop(bound)


def _is_linear(pattern: str) -> bool:
    """Whether a pattern runs on an engine without backtracking; others are left out."""
    try:
        compile_validator({"pattern": pattern})
        return True
    except SchemaError:
        return False
