"""`tools check` finds everything, not only the first thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.staging.rental import openapi

from lamforge.tools.checking import Findings, check_file
from lamforge.tools.importing import ImportOptions


def check(path: Path, value: Any) -> Findings:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return check_file(path, ImportOptions())


def places(findings: Findings) -> list[str]:
    return [(problem.where or "").rsplit("/", 1)[-1] for problem in findings.problems]


def test_every_problem_of_a_list_is_found(tmp_path: Path) -> None:
    good = {"name": "good", "description": "Fine.", "parameters": {"type": "object", "properties": {}}}
    tools = [
        good,
        {**good, "name": "two words", "description": 7, "parameters": {"type": "array"}},
        {**good, "parameters": {"type": "object", "properties": {"a": {"type": "nothing"}}}},
        {"type": "function", "function": {**good, "name": "hinted", "description": ""}},
        {
            **good,
            "name": "odd",
            "parameters": {
                "type": "object",
                "properties": {"a": {"type": "integer", "default": "x"}},
                "required": ["b"],
                "additionalProperties": False,
            },
        },
        "nothing",
    ]
    findings = check(tmp_path / "tools.json", tools)
    assert places(findings) == [
        "tools.json, tool 1", "tools.json, tool 1", "tools.json, tool 1", "tools.json, tool 2", "tools.json, tool 2",
        "tools.json, tool 4", "tools.json, tool 4", "tools.json, tool 5",
    ]  # fmt: skip
    assert findings.tools == 6
    assert [note.split(": ")[1] for note in findings.notes] == ["no description says what it does"]
    assert findings.as_dict()["ok"] is False


def test_a_good_list_has_no_problems(tmp_path: Path) -> None:
    assert check(tmp_path / "a.json", {"name": "one", "description": "One."}).as_dict() == {
        "ok": True,
        "tools": 1,
        "problems": [],
        "notes": [],
    }


def test_every_problem_of_bindings_is_found(tmp_path: Path) -> None:
    function = {"name": "a", "description": "A.", "parameters": {"type": "object", "properties": {}}}
    value = {
        "servers": {"main": {"type": "http", "url": "ftp://x"}, "other": {"type": "what"}},
        "tools": [
            {"kind": "maybe", "function": function},
            {"kind": "read", "function": {**function, "name": "b c"}, "binding": {"type": "http", "method": "GET"}},
        ],
    }
    found = places(check(tmp_path / "tools.json", value))
    assert found == [
        "tools.json, servers.main.http.url",
        "tools.json, servers.other",
        "tools.json, tools.0.kind",
        "tools.json, tools.1.binding.http.path",
        "tools.json, tool 1",
    ]


def test_every_problem_of_an_openapi_document_is_found_without_a_server(tmp_path: Path) -> None:
    document = openapi()
    assert check(tmp_path / "good.json", document).problems == []
    document["paths"]["/rentals"]["post"]["requestBody"]["content"] = {"image/png": {}}
    document["paths"]["/bikes/{id}"]["get"]["parameters"] = [{"$ref": "#/nowhere"}]
    findings = check(tmp_path / "bad.json", document)
    assert places(findings) == ["{id}", "rentals, body"]
    assert findings.tools == 12


def test_every_problem_of_a_python_file_is_found(tmp_path: Path) -> None:
    code = 'def a(x):\n    """A."""\n\ndef b() -> None: ...\n\ndef c(y: int) -> int:\n    """C."""\n    return y\n'
    findings = check(tmp_path / "functions.py", code)
    assert ["functions.py:1" in place for place in places(findings)] == [True, False]
    assert findings.tools == 1


def test_what_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    assert places(check(tmp_path / "x.yaml", "a: [\n")) == ["x.yaml:2"]
    assert places(check(tmp_path / "x.json", '{"a": }')) == ["x.json"]
