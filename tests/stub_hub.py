"""A small Hugging Face hub on the loopback interface: the part of its HTTP API that fetching and pushing use."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_stubstubstubstubstubstubstubstubst"
_LARGE = 1 << 12  # bytes from which a file is kept as a large one


class Hub:
    """What the hub holds and what it was asked."""

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}  # "models/owner/name" -> files
        self.private: set[str] = set()
        self.objects: dict[str, bytes] = {}  # uploads by SHA-256, of no repository yet
        self.log: list[str] = []
        self.claims: dict[str, str] = {}  # SHA-256 that it claims of a file, instead of the true one
        self.fail_uploads = 0  # answer so many uploads with an error
        self.gated: set[str] = set()
        self.url = ""

    def sha(self, repo: str) -> str:
        return hashlib.sha1(repr(sorted(self.repos[repo].items())).encode()).hexdigest()

    def lfs(self, name: str, data: bytes) -> str | None:
        large = len(data) >= _LARGE or name.endswith((".gguf", ".safetensors", ".parquet"))
        return self.claims.get(name, hashlib.sha256(data).hexdigest()) if large else None


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def _answer(self, status: int, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        fields = {"Content-Length": str(len(data)), "Content-Type": "application/json"} | (headers or {})
        for key, value in fields.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _begin(self) -> str:
        path = unquote(urlsplit(self.path).path)
        self.hub.log.append(f"{self.command} {path}")
        return path

    def _missing(self) -> None:
        self._answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})

    def do_GET(self) -> None:
        path = self._begin()
        parts = path.strip("/").split("/")
        if parts[0] == "api" and parts[1] in ("models", "datasets"):
            repo = "/".join(parts[1:4])
            if repo in self.hub.gated:
                return self._answer(403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
            return self._info(repo) if repo in self.hub.repos else self._missing()
        kind = "datasets" if parts[0] == "datasets" else "models"
        parts = parts[1:] if parts[0] == "datasets" else parts
        if len(parts) > 4 and parts[2] == "resolve":
            return self._file(f"{kind}/{parts[0]}/{parts[1]}", "/".join(parts[4:]))
        return self._answer(404, {"error": "no such path"})

    do_HEAD = do_GET

    def _info(self, repo: str) -> None:
        rows = []
        for name, data in self.hub.repos[repo].items():
            oid = self.hub.lfs(name, data)
            lfs = {"lfs": {"sha256": oid, "size": len(data), "pointerSize": 134}} if oid else {}
            rows.append({"rfilename": name, "size": len(data), "blobId": hashlib.sha1(data).hexdigest(), **lfs})
        name = repo.partition("/")[2]
        self._answer(200, {"id": name, "modelId": name, "sha": self.hub.sha(repo), "siblings": rows, "private": False})

    def _file(self, repo: str, name: str) -> None:
        data = self.hub.repos.get(repo, {}).get(name)
        if data is None:
            return self._answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        tag = self.hub.lfs(name, data) or hashlib.sha1(data).hexdigest()
        headers = {"ETag": f'"{tag}"', "X-Repo-Commit": self.hub.sha(repo), "Accept-Ranges": "bytes"}
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0] or 0)
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return self._answer(206 if start else 200, data[start:], headers)

    def do_POST(self) -> None:
        path, body = self._begin(), self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self._chunks())
        if path != "/api/validate-yaml" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "Invalid username or password."})
        parts = path.strip("/").split("/")
        if path == "/api/validate-yaml":
            return self._answer(200, {"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith("/info/lfs/objects/batch"):
            return self._batch(json.loads(body))
        if parts[4] == "preupload":
            rows = [
                {"path": row["path"], "uploadMode": "lfs" if self._is_large(row) else "regular", "shouldIgnore": False}
                for row in json.loads(body)["files"]
            ]
            return self._answer(200, {"files": rows})
        return self._commit("/".join(parts[1:4]), body)

    def _is_large(self, row: dict[str, Any]) -> bool:
        return self.hub.lfs(row["path"], b"x" * row["size"]) is not None

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _create(self, wanted: dict[str, Any]) -> None:
        repo = f"{wanted.get('type', 'model')}s/{wanted.get('organization') or 'me'}/{wanted['name']}"
        url = f"{self.hub.url}/{repo.removeprefix('models/')}"
        if repo in self.hub.repos:
            return self._answer(409, {"error": "exists", "url": url})
        self.hub.repos[repo] = {}
        if wanted.get("visibility") == "private" or wanted.get("private"):
            self.hub.private.add(repo)
        return self._answer(200, {"url": url, "id": repo, "name": repo.partition("/")[2]})

    def _batch(self, wanted: dict[str, Any]) -> None:
        rows = []
        for row in wanted["objects"]:
            known = row["oid"] in self.hub.objects
            href = {"href": f"{self.hub.url}/lfs/{row['oid']}", "header": {}}
            rows.append({**row, "authenticated": True, **({} if known else {"actions": {"upload": href}})})
        self._answer(200, {"transfer": "basic", "objects": rows})

    def do_PUT(self) -> None:
        path, data = self._begin(), self.rfile.read(int(self.headers["Content-Length"]))
        if self.hub.fail_uploads:
            self.hub.fail_uploads -= 1
            return self._answer(403, {"error": "broken off"})
        assert hashlib.sha256(data).hexdigest() == path.rpartition("/")[2]
        self.hub.objects[path.rpartition("/")[2]] = data
        return self._answer(200)

    def _commit(self, repo: str, body: bytes) -> None:
        files = self.hub.repos[repo]
        for line in body.splitlines():
            row = json.loads(line)
            if row["key"] == "file":
                files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
            elif row["key"] == "lfsFile":
                files[row["value"]["path"]] = self.hub.objects[row["value"]["oid"]]
        url = f"{self.hub.url}/{repo}/commit/{self.hub.sha(repo)}"
        self._answer(200, {"commitUrl": url, "commitOid": self.hub.sha(repo), "success": True})


@contextmanager
def stub_hub() -> Iterator[Hub]:
    """A hub that runs until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
