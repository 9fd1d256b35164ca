from __future__ import annotations

import asyncio
import json

import pytest
from tests.html_page import Page

from lamforge.errors import UsageError
from lamforge.evaluate import Options, evaluate_domain
from lamforge.evaluate.part import chosen_tasks
from lamforge.export.card_results import results_section


def test_a_part_says_how_many_of_how_many_and_how_it_was_chosen(tasks):
    assert chosen_tasks(tasks) == (tasks, None)
    assert chosen_tasks(tasks, limit=len(tasks)) == (tasks, None)
    chosen, part = chosen_tasks(tasks, ["t31", "refused", "t30"], limit=2)
    assert [task.task_id for task in chosen] == ["t30", "t31"]
    assert str(part) == ("only 2 of 9 tasks (named by --task, the first 2): this is not the score of the whole")
    assert chosen_tasks(tasks, [task.task_id for task in tasks])[1] is None


def test_a_task_that_is_not_there_is_refused_with_those_that_are(tasks):
    with pytest.raises(UsageError, match="no task 't99'") as caught:
        chosen_tasks(tasks, ["t30", "t99"])
    assert "t30, t31, t32, t33, t34, …" in caught.value.remedy


def test_no_table_page_or_file_shows_a_part_as_the_whole(library, tasks, clerk, tmp_path):
    chosen, part = chosen_tasks(tasks, limit=3)
    summary = asyncio.run(evaluate_domain(library, chosen, clerk, Options("clerk", tmp_path, part=part)))
    assert ("suite", "domain library, 3 of 9 tasks x 1 trials") in summary.rows()
    assert ("PART", str(part)) in summary.rows()
    written = json.loads((tmp_path / "summary.json").read_text())
    assert written["part"] == {"tasks": 3, "of": 9, "how": "the first 3"}
    page = Page((tmp_path / "report.html").read_text())
    assert "library, 3 of 9 tasks" in page.text
    assert str(part)[1:] in page.text
    assert f"**PART:** {part}" in (tmp_path / "report.md").read_text()
    assert "3 of 9 tasks (the first 3) x 1 trials" in results_section([written])


def test_tasks_that_were_trained_on_are_named_in_the_title(library, tasks, clerk, tmp_path):
    trained = [task.model_copy(update={"split": "train"}) for task in tasks[:2]]
    for chosen, name in ((trained, "domain library, training tasks"), (tasks[:2], "domain library")):
        summary = asyncio.run(evaluate_domain(library, chosen, clerk, Options("m", tmp_path / name)))
        assert summary.suite == name
    both = asyncio.run(evaluate_domain(library, [trained[0], tasks[1]], clerk, Options("m", tmp_path / "both")))
    assert both.subject == "library, training and test tasks"
