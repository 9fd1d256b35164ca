"""Which field of the state feeds an argument that is not named after it: by likeness of names, by examples, by schema.

`orderId` and `order` take the ids of orders, `target_zip` another zip, an argument "such as W102" what looks like it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lamforge.domains.naming import plain_words
from lamforge.generate.names import field_of, singular
from lamforge.tools import validate_arguments

_NEW = ("new", "updated", "target", "desired", "preferred")  # another value than the present one
_PRESENT = ("old", "current", "existing", "my", "the")
_NUMBERS = ("id", "number", "no", "nr", "code", "key", "ref", "reference", "name")
_EXAMPLE = re.compile(r"(?i)(?:such as|e\.g\.|for example|for instance|like)[,:]?\s+[\"'`]([^\"'`]{1,80})[\"'`]")
_FORMATS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "date-time": re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*"),
    "time": re.compile(r"\d{2}:\d{2}.*"),
    "uri": re.compile(r"\w+://\S+"),
}
_LOOKED_AT = 20  # values of a field that are held against a schema

Values = Mapping[str, list[tuple[Any, Any]]]  # field -> (value, place)


def examples(schema: dict[str, Any]) -> list[Any]:
    """The example values that a schema or its description names."""
    given = [*schema.get("examples", ()), *([schema["example"]] if "example" in schema else ())]
    return given + (_EXAMPLE.findall(schema.get("description", "")) if schema.get("type", "string") == "string" else [])


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is one that a schema allows."""
    return not validate_arguments({"type": "object", "properties": {"value": schema}}, {"value": value})


def whole_numbers(schema: dict[str, Any]) -> tuple[int, int]:
    """The smallest and the largest whole number to draw: five where a bound is open, none if the schema allows none."""
    lows = [math.ceil(schema.get("minimum", -math.inf)) if "minimum" in schema else None]
    lows.append(math.floor(schema["exclusiveMinimum"]) + 1 if "exclusiveMinimum" in schema else None)
    highs = [math.floor(schema["maximum"]) if "maximum" in schema else None]
    highs.append(math.ceil(schema["exclusiveMaximum"]) - 1 if "exclusiveMaximum" in schema else None)
    high = min((bound for bound in highs if bound is not None), default=None)
    low = max((bound for bound in lows if bound is not None), default=1 if high is None else min(1, high - 4))
    return low, high if high is not None else low + 4


def linked_name(name: str, tool: str, schema: dict[str, Any], fields: Values, keys: Mapping[str, str | None]) -> str:
    """The argument's name as it would be if it were named after the field that feeds it; itself if there is none.

    Args:
        fields: The values of the state by field.
        keys: Table -> the field that holds its records' ids.
    """
    if field_of(name) in fields or "enum" in schema or schema.get("type") in ("boolean", "object"):
        return name
    words = plain_words(re.sub(r"(?i)id$", "_id", name) if not name.endswith("_id") else name).split()
    words = ["id" if name.lower().endswith("id") and word == "number" else word for word in words]
    new = "new_" if words[0] in _NEW and len(words) > 1 else ""
    core = words[1:] if new or (words[0] in _PRESENT and len(words) > 1) else words
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    loose = inner.get("type", "string") == "string"
    candidates = [*_by_name(core, tool, keys), *(_by_value(inner, fields) if loose else ())]
    found = next((field for field in candidates if field in fields), None)
    return new + found if found else name


def _by_name(words: list[str], tool: str, keys: Mapping[str, str | None]) -> Iterator[str]:
    """Fields that the words may mean, likeliest first."""
    things = {singular(table): key for table, key in keys.items() if key}
    whole = singular("_".join(words))
    yield whole
    bare = words[:-1] if words[-1] in _NUMBERS and len(words) > 1 else words
    thing = singular("_".join(bare))
    if thing in things:
        yield things[thing] or ""
    if words == ["id"] or words == ["number"]:
        spoken = plain_words(tool).split()
        yield from (key or "" for name, key in things.items() if name in spoken or f"{name}s" in spoken)
    yield thing
    yield from (f"{thing}_{word}" for word in _NUMBERS)
    if len(words) > 1 and words[0] not in things:
        yield from (words[0], words[-1])


def _by_value(schema: dict[str, Any], fields: Values) -> Iterator[str]:
    """Fields whose values are like the schema's examples, or all fit its pattern or format."""
    named = examples(schema)
    strings = {field: [v for v, _ in held[:_LOOKED_AT] if isinstance(v, str)] for field, held in fields.items()}
    yield from (field for field, held in fields.items() if any(v == example for v, _ in held for example in named))
    shapes = {_shape(example) for example in named if isinstance(example, str)}
    shapes = {shape for shape in shapes if "9" in shape}
    yield from (
        field for field, values in strings.items() if values and shapes and {_shape(v) for v in values} <= shapes
    )
    form = _FORMATS.get(schema.get("format", ""))
    if form is not None:
        yield from (field for field, values in strings.items() if values and all(form.fullmatch(v) for v in values))
    if "pattern" in schema:
        yield from (field for field, values in strings.items() if values and all(fits(schema, v) for v in values))


def _shape(value: str) -> str:
    """What a value looks like: digits are 9, letters are a."""
    return re.sub(r"[A-Za-z]", "a", re.sub(r"\d", "9", value))
