"""What every way to execute a tool has in common."""

from __future__ import annotations

import json
from typing import Any, Protocol

from lamforge.errors import ServerError, bounded
from lamforge.tools.remote.bindings import RemoteTool

MAX_MESSAGE = 500  # characters of a refusal that a model is told


class Caller(Protocol):
    """Executes the tools of one server."""

    def call(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """What the tool answers, as plain JSON.

        Raises:
            ToolError: if the server says no to this call; the text is for the model.
            ServerError: if the server, or the way to it, failed: nothing can be said of the call.
        """
        ...

    def restart(self) -> None:
        """Brings a server that is a process of ours back to its start; one that is not stays as it is."""
        ...

    def close(self) -> None:
        """Ends connections and processes."""
        ...


def json_or_text(text: str) -> Any:
    """The JSON that a text holds, or the text itself."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def check_size(size: int, limit: int, where: object) -> None:
    """Raises ServerError if an answer is larger than the server's `max_bytes`."""
    if size > limit:
        remedy = "Ask for less, or raise max_bytes of the server in tools.json."
        raise ServerError(f"answered more than {limit} bytes", where=where, remedy=remedy)


def message_of(value: Any) -> str:
    """What an error's body says to a reader, bounded: its message, else its text; "" if it says nothing.

    Knows problem details (RFC 9457), FastAPI's `detail` and the usual `message` and `error`.
    """
    if isinstance(value, dict):
        for key in ("detail", "message", "error_description", "error", "title", "errors", "reason"):
            if value.get(key) and (text := message_of(value[key])):
                return text
        if isinstance(value.get("msg"), str):  # of one field, as FastAPI writes it
            place = ".".join(str(part) for part in value.get("loc", ()))
            return _cut(f"{place}: {value['msg']}" if place else value["msg"])
        return _cut(json.dumps(value, ensure_ascii=False)) if value else ""
    if isinstance(value, list):
        return _cut("; ".join(filter(None, (message_of(item) for item in value[:10]))))
    return _cut(" ".join(str(value).split())) if value is not None else ""


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def _refuse(constant: str) -> Any:
    raise ValueError(bounded(constant))
