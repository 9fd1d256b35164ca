from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.errors import DataError, OutputError
from lamforge.journal import Journal, read_journal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1, max_size=6)


def write(path: Path, records: list[dict]) -> None:
    with Journal(path) as journal:
        for record in records:
            journal.append(record)


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_what_was_appended_is_read_back_whatever_is_in_it(records):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j.jsonl")
        write(path, records)
        assert list(read_journal(path)) == records
        assert len(path.read_bytes().splitlines()) == len(records)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.data())
def test_cutting_the_file_at_any_byte_loses_only_the_record_that_was_cut(records, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j.jsonl")
        write(path, records)
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:cut])
        survivors = records[: whole[:cut].count(b"\n")]
        assert list(read_journal(path)) == survivors
        write(path, [{"next": True}])
        assert list(read_journal(path)) == [*survivors, {"next": True}]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_byte_in_a_complete_line_is_found_and_its_line_named(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j.jsonl")
        write(path, [{"n": number, "text": "abc"} for number in range(3)])
        raw = bytearray(path.read_bytes())
        length = len(raw) // 3
        place = data.draw(st.integers(0, 3 * length - 1).filter(lambda at: raw[at] != 10))
        raw[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte not in (raw[place], 10)))
        path.write_bytes(raw)
        with pytest.raises(DataError, match=rf"j\.jsonl:{place // length + 1}: "):
            Journal(path)
        assert path.read_bytes() == raw


def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes, without a newline")
    with pytest.raises(DataError, match=r"notes\.txt:1"):
        Journal(path)
    assert path.read_text() == "my notes, without a newline"


def test_blocks_that_a_power_cut_left_empty_are_dropped(tmp_path):
    path = tmp_path / "j.jsonl"
    write(path, [{"n": 1}])
    with path.open("ab") as file:
        file.write(b"\0" * 512)
    with Journal(path) as journal:
        assert list(journal) == [{"n": 1}]


def test_a_second_writer_is_turned_away_until_the_first_closes(tmp_path):
    path = tmp_path / "j.jsonl"
    first = Journal(path)
    with pytest.raises(OutputError, match="another process"):
        Journal(path)
    first.append({"n": 1})
    first.close()
    first.close()
    with Journal(path) as second:
        assert list(second.read()) == [{"n": 1}]


def test_nothing_is_appended_after_closing(tmp_path):
    journal = Journal(tmp_path / "j.jsonl")
    journal.close()
    with pytest.raises(OutputError, match="closed"):
        journal.append({"n": 1})


def test_keys_tell_what_is_there_and_a_second_record_of_one_key_is_refused(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path, key=("task", "trial")) as journal:
        journal.append({"task": "a", "trial": 0, "reward": 1})
    with Journal(path, key=("task", "trial")) as journal:
        assert journal.keys == {("a", 0)}
        with pytest.raises(DataError, match="already holds"):
            journal.append({"task": "a", "trial": 0, "reward": 0})
        journal.append({"task": "a", "trial": 1, "reward": 0})
        assert journal.keys == {("a", 0), ("a", 1)}
    assert [record["reward"] for record in read_journal(path)] == [1, 0]


def test_a_folder_that_does_not_exist_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "absent" / "j.jsonl")


def test_a_full_disk_is_an_output_error_and_leaves_no_half_line(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    write_for_real = os.write

    def full_after_five_bytes(descriptor, piece):
        if len(piece) < 40:
            raise OSError(28, "No space left on device")
        return write_for_real(descriptor, piece[:5])

    with Journal(path) as journal:
        journal.append({"n": 1})
        monkeypatch.setattr(os, "write", full_after_five_bytes)
        with pytest.raises(OutputError, match="No space left"):
            journal.append({"n": 2})
        monkeypatch.undo()
        journal.append({"n": 3})
    assert list(read_journal(path)) == [{"n": 1}, {"n": 3}]


def test_a_record_that_never_reached_the_disk_is_reported(tmp_path, monkeypatch):
    import lamforge.journal.journal as module

    def broken(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, "_to_disk", broken)
    journal = Journal(tmp_path / "j.jsonl")
    journal.append({"n": 1})
    with pytest.raises(OutputError, match="Input/output error"):
        journal.sync()
    with pytest.raises(OutputError, match="Input/output error"):
        journal.close()


WRITER = """
import sys
from lamforge.journal import Journal
journal = Journal(sys.argv[1], key=("n",))
first = len(journal.keys)
for n in range(first, first + 100_000):
    journal.append({"n": n, "text": "x" * (n % 300)})
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def test_kill_9_loses_no_acknowledged_record_and_doubles_none(tmp_path):
    path = tmp_path / "j.jsonl"
    acknowledged = -1
    for stop_after in (1, 70, 500):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        for _ in range(stop_after):
            acknowledged = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, child.stdout.read().split(b"\n")[:-1])])
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
        numbers = [record["n"] for record in read_journal(path)]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > acknowledged
