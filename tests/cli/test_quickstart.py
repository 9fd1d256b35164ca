"""The whole loop, small: real generation, real training, real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_cli import LIBRARY
from tests.command_line import lamforge

from lamforge.cli import quickstart as loop
from lamforge.engines.open import NANO
from lamforge.train import load_recipe

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


@pytest.mark.parametrize(
    ("before", "after", "gentle", "kept"), [(0.0, 0.4, False, True), (0.6, 0.3, True, False), (0.6, 0.6, True, True)]
)
def test_quickstart_is_gentle_where_nano_knows_the_domain_and_names_the_better_model(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    before: float,
    after: float,
    gentle: bool,
    kept: bool,
) -> None:
    scores = {tmp_path / "before": before, tmp_path / "after": after}
    verbs: list[tuple[str, list[str]]] = []

    def recorded(verb: str, *words: object, **options: object) -> None:
        verbs.append((verb, [str(word) for word in words]))
        if (folder := options.get("out")) in scores:
            Path(str(folder)).mkdir()
            summary = {"reliability": [{"k": 1, "value": scores[Path(str(folder))]}]}
            (Path(str(folder)) / "summary.json").write_text(json.dumps(summary))
        if verb == "export gguf":
            (tmp_path / "x-Q8_0.gguf").touch()

    monkeypatch.setattr(loop, "run", recorded)
    loop.quickstart(tmp_path, domain="store", tasks=40, minutes=1, eval_tasks=2)
    usual = load_recipe("nano").training
    taught = load_recipe("nano", overrides=next(words for verb, words in verbs if verb == "train sft")).training
    share = 0.1 if gentle else 1
    assert taught.matrix_rate == pytest.approx(share * usual.matrix_rate)
    assert taught.learning_rate == pytest.approx(share * usual.learning_rate)
    assert taught.embedding_rate == usual.embedding_rate, "which is a share of the learning rate"
    assert (taught.prefix_growth == 0) == gentle
    shown = "".join(capsys.readouterr().out.split())
    chosen = tmp_path / "x-Q8_0.gguf" if kept else NANO
    assert shown.endswith(f"--model{chosen}"), shown
    assert ("did not help" in shown.replace("didnothelp", "did not help")) == (not kept)
