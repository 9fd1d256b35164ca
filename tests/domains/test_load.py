from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamforge.domains import Task, load_domain, load_tasks, write_template
from lamforge.errors import DataError, DomainError, LamforgeError, OutputError, SchemaError


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("domain.yaml", "name: [", "is not YAML"),
        ("domain.yaml", "name: x\n", "description"),
        ("domain.yaml", "- a\n", "must be a mapping"),
        ("domain.yaml", "name: x\ndescription: y\ncolour: z\n", "colour"),
        ("domain.yaml", "name: x\ndescription: y\nowner: nobody\n", "owner 'nobody' is not a table"),
        ("state.json", "[]", "must be an object of tables, not list"),
        ("state.json", '{"t": {"a": 1}}', "record t/a must be an object"),
        ("state.json", '{"t"', "is not JSON"),
        ("state.json", b"\xff\xfe\x00", "cannot be read"),
        ("state.json", '{"t": {"a": {"x": NaN}}}', "is not JSON"),
        ("state.json", '{"t": {"a": {"x": "\\ud800"}}}', "half a surrogate pair"),
        ("state.json", '{"t": {"a": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}}", "nested too deep"),
        ("tools.py", "raise SystemExit(0)\n", "SystemExit"),
        ("tools.py", "def broken(:\n", "SyntaxError"),
        ("tools.py", "import missing_module_of_mine\n", r"tools\.py:1: ModuleNotFoundError"),
        ("tools.py", "x = 1\n", "declares no tool"),
        ("rules.py", "1 / 0\n", r"rules\.py:1: ZeroDivisionError"),
        ("wording.yaml", "tools: {f: {sing: [a]}}\n", "sing"),
        ("wording.yaml", 'tools: {f: {ask: ["give {"]}}\n', r"tools\.f"),
        ("tasks.jsonl", '{"task_id": "a"}\n', r"tasks\.jsonl:1"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(
    library_copy, file: str, content: str | bytes, expected: str
) -> None:
    (library_copy / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DomainError if file != "tasks.jsonl" else DataError, match=expected) as caught:
        load_domain(library_copy)
    assert file in str(caught.value)


def test_a_tool_without_annotations_is_refused_by_name(library_copy) -> None:
    tools = library_copy / "tools.py"
    tools.write_text(tools.read_text().replace("loan_id: str", "loan_id"))
    with pytest.raises(SchemaError, match="loan_id"):
        load_domain(library_copy)


@pytest.mark.parametrize("missing", ["domain.yaml", "policy.md", "state.json", "tools.py"])
def test_a_missing_file_is_named(library_copy, missing: str) -> None:
    (library_copy / missing).unlink()
    with pytest.raises(DomainError, match=f"{missing} is missing"):
        load_domain(library_copy)


def test_an_unknown_domain_names_those_that_exist() -> None:
    with pytest.raises(DomainError, match="store"):
        load_domain("no-such-domain")


def test_the_digest_changes_with_any_file(library_copy) -> None:
    before = load_domain(library_copy).digest
    (library_copy / "policy.md").write_text("Another policy.")
    assert load_domain(library_copy).digest != before


def test_the_template_is_a_domain_of_the_users_own(tmp_path) -> None:
    paths = write_template(tmp_path / "mine")
    assert all(path.exists() for path in paths)
    domain = load_domain(tmp_path / "mine")
    assert domain.name == "mine"
    assert {tool["function"]["name"] for tool in domain.tools} == set(domain.tool_names)


def test_the_template_never_overwrites(tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(OutputError, match="not empty"):
        write_template(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["2024", "true", "a: b", '"quoted"', "naïve"])
def test_a_folder_of_any_name_becomes_a_domain_of_that_name(tmp_path, name: str) -> None:
    write_template(tmp_path / name)
    assert load_domain(tmp_path / name).name == name


def test_the_template_fills_the_empty_folder_one_stands_in(tmp_path, monkeypatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    write_template(Path())
    assert load_domain(Path()).name == "mine"
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


def test_a_task_may_hold_any_character(tmp_path) -> None:
    task = Task(task_id="a", domain="d", instruction="one\u2028two\u0085three")
    line = json.dumps(task.as_dict(), ensure_ascii=False)
    (tmp_path / "tasks.jsonl").write_text(line + "\n\n" + line, encoding="utf-8")
    assert [found.instruction for found in load_tasks(tmp_path / "tasks.jsonl")] == [task.instruction] * 2


def test_a_missing_task_file_says_who_writes_it(tmp_path) -> None:
    with pytest.raises(LamforgeError, match="generate multi"):
        load_tasks(tmp_path / "none.jsonl")
