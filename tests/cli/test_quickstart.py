"""The whole loop, small: real generation, real training, real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_cli import LIBRARY
from tests.command_line import lamforge

pytest.importorskip("torch")


@pytest.mark.timeout(400)
def test_quickstart_goes_from_a_folder_to_a_scored_talking_model(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["quickstart", "--out", out, "--domain", LIBRARY, "--tasks", 40, "--minutes", 0.15, "--eval-tasks", 2]
    done = lamforge(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line.split()[2:4] for line in done.stdout.splitlines() if line.startswith("$ lamforge ")]
    assert [" ".join(words) for words in shown] == [
        *("generate multi", "eval domain", "train sft", "export gguf", "eval domain", "eval compare"),
        *("chat --domain", "chat --domain"),
    ]
    assert len((out / "data" / "trajectories.jsonl").read_text().splitlines()) == 40
    assert {path.name.rsplit("-", 1)[1] for path in out.glob("*.gguf")} == {"F16.gguf", "Q8_0.gguf"}
    models = set()
    for part in ("before", "after"):
        summary = json.loads((out / part / "summary.json").read_text())
        assert summary["complete"]
        assert summary["episodes"] == 8
        models.add(json.dumps(summary["model"]))
    assert len(models) == 2, "nano, and what was made of it"
    assert "base: nano" in (out / "model" / "recipe.yaml").read_text()
    assert (out / "compare.html").exists()
    again = lamforge(*words)
    assert again.returncode == 0, "a finished run answers at once"
