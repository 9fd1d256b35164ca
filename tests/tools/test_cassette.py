"""Recorded answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.errors import DataError, ServerError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import Cassette


def never() -> Any:
    raise AssertionError("a replay asks nobody")


def outcome_of(cassette: Cassette, asked: Any, ask: Any, context: str = "") -> Any:
    try:
        return cassette.outcome(asked, ask, context=context)
    except ToolError as error:
        return f"refused: {error}"


def refusing(message: str) -> Any:
    def ask() -> Any:
        raise ToolError(message)

    return ask


def test_a_replay_answers_as_the_server_did_and_asks_nobody(tmp_path: Path) -> None:
    record = Cassette(tmp_path / "c.jsonl", "record")
    assert outcome_of(record, ["get", 1], lambda: {"a": None}) == {"a": None}
    assert outcome_of(record, ["get", 2], refusing("no")) == "refused: no"
    replay = Cassette(tmp_path / "c.jsonl", "replay")
    assert outcome_of(replay, ["get", 2], never) == "refused: no"
    assert outcome_of(replay, ["get", 1], never) == {"a": None}


def test_the_same_question_may_have_another_answer_later_and_elsewhere(tmp_path: Path) -> None:
    record = Cassette(tmp_path / "c.jsonl", "record")
    for answer in (1, 1, 2, 2, 1):
        record.outcome("q", lambda answer=answer: answer)  # type: ignore[misc]
    record.outcome("q", lambda: 9, context="after a write")
    assert len((tmp_path / "c.jsonl").read_text().splitlines()) == 4  # what does not change is written once
    replay = Cassette(tmp_path / "c.jsonl", "replay")
    assert [replay.outcome("q", never) for _ in range(7)] == [1, 1, 2, 2, 1, 1, 1]
    assert replay.outcome("q", never, context="after a write") == 9


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=30))
def test_any_sequence_is_replayed_as_it_was(asked: list[tuple[str, int]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        record = Cassette(Path(folder) / "c.jsonl", "record")
        for question, answer in asked:
            record.outcome(question, lambda answer=answer: answer)  # type: ignore[misc]
        (Path(folder) / "c.jsonl").touch()
        replay = Cassette(Path(folder) / "c.jsonl", "replay")
        assert [replay.outcome(question, never) for question, _ in asked] == [answer for _, answer in asked]


def test_a_failure_of_the_server_is_not_recorded(tmp_path: Path) -> None:
    def fail() -> Any:
        raise ServerError("down")

    record = Cassette(tmp_path / "c.jsonl", "record")
    with pytest.raises(ServerError):
        record.outcome("q", fail)
    assert not (tmp_path / "c.jsonl").exists()


def test_what_was_not_recorded_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is missing"):
        Cassette(tmp_path / "none.jsonl", "replay")
    Cassette(tmp_path / "c.jsonl", "record").outcome("q", lambda: 1)
    with pytest.raises(DataError, match="has no answer to 'other'") as caught:
        Cassette(tmp_path / "c.jsonl", "replay").outcome("other", never)
    assert "Record again" in str(caught.value)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"request": "x", "ordinal": 0}', '{"request": "x", "ordinal": "a", "result": 1}']
)
def test_a_line_that_is_no_recording_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "c.jsonl").write_text(f'{{"request": "x", "ordinal": 0, "result": 1}}\n{line}\n')
    with pytest.raises(DataError, match=r"c.jsonl:2: is no recording"):
        Cassette(tmp_path / "c.jsonl", "replay")
