"""What `lamforge train` tells of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lamforge.cli.trained import trained_rows
from lamforge.train import Trained


@pytest.mark.parametrize("kind", ["sft", "dpo", "pretrain"])
def test_what_was_left_out_is_counted_whatever_the_kind_of_a_run(kind: str) -> None:
    run = Trained(Path("m"), kind, 10, 10, 5, 1.0, "trained token", 60.0, 7, 100, 1.0, dropped=3, split=2)
    told = " ".join(str(value) for _, value in trained_rows(run))
    assert "7, 3 longer than the context left out: too_long.jsonl, 2 split" in told
    run.dropped = 0
    assert "longer than the context" not in " ".join(str(value) for _, value in trained_rows(run))


def test_a_few_steps_that_end_near_a_blind_guess_are_said_to_have_taught_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"vocab_size": 4096}')
    run = Trained(tmp_path, "sft", 10, 10, 3, 7.9, "trained token", 60.0, 7, 100, 1.0, dropped=0, split=0)
    assert "3 steps" in str(dict(trained_rows(run))["almost nothing was learnt"])
    for changed in ({"loss": 1.0}, {"steps": 500}):
        assert "almost nothing was learnt" not in dict(trained_rows(replace(run, **changed)))
