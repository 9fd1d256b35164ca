"""Answers that others left in BFCL's layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import DataError, IncompleteError, UsageError
from lamforge.evaluate.bfcl import Release, parse_suite, score_results

SUITE = parse_suite("v3")


def write(folder: Path, category: str, answers: dict[str, Any], **more: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"BFCL_v3_{category}_result.json"
    file.write_text("".join(json.dumps({"id": name, "result": said, **more}) + "\n" for name, said in answers.items()))
    return file


def test_an_error_of_the_endpoint_is_no_answer_though_officially_it_abstains(release: Release, tmp_path: Path) -> None:
    write(tmp_path, "irrelevance", {"irrelevance_0": "Error during inference: Connection refused"})
    write(tmp_path, "live_irrelevance", {"live_irrelevance_0-0-0": "No.", "live_irrelevance_1-0-0": "Sorry."})
    summary = score_results(release, SUITE, tmp_path, "text", out=tmp_path / "out")
    assert summary.counts == {"irrelevance": (0, 1), "live_irrelevance": (2, 2)}
    assert summary.missing == {"irrelevance": 1}
    assert [broken.error for broken in summary.broken] == ["Error during inference: Connection refused"]
    assert summary.official["Overall"]["Irrelevance Detection"] == "50.00–100.00%"
    with pytest.raises(IncompleteError, match="--category"):
        summary.require_complete()
    with pytest.raises(DataError, match="does not exist"):
        score_results(release, SUITE, tmp_path / "nowhere", "text")
    assert "Connection refused" in (tmp_path / "out" / "results.jsonl").read_text()


def test_a_full_context_is_the_models_matter_also_when_our_answers_are_read_again(
    release: Release, tmp_path: Path
) -> None:
    write(tmp_path, "irrelevance", {"irrelevance_0": "Error during inference: too long"}, ended="context")
    assert score_results(release, SUITE, tmp_path, "text").complete


def test_answers_of_several_models_are_never_mixed(release: Release, tmp_path: Path) -> None:
    write(tmp_path / "ann", "irrelevance", {"irrelevance_0": "No."})
    write(tmp_path / "bob" / "live", "live_relevance", {"live_relevance_0-0-0": "No."})
    with pytest.raises(UsageError, match="2 models: ann, bob"):
        score_results(release, SUITE, tmp_path, "text")
    summary = score_results(release, SUITE, tmp_path / "bob", "text")
    assert (summary.model, summary.counts) == ("bob", {"live_relevance": (0, 1)})


def test_answers_to_tasks_that_the_suite_does_not_have_are_named(release: Release, tmp_path: Path) -> None:
    write(tmp_path, "irrelevance", {"irrelevance_0": "No.", "irrelevance_77": "No."})
    with pytest.raises(DataError, match="'irrelevance_77'"):
        score_results(release, SUITE, tmp_path, "text")
    write(tmp_path, "irrelevance", {"irrelevance_0": "No."})
    with pytest.raises(DataError, match="no answers to tasks"):
        score_results(release, SUITE, tmp_path, "text", categories=["simple"])


def test_a_task_that_is_answered_twice_is_refused(release: Release, tmp_path: Path) -> None:
    write(tmp_path, "irrelevance", {"irrelevance_0": "No."})
    write(tmp_path / "non_live", "irrelevance", {"irrelevance_0": "Yes."})
    with pytest.raises(DataError, match="another file answers"):
        score_results(release, SUITE, tmp_path, "text")
