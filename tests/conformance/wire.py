"""What went between a client and a server, read by standing between them; knows the wire, and no client."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import httpx


class Returned(NamedTuple):
    """A call that a client carried out, as it told the server."""

    name: str
    arguments: dict[str, Any]
    result: str


class Wire:
    """Passes requests on to a server, and the answers back as they come; keeps both.

    Args:
        server: Its address, without /v1.
    """

    def __init__(self, server: str) -> None:
        self.requests: list[dict[str, Any]] = []
        self._answers: list[bytearray] = []
        wire = self

        class Forwarder(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                wire.requests.append(json.loads(body))
                wire._answers.append(kept := bytearray())
                with httpx.stream("POST", server + self.path, content=body, timeout=60) as answer:
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers["content-type"])
                    self.end_headers()
                    for piece in answer.iter_bytes():
                        kept += piece
                        self.wfile.write(piece)

            def log_message(self, *words: Any) -> None:
                pass

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
        self.url = f"http://127.0.0.1:{self._listener.server_port}/v1"

    @contextmanager
    def listening(self) -> Iterator[Wire]:
        """Passes on until the block ends."""
        thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._listener.shutdown()
            self._listener.server_close()
            thread.join()

    def answers(self) -> list[list[dict[str, Any]]]:
        """The objects of each answer: one, or as many as a stream had events."""
        return [_objects(answer.decode()) for answer in self._answers]

    def returned(self, turn: int = 1) -> list[Returned]:
        """The calls in a request of which the answer before was made, each under the id that the server gave it."""
        body = self.requests[turn]
        items = body.get("messages") or body["input"]
        if "messages" in body:
            calls = {call["id"]: call["function"] for item in items for call in item.get("tool_calls") or ()}
            results = {item["tool_call_id"]: item["content"] for item in items if item["role"] == "tool"}
        else:
            calls = {item["call_id"]: item for item in items if item.get("type") == "function_call"}
            results = {item["call_id"]: item["output"] for item in items if item.get("type") == "function_call_output"}
        given = re.findall(r"call_[0-9a-f]{24}", self._answers[turn - 1].decode())
        assert list(calls) == list(results) == list(dict.fromkeys(given))
        return [Returned(call["name"], json.loads(call["arguments"]), results[id]) for id, call in calls.items()]


def _objects(text: str) -> list[dict[str, Any]]:
    if text.startswith("{"):
        return [json.loads(text)]
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]
