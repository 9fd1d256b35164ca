"""Agreement with the official checkers, where their wheel is at hand."""

from __future__ import annotations

from typing import Any

import pytest

from lamforge.evaluate.bfcl import Release, agreement, load_tasks, parse_suite
from lamforge.evaluate.bfcl.against.process import official_prompts, official_scores
from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.functions import hinted
from lamforge.formats import get_format

_FEW = ("java", "simple_java", "javascript", "simple_javascript", "parallel", "irrelevance", "live_relevance")


def test_both_judge_perfect_answers_and_mutations_of_them_alike(official: tuple[Any, Release]) -> None:
    suite, release = official
    chosen = tuple(name for name in suite.categories if name in _FEW)
    found = agreement(release, suite, mutations=2000, categories=chosen)
    assert found.complete, found.differences[:3]
    assert sum(found.total.values()) > 2000


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
    for category in suite.categories:
        tasks = load_tasks(release, suite, category)[::8]
        for task, expected in zip(tasks, official_prompts(release, tasks), strict=True):
            ours = fmt.render(task.question[0], hinted(task.functions, category), add_generation_prompt=True)
            assert ours == expected, task.id
