"""Errors on the wire: every one names its place, and none of them is a surprise to a client of OpenAI's API."""

from __future__ import annotations

import logging
import math
from typing import Any

from starlette.responses import JSONResponse

from lamforge.engines import BusyError, ContextError, RefusalError
from lamforge.errors import DataError, EngineError, LamforgeError, ModelError, SchemaError, UsageError
from lamforge.formats.foreign import printable

_log = logging.getLogger(__name__)
_SCHEMAS = ("tools[", "response_format", "text.format")  # fields with schemas; other errors of schemas name a tool


class Refused(Exception):
    """A request that is not carried out.

    Args:
        field: The place in the request that is to blame, such as "messages[0].content".
    """

    def __init__(
        self, status: int, message: str, *, field: str | None = None, code: str | None = None, retry: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry = retry  # seconds after which it is worth another try
        kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status)
        kind = kind or ("invalid_request_error" if status < 500 else "server_error")
        self.error = {"message": message, "type": kind, "param": field, "code": code}

    def response(self) -> JSONResponse:
        """The error as an HTTP response."""
        headers = {"Retry-After": str(self.retry)} if self.retry is not None else None
        return JSONResponse({"error": self.error}, self.status, headers)


def refused(error: LamforgeError) -> Refused:
    """What a client is told of an error."""
    if isinstance(error, ContextError):
        return Refused(400, str(error), field="messages", code="context_length_exceeded")
    if isinstance(error, SchemaError):
        named = error.where if (error.where or "").startswith(_SCHEMAS) else "tools"
        return Refused(400, str(error), field=named, code="invalid_schema")
    if isinstance(error, (UsageError, DataError)):
        return Refused(400, str(error))
    if isinstance(error, RefusalError):
        return Refused(400, _public(error), code="engine_refused")
    if isinstance(error, BusyError):
        return Refused(429, _public(error), code="engine_busy", retry=max(1, math.ceil(error.retry_after or 1)))
    _log.warning(printable(str(error)))
    if isinstance(error, (EngineError, ModelError)):
        return Refused(503, _public(error), code="engine_error", retry=1)
    return Refused(500, _public(error))


def _public(error: LamforgeError) -> str:
    """What went wrong, without the server's own places and logs, which its own log has."""
    return error.what.partition("\n")[0]


def unsupported(field: str, remedy: str = "Leave it out.") -> Refused:
    """A field that is OpenAI's and that this server does not carry out; never ignored in silence."""
    return Refused(400, f"{field} is not supported. {remedy}", field=field, code="unsupported_parameter")


def error_event(error: LamforgeError | Refused) -> dict[str, Any]:
    """An error in the middle of a stream."""
    return {"error": (error if isinstance(error, Refused) else refused(error)).error}
