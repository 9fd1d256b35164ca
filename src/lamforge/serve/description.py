"""The OpenAPI document, made of the same fields that requests are checked by."""

from __future__ import annotations

from typing import Any

from lamforge import __version__
from lamforge.serve.body import Fields
from lamforge.serve.chat import ChatRequest
from lamforge.serve.completions import CompletionRequest
from lamforge.serve.responses import ResponsesRequest

_REFUSALS = {
    "400": "The request is wrong, or asks for what is not supported; `error.param` names the field.",
    "401": "The key is missing or wrong.",
    "413": "The body is too large.",
    "421": "The server is not called by its name.",
    "429": "Too many requests wait; see Retry-After.",
    "503": "The engine failed; it starts again.",
}
_BODIES: dict[str, tuple[str, type[Fields]]] = {
    "/v1/chat/completions": ("Answer a conversation", ChatRequest),
    "/v1/responses": ("Answer a conversation, as a response", ResponsesRequest),
    "/v1/completions": ("Continue a text", CompletionRequest),
}
_READS = {
    "/v1/models": "The model",
    "/health": "Whether the server runs",
    "/metrics": "Counts and times for Prometheus",
}


def description() -> dict[str, Any]:
    """The document."""
    schemas: dict[str, Any] = {"Error": _error()}
    paths: dict[str, Any] = {}
    for path, (summary, body) in _BODIES.items():
        schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[body.__name__] = schema
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}}
        request = {"required": True, "content": content}
        events: dict[str, Any] = {"application/json": {}, "text/event-stream": {}}
        paths[path] = {"post": {"summary": summary, "requestBody": request, "responses": _responses(events)}}
    for path, summary in _READS.items():
        kind = "text/plain" if path == "/metrics" else "application/json"
        paths[path] = {"get": {"summary": summary, "responses": _responses({kind: {}})}}
    bearer = {"bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "lamforge", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": bearer},
        "security": [{}, {"bearer": []}],
    }


def _responses(content: dict[str, Any]) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refusals = {status: {"description": text, "content": error} for status, text in _REFUSALS.items()}
    return {"200": {"description": "The answer.", "content": content}, **refusals}


def _error() -> dict[str, Any]:
    text = {"type": ["string", "null"]}
    fields = {"message": {"type": "string"}, "type": {"type": "string"}, "param": text, "code": text}
    inner = {"type": "object", "properties": fields, "required": list(fields)}
    return {"type": "object", "properties": {"error": inner}, "required": ["error"]}
