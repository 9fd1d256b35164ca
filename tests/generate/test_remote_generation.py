"""From somebody's server to verified data, without a line of code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.staging.rental import Refused, serving

from lamforge.domains import Domain, load_domain, load_tasks
from lamforge.domains.remote import import_domain
from lamforge.errors import GenerationError, ServerError
from lamforge.generate import generate_multi, survey
from lamforge.messages import Trajectory
from lamforge.simulate import verify
from lamforge.tools.importing import ImportOptions, import_tools

TASKS = 60
NOTES = Path(__file__).parents[1] / "tools" / "notes_server.py"


def survivors(domain: Domain, run: Path) -> tuple[int, int]:
    """(tasks whose conversation gets its verdict again, all tasks) of a run's training split."""
    tasks = {task.task_id: task for task in load_tasks(run / "tasks-train.jsonl")}
    rows = [Trajectory.model_validate_json(line) for line in (run / "trajectories.jsonl").open()]
    assert {row.task_id for row in rows} == set(tasks)
    same = [row for row in rows if row.reward == 1 and verify(row.messages, tasks[row.task_id], domain) == row.verdict]
    return len(same), len(tasks)


def test_an_openapi_document_and_its_server_become_data_that_survives_replay(tmp_path: Path) -> None:
    with serving() as server:
        words = [
            "import",
            f"{server.url}/openapi.json",
            "--out",
            tmp_path / "rental",
            "--reset",
            "POST /reset",
            "--harvest",
        ]
        lamforge("tools", *words)
        lamforge("tools", "check", tmp_path / "rental")
        words = [
            "--domain",
            tmp_path / "rental",
            "--tasks",
            TASKS,
            "--test-tasks",
            10,
            "--seed",
            3,
            "--out",
            tmp_path / "run",
        ]
        summary = json.loads(lamforge("generate", "multi", *words, "--json"))
        assert (summary["train"], summary["test"], summary["unused_tools"]) == (TASKS, 10, {})
        domain = load_domain(tmp_path / "rental")
        same, asked = survivors(domain, tmp_path / "run")
        domain.close()
    assert asked == TASKS
    assert same / asked >= 0.95
    rows = [json.loads(line) for line in (tmp_path / "run" / "trajectories.jsonl").open()]
    used = {call["function"]["name"] for row in rows for m in row["messages"] for call in m.get("tool_calls") or ()}
    assert {"find_rider", "rent_bike", "extend_rental", "cancel_rental", "return_bike", "change_plan"} <= used
    assert sum(bool(row["state_diff"]) for row in rows) > TASKS / 3
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["config"]["execution"]["servers"] == {"main": server.url}


