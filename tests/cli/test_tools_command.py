"""`lamforge tools`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.command_line import Done, lamforge
from tests.staging.rental import openapi, serving

from lamforge.errors import OutputError, SchemaError, ServerError, UsageError

LIBRARY = Path(__file__).parents[1] / "library"


def tools(*words: object, **variables: str) -> Done:
    return lamforge("tools", *words, **variables)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "api.json"
    path.write_text(json.dumps({**openapi(), "servers": [{"url": "https://rental.example.com"}]}))
    return path


def test_what_is_imported_is_printed_alone_when_no_place_is_named(document: Path) -> None:
    done = tools("import", document, "--only", "get_*", "--only", "rent_*")
    assert done.returncode == 0
    printed = json.loads(done.stdout)
    assert [tool["function"]["name"] for tool in printed["tools"]] == [
        "get_rider",
        "get_bike",
        "rent_bike",
        "get_rental",
    ]
    assert "deprecated" in done.stderr


def test_a_file_of_tools_is_one_that_call_takes(document: Path, tmp_path: Path) -> None:
    done = tools("import", document, "--out", tmp_path / "tools.json", "--json")
    assert json.loads(done.stdout) == {
        "tools": 14,
        "notes": ["GET /old is deprecated and left out"],
        "left_out": [],
        "out": str(tmp_path / "tools.json"),
    }
    from lamforge.tools import load_tools

    assert len(load_tools(tmp_path / "tools.json")) == 14


def test_a_folder_is_a_domain_with_a_state(tmp_path: Path) -> None:
    with serving() as server:
        words = [f"{server.url}/openapi.json", "--out", tmp_path / "rental", "--reset", "POST /reset", "--harvest"]
        done = tools("import", *words, "--json")
        assert json.loads(done.stdout)["state"] == {"bikes": 60, "rentals": 70, "riders": 40}
        assert tools("check", tmp_path / "rental").stdout == "14 tools, 0 problems\n"


def test_check_prints_every_problem_and_has_its_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps([{"name": "a b"}, {"name": "c", "parameters": {"type": "array"}}]))
    done = tools("check", path)
    assert done.returncode == SchemaError.exit_code
    assert "tool 0" in done.stdout and "tool 1" in done.stdout and "2 tools, 2 problems" in done.stdout
    found = json.loads(tools("check", path, "--json").stdout)
    assert found["ok"] is False
    assert [problem["where"] for problem in found["problems"]] == [f"{path}, tool 0", f"{path}, tool 1"]


def test_check_of_a_folder_finds_the_problems_of_all_its_files(library_copy: Path) -> None:
    assert tools("check", LIBRARY).returncode == 0
    (library_copy / "domain.yaml").write_text("name: 3\nwhat: 1\n")
    (library_copy / "policy.md").unlink()
    (library_copy / "wording.yaml").write_text("tools: {x: {ask: '{'}}\n")
    (library_copy / "tasks.jsonl").write_text('{"task_id": "a"}\n{\n')
    (library_copy / "tools.py").write_text('def f(x):\n    """F."""\n')
    done = tools("check", library_copy, "--json")
    assert done.returncode == SchemaError.exit_code
    places = {problem["where"].split("library/")[1].split(",")[0] for problem in json.loads(done.stdout)["problems"]}
    assert {"policy.md", "domain.yaml", "wording.yaml", "tasks.jsonl:1", "tasks.jsonl:2", "tools.py:1"} <= places


def test_a_strangers_folder_is_checked_without_running_it_here(library_copy: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with (library_copy / "tools.py").open("a") as file:
        file.write(f"\n\ntry:\n    open({str(mark)!r}, 'w')\nexcept OSError:\n    pass\n")
    assert tools("check", library_copy).returncode == 0
    assert not mark.exists()
    assert tools("check", library_copy, "--trust").returncode == 0
    assert mark.exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["import", "nowhere.json"], UsageError.exit_code, "there is no source"),
        (["import", "{document}", "--out", "{here}"], OutputError.exit_code, "is not empty"),
        (["import", "{document}", "--only", "nothing*"], SchemaError.exit_code, "--only"),
        (["import", "http://127.0.0.1:1/openapi.json"], ServerError.exit_code, "cannot be reached"),
        (["import", "mcp:/no/such/program"], ServerError.exit_code, "does it speak MCP?"),
        (["import", "{document}", "--sandbox", "loose"], 2, "--sandbox"),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(document: Path, words: list[str], code: int, said: str) -> None:
    done = tools(*(word.format(document=document, here=document.parent) for word in words))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_credential_is_named(tmp_path: Path) -> None:
    value = {**openapi(), "security": [{"key": []}]}
    with serving(key="sesame") as server:
        server.document = {**value, "servers": [{"url": server.url}]}
        words = ["import", f"{server.url}/openapi.json", "--out", tmp_path / "rental", "--harvest"]
        done = tools(*words, LAMFORGE_BIKE_RENTAL_KEY="")
        assert done.returncode == UsageError.exit_code
        assert "LAMFORGE_BIKE_RENTAL_KEY is not set" in done.stderr
        assert tools(*words, LAMFORGE_BIKE_RENTAL_KEY="sesame").returncode == 0
