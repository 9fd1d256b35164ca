"""Passes over the data: everything is tokenised once, and a mix gives each pass its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.data.talks import cancelling

from lamforge.data import Passes, RowMaker, make_passes, write_trajectories
from lamforge.data.mixture import Mix
from lamforge.errors import DataError, UsageError
from lamforge.formats import get_format

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
    whole = [all(row.trained) and not found.prefixes[row.prefix] for row in found.rows]
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
