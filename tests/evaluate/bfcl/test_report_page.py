"""The report in a browser: ten thousand answers, found, ordered and opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lamforge.evaluate.bfcl import BfclTask, Release, Verdict, load_tasks, parse_suite
from lamforge.evaluate.bfcl.report import render_report
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.evaluate.bfcl.summary import summarise

SUITE = parse_suite("v3")
HOSTILE = '</script><script>document.title = "owned"</script>'


@pytest.fixture(scope="module")
def page(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("selenium")
    from tests.serve.browser import CHROMIUM, DRIVER, Page, chromium

    if not (CHROMIUM and DRIVER):
        pytest.skip("no browser at hand")
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(_report(release), encoding="utf-8")
    driver = chromium()
    try:
        driver.get(file.as_uri())
        yield Page(driver)
    finally:
        driver.quit()


def _report(release: Release) -> str:
    """Ten thousand answers to two tasks; those to the second are wrong, each in another way."""
    right, wrong = load_tasks(release, SUITE, "simple")
    scored = [_answer(right, n, Verdict(True, sound=True)) for n in range(5000)]
    fault = Verdict(False, "value_error:others", "'degrees': 22 is none of [21]", sound=False)
    scored += [_answer(wrong, n, fault) for n in range(5000)]
    sizes = {name: len(load_tasks(release, SUITE, name)) for name in SUITE.categories}
    made = {"suite": str(SUITE)}
    tasks = [right, wrong]
    return render_report(summarise(SUITE, tasks, scored[:1], model="m", mode="chat", sizes=sizes, made=made), scored)


def _answer(task: BfclTask, number: int, verdict: Verdict) -> Scored:
    text = f'[{{"name": "heat", "arguments": {{"degrees": 22}}}}]{" " * number}{HOSTILE}'
    return Scored(task, number, text, verdict)


def test_wrong_answers_are_listed_first_and_a_filter_finds_the_others(page: Any) -> None:
    assert page.texts("#count") == ["5000 of 10000"]
    page.script("document.querySelector('#outcome').value = 'right'")
    page.script("document.querySelector('#outcome').dispatchEvent(new Event('change'))")
    assert page.texts("#count") == ["5000 of 10000"]
    assert page.texts("#list .state")[:1] == ["right"]
    page.script("document.querySelector('#outcome').value = ''")
    page.script("document.querySelector('#outcome').dispatchEvent(new Event('change'))")
    assert page.texts("#count") == ["10000 of 10000"]


def test_answers_can_be_ordered_and_only_some_are_in_the_page_at_a_time(page: Any) -> None:
    page.script("document.querySelector('#order').value = 'answer'")
    page.script("document.querySelector('#order').dispatchEvent(new Event('change'))")
    assert int(page.texts("#list .state")[0].rpartition(" ")[2]) > 2500  # what is longer is cut
    assert len(page.texts("#list .state")) == 200
    page.script("document.querySelector('#list .more').click()")
    assert len(page.texts("#list .state")) == 400


def test_an_opened_answer_shows_question_answer_expectation_and_arguments(page: Any) -> None:
    page.script("document.querySelector('#kind').value = 'value_error:others'")
    page.script("document.querySelector('#kind').dispatchEvent(new Event('change'))")
    page.script("document.querySelectorAll('#list button')[3].click()")
    shown = page.texts("#detail")[0]
    for words in ("Please do simple_1.", '"degrees": 22', '{"heat": {"degrees": [21]}}', "is none of [21]"):
        assert words in shown
    assert page.script("return document.title") == "m on BFCL v3@2025.6.8"


def test_what_went_wrong_leads_to_the_answers(release: Release, tmp_path: Path) -> None:
    task = load_tasks(release, SUITE, "simple")[1]
    scored = [_answer(task, 0, Verdict(False, "value_error:others", "no", sound=False))]
    sizes = dict.fromkeys(SUITE.categories, 1)
    summary = summarise(SUITE, [task], scored, model="<b>m</b>", mode="chat", sizes=sizes, made={})
    text = render_report(summary, scored)
    assert "<b>m</b>" not in text and "&lt;b&gt;m&lt;/b&gt;" in text
    assert HOSTILE not in text
    assert 'data-kind="value_error:others"' in text
