"""Passes over the data: everything is tokenised once, and a mix gives each pass its own."""

from __future__ import annotations

import json
import tempfile
from array import array
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.data.talks import cancelling

from lamforge.data import Passes, Row, RowMaker, Rows, make_passes, write_trajectories
from lamforge.data.mixture import Mix
from lamforge.data.stored import WHOLE, store_passes, stored_passes
from lamforge.errors import DataError, UsageError
from lamforge.formats import get_format
from lamforge.messages import Message

FORMAT = get_format("xlam-qwen/always")
TEXTS = [
    f"the {word} is in the {place}" for word in ("key", "letter", "map") for place in ("box", "hall", "sea", "tin")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty conversations and twelve texts, as lines, and another text as a file."""
    talks = [cancelling(f"o{1000 + n}", trajectory_id=f"t{n}") for n in range(30)]
    write_trajectories(tmp_path / "talks.jsonl", talks)
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    (tmp_path / "whole.txt").write_text("a text of its own\n" * 40)
    return tmp_path


def mix(folder: Path, **settings: Any) -> Path:
    (folder / "mix.yaml").write_text(yaml.safe_dump(settings))
    return folder / "mix.yaml"


def passes(path: Path, tokenizer: Any, limit: int = 4096, **options: Any) -> Passes:
    return make_passes([path], RowMaker(FORMAT, tokenizer, limit), **options)


def said(data: Passes, number: int, tokenizer: Any) -> list[str]:
    rows = data.rows
    return [
        tokenizer.decode(rows.prefixes[row.prefix] + row.tokens)
        for row in map(rows.rows.__getitem__, data.taken(number))
    ]


def test_a_conversation_that_is_read_as_a_text_is_split_where_the_user_speaks(tmp_path: Path, tokenizer: Any) -> None:
    talk = cancelling("o1000", trajectory_id="t")
    turns = [
        Message(role=role, content=f"{word} {turn}")
        for turn in range(6)
        for role, word in (("user", "door"), ("assistant", "nothing behind door"))
    ]
    talk = talk.model_copy(update={"messages": [*talk.messages[:1], *turns]})
    write_trajectories(tmp_path / "talk.jsonl", [talk])
    read = passes(tmp_path / "talk.jsonl", tokenizer, loss="all").rows
    whole = [token for row in read.rows for token in read.prefixes[row.prefix] + row.tokens]
    maker = RowMaker(FORMAT, tokenizer, len(whole) - 1, "split")
    data = make_passes([tmp_path / "talk.jsonl"], maker, loss="all").rows
    assert (data.split, data.dropped) == (1, [])
    assert all(len(row.tokens) < len(whole) for row in data.rows)
    first, *others = [list(zip(row.tokens, row.trained, strict=True)) for row in data.rows]
    assert all(on for _, on in first)
    learnt = [token for row in (first, *others) for token, on in row if on]
    assert learnt == whole  # once, in order
    system = FORMAT.render(talk.messages[:1], FORMAT.offered(talk.tools))
    assert others and all(said_in(row, tokenizer).startswith(system + "<|im_start|>user") for row in data.rows)


def said_in(row: Row, tokenizer: Any) -> str:
    return str(tokenizer.decode(list(row.tokens)))


def test_every_epoch_takes_the_mixs_own_pass(folder: Path, tokenizer: Any) -> None:
    path = mix(folder, sources={"t": {"path": "talks.jsonl", "weight": 1}}, size=12)
    found = passes(path, tokenizer, epochs=3)
    wanted = [
        [FORMAT.render(each.messages, FORMAT.offered(each.tools)) for each in Mix(path).stream(epoch=e)]
        for e in range(3)
    ]
    assert [said(found, number, tokenizer) for number in range(3)] == wanted
    assert (
        len({text for texts in wanted for text in texts}) == len(found.rows.rows) == 30
    )  # 3 x 12 of 30: all were seen


def test_a_source_says_what_of_its_conversations_has_a_loss(folder: Path, tokenizer: Any) -> None:
    sources = {
        "read": {"path": "talks.jsonl", "loss": "all", "cap": 2},
        "spoken": {"path": "talks.jsonl", "loss": "assistant", "cap": 3},
        "texts": {"path": ["texts.jsonl", "whole.txt"], "holds": "texts"},
    }
    found = passes(mix(folder, sources=sources), tokenizer, loss="all").rows
    whole = [found.trained(row) == found.length(row) for row in found.rows]
    assert (len(whole), sum(whole)) == (2 + 3 + 13, 2 + 13)
    spoken = next(row for row, is_whole in zip(found.rows, whole, strict=True) if not is_whole)
    assert 0 < sum(spoken.trained) < len(spoken.tokens)


def test_a_text_that_is_too_long_goes_on_in_the_next_row(folder: Path, tokenizer: Any) -> None:
    whole = passes(folder / "whole.txt", tokenizer, loss="all")
    cut = passes(folder / "whole.txt", tokenizer, limit=32, loss="all")
    assert len(whole.rows.rows) == 1 < len(cut.rows.rows)
    assert [t for row in cut.rows.rows for t in row.tokens] == list(whole.rows.rows[0].tokens)
    assert whole.rows.rows[0].tokens[-1] == tokenizer.convert_tokens_to_ids(FORMAT.stop_tokens[1])


def test_passes_go_on_until_they_have_the_tokens(folder: Path, tokenizer: Any) -> None:
    path = mix(folder, sources={"t": {"path": "texts.jsonl", "holds": "texts", "epochs": 0.5}})
    one = passes(path, tokenizer, loss="all", tokens=1)
    assert (len(one.passes), len(one.rows.rows)) == (1, 6)
    length = sum(len(row.tokens) for row in one.rows.rows)
    more = passes(path, tokenizer, loss="all", tokens=3 * length)
    assert 2 < len(more.passes) < 6 and len(more.rows.rows) == 12


def test_texts_are_read_by_pretraining_alone(folder: Path, tokenizer: Any) -> None:
    path = mix(folder, sources={"t": {"path": "texts.jsonl", "holds": "texts"}})
    with pytest.raises(
        DataError, match=r"mix\.yaml, sources\.t, number \d+: is a text, which `train pretrain` alone reads"
    ):
        passes(path, tokenizer)
    with pytest.raises(DataError, match="holds texts"):
        list(Mix(path).stream())
    with pytest.raises(UsageError, match="nobody speaks in a text"):
        Mix(mix(folder, sources={"t": {"path": "texts.jsonl", "holds": "texts", "loss": "assistant"}}))


def test_conversations_and_texts_are_told_apart_where_nothing_says_it(folder: Path, tokenizer: Any) -> None:
    assert len(passes(folder, tokenizer, loss="all").rows.rows) == 30 + 12 + 1
    (folder / "wrong.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match=r'wrong\.jsonl:1: has no "text"'):
        passes(folder / "wrong.jsonl", tokenizer, loss="all")


@given(
    lengths=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=1, max_size=30),
    taken=st.lists(st.lists(st.integers(0, 29)), min_size=1, max_size=3),
)
def test_rows_in_files_are_the_rows_that_were_stored(lengths: list[tuple[int, int]], taken: list[list[int]]) -> None:
    rows = [Row(prefix, array("i", range(n)), bytes(i % 2 for i in range(n))) for prefix, n in lengths]
    made: list[Passes] = []

    def make(empty: Rows) -> Passes:
        empty.prefixes += [array("i", [1, 2]), array("i")]
        for row in rows:
            empty.add([row])
            assert empty.rows[len(empty.rows) - 1] == row  # at any time
        made.append(Passes(empty, [array("q", each) for each in taken]))
        return made[0]

    with tempfile.TemporaryDirectory() as name:
        store_passes(Path(name), make)
        found = stored_passes(Path(name))
        assert list(found.rows.rows) == rows
        assert found.passes == made[0].passes and found.rows.prefixes == made[0].rows.prefixes
        assert found.rows.trained_tokens == sum(sum(row.trained) for row in rows)


def test_what_could_not_be_stored_whole_is_not_taken_for_it(tmp_path: Path) -> None:
    def fail(rows: Rows) -> Passes:
        raise DataError("wrong")

    with pytest.raises(DataError):
        store_passes(tmp_path, fail)
    assert not (tmp_path / WHOLE).exists()
