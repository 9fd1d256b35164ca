"""The OpenAPI document: true to the requests that are taken, and what is made from it never breaks the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.serve.conftest import Server, serving


def test_the_document_names_every_endpoint_with_its_refusals(server: Server) -> None:
    document = server.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/models"} <= set(document["paths"])
    answers = document["paths"]["/v1/chat/completions"]["post"]["responses"]
    assert {"200", "400", "401", "413", "429", "503"} <= set(answers)
    assert "messages" in document["components"]["schemas"]["ChatRequest"]["required"]


@pytest.mark.conformance
def test_no_request_made_from_the_document_breaks_the_server(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    with serving(tiny, "--slots", 2, "--max-tokens", 8, "--context", 256) as server:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--checks", checks]
        command += ["--max-examples", "25", "--workers", "1", "--seed", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=230, cwd=tmp_path)
        assert done.returncode == 0, done.stdout[-4000:]
        assert server.http.get("/health").status_code == 200
