"""Two schemas that both hold, as one (`allOf`)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_LARGER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"}
_SMALLER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"}
_LATER = {"description", "default", "examples", "format", "title"}


def merged(first: Schema, second: Schema) -> Schema:
    """A schema that holds where both do. What cannot be written as one stays beside it in `allOf`."""
    result = dict(first)
    for key, value in second.items():
        if key not in result or result[key] == value or key in _LATER:
            result[key] = value
        elif (both := _both(key, result[key], value)) is not None:
            result[key] = both
        else:
            result["allOf"] = [*result.get("allOf", []), {key: value}]
    return result


def _both(key: str, first: Any, second: Any) -> Any:
    """One value of a keyword in place of two, or None."""
    if key == "properties":
        return {**first, **{name: merged(first[name], s) if name in first else s for name, s in second.items()}}
    if key == "required":
        return list(dict.fromkeys([*first, *second]))
    if key == "allOf":
        return [*first, *second]
    if key == "type":
        return _common_types(first, second)
    if key == "enum":
        return [value for value in first if value in second] or None
    if key == "additionalProperties":
        return merged(first, second) if isinstance(first, dict) and isinstance(second, dict) else False
    if key == "items" and isinstance(first, dict) and isinstance(second, dict):
        return merged(first, second)
    if key in _LARGER | _SMALLER and all(isinstance(v, int | float) for v in (first, second)):
        return max(first, second) if key in _LARGER else min(first, second)
    return None


def _common_types(first: Any, second: Any) -> Any:
    one, other = ([types] if isinstance(types, str) else list(types) for types in (first, second))
    common = [kind for kind in one if kind in other]
    if "integer" not in common and {"integer", "number"} <= {*one, *other}:
        common.append("integer")
    return None if not common else common[0] if len(common) == 1 else common
