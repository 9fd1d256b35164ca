"""From a Python function to the JSON Schema that a model sees: signature, annotations and a Google-style docstring."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, get_type_hints

from docstring_parser import DocstringStyle, parse
from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from lamforge.errors import SchemaError, bounded
from lamforge.tools.untrusted import check_tool

HIDDEN = ("state",)  # parameters that a model never sees


def function_schema(function: Callable[..., Any], hidden: tuple[str, ...] = HIDDEN) -> dict[str, Any]:
    """The OpenAI tool of a function.

    Every annotation that pydantic understands works: Literal, Optional, lists, TypedDict, dataclasses, models,
    Annotated with Field. A parameter without a default is required. Nested types are written out in place.

    Raises:
        SchemaError: naming file, line and parameter, if the function cannot be described.
    """
    place = _place(function)
    documentation = parse(inspect.getdoc(function) or "", style=DocstringStyle.GOOGLE)
    summary = documentation.short_description
    if not summary:
        raise SchemaError(
            "has no docstring", where=place, remedy="Say in one line what the tool does; the model reads it."
        )
    notes = {note.arg_name: " ".join((note.description or "").split()) for note in documentation.params}
    hints = _hints(function, place)
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}  # of recursive types; their references start at the root
    required = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in hidden:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise SchemaError(
                f"parameter {name!r} has no fixed name", where=place, remedy="Write each argument out by name."
            )
        if name not in hints:
            raise SchemaError(
                f"parameter {name!r} has no annotation", where=place, remedy=f"Annotate it, such as {name}: str."
            )
        properties[name] = _property(name, hints[name], parameter.default, notes.get(name), place)
        definitions |= properties[name].pop("$defs", {})
        if parameter.default is parameter.empty:
            required.append(name)
    if strangers := [name for name in notes if name not in properties and name not in hidden]:
        raise SchemaError(f"the docstring describes {strangers[0]!r}, which is no parameter", where=place)
    description = " ".join(part for part in (summary, documentation.long_description) if part)
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    if definitions:
        parameters["$defs"] = definitions
    function_part = {"name": function.__name__, "description": " ".join(description.split()), "parameters": parameters}
    tool = {"type": "function", "function": function_part}
    check_tool(tool, where=place)
    return tool


def _place(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code else "?"
    return f"{where}, tool {getattr(function, '__name__', '?')!r}"


def _hints(function: Callable[..., Any], place: str) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise SchemaError(f"an annotation cannot be resolved: {error}", where=place) from error


def _property(name: str, annotation: Any, default: Any, note: str | None, place: str) -> dict[str, Any]:
    """The schema of one parameter."""
    try:
        schema = TypeAdapter(annotation).json_schema()
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema, PydanticUserError) as error:
        raise SchemaError(
            f"parameter {name!r} has no JSON Schema: {str(error).splitlines()[0]}",
            where=place,
            remedy="Use the types of JSON, or models made of them.",
        ) from error
    schema = _inlined(schema)
    if note:
        schema["description"] = note
    if default is not inspect.Parameter.empty and default is not None:
        try:
            schema["default"] = json.loads(json.dumps(default))
        except (TypeError, ValueError) as error:
            raise SchemaError(f"the default of {name!r} is no JSON: {bounded(default)}", where=place) from error
    return schema


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its definitions written out where they are used and without pydantic's titles.

    Recursive types keep their definitions.
    """
    definitions = schema.get("$defs", {})

    def walk(node: Any, open_names: tuple[str, ...], *, properties: bool = False) -> Any:
        if isinstance(node, list):
            return [walk(item, open_names) for item in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if not properties and name in definitions and name not in open_names:
            rest = {key: value for key, value in node.items() if key != "$ref"}
            return walk({**definitions[name], **rest}, (*open_names, name))
        return {
            key: walk(value, open_names, properties=key == "properties" and not properties)
            for key, value in node.items()
            if properties or key not in ("title", "$defs")
        }

    flat = walk(schema, ())
    if '"$ref"' in json.dumps(flat):
        return {
            **walk({k: v for k, v in schema.items() if k != "$defs"}, tuple(definitions)),
            "$defs": walk(definitions, tuple(definitions)),
        }
    return flat


def argument_types(function: Callable[..., Any], hidden: tuple[str, ...] = HIDDEN) -> dict[str, TypeAdapter[Any]]:
    """For each parameter that a model sees, what turns JSON into the annotated type, such as a dataclass or an Enum."""
    hints = _hints(function, _place(function))
    names = [name for name in inspect.signature(function).parameters if name not in hidden]
    return {name: TypeAdapter(hints[name]) for name in names}
