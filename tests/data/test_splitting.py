"""Parts of a data set share no task, no owner and no domain, whatever the order and the sizes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.data import read_trajectories
from lamforge.data.owners import Owners
from lamforge.data.splitting import parts_of, split_data
from lamforge.domains import Domain
from lamforge.errors import DataError, UsageError
from lamforge.messages import Message, Trajectory

TASKS = st.lists(st.integers(0, 12), min_size=4, max_size=40).filter(lambda tasks: len(set(tasks)) >= 3)


def made(task: int, number: int = 0, **changes: object) -> Trajectory:
    said = [Message(role="assistant", content="Hi")]
    record = {"trajectory_id": f"{task}-{number}", "task_id": str(task), "domain": "d", "messages": said, "tools": []}
    return Trajectory(**{**record, "reward": 1, **changes})


def write(path: Path, rows: list[Trajectory]) -> Path:
    path.write_text("".join(json.dumps(row.as_dict()) + "\n" for row in rows))
    return path


@given(tasks=TASKS, seed=st.integers(0, 3))
def test_no_task_is_in_two_parts_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, tasks: list[int], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("split")
    rows = [made(task, number) for number, task in enumerate(tasks)]
    parts = parts_of("train=0.6,validation=0.2,test=0.2")
    result = split_data(write(folder / "t.jsonl", rows), folder / "out", parts, seed=seed)
    found = {name: list(read_trajectories(path)) for name, path in result.files.items()}
    sides = [{each.task_id for each in part} for part in found.values()]
    assert all(sides) and sum(map(len, sides)) == len(set.union(*sides))
    assert sorted(each.trajectory_id for part in found.values() for each in part) == sorted(
        row.trajectory_id for row in rows
    )
    split_data(write(folder / "r.jsonl", rows[::-1]), folder / "again", parts, seed=seed)
    assert {each.task_id for each in read_trajectories(folder / "again" / "train.jsonl")} == sides[0]


def test_shares_are_of_conversations(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", [made(number) for number in range(200)])
    result = split_data(path, tmp_path / "out", parts_of("train=9,validation=1"))
    assert result.trajectories == {"train": 180, "validation": 20}
    other = split_data(path, tmp_path / "other", parts_of("train=9,validation=1"), seed=1)
    assert other.files["train"].read_bytes() != result.files["train"].read_bytes()
    assert json.loads((tmp_path / "out" / "split.json").read_text())["groups"] == {"train": 180, "validation": 20}


def test_no_owner_is_in_two_parts(conversations: Path, library: Domain, tmp_path: Path) -> None:
    owners = Owners([str(library.folder)])
    result = split_data(
        conversations, tmp_path, parts_of("train=0.7,test=0.3"), by="owner", domains=[str(library.folder)]
    )
    sides = [{owners.owner(each) for each in read_trajectories(path)} - {None} for path in result.files.values()]
    assert all(sides) and not sides[0] & sides[1]
    assert result.unknown < 20


def test_what_the_source_says_of_its_owner_counts(tmp_path: Path) -> None:
    rows = [made(number, provenance={"owner": str(number % 2)}) for number in range(10)]
    result = split_data(write(tmp_path / "t.jsonl", rows), tmp_path / "out", parts_of("a=1,b=1"), by="owner")
    assert (result.groups, result.trajectories) == ({"a": 1, "b": 1}, {"a": 5, "b": 5})


def test_where_no_owner_is_known_tasks_are_not_taken_for_owners(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", [made(number) for number in range(10)])
    with pytest.raises(DataError, match="no owner is known") as told:
        split_data(path, tmp_path / "out", parts_of("a=1,b=1"), by="owner")
    assert "--domain" in str(told.value) and not (tmp_path / "out").exists()


def test_too_few_groups_and_unreadable_parts_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", [made(1), made(1, 1)])
    with pytest.raises(DataError, match="1 groups for 2 parts"):
        split_data(path, tmp_path / "out", parts_of("a=1,b=1"))
    assert not (tmp_path / "out").exists()
    for written in ("train", "train=x", "=1", "a=-1", "../a=1", "a=inf", "a=nan"):
        with pytest.raises(UsageError):
            parts_of(written)
