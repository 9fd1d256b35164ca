"""Tools that are requests to an HTTP server, sent for real."""

from __future__ import annotations

import time
from typing import Any

from lamforge.errors import ServerError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote.bindings import HttpBinding, HttpServer, RemoteTool
from lamforge.tools.remote.credentials import authorise, without
from lamforge.tools.remote.execution import json_or_text, message_of
from lamforge.tools.remote.requests import Request, build_request
from lamforge.tools.remote.transport import Answer, NotSentError, Outgoing, Transport

_TRIES = 3  # of a read, which changes nothing, and of a request that was never sent
_PAUSE_S = 0.2  # before the second try; doubled before the third
_NOT_ABOUT_THE_CALL = {401, 407, 408, 425, 429}
_PASSING = {408, 425, 429, 502, 503, 504}


class HttpCaller:
    """Sends requests to one server."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._transport = Transport(
            server.hosts, private=server.private, timeout_s=server.timeout_s, max_bytes=server.max_bytes
        )

    def call(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """See `lamforge.tools.remote.execution.Caller`."""
        assert isinstance(tool.binding, HttpBinding)
        request = build_request(tool.binding, arguments)
        return self.request(request, tool.binding.auth, repeatable=tool.kind == "read")

    def restart(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""

    def close(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""
        self._transport.close()

    def request(self, request: Request, auth: list[str], *, repeatable: bool) -> Any:
        """The JSON or the text that the server answers to a request; "done" if it answers nothing.

        Args:
            auth: Names in the server's `auth`.
            repeatable: Whether the request may be sent again when the server fails to answer.
        Raises:
            ToolError: for a status of 400 to 499 that is about this request.
            ServerError: for others, and if there is no answer in time.
            DataError: if the address is not allowed.
            UsageError: if a credential is not set.
        """
        shown = f"{request.method} {self._server.url}{request.target}"
        secrets = authorise(request, [self._server.auth[name] for name in auth])
        headers = {**self._server.headers, **request.headers}
        if request.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in request.cookies.items())
        outgoing = Outgoing(request.method, self._server.url + request.target, headers, request.body, shown)
        return _result(self._answer(outgoing, repeatable), secrets, shown)

    def _answer(self, outgoing: Outgoing, repeatable: bool) -> Answer:
        """The first answer that is not a passing failure; the last one when none is."""
        for number in range(_TRIES):
            last = number == _TRIES - 1
            try:
                answer = self._transport.send(outgoing)
                if last or not repeatable or answer.status not in _PASSING:
                    return answer
            except ServerError as error:
                if last or not (repeatable or isinstance(error, NotSentError)):
                    raise
            time.sleep(_PAUSE_S * 2**number)
        raise AssertionError("the last try returns or raises")


def _result(answer: Answer, secrets: list[str], shown: str) -> Any:
    text = without(secrets, answer.text)
    if 200 <= answer.status < 300:
        if not text.strip():
            return "done"
        return json_or_text(text) if "json" in answer.media_type or not answer.media_type else text
    said = message_of(json_or_text(text))
    if 400 <= answer.status < 500 and answer.status not in _NOT_ABOUT_THE_CALL:
        raise ToolError(said or f"the server answered {answer.status}")
    what = f"answered {answer.status}" + (f": {said}" if said else "")
    raise ServerError(what, where=shown, remedy=_REMEDIES.get(answer.status))


_REMEDIES = {
    401: "It does not know the caller: check the environment variables that tools.json names under auth.",
    429: "It wants fewer requests at a time.",
}
