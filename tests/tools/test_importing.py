"""Tools from files of every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.staging.rental import serving

from lamforge.errors import DataError, LamforgeError, SchemaError, UsageError
from lamforge.tools import load_tools
from lamforge.tools.importing import ImportOptions, import_tools
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import load_tool_file, tool_file_text
from lamforge.tools.remote.callers import Callers

BARE = {
    "name": "add",
    "description": "Add.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
}

FUNCTIONS = '''
import asyncio
from typing import Literal

_kept = []

def keep(word: str, times: int = 1) -> list[str]:
    """Keep a word.

    Args:
        word: The word.
        times: How often.
    """
    if not word:
        raise ValueError("the word is empty")
    _kept.extend([word] * times)
    return _kept

async def kept(order: Literal["old", "new"] = "old") -> list[str]:
    """Show the words."""
    await asyncio.sleep(0)
    return _kept if order == "old" else _kept[::-1]

def undescribed(x): ...

def _hidden() -> None:
    """Not a tool."""
'''


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    path = tmp_path / "functions.py"
    path.write_text(FUNCTIONS)
    return path


def test_lists_in_either_shape_are_read_and_bad_tools_named(tmp_path: Path) -> None:
    wrapped = {"type": "function", "function": {**BARE, "name": "sub"}, "kind": "read"}
    path = tmp_path / "tools.json"
    path.write_text(json.dumps([BARE, wrapped, BARE, {"name": "a b"}, 7]))
    imported = import_tools(str(path))
    assert [(tool.name, tool.kind) for tool in imported.file.tools] == [("add", "write"), ("sub", "read")]
    assert [problem.where for problem in imported.problems] == [f"{path}, tool {number}" for number in (2, 3, 4)]


def test_what_is_written_can_be_read_again_and_is_a_list_of_tools_too(tmp_path: Path) -> None:
    with serving() as server:
        imported = import_tools(f"{server.url}/openapi.json")
    path = tmp_path / "tools.json"
    path.write_text(tool_file_text(imported.file))
    again = load_tool_file(path)
    assert again == imported.file
    assert load_tools(path) == [tool.openai for tool in imported.file.tools]
    assert import_tools(str(path)).file == imported.file


def test_functions_are_described_without_running_here(functions: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    functions.write_text(f"{FUNCTIONS}\ntry:\n    open({str(mark)!r}, 'w')\nexcept OSError:\n    pass\n")
    imported = import_tools(str(functions))
    assert not mark.exists()
    assert [tool.name for tool in imported.file.tools] == ["keep", "kept"]
    assert imported.file.servers["main"].sandbox == "strict"  # type: ignore[union-attr]
    assert "undescribed" in (imported.problems[0].where or "")
    assert any("--read" in note for note in imported.notes)
    import_tools(str(functions), ImportOptions(trust=True))
    assert mark.exists()


@pytest.mark.parametrize("trust", [False, True])
def test_functions_run_keep_what_they_kept_and_forget_it_on_a_restart(functions: Path, trust: bool) -> None:
    imported = import_tools(str(functions), ImportOptions(trust=trust, reads=["kept"]))
    keep, kept = imported.file.tools
    assert (keep.kind, kept.kind) == ("write", "read")
    callers = Callers(imported.file, functions.parent)
    assert callers.call(keep, {"word": "a", "times": 2}) == ["a", "a"]
    assert callers.call(kept, {}) == ["a", "a"]
    with pytest.raises(ToolError, match=r"^the word is empty$"):
        callers.call(keep, {"word": ""})
    callers.restart()
    assert callers.call(kept, {"order": "new"}) == []
    assert bool(callers.measures("main")) is not trust
    callers.close()


def test_the_file_of_a_domain_gives_descriptions_with_kinds(
    library_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (library_copy / "tools.py").open("a") as file:
        file.write("\n\ndef helper(x):\n    return x\n")
    monkeypatch.chdir(library_copy)
    imported = import_tools("tools.py")
    assert imported.problems == []
    assert {tool.name: tool.kind for tool in imported.file.tools} == {
        "find_member": "read",
        "get_loan": "read",
        "renew_loan": "write",
        "change_branch": "write",
        "report_lost": "write",
    }
    assert "state" not in imported.file.tools[0].parameters["properties"]
    assert imported.file.tools[0].binding is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f(:\n", "SyntaxError"),
        ("x = 1\nraise OSError('broken')\n", "OSError: broken"),
        ("import sys\nsys.exit(1)\n", "SystemExit"),
        ("import os\nos._exit(1)\n", "ended its process"),
        ("import no_such_module\n", "ModuleNotFoundError"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named(tmp_path: Path, code: str, said: str) -> None:
    path = tmp_path / "functions.py"
    path.write_text(code)
    with pytest.raises(DataError, match=said) as caught:
        import_tools(str(path))
    assert "functions.py" in str(caught.value)


def test_tools_are_chosen_and_marked_by_patterns(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps([{**BARE, "name": name} for name in ("get_a", "get_b", "set_a")]))
    imported = import_tools(str(path), ImportOptions(only=["*_a"], reads=["get_*"]))
    assert [(tool.name, tool.kind) for tool in imported.file.tools] == [("get_a", "read"), ("set_a", "write")]
    with pytest.raises(SchemaError, match="no tool") as caught:
        import_tools(str(path), ImportOptions(only=["x*"]))
    assert "--only" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("missing.json", None, UsageError),
        ("missing.py", None, DataError),
        ("broken.json", "{", DataError),
        ("broken.yaml", "a: [", DataError),
        ("empty.json", "[]", SchemaError),
        ("number.json", "7", SchemaError),
        ("empty.py", "x = 1", SchemaError),
        ("swagger.json", '{"swagger": "2.0"}', DataError),
        ("binary.json", b"\xff\xfe\x00", DataError),
    ],
)
def test_a_source_that_cannot_be_used_is_named_with_a_remedy(
    tmp_path: Path, name: str, text: Any, kind: type[LamforgeError]
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(kind) as caught:
        import_tools(str(path))
    assert name in str(caught.value)


def test_an_mcp_source_without_a_server_is_refused() -> None:
    with pytest.raises(UsageError, match="names no MCP server"):
        import_tools("mcp: ")
