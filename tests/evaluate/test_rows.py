from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamforge.evaluate.queue as queue_module
from lamforge.engines import GivenUpError
from lamforge.errors import DataError, EngineError
from lamforge.evaluate import Item, Played
from lamforge.evaluate.queue import work_through
from lamforge.evaluate.rows import KEY, Row, play_rows
from lamforge.evaluate.suite import in_good_order
from lamforge.journal import Journal


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(queue_module, "RETRY_AFTER", 0.0)


@given(st.lists(st.builds(Item, st.sampled_from("xyz"), prefix=st.sampled_from("abc"), size=st.integers(0, 5))))
def test_what_begins_alike_is_played_together_and_the_longest_first(items):
    ordered = in_good_order(items)
    assert sorted(ordered, key=str) == sorted(items, key=str)
    prefixes = [item.prefix for item in ordered]
    runs = [prefix for place, prefix in enumerate(prefixes) if not place or prefixes[place - 1] != prefix]
    assert len(runs) == len(set(prefixes))
    assert not items or ordered[0].size == max(item.size for item in items)


def run_rows(path, items, play, **options):
    async def run():
        with Journal(path, key=KEY) as journal:
            return await play_rows(
                items, play, journal=journal, **{"run": "r", "trials": 2, "concurrency": 1, **options}
            )

    return asyncio.run(run())


def test_errors_are_rows_kept_until_they_are_retried(tmp_path):
    broken = {("b", 1)}

    async def play(task_id, trial):
        if (task_id, trial) in broken:
            raise EngineError("gone")
        return Played({"said": f"{task_id}{trial}"}, [0.1], 3, 4)

    items = [Item("a"), Item("b")]
    first = run_rows(tmp_path / "rows", items, play)
    assert [(row.task_id, row.trial, row.state) for row in first] == [
        ("a", 0, "answered"),
        ("a", 1, "answered"),
        ("b", 0, "answered"),
        ("b", 1, "error"),
    ]
    broken.clear()
    assert run_rows(tmp_path / "rows", items, play)[3].error == "gone"
    mended = run_rows(tmp_path / "rows", items, play, retry_errors=True)[3]
    assert (mended.state, mended.attempt, mended.record) == ("answered", 1, {"said": "b1"})
    assert run_rows(tmp_path / "rows", items, play) == run_rows(tmp_path / "rows", items, play, retry_errors=True)


def test_rows_of_other_runs_and_other_versions_of_a_task_are_not_taken(tmp_path):
    played = []

    async def play(task_id, trial):
        played.append(task_id)
        return Played({})

    run_rows(tmp_path / "rows", [Item("a", "1")], play)
    run_rows(tmp_path / "rows", [Item("a", "1")], play, run="another")
    run_rows(tmp_path / "rows", [Item("a", "2")], play)
    assert len(played) == 6
    run_rows(tmp_path / "rows", [Item("a", "1")], play)
    assert len(played) == 6


def test_a_row_of_another_version_of_lamforge_is_said_to_be_one():
    with pytest.raises(DataError, match="not a row of an evaluation"):
        Row.read({"run": "r", "colour": "blue"})


def test_more_tasks_begin_when_there_is_more_room_though_none_has_ended():
    room, seen = [1], []

    async def main():
        gate = asyncio.Event()

        async def work(key):
            seen.append(key)
            if len(seen) == 1:
                room[0] = 4
            if len(seen) == 4:
                gate.set()
            await gate.wait()

        return await work_through(range(4), range(4), work, lambda key, result: None, concurrency=lambda: room[0])

    assert asyncio.run(asyncio.wait_for(main(), 20)) == {}
    assert seen == [0, 1, 2, 3]


def test_what_a_client_has_given_up_is_not_tried_once_more():
    tries = []

    async def work(key):
        tries.append(key)
        raise GivenUpError("again and again") if key == "a" else EngineError("once")

    broken = asyncio.run(work_through("ab", "ab", work, lambda key, result: None, concurrency=1))
    assert broken == {"a": "again and again", "b": "once"}
    assert tries == ["a", "b", "b"]
