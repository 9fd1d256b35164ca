"""The parameters and the body of an operation as the arguments of one tool, without two of the same name."""

from __future__ import annotations

import re
from typing import Any, cast

from lamforge.errors import SchemaError, bounded
from lamforge.tools.openapi.document import Document
from lamforge.tools.openapi.keywords import MAX_TEXT, one_line
from lamforge.tools.openapi.merging import Schema
from lamforge.tools.openapi.schemas import SchemaReader
from lamforge.tools.remote.bindings import HttpBinding, Parameter

_PLACES = ("path", "query", "header", "cookie")
_NOT_ARGUMENTS = {"accept", "content-type", "authorization"}  # of headers: OpenAPI says to ignore them
_VAGUE = {"id", "uuid", "guid", "key"}  # names of path parameters that say nothing of what they are ids of
_STYLES = {"deepObject": "deep", "spaceDelimited": "space", "pipeDelimited": "pipe"}


class Arguments:
    """The arguments of one tool while they are gathered."""

    def __init__(self, document: Document, reader: SchemaReader, path: str) -> None:
        self.properties: dict[str, Schema] = {}
        self.required: list[str] = []
        self.parameters: list[Parameter] = []
        self._document = document
        self._reader = reader
        self._path = path

    def add_parameters(self, nodes: list[Any], where: str) -> None:
        """Adds the path's and the operation's parameters; those of the operation come last and win.

        Raises:
            SchemaError: if one cannot be read.
        """
        found: dict[tuple[str, str], Schema] = {}
        for node in nodes:
            parameter = self._document.resolved(node, where)
            if not isinstance(parameter, dict) or parameter.get("in") not in _PLACES or not parameter.get("name"):
                raise SchemaError(f"is no parameter: {bounded(parameter)}", where=where)
            found[parameter["in"], str(parameter["name"])] = parameter
        for (place, name), parameter in sorted(found.items(), key=lambda item: _PLACES.index(item[0][0])):
            if place == "header" and name.lower() in _NOT_ARGUMENTS:
                continue
            self._add_parameter(parameter, place, name, f"{where}, parameter {name}")

    def add_body(self, node: Any, where: str) -> Any:
        """Adds the fields of the request's body; returns how it is written (`HttpBinding.body`).

        Raises:
            SchemaError: if it cannot be read, or is of no kind that can be sent.
        """
        body = self._document.resolved(node, where)
        if body is None:
            return "none"
        if not isinstance(body, dict) or not isinstance(body.get("content"), dict):
            raise SchemaError(f"is no request body: {bounded(body)}", where=where)
        media, kind = _sendable(body["content"])
        if media is None:
            if not body.get("required"):
                return "none"
            raise SchemaError(f"its body is {', '.join(body['content']) or 'nothing'}", where=where)
        schema = self._reader.read(media.get("schema", {}), where)
        required = bool(body.get("required"))
        if not schema.get("properties") or kind == "text" or _has_alternatives(schema):
            self._add_whole(schema, required, body)
            return "text" if kind == "text" else "whole"
        for name, field in schema["properties"].items():
            argument = self._free_name(name, "body")
            self._add(argument, field, required and name in schema.get("required", ()))
            self.parameters.append(Parameter(argument=argument, name=name, place="body"))
        return kind

    def schema(self) -> Schema:
        """The JSON Schema of all arguments."""
        schema: Schema = {"type": "object", "properties": self.properties, "required": self.required}
        schema["additionalProperties"] = False
        return {**schema, "$defs": self._reader.definitions} if self._reader.definitions else schema

    def _add_parameter(self, node: Schema, place: str, name: str, where: str) -> None:
        content = node.get("content")
        media = next(iter(content.values()), {}) if isinstance(content, dict) else node
        schema = self._reader.read(media.get("schema", {}), where)
        if isinstance(node.get("description"), str):
            schema["description"] = one_line(node["description"], MAX_TEXT)
        if "example" in node and "examples" not in schema:
            schema["examples"] = [node["example"]]
        argument = self._free_name(self._clear_name(name) if place == "path" else name, place)
        self._add(argument, schema, place == "path" or node.get("required") is True)
        style = "json" if isinstance(content, dict) else _STYLES.get(str(node.get("style")), "plain")
        explode = bool(node.get("explode", place in ("query", "cookie") and style == "plain"))
        self.parameters.append(
            Parameter(argument=argument, name=name, place=place, explode=explode, style=style)  # type: ignore[arg-type]
        )

    def _add_whole(self, schema: Schema, required: bool, body: Schema) -> None:
        if isinstance(body.get("description"), str) and "description" not in schema:
            schema["description"] = one_line(body["description"], MAX_TEXT)
        argument = self._free_name("body", "request")
        self._add(argument, schema, required)
        self.parameters.append(Parameter(argument=argument, name="body", place="body"))

    def _add(self, argument: str, schema: Schema, required: bool) -> None:
        self.properties[argument] = schema
        if required:
            self.required.append(argument)

    def _free_name(self, name: str, place: str) -> str:
        """A name for an argument that a model can write and that is not taken yet."""
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:60] or place
        for candidate in (plain, f"{place}_{plain}", *(f"{place}_{plain}_{number}" for number in range(2, 1000))):
            if candidate not in self.properties:
                return candidate
        raise SchemaError(f"has too many parameters called {name!r}")

    def _clear_name(self, name: str) -> str:
        """`/bikes/{id}` takes a bike_id. A path parameter's name is the document's own affair: no server sees it."""
        segments = self._path.split("/")
        place = next((number for number, part in enumerate(segments) if f"{{{name}}}" in part), 0)
        above = re.sub(r"[^A-Za-z0-9]+", "_", segments[place - 1]) if place > 0 else ""
        if name.lower() not in _VAGUE or not above or "{" in segments[place - 1]:
            return name
        return f"{singular(above)}_{name}"


def singular(word: str) -> str:
    """The singular of an English noun, by its spelling."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def binding_of(arguments: Arguments, method: str, path: str, body: Any, server: str, auth: list[str]) -> HttpBinding:
    """How the tool is executed."""
    return HttpBinding(
        server=server, method=cast(Any, method), path=path, parameters=arguments.parameters, body=body, auth=auth
    )


def _sendable(content: dict[str, Any]) -> tuple[Schema | None, Any]:
    """(the description of the first kind of body that can be sent, the kind)."""
    for kind, fits in (
        ("json", lambda media: media in ("application/json", "*/*", "application/*") or media.endswith("+json")),
        ("form", lambda media: media == "application/x-www-form-urlencoded"),
        ("text", lambda media: media in ("text/plain", "text/*")),
    ):
        for name, media in content.items():
            if fits(name.split(";")[0].strip().lower()) and isinstance(media, dict):
                return media, kind
    return None, None


def _has_alternatives(schema: Schema) -> bool:
    """Whether the body takes several shapes; that one field or another must be given is no shape."""
    shapes = [part for key in ("anyOf", "oneOf", "allOf") for part in schema.get(key, ())]
    return any(part.keys() - {"required"} for part in shapes) or any(key in schema for key in ("not", "if", "$ref"))
