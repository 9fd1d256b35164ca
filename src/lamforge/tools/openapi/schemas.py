"""From a schema of OpenAPI 3.0 or 3.1 to plain JSON Schema (draft 2020-12) that stands on its own.

References are written out in place; those to types that contain themselves, and those deep inside, become `$defs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lamforge.errors import SchemaError, bounded
from lamforge.tools.annotations import in_order
from lamforge.tools.openapi.document import Document
from lamforge.tools.openapi.keywords import nullable, simple_keywords
from lamforge.tools.openapi.merging import Schema, merged
from lamforge.tools.openapi.references import IN_PLACE, Circles

_INLINE_DEPTH = 10  # levels of schemas in which references are written out
_INLINE_NODES = 2_000  # schemas of one tool, after which references stay
_MAX_NODES = 20_000
_MAX_DEPTH = 64

_OF_NAMES = ("properties", "patternProperties", "dependentSchemas")
_OF_SCHEMA = ("items", "additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")

Applied = tuple[str, ...]  # the references that are being written out about one and the same value


class SchemaReader:
    """Reads the schemas of one tool; what they share is in `definitions` afterwards.

    Args:
        circles: Of the document; shared by all tools.
    """

    def __init__(self, document: Document, circles: Circles) -> None:
        self.definitions: dict[str, Schema] = {}
        self._document = document
        self._circles = circles
        self._old = document.version < (3, 1)
        self._names: dict[str, str] = {}
        self._nodes = 0

    def read(self, node: Any, where: str) -> Schema:
        """The schema as JSON Schema; at its root nothing is left to a reference.

        Raises:
            SchemaError: if it cannot be read.
        """
        applied: Applied = ()
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            applied = (node["$ref"],)
            node = {**self._target(node["$ref"], where), **{k: v for k, v in node.items() if k == "description"}}
        schema = self._schema(node, where, 0, applied)
        self._define(where)
        return schema

    def _target(self, reference: str, where: str) -> Schema:
        node = self._document.target(reference, where)
        if not isinstance(node, dict):
            raise SchemaError(f"{bounded(reference[-80:])} is no schema: {bounded(node)}", where=where)
        return node

    def _define(self, where: str) -> None:
        """Writes the definitions that references were left to, and those that they need."""
        while waiting := [ref for ref, name in self._names.items() if name not in self.definitions]:
            for reference in waiting:
                name = self._names[reference]
                self.definitions[name] = {}
                node = self._target(reference, where)
                self.definitions[name] = self._schema(node, f"{where}, {name}", 0, (reference,))

    def _schema(self, node: Any, where: str, depth: int, applied: Applied) -> Schema:
        self._nodes += 1
        if self._nodes > _MAX_NODES or depth > _MAX_DEPTH:
            what = f"the schema stands for more than {_MAX_NODES} others, or for more than {_MAX_DEPTH} levels"
            raise SchemaError(what, where=where, remedy="Flatten it.")
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        if not isinstance(node, dict):
            raise SchemaError(f"is no schema: {bounded(node)}", where=where)
        if isinstance(node.get("$ref"), str):
            return self._referred(node, where, depth, applied) or {}
        if "$dynamicRef" in node or "$recursiveRef" in node:
            raise SchemaError("the schema uses $dynamicRef", where=where, remedy="Write the type out.")
        result = self._plain(node, where, depth)
        for part in node.get("allOf") or ():
            if (read := self._part(part, where, depth + 1, applied, always=True)) is not None:
                result = merged(result, read)
        for key in IN_PLACE[1:]:
            if key in node and (read := self._alternatives(node[key], where, depth + 1, applied)) is not None:
                result = merged(result, {key: read})
        if self._old and node.get("nullable") is True:
            result = nullable(result)
        return in_order(result)

    def _referred(
        self, node: Schema, where: str, depth: int, applied: Applied, *, written_out: bool = False
    ) -> Schema | None:
        """A reference written out or left; None if it is already being written out about the same value."""
        reference = node["$ref"]
        beside = {
            key: value for key, value in node.items() if key != "$ref" and not (self._old and key != "description")
        }
        if reference in applied:
            return None
        far = depth > _INLINE_DEPTH or self._nodes > _INLINE_NODES
        far = far or (self._circles.recursive(reference) and not written_out)
        circle = any(self._circles.about_the_same_value(reference, other) for other in applied)
        if far and not circle:
            left = {"$ref": f"#/$defs/{self._name(reference)}"}
            return {**left, **self._schema(beside, where, depth, ())} if beside else left
        read = self._schema(self._target(reference, where), where, depth, (*applied, reference))
        return merged(read, self._schema(beside, where, depth, ())) if beside else read

    def _part(self, node: Any, where: str, depth: int, applied: Applied, *, always: bool = False) -> Schema | None:
        """A schema about the same value as the one around it; with `always`, written out even if it is recursive."""
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            return self._referred(node, where, depth, applied, written_out=always)
        return self._schema(node, where, depth, applied)

    def _alternatives(self, value: Any, where: str, depth: int, applied: Applied) -> Any:
        """The schemas of anyOf and the like; None if one is what is being read: then the keyword says nothing."""
        if isinstance(value, list):
            parts = [self._part(part, where, depth, applied) for part in value]
            return None if None in parts or not parts else parts
        return self._part(value, where, depth, applied)

    def _plain(self, node: Schema, where: str, depth: int) -> Schema:
        """The keywords that are no alternatives."""
        result = simple_keywords(node)
        for key in _OF_NAMES:
            if isinstance(node.get(key), dict):
                shown = self._writable(node[key], where) if key == "properties" else node[key].items()
                result[key] = {name: self._schema(each, f"{where}, {name}", depth + 1, ()) for name, each in shown}
        for key in _OF_SCHEMA:
            if isinstance(node.get(key), bool):
                result[key] = node[key]
            elif isinstance(node.get(key), dict):
                result[key] = self._schema(node[key], f"{where}, {key}", depth + 1, ())
        if isinstance(node.get("prefixItems"), list):
            result["prefixItems"] = [self._schema(each, where, depth + 1, ()) for each in node["prefixItems"]]
        if isinstance(node.get("required"), list):
            hidden = set(node.get("properties") or {}) - set(result.get("properties") or {})
            if names := [name for name in node["required"] if isinstance(name, str) and name not in hidden]:
                result["required"] = names
        return result

    def _writable(self, properties: Schema, where: str) -> Iterable[tuple[str, Any]]:
        """The properties that a request may have: all but those that only answers have."""
        for name, node in properties.items():
            target = self._document.resolved(node, where)
            if not (isinstance(target, dict) and target.get("readOnly") is True):
                yield name, node

    def _name(self, reference: str) -> str:
        if reference not in self._names:
            base = re.sub(r"[^A-Za-z0-9_.-]", "_", reference.rsplit("/", 1)[-1])[:60] or "Type"
            taken = set(self._names.values())
            number = 2
            name = base
            while name in taken:
                name, number = f"{base}_{number}", number + 1
            self._names[reference] = name
        return self._names[reference]
