"""From a Python function to the JSON Schema that a model sees: signature, annotations and a Google-style docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from docstring_parser import DocstringStyle, parse
from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic_core import PydanticSerializationError

from lamforge.errors import SchemaError, bounded
from lamforge.tools.annotations import annotation_schema, in_order
from lamforge.tools.untrusted import check_tool
from lamforge.tools.validation import validate_arguments

HIDDEN: tuple[str | type, ...] = ("state",)  # parameters that a model never sees, by name or by annotated class

_TYPES = (
    "Use the types of JSON, Literal, Enum, dataclasses, typing_extensions.TypedDict or pydantic models made of them."
)


def function_schema(function: Callable[..., Any], hidden: tuple[str | type, ...] = HIDDEN) -> dict[str, Any]:
    """The OpenAI tool of a function.

    Every annotation that pydantic understands works: Literal, Optional, lists, TypedDict, dataclasses, models and
    Annotated with Field. A parameter without a default is required. Nested types are written out in place.

    Args:
        hidden: Parameters that the model does not see: names, or classes that they are annotated with.
    Raises:
        SchemaError: naming file, line and parameter, if the function cannot be described.
    """
    place = _place(function)
    summary, notes = _documentation(function, place)
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}  # of recursive types; their references start at the root of the parameters
    required = []
    shown, unseen = _parameters(function, hidden, place)
    for name, (annotation, default) in shown.items():
        properties[name], nested = _property(name, annotation, default, notes.get(name), place)
        for type_name, definition in nested.items():
            if definitions.setdefault(type_name, definition) != definition:
                raise SchemaError(
                    f"parameter {name!r} uses a second type called {type_name!r}",
                    where=place,
                    remedy="Rename one of them.",
                )
        if default is inspect.Parameter.empty:
            required.append(name)
    if strangers := [name for name in notes if name not in properties and name not in unseen]:
        raise SchemaError(
            f"the docstring describes {strangers[0]!r}, which is no parameter",
            where=place,
            remedy=f"Rename it to one of: {', '.join(properties) or '(none)'}, or take it out.",
        )
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    if definitions:
        parameters["$defs"] = definitions
    tool = {"type": "function", "function": {"name": _name(function), "description": summary, "parameters": parameters}}
    check_tool(tool, where=place)
    for name in properties:
        if "default" in properties[name]:
            _check_default(name, parameters, place)
    return tool


def argument_types(
    function: Callable[..., Any], hidden: tuple[str | type, ...] = HIDDEN
) -> dict[str, TypeAdapter[Any]]:
    """For each parameter that a model sees, what turns JSON into the annotated type, such as a dataclass or an Enum."""
    shown, _ = _parameters(function, hidden, _place(function))
    return {name: TypeAdapter(annotation) for name, (annotation, _) in shown.items()}


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _place(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}, " if code else ""
    return f"{where}tool {_name(function)!r}"


def _documentation(function: Callable[..., Any], place: str) -> tuple[str, dict[str, str]]:
    """What the docstring says of the tool, on one line, and of each parameter."""
    documentation = parse(inspect.getdoc(function) or "", style=DocstringStyle.GOOGLE)
    if not documentation.short_description:
        remedy = "Say in one line what the tool does; the model reads it."
        raise SchemaError("has no docstring that begins with a summary", where=place, remedy=remedy)
    text = " ".join(part for part in (documentation.short_description, documentation.long_description) if part)
    notes = {note.arg_name: " ".join((note.description or "").split()) for note in documentation.params}
    return " ".join(text.split()), notes


def _parameters(
    function: Callable[..., Any], hidden: tuple[str | type, ...], place: str
) -> tuple[dict[str, tuple[Any, Any]], set[str]]:
    """({shown parameter: (annotation, default)}, the hidden ones)."""
    try:
        signature = inspect.signature(function)
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        remedy = "Import the name at the top of the file, not inside a function or for type checking alone."
        raise SchemaError(f"an annotation cannot be resolved: {error}", where=place, remedy=remedy) from error
    except (TypeError, ValueError, SyntaxError) as error:
        raise SchemaError(
            f"its signature cannot be read: {error}", where=place, remedy="Write a plain function."
        ) from error
    shown: dict[str, tuple[Any, Any]] = {}
    unseen = set()
    for name, parameter in signature.parameters.items():
        if name in hidden or any(hints.get(name) is one for one in hidden if isinstance(one, type)):
            unseen.add(name)
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            remedy = "Write each argument out by name; no *args, **kwargs or positional-only ones."
            raise SchemaError(f"parameter {name!r} cannot be passed by name", where=place, remedy=remedy)
        if name not in hints:
            remedy = f"Annotate it, such as {name}: str."
            raise SchemaError(f"parameter {name!r} has no annotation", where=place, remedy=remedy)
        shown[name] = (hints[name], parameter.default)
    return shown, unseen


def _property(
    name: str, annotation: Any, default: Any, note: str | None, place: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of one parameter and the definitions that it refers to."""
    try:
        adapter = TypeAdapter(annotation)
        schema, definitions = annotation_schema(adapter)
    except (PydanticSchemaGenerationError, PydanticUserError, NameError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise SchemaError(f"parameter {name!r} has no JSON Schema: {reason}", where=place, remedy=_TYPES) from error
    if note:
        schema["description"] = note
    if default is not inspect.Parameter.empty and default is not None:  # None only says that it may be left out
        try:
            schema["default"] = adapter.dump_python(default, mode="json", warnings="error")
        except PydanticSerializationError as error:
            remedy = "Use a default of the annotated type, or None."
            what = f"the default of {name!r} does not fit its annotation: {bounded(default)}"
            raise SchemaError(what, where=place, remedy=remedy) from error
    return in_order(schema), definitions


def _check_default(name: str, parameters: dict[str, Any], place: str) -> None:
    """Holds a default to the same rules as a model's arguments."""
    alone = {**parameters, "required": []}
    if problems := validate_arguments(alone, {name: parameters["properties"][name]["default"]}):
        remedy = "Use a default of the annotated type, or None."
        raise SchemaError(
            f"the default of {name!r} does not fit its annotation: {problems[0]}", where=place, remedy=remedy
        )
