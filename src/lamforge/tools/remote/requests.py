"""From a binding and arguments to one HTTP request. Pure: nothing is sent, and no secret is known here.

Serialisation as in OpenAPI 3.1, "Style Values".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from lamforge.errors import bounded
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote.bindings import HttpBinding, Parameter

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JOINTS = {"space": " ", "pipe": "|"}


@dataclass
class Request:
    """A request without its server and without secrets; `path` begins with a slash and is percent-encoded."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def target(self) -> str:
        """The path with the query."""
        return self.path + (f"?{urlencode(self.query, quote_via=quote)}" if self.query else "")


def build_request(binding: HttpBinding, arguments: dict[str, Any]) -> Request:
    """The request that a call stands for.

    Raises:
        ToolError: if an argument cannot stand where it belongs, such as ".." in a path.
    """
    request = Request(binding.method, binding.path)
    body: dict[str, Any] = {}
    for parameter in binding.parameters:
        value = arguments.get(parameter.argument)
        if parameter.argument not in arguments or (value is None and parameter.place != "body"):
            continue
        if parameter.place == "path":
            request.path = request.path.replace(f"{{{parameter.name}}}", _segment(parameter, value))
        elif parameter.place == "query":
            request.query += _query(parameter, value)
        elif parameter.place == "header":
            request.headers[parameter.name] = _line(parameter, _joined(parameter, value))
        elif parameter.place == "cookie":
            request.cookies[parameter.name] = quote(_joined(parameter, value), safe="")
        else:
            body[parameter.name] = value
    _check_path(binding, request.path)
    _write_body(binding, request, body)
    return request


def _write_body(binding: HttpBinding, request: Request, body: dict[str, Any]) -> None:
    if not body and (binding.body in ("none", "form", "text", "whole")):
        return
    if binding.body == "form":
        pairs = [pair for name, value in body.items() for pair in _form(name, value)]
        request.body = urlencode(pairs, quote_via=quote).encode()
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif binding.body == "text":
        request.body = str(next(iter(body.values()))).encode()
        request.headers["Content-Type"] = "text/plain; charset=utf-8"
    else:
        value = next(iter(body.values())) if binding.body == "whole" else body
        request.body = json.dumps(value, ensure_ascii=False).encode()
        request.headers["Content-Type"] = "application/json"


def _segment(parameter: Parameter, value: Any) -> str:
    """A value inside the path: nothing of it ends a segment or goes up."""
    text = _joined(parameter, value)
    if text in ("", ".", ".."):
        raise ToolError(f"argument {parameter.argument} must not be {text or 'empty'}")
    return quote(text, safe="")


def _check_path(binding: HttpBinding, path: str) -> None:
    if missing := re.search(r"\{[^{}]*\}", path):
        raise ToolError(f"missing required argument for {missing[0]} in the path {bounded(binding.path)}")
    if {".", ".."} & set(path.split("/")):
        raise ToolError("the arguments make a path that leads elsewhere")


def _line(parameter: Parameter, text: str) -> str:
    if _CONTROL.search(text) or not text.isascii():
        raise ToolError(f"argument {parameter.argument} must be printable ASCII; got {bounded(text)}")
    return text


def _query(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    if parameter.style == "deep" and isinstance(value, dict):
        return [(f"{parameter.name}[{key}]", _text(item)) for key, item in value.items()]
    if parameter.style == "plain" and parameter.explode:
        if isinstance(value, dict):
            return [(key, _text(item)) for key, item in value.items()]
        return _form(parameter.name, value)
    return [(parameter.name, _joined(parameter, value))]


def _form(name: str, value: Any) -> list[tuple[str, str]]:
    return [(name, _text(item)) for item in (value if isinstance(value, list) else [value])]


def _joined(parameter: Parameter, value: Any) -> str:
    """A value as one text: lists by commas, objects as key,value or key=value."""
    if parameter.style == "json":
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return _JOINTS.get(parameter.style, ",").join(_text(item) for item in value)
    if isinstance(value, dict):
        joint = "=" if parameter.explode else ","
        return ",".join(f"{key}{joint}{_text(item)}" for key, item in value.items())
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)  # true, null and 1.5 as JSON has them
