"""HTTP tools against a real server, well and badly behaved."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.errors import DataError, EngineError, ServerError, UsageError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import Auth, HttpBinding, HttpServer, Parameter, RemoteTool
from lamforge.tools.remote.credentials import authorise, without
from lamforge.tools.remote.http import HttpCaller
from lamforge.tools.remote.requests import Request, build_request


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def _answer(self, status: int, text: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.server.seen.append((self.command, self.path))
        first = parts.path.split("/")[1]
        if first == "echo":
            told = {"method": self.command, "path": self.path, "body": body.decode(), "headers": dict(self.headers)}
            self._answer(200, json.dumps(told).encode())
        elif first == "status":
            code = int(parts.path.split("/")[2])
            self._answer(code, json.dumps(dict(parse_qsl(parts.query)).get("say") or None).encode())
        elif first == "problem":
            self._answer(422, json.dumps({"detail": [{"loc": ["body", "hours"], "msg": "too many"}]}).encode())
        elif first == "empty":
            self._answer(200, b"")
        elif first == "text":
            self._answer(200, "größe".encode("latin-1"), "text/plain; charset=latin-1")
        elif first == "nan":
            self._answer(200, b"[NaN]")
        elif first == "flaky":
            good = len(self.server.seen) >= 3
            self._answer(200 if good else 503, b'"at last"')
        elif first == "redirect":
            self._answer(int(parts.path.split("/")[2]), b"", Location=dict(parse_qsl(parts.query))["to"])
        elif first == "huge":
            self._answer(200, b"x" * 5000)
        elif first == "endless":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 1000)
        elif first == "drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            while True:
                self.wfile.write(b"x")
                time.sleep(0.05)
        elif first == "compressed":
            self._answer(200, gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")
        elif first == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        elif first == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.connection.close()
        elif first == "garbage":
            self.wfile.write(b"\0\1\2 what?\r\n\r\n")
            self.close_connection = True
        elif first == "cookie":
            self._answer(200, json.dumps(self.headers.get("Cookie")).encode(), Set_Cookie="sid=1; Path=/")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.seen = []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def bound(path: str, *parameters: Parameter, method: Any = "GET", body: Any = "none", auth: Any = ()) -> RemoteTool:
    binding = HttpBinding(method=method, path=path, parameters=list(parameters), body=body, auth=list(auth))
    return RemoteTool(kind="read" if method == "GET" else "write", function={"name": "tool"}, binding=binding)


def caller(site: Any, **options: Any) -> HttpCaller:
    return HttpCaller(HttpServer(**{"url": site.url, "private": True, "timeout_s": 5, **options}))


def at(place: Any, name: str, **options: Any) -> Parameter:
    return Parameter(argument=name, name=name, place=place, **options)


def test_arguments_go_where_they_belong(site: Any) -> None:
    tool = bound(
        "/echo/{id}",
        at("path", "id"),
        at("query", "tags"),
        at("query", "ids", explode=False),
        at("query", "filter", style="deep"),
        at("header", "X-Trace"),
        at("cookie", "session"),
        at("body", "name"),
        at("body", "sizes"),
        at("query", "none"),
        method="POST",
        body="json",
    )
    arguments = {
        "id": "a/b?c#d%2e é",
        "tags": ["x", "y&z"],
        "ids": [1, 2],
        "filter": {"open": True},
        "X-Trace": "t1",
        "session": "a b;c",
        "name": "Ö",
        "sizes": [1.5, None],
        "none": None,
    }
    told = caller(site).call(tool, arguments)
    parts = urlsplit(told["path"])
    assert parts.path.count("/") == 2
    assert unquote(parts.path.split("/")[2]) == "a/b?c#d%2e é"
    assert parse_qsl(parts.query) == [("tags", "x"), ("tags", "y&z"), ("ids", "1,2"), ("filter[open]", "true")]
    assert json.loads(told["body"]) == {"name": "Ö", "sizes": [1.5, None]}
    assert told["headers"]["X-Trace"] == "t1"
    assert told["headers"]["Cookie"] == "session=a%20b%3Bc"


@pytest.mark.parametrize(
    ("body", "arguments", "kind", "sent"),
    [
        ("form", {"a": ["1", "2"], "b": "x y"}, "application/x-www-form-urlencoded", "a=1&a=2&b=x%20y"),
        ("text", {"a": "words"}, "text/plain; charset=utf-8", "words"),
        ("whole", {"a": [1, 2]}, "application/json", "[1, 2]"),
        ("json", {}, "application/json", "{}"),
        ("form", {}, None, ""),
    ],
)
def test_bodies_are_written_as_the_server_wants(
    site: Any, body: str, arguments: dict[str, Any], kind: str | None, sent: str
) -> None:
    tool = bound("/echo", at("body", "a"), at("body", "b"), method="PUT", body=body)
    told = caller(site).call(tool, arguments)
    assert (told["body"], told["headers"].get("Content-Type")) == (sent, kind)


@pytest.mark.parametrize("value", ["..", ".", "", None])
def test_a_path_never_leads_elsewhere(site: Any, value: Any) -> None:
    with pytest.raises(ToolError, match=r"id|path"):
        caller(site).call(bound("/echo/{id}/x", at("path", "id")), {"id": value})


@given(st.text())
def test_whatever_a_path_argument_is_it_stays_one_segment(value: str) -> None:
    binding = HttpBinding(method="GET", path="/a/{x}/b", parameters=[at("path", "x")])
    try:
        path = build_request(binding, {"x": value}).path
    except (ToolError, UnicodeEncodeError):
        return
    assert path.startswith("/a/") and path.endswith("/b") and path.count("/") == 3
    assert path.isascii() and ".." not in path.split("/")


def test_a_header_cannot_be_split(site: Any) -> None:
    with pytest.raises(ToolError, match="printable"):
        caller(site).call(bound("/echo", at("header", "X-A")), {"X-A": "1\r\nX-B: 2"})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/status/404?say=no+such+bike", "no such bike"),
        ("/status/400", "the server answered 400"),
        ("/status/409?say=taken", "taken"),
        ("/problem", "body.hours: too many"),
    ],
)
def test_what_the_server_refuses_is_told_to_the_model(site: Any, path: str, said: str) -> None:
    with pytest.raises(ToolError, match=f"^{said}$"):
        caller(site).call(bound(path), {})


def test_a_refusal_is_bounded(site: Any) -> None:
    with pytest.raises(ToolError) as caught:
        caller(site).call(bound("/status/404", at("query", "say")), {"say": "x" * 4000})
    assert len(str(caught.value)) == 500


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/status/500?say=oops", "answered 500: oops"),
        ("/status/401", "answered 401"),
        ("/status/304", "answered 304"),
        ("/status/429", "answered 429"),
        ("/huge", "more than 2000 bytes"),
        ("/endless", "more than 2000 bytes|did not answer"),
        ("/drip", "took longer than 1 s"),
        ("/compressed", "compresses"),
        ("/cut", "did not answer"),
        ("/reset", "did not answer"),
        ("/garbage", "did not answer"),
    ],
)
def test_a_server_that_fails_is_never_a_refusal(site: Any, path: str, said: str) -> None:
    started = time.monotonic()
    with pytest.raises(ServerError, match=said) as caught:
        caller(site, timeout_s=1, max_bytes=2000).call(bound(path, method="POST"), {})
    assert isinstance(caught.value, EngineError)
    assert path.split("?")[0] in (caught.value.where or "")
    assert time.monotonic() - started < 20


def test_a_server_that_is_not_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(ServerError, match="cannot be reached") as caught:
        HttpCaller(HttpServer(url=url, private=True)).call(bound("/echo"), {})
    assert "Is the server running?" in str(caught.value)


def test_a_read_is_asked_again_and_a_write_is_not(site: Any) -> None:
    site.seen.clear()
    assert caller(site).call(bound("/flaky"), {}) == "at last"
    assert len(site.seen) == 3
    site.seen.clear()
    with pytest.raises(ServerError, match="503"):
        caller(site).call(bound("/flaky", method="POST"), {})
    assert len(site.seen) == 1


def test_answers_are_json_text_or_done(site: Any) -> None:
    assert caller(site).call(bound("/empty"), {}) == "done"
    assert caller(site).call(bound("/text"), {}) == "größe"
    assert caller(site).call(bound("/nan"), {}) == "[NaN]"
    assert caller(site).call(bound("/status/200"), {}) is None


def test_redirects_are_followed_within_the_host_alone(site: Any) -> None:
    told = caller(site).call(bound("/redirect/302?to=/echo"), {})
    assert (told["method"], told["path"]) == ("GET", "/echo")
    tool = bound("/redirect/307?to=/echo", at("body", "a"), method="POST", body="json")
    assert caller(site).call(tool, {"a": 1})["body"] == '{"a": 1}'
    tool = bound("/redirect/303?to=/echo", at("body", "a"), method="POST", body="json")
    told = caller(site).call(tool, {"a": 1})
    assert (told["method"], told["body"]) == ("GET", "")
    for to in ("http://127.0.0.2/", "https://127.0.0.1/", "http://169.254.169.254/latest", "//example.com"):
        with pytest.raises(ServerError, match="another host"):
            caller(site).call(bound(f"/redirect/302?to={to}", method="POST"), {})
    path = "/echo"
    for _ in range(7):
        path = f"/redirect/302?to={quote(path, safe='')}"
    with pytest.raises(ServerError, match="more than 5 times"):
        caller(site).call(bound(path, method="DELETE"), {})


def test_only_allowed_hosts_are_asked(site: Any) -> None:
    with pytest.raises(DataError, match="is not allowed"):
        caller(site, hosts=["api.example.com"]).call(bound("/echo"), {})
    with pytest.raises(DataError, match="private address"):
        caller(site, private=False).call(bound("/echo"), {})


@pytest.mark.parametrize(
    ("auth", "secret", "where", "sent"),
    [
        (Auth(type="bearer", env="T"), "abcdefgh", "headers", "Bearer abcdefgh"),
        (Auth(type="basic", env="T"), "user:abcdefgh", "headers", "Basic [secret]"),
        (Auth(type="header", env="T", name="X-Key"), "abcdefgh", "headers", "[secret]"),
        (Auth(type="query", env="T", name="key"), "abcdefgh", "path", "key=[secret]"),
        (Auth(type="cookie", env="T", name="sid"), "abcdefgh", "headers", "sid=[secret]"),
    ],
)
def test_credentials_come_from_the_environment_and_are_not_shown_again(
    site: Any, monkeypatch: pytest.MonkeyPatch, auth: Auth, secret: str, where: str, sent: str
) -> None:
    monkeypatch.setenv("T", secret)
    told = caller(site, auth={"a": auth}).call(bound("/echo", auth=["a"]), {})
    assert sent.replace("abcdefgh", "[secret]") in str(told[where])
    assert "abcdefgh" not in str(told)
    with pytest.raises(ServerError) as caught:
        caller(site, auth={"a": auth}).call(bound(f"/status/500?say={secret}", auth=["a"], method="POST"), {})
    assert "abcdefgh" not in caught.value.what


@pytest.mark.parametrize("kind", ["bearer", "basic", "header", "query", "cookie"])
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=6))
@settings(max_examples=25, deadline=None)
def test_no_answer_spells_a_credential(kind: Any, secret: str) -> None:
    os.environ["LAMFORGE_TEST_SECRET"] = secret
    request = Request("GET", "/")
    secrets = authorise(request, [Auth(type=kind, env="LAMFORGE_TEST_SECRET", name="k")])
    del os.environ["LAMFORGE_TEST_SECRET"]
    sent = [*request.headers.values(), *request.cookies.values(), request.target.partition("=")[2]]
    for value in filter(None, sent):
        kept = without(secrets, json.dumps({"you sent": value}))
        assert json.loads(kept)["you sent"] in ("[secret]", "Bearer [secret]", "Basic [secret]")


def test_an_error_about_an_address_shows_no_credential(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "abcdefgh")
    auth = {"a": Auth(type="query", env="T", name="key")}
    with pytest.raises(DataError, match="not allowed") as caught:
        caller(site, auth=auth, hosts=["api.example.com"]).call(bound("/echo", auth=["a"]), {})
    assert "abcdefgh" not in str(caught.value)


def test_a_missing_credential_is_named(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENTAL_TOKEN", raising=False)
    auth = {"a": Auth(type="bearer", env="RENTAL_TOKEN")}
    with pytest.raises(UsageError, match="RENTAL_TOKEN is not set"):
        caller(site, auth=auth).call(bound("/echo", auth=["a"]), {})
    optional = {"a": Auth(type="bearer", env="RENTAL_TOKEN", optional=True)}
    assert "Authorization" not in caller(site, auth=optional).call(bound("/echo", auth=["a"]), {})["headers"]


def test_one_request_knows_nothing_of_another(site: Any) -> None:
    client = caller(site)
    assert client.call(bound("/cookie"), {}) is None
    assert client.call(bound("/cookie"), {}) is None


def test_the_surroundings_lend_no_proxy(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert caller(site).call(bound("/echo"), {})["method"] == "GET"
