"""`data show --mask`: what is trained of a conversation, token by token."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import pytest
from tests.command_line import lamforge

pytest.importorskip("transformers")

from lamforge.data import read_trajectories
from lamforge.errors import TrainingError, UsageError
from lamforge.formats import get_format
from lamforge.train.masking import mask_of

FORMAT = get_format("xlam-qwen/always")


def test_the_pieces_are_the_conversation_and_the_trained_ones_what_the_assistant_wrote(
    small_model: Path, conversations: Path
) -> None:
    one = next(read_trajectories(conversations))
    message = one.messages[1].model_copy(update={"content": "Größe — 無 🙂?"})
    one = one.model_copy(update={"messages": [one.messages[0], message, *one.messages[2:]]})
    pieces, fmt = mask_of(one, small_model, None)
    assert fmt == FORMAT.id
    tools = FORMAT.offered(one.tools)
    text = FORMAT.render(one.messages, tools)
    assert "".join(piece.text for piece in pieces) == text
    runs = [(on, "".join(p.text for p in run)) for on, run in groupby(pieces, key=lambda p: p.trained)]
    assert [run for on, run in runs if on] == [text[s.start : s.end] for s in FORMAT.spans(one.messages, tools)]


def test_a_folder_that_says_no_format_or_has_no_tokenizer_is_refused(conversations: Path, tmp_path: Path) -> None:
    one = next(read_trajectories(conversations))
    with pytest.raises(UsageError, match="does not say its format"):
        mask_of(one, tmp_path, None)
    with pytest.raises(TrainingError, match="has no tokenizer"):
        mask_of(one, tmp_path, FORMAT.id)


def test_the_command_prints_the_mask(small_model: Path, conversations: Path) -> None:
    command = ["data", "show", conversations, 0, "--mask", small_model]
    shown = lamforge(*command)
    assert shown.returncode == 0, shown.stderr
    assert "<|im_end|>" in shown.stdout and "of them trained" in shown.stdout
    as_json = lamforge(*command, "--json")
    found = json.loads(as_json.stdout)
    assert found["trained"] == sum(trained for _, _, trained in found["mask"]) > 0