def lamforge(*words: Any) -> str:
    command = [sys.executable, "-m", "lamforge", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_a_reset_there_are_questions_only_and_the_reason_is_said(tmp_path: Path) -> None:
    with serving() as server:
        found = import_tools(f"{server.url}/openapi.json", ImportOptions())
        import_domain(tmp_path / "rental", found, reset=None, harvest=True)
        domain = load_domain(tmp_path / "rental")
        made = generate_multi(domain, tmp_path / "run", tasks=10, test_tasks=0, seed=1)
        assert not any(request.startswith(("PUT", "PATCH", "DELETE", "POST /re")) for request in server.requests)
        domain.close()
    assert made.train == 10
    assert "remote.reset" in made.unused_tools["rent_bike"]


def test_recorded_answers_make_the_same_data_without_a_server(tmp_path: Path) -> None:
    def run(recording: str) -> bytes:
        header = (tmp_path / "rental" / "domain.yaml").read_text().split("  # policy")[0]
        (tmp_path / "rental" / "domain.yaml").write_text(f"{header}  recording: {recording}\n  # policy\n")
        domain = load_domain(tmp_path / "rental")
        domain.digest = "the same"  # domain.yaml is part of it
        generate_multi(domain, tmp_path / recording, tasks=15, test_tasks=3, seed=1)
        domain.close()
        return (tmp_path / recording / "trajectories.jsonl").read_bytes()

    with serving() as server:
        found = import_tools(f"{server.url}/openapi.json", ImportOptions())
        import_domain(tmp_path / "rental", found, reset="POST /reset", harvest=True)
        recorded = run("record")
    text = (tmp_path / "rental" / "domain.yaml").read_text()
    (tmp_path / "rental" / "domain.yaml").write_text(text.replace("  recording: record\n", ""))
    assert run("replay") == recorded


def test_a_tool_whose_server_breaks_is_left_out_and_a_server_that_is_gone_ends_the_run(tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise Refused(500, "out of order")

    with serving() as server:
        found = import_tools(f"{server.url}/openapi.json", ImportOptions())
        import_domain(tmp_path / "rental", found, reset="POST /reset", harvest=True)
        server.rental.change_plan = broken  # type: ignore[method-assign]
        domain = load_domain(tmp_path / "rental")
        made = generate_multi(domain, tmp_path / "run", tasks=5, test_tasks=0, seed=1)
        assert "answered 500: out of order" in made.unused_tools["change_plan"]

        def leave(done: int, total: int, note: str) -> None:
            if done == 3:
                server.rental.record = broken  # type: ignore[method-assign]
                server.rental.reset = broken  # type: ignore[method-assign]

        with pytest.raises(ServerError, match="500"):
            generate_multi(domain, tmp_path / "left", tasks=50, test_tasks=0, seed=1, progress=leave)
        assert (tmp_path / "left" / "journal.jsonl").stat().st_size > 0
        domain.close()


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with serving() as server:
        found = import_tools(f"{server.url}/openapi.json", ImportOptions())
        import_domain(tmp_path / "rental", found, reset="POST /reset", harvest=True)
    with pytest.raises((ServerError, GenerationError), match="cannot be reached"):
        generate_multi(load_domain(tmp_path / "rental"), tmp_path / "run", tasks=5, test_tasks=0, seed=1)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder for an MCP server of notes."""
    pytest.importorskip("mcp")
    options = ImportOptions(only=["list_notes", "get_note", "paint_note", "delete_note", "reset_notes"])
    found = import_tools(f"mcp:{sys.executable} {NOTES}", options)
    import_domain(tmp_path / "notes", found, reset="reset_notes", harvest=True)
    return tmp_path / "notes"


def test_the_data_of_an_mcp_server_survives_replay(notes: Path, tmp_path: Path) -> None:
    assert "10 notes" in lamforge("doctor", "--domain", notes)  # and it ends, though the server runs
    domain = load_domain(notes)
    assert "reset_notes" not in domain.tool_names
    assert list(domain.base.tables["notes"]["N1"]) == ["note_id", "text", "colour"]
    generate_multi(domain, tmp_path / "run", tasks=8, test_tasks=0, seed=1)
    same, asked = survivors(domain, tmp_path / "run")
    domain.close()
    assert same == asked == 8


def test_a_process_is_brought_back_by_a_restart(notes: Path) -> None:
    header = (notes / "domain.yaml").read_text()
    (notes / "domain.yaml").write_text(re.sub(r"reset: .*", "reset: restart", header))
    domain = load_domain(notes)
    environment = domain.environment()
    environment.call("delete_note", {"note_id": "N3"})
    assert [operation["op"] for operation in environment.diff()] == ["remove"]
    assert domain.environment().call("get_note", {"note_id": "N3"})["text"] == "tea"
    assert environment.execute("get_note", {"note_id": "N3"}).error
    domain.close()


FUNCTIONS = '''
_BOOKS = {f"B{n}": {"book_id": f"B{n}", "title": f"Volume {n}", "shelf": "north"} for n in range(1, 31)}

def list_books() -> list:
    """List the books."""
    return list(_BOOKS.values())

def get_book(book_id: str) -> dict:
    """Show a book."""
    if book_id not in _BOOKS:
        raise ValueError(f"book {book_id} not found")
    return _BOOKS[book_id]

def move_book(book_id: str, shelf: Literal["north", "south", "east"]) -> dict:
    """Move a book."""
    get_book(book_id)["shelf"] = shelf
    return _BOOKS[book_id]
'''


def test_functions_that_keep_their_state_to_themselves_become_data(tmp_path: Path) -> None:
    (tmp_path / "books.py").write_text("from typing import Literal\n" + FUNCTIONS)
    found = import_tools(str(tmp_path / "books.py"), ImportOptions(reads=["list_*", "get_*"]))
    import_domain(tmp_path / "books", found, reset="restart", harvest=True)
    (tmp_path / "books.py").unlink()
    domain = load_domain(tmp_path / "books")
    with (tmp_path / "books" / "books.py").open("a") as file:
        file.write("# changed\n")
    assert load_domain(tmp_path / "books").digest != domain.digest
    assert domain.execution["servers"]["main"]["network"] == "seccomp"
    assert survey(domain).unused == {}
    generate_multi(domain, tmp_path / "run", tasks=15, test_tasks=0, seed=1)
    same, asked = survivors(domain, tmp_path / "run")
    domain.close()
    assert same == asked == 15
