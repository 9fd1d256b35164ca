"""Types as Python writes them ("List[int], optional", "dict") to JSON Schema and back, and schemas that use them."""

from __future__ import annotations

from typing import Any

_PLAIN = {
    "str": "string", "string": "string", "text": "string", "char": "string",
    "int": "integer", "integer": "integer", "long": "integer",
    "float": "number", "number": "number", "double": "number", "decimal": "number", "complex": "number",
    "bool": "boolean", "boolean": "boolean",
    "list": "array", "array": "array", "tuple": "array", "set": "array", "sequence": "array", "iterable": "array",
    "dict": "object", "object": "object", "mapping": "object", "hashmap": "object",
    "none": "null", "nonetype": "null", "null": "null",
}  # fmt: skip
_ANYTHING = frozenset(("any", ""))
_STANDARD = frozenset(("string", "integer", "number", "boolean", "array", "object", "null"))
_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}
_DEPTH = 16


def schema_of(written: str) -> tuple[dict[str, Any], bool, bool]:
    """(schema, whether it says that it is optional, whether all of it is understood) of a type as Python writes it."""
    text = written.strip()
    head, _, tail = text.rpartition(",")
    optional = tail.strip().lower() in ("optional", "optional.") and bool(head)
    if optional:
        text = head.strip()
    schema, known = _parsed(text, 0)
    if text.lower().startswith("optional["):
        optional = True
    return schema, optional, known


def _parsed(text: str, depth: int) -> tuple[dict[str, Any], bool]:
    name, _, rest = text.strip().partition("[")
    name = name.strip().lower().removeprefix("typing.")
    if depth > _DEPTH:
        return {}, False
    inside = _parts(rest[:-1]) if rest.endswith("]") else []
    if "[" in text and not rest.endswith("]"):
        return {}, False
    if name == "optional" and len(inside) == 1:
        return _parsed(inside[0], depth + 1)
    if name == "union" and inside:
        return _union([_parsed(each, depth + 1) for each in inside if each.lower() not in ("none", "nonetype")])
    if "|" in text and not rest:
        return _union([_parsed(each, depth + 1) for each in text.split("|") if each.strip().lower() != "none"])
    kind = _PLAIN.get(name)
    if kind == "array" and inside:
        return _array(name, inside, depth)
    if kind == "object" and len(inside) == 2:
        values, known = _parsed(inside[1], depth + 1)
        return {"type": "object", **({"additionalProperties": values} if values else {})}, known
    if kind:
        return {"type": kind}, not inside
    return {}, name in _ANYTHING


def _array(name: str, inside: list[str], depth: int) -> tuple[dict[str, Any], bool]:
    items = [_parsed(each, depth + 1) for each in inside if each != "..."]
    known = all(each[1] for each in items)
    if len(items) == 1:
        count = {"minItems": 1, "maxItems": 1} if name == "tuple" and "..." not in inside else {}
        return {"type": "array", **({"items": items[0][0]} if items[0][0] else {}), **count}, known
    if name != "tuple":
        return {"type": "array"}, False
    return {"type": "array", "prefixItems": [each[0] for each in items], "minItems": len(items)}, known


def _union(choices: list[tuple[dict[str, Any], bool]]) -> tuple[dict[str, Any], bool]:
    known = all(each[1] for each in choices)
    schemas = [each[0] for each in choices]
    if len(schemas) == 1:
        return schemas[0], known
    if all(set(each) == {"type"} for each in schemas):
        return {"type": list(dict.fromkeys(each["type"] for each in schemas))}, known
    return ({"anyOf": schemas} if all(schemas) and schemas else {}), known


def _parts(text: str) -> list[str]:
    """A list in brackets, cut at the commas that stand in none."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()] if text.strip() else found


def python_type(schema: dict[str, Any]) -> str | None:
    """A type as Python writes it; None if it cannot say what the schema says."""
    kind, rest = schema.get("type"), {key for key in schema if key != "type"}
    if not schema:
        return "Any"
    if kind == "array" and rest == {"items"}:
        inner = python_type(schema["items"])
        return f"List[{inner}]" if inner else None
    if kind == "object" and rest == {"additionalProperties"} and isinstance(schema["additionalProperties"], dict):
        inner = python_type(schema["additionalProperties"])
        return f"Dict[str, {inner}]" if inner else None
    if isinstance(kind, list) and not rest and len(kind) > 1 and all(each in _NAMES for each in kind):
        return f"Union[{', '.join(_NAMES[each] for each in kind)}]"
    return _NAMES.get(kind) if isinstance(kind, str) and not rest else None


def mended(schema: Any, depth: int = 0) -> Any:
    """A schema with JSON Schema's names for types and lists of what is required; the rest stays as it is."""
    if not isinstance(schema, dict) or depth > 64:
        return schema
    found = dict(schema)
    kind = found.get("type")
    if isinstance(kind, str) and kind not in _STANDARD:
        del found["type"]
        found = {**schema_of(kind)[0], **found}
    elif isinstance(kind, list):
        found["type"] = [_PLAIN.get(each.lower(), each) if isinstance(each, str) else each for each in kind]
    if "required" in found and not isinstance(found["required"], list):
        del found["required"]
    for key in ("enum", "items", "properties", "description"):
        if key in found and found[key] is None:
            del found[key]
    properties = found.get("properties")
    if isinstance(properties, dict):
        wanted = [name for name, each in properties.items() if isinstance(each, dict) and each.get("required") is True]
        if wanted:
            found["required"] = list(dict.fromkeys([*found.get("required", ()), *wanted]))
        found["properties"] = {name: mended(each, depth + 1) for name, each in properties.items()}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = mended(found[key], depth + 1)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if isinstance(found.get(key), list):
            found[key] = [mended(each, depth + 1) for each in found[key]]
    return found
