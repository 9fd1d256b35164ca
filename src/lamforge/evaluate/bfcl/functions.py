"""BFCL's function documents as a model gets to see them: with its hints on the language, and as OpenAI's tools."""

from __future__ import annotations

import copy
import json
from typing import Any

from lamforge.evaluate.bfcl.suites import language_of

_HINTS = {
    "python": " Note that the provided function is in Python 3 syntax.",
    "java": " Note that the provided function is in Java 8 SDK syntax.",
    "javascript": " Note that the provided function is in JavaScript syntax.",
}
_LANGUAGES = {"java": "Java", "javascript": "JavaScript"}
_JSON_TYPES = {
    "integer": "integer",
    "number": "number",
    "float": "number",
    "string": "string",
    "boolean": "boolean",
    "bool": "boolean",
    "array": "array",
    "list": "array",
    "dict": "object",
    "object": "object",
    "tuple": "array",
    "byte": "integer",
    "short": "integer",
    "long": "integer",
    "double": "number",
    "ArrayList": "array",
    "Array": "array",
    "HashMap": "object",
    "Hashtable": "object",
    "Queue": "array",
    "Stack": "array",
    "Bigint": "integer",
}


def hinted(documents: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    """The documents with a note on the language; parameters of Java and JavaScript become texts with literals."""
    language = language_of(category)
    shown = copy.deepcopy(documents)
    for document in shown:
        document["description"] += _HINTS[language]
        if language in _LANGUAGES:
            for described in document["parameters"]["properties"].values():
                _as_literal(described, _LANGUAGES[language])
    return shown


def _as_literal(described: dict[str, Any], language: str) -> None:
    kind = described["type"]
    if kind == "any":
        note = f" This parameter can be of any type of {language} object in string representation."
    else:
        note = f" This is {language} {kind} type parameter in string representation."
    if kind in ("Array", "ArrayList", "array"):
        inner = described.pop("items")["type"]
        note += f" The list elements are of type {inner}; they are not in string representation."
    if kind == "dict" and language == "JavaScript" and "properties" in described:
        fields = json.dumps(described.pop("properties"))
        note += f" The dictionary entries have the following schema; they are not in string representation. {fields}"
    described["description"] += note
    described["type"] = "string"


def as_tools(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents as tools of OpenAI's API: types of JSON Schema, and no dots in names."""
    tools = []
    for document in copy.deepcopy(documents):
        document["name"] = document["name"].replace(".", "_")
        document["parameters"]["type"] = "object"
        _cast_fields(document["parameters"].get("properties", {}))
        tools.append({"type": "function", "function": document})
    return tools


def _cast_fields(properties: dict[str, Any]) -> None:
    for described in properties.values():
        if described.get("type") == "float":
            described["format"] = "float"
            described["description"] = described.get("description", "") + " This is a float type value."
        _cast(described)


def _cast(described: dict[str, Any]) -> None:
    described["type"] = _JSON_TYPES.get(described.get("type", ""), "string")
    if described["type"] in ("array", "object"):
        if "properties" in described:
            _cast_fields(described["properties"])
        elif "items" in described:
            _cast(described["items"])
