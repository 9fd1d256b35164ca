"""Agreement with the official checkers, on a sample; `lamforge eval verify --mutations 100000` is the whole."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import DataError
from lamforge.evaluate.bfcl import Agreement, Release, agreement, load_tasks, parse_suite
from lamforge.evaluate.bfcl.against.process import official_prompts, official_scores
from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.functions import hinted
from lamforge.formats import get_format

_FEW = (
    "java",
    "simple_java",
    "javascript",
    "simple_javascript",
    "parallel",
    "irrelevance",
    "live_relevance",
    "multi_turn_base",
)


def test_both_judge_perfect_answers_and_mutations_of_them_alike(official: tuple[Any, Release]) -> None:
    suite, release = official
    chosen = tuple(name for name in suite.categories if name in _FEW)
    found = agreement(release, suite, mutations=2000, categories=chosen)
    assert found.complete, found.differences[:3]
    assert sum(found.total.values()) > 2000


def _answer(folder: Path, category: str, *ids: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"BFCL_v3_{category}_result.json"
    file.write_text("".join(json.dumps({"id": name, "result": "No."}) + "\n" for name in ids))
    return file


def test_every_file_of_results_is_compared_and_what_matches_nothing_is_no_agreement(
    published: Release, tmp_path: Path
) -> None:
    suite, release = parse_suite("v3"), published
    one = _answer(tmp_path / "ann", "irrelevance", "irrelevance_0", "irrelevance_1")
    two = _answer(tmp_path / "bob", "irrelevance", "irrelevance_1")
    other = _answer(tmp_path / "bob", "java", "java_0")
    few: dict[str, Any] = {"categories": ("irrelevance",)}
    alone = agreement(release, suite, **few)
    found = agreement(release, suite, results=[one, tmp_path / "bob"], **few)
    assert found.complete and found.recorded == {str(one): 2, str(two): 1} and found.left_out == [str(other)]
    assert sum(found.total.values()) == sum(alone.total.values()) + 3
    _answer(tmp_path / "bob", "irrelevance", "irrelevance_1", "irrelevance_1", "unheard_of")
    found = agreement(release, suite, results=[two], **few)
    assert found.agreeing == found.total and not found.complete
    assert found.unmatched == [f"{two}: 'irrelevance_1#2'", f"{two}: 'unheard_of'"]
    with pytest.raises(DataError, match="unheard_of"):
        agreement(release, suite, results=[one, _answer(tmp_path / "cem", "irrelevance", "unheard_of")], **few)


@pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")
def test_what_a_model_wrote_runs_in_the_official_code_without_reaching_anything(
    published: Release, tmp_path: Path
) -> None:
    reached = tmp_path / "reached"
    category = "multi_turn_base"
    task = load_tasks(published, parse_suite("v3"), category)[0]
    program = json.dumps([{"name": f"__import__('os').system('touch {reached}')", "arguments": {}}])
    answer = {"id": task.id, "result": [[program]] * len(task.question)}
    file = tmp_path / f"BFCL_v3_{category}_result.json"
    file.write_text(json.dumps(answer) + "\n")
    found = agreement(published, parse_suite("v3"), results=[file], categories=(category,))
    assert found.complete and found.recorded == {str(file): 1}
    assert not reached.exists()


def test_no_comparison_is_no_agreement() -> None:
    assert not Agreement("v3", "").complete
    assert not Agreement("v3", "", agreeing={"simple": 0}, total={"simple": 0}).complete
    assert Agreement("v3", "", agreeing={"simple": 1}, total={"simple": 1}).complete


@pytest.mark.parametrize("left_out", [(), ("java", "simple_java"), ("multi_turn_base", "live_irrelevance")])
def test_the_tables_are_the_official_ones_to_the_last_digit(
    official: tuple[Any, Release], left_out: tuple[str, ...]
) -> None:
    suite, release = official
    sizes = {name: len(release.lines(f"data/{suite.prefix}{name}.json")) for name in suite.categories}
    counts = {name: (size * 5 // 7, size) for name, size in sizes.items() if name not in left_out}
    ours = tables(suite, counts, sizes)
    theirs = official_scores(release, counts)
    for name, columns in ours.items():
        shown = theirs[name.lower().replace("-", "_").replace(" ", "_")]
        assert {column: str(score) for column, score in columns.items()} == {key: shown[key] for key in columns}
        assert set(shown) - set(columns) <= {
            "Rank",
            "Model",
            "Model Link",
            "Organization",
            "License",
            "Total Cost ($)",
            "Cost ($ Per 1k Function Calls)",
            "Latency Mean (s)",
            "Latency Standard Deviation (s)",
            "Latency 95th Percentile (s)",
            "Format Sensitivity Max Delta",
            "Format Sensitivity Standard Deviation",
        }


def test_a_model_that_answers_nothing_scores_what_the_field_knows() -> None:
    suite = parse_suite("v3")
    sizes = dict.fromkeys(suite.categories, 200)
    live = {"live_simple": 258, "live_multiple": 1053, "live_parallel": 16, "live_parallel_multiple": 24}
    sizes |= {**live, "live_irrelevance": 882, "live_relevance": 18, "irrelevance": 240}
    counts = {name: (size * name.endswith("irrelevance"), size) for name, size in sizes.items()}
    assert str(tables(suite, counts, sizes)["Overall"]["Overall Acc"]) == "19.73%"


def test_first_prompts_are_the_handlers_byte_for_byte(official: tuple[Any, Release]) -> None:
    suite, release = official
    fmt = get_format("xlam-qwen/bfcl")
    tasks = [task for category in suite.categories for task in load_tasks(release, suite, category)[::8]]
    for task, expected in zip(tasks, official_prompts(release, tasks), strict=True):
        ours = fmt.render(task.question[0], hinted(task.functions, task.category), add_generation_prompt=True)
        assert ours == expected, task.id
