"""Files of trajectories: every form holds the same records, and what is wrong is named by its place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from lamforge.data import find_trajectory, read_each, read_trajectories, trajectory_files, write_trajectories
from lamforge.errors import DataError, UsageError
from lamforge.messages import Function, Message, ToolCall, Trajectory


def made(name: str = "one", **changes: object) -> Trajectory:
    calls = [
        ToolCall(id="c1", function=Function(name="find", arguments={"q": None, "deep": {"x": [1, 2.5, "é\u2028"]}}))
    ]
    messages = [
        Message(role="user", content="Find it."),
        Message(role="assistant", content=None, tool_calls=calls),
        Message(role="tool", content="{}", tool_call_id="c1", name="find"),
        Message(role="assistant", content=""),
    ]
    tools = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
    record = {
        "trajectory_id": name,
        "task_id": "t",
        "domain": "d",
        "messages": messages,
        "tools": tools,
        "reward": None,
    }
    return Trajectory(**{**record, "seed": 2**64 - 1, "provenance": {"source": "x"}, **changes})


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    several = [made("one"), made("two", reward=0, provenance={}), *[made(str(number)) for number in range(600)]]
    path = tmp_path / f"t{suffix}"
    assert write_trajectories(path, iter(several)) == len(several)
    assert list(read_trajectories(path)) == several
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_nothing_is_left_of_a_file_whose_writing_fails(tmp_path: Path, suffix: str) -> None:
    def failing() -> object:
        yield made()
        raise DataError("stops")

    with pytest.raises(DataError, match="stops"):
        write_trajectories(tmp_path / f"t{suffix}", failing())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_the_same_trajectories_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_trajectories(tmp_path / f"{name}{suffix}", [made(), made("two")])
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_arguments_in_parquet_are_not_filled_with_those_of_other_calls(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_trajectories(tmp_path / "t.parquet", [made()])
    (row,) = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert json.loads(row["messages"][1]["tool_calls"][0]["function"]["arguments"])["q"] is None
    assert json.loads(row["tools"])[0]["function"]["name"] == "find"


def test_a_name_that_says_no_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.jsonl, \.jsonl\.gz, \.parquet"):
        write_trajectories(tmp_path / "t.csv", [made()])


def test_a_folder_stands_for_its_trajectories(tmp_path: Path) -> None:
    for name in ("tasks-train.jsonl", "rejected.jsonl", "trajectories-2.jsonl.gz", "trajectories.jsonl", "note.txt"):
        (tmp_path / name).touch()
    assert [each.name for each in trajectory_files(tmp_path)] == ["trajectories-2.jsonl.gz", "trajectories.jsonl"]
    (tmp_path / "others").mkdir()
    with pytest.raises(DataError, match="no file that ends in"):
        trajectory_files(tmp_path / "others")
    (tmp_path / "others" / "b.parquet").touch()
    (tmp_path / "others" / "a.jsonl").touch()
    assert [each.name for each in trajectory_files(tmp_path / "others")] == ["a.jsonl", "b.parquet"]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.jsonl: cannot be read: no such file"):
        list(read_trajectories(tmp_path / "nothing.jsonl"))


def test_one_wrong_line_among_others_is_an_error_in_its_place(tmp_path: Path) -> None:
    good = json.dumps(made().as_dict()).encode()
    lines = [b"\xef\xbb\xbf" + good, b"", b'{"schema": 1', b"\xff", good]
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\n".join(lines))
    places = [(where, isinstance(found, DataError)) for where, found in read_each(path)]
    assert places == [(f"{path}:{n}", wrong) for n, wrong in ((1, False), (3, True), (4, True), (5, False))]
    with pytest.raises(DataError, match=r"t\.jsonl:3: "):
        list(read_trajectories(path))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_no_json_holds_is_an_error_and_the_word_in_a_text_is_none(tmp_path: Path, number: str) -> None:
    right = json.dumps(made("right", user=f"{number} is a word").as_dict())
    path = tmp_path / "t.jsonl"
    path.write_text(f"{right}\n{right.replace('2.5', number)}\n")
    (_, first), (where, second) = read_each(path)
    assert isinstance(first, Trajectory) and where == f"{path}:2"
    assert isinstance(second, DataError) and second.what == f"{number} is no JSON"


def test_a_gzip_file_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    lines = "".join(json.dumps(made(str(number)).as_dict()) + "\n" for number in range(50))
    path.write_bytes(gzip.compress(lines.encode())[:-50])
    with pytest.raises(DataError, match=r"t\.jsonl\.gz.*cannot be read"):
        list(read_trajectories(path))


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_text("no")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        list(read_trajectories(tmp_path / "t.parquet"))


def test_a_trajectory_is_found_by_number_id_or_task(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_trajectories(path, [made("one"), made("two", task_id="u")])
    assert [find_trajectory(path, which)[1].trajectory_id for which in ("0", "1", "two", "t", "u")] == [
        "one", "two", "two", "one", "two",
    ]  # fmt: skip
    with pytest.raises(DataError, match="a number from 0 to 1"):
        find_trajectory(path, "2")


def test_parquet_has_a_column_for_every_field() -> None:
    arrow = pytest.importorskip("pyarrow")
    from lamforge.data.parquet import trajectory_schema

    fields = {field.alias or name for name, field in Trajectory.model_fields.items()}
    assert set(trajectory_schema(arrow).names) == fields
