"""The report as people use it: ten thousand results in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serve.browser import CHROMIUM, DRIVER, Page, chromium
from tests.serve.conftest import wait_until

from lamforge.evaluate.report import Figure, Report, Table, write_report
from lamforge.evaluate.results import Result

ROWS = 10_000
KINDS = ("wrong_argument", "missing_call", "")
ATTACK = "<img src=x onerror=alert(1)>"


def result(number: int) -> Result:
    kind = KINDS[number % 3]
    return Result(
        task_id=f"task_{number}",
        trial=number % 4,
        category="simple" if number % 2 else "multi_turn",
        passed=not kind,
        sound=not kind,
        kind=kind,
        error_type="value_error:string" if kind else "",
        error="the engine is gone" if number == 5 else "",
        seconds=(number * 7919 % ROWS) / 100,
        prompt_tokens=number,
    )


def detail(number: int) -> dict[str, Any]:
    return {
        "instruction": f"You want thing {number}. {ATTACK}",
        "failures": ["the state differs"] if KINDS[number % 3] else [],
        "comparisons": [
            {
                "title": "calls",
                "expected": [{"name": "find", "arguments": [["city", '"Rome"', "differs"]], "mark": ""}],
                "made": [{"name": "find", "arguments": [["city", '"Roma"', "differs"]], "mark": ""}],
            }
        ],
        "prompt": "the exact bytes",
        "output": "[...]",
        "messages": [
            {"role": "user", "text": "Please help.", "calls": []},
            {"role": "assistant", "text": "", "calls": ["find(city)"]},
            {"role": "tool", "text": '{"ok": true}', "calls": [], "changes": ['{"op": "replace", "path": "/a"}']},
            {"role": "user", "text": "Thanks.", "calls": []},
        ],
    }


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    started = chromium()
    yield started
    started.quit()


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    figures = [Figure("pass", "1", "33.3", " %", ["95 % interval 32.4 to 34.3"])]
    tables = [Table("Columns", ["", "official"], [["Overall Acc", "33.30%"]])]
    report = Report(
        "m", "everything", "Many tasks.", "1 has no result.", figures, tables, {"seed": "0"}, "What it means."
    )
    write_report(folder, report, [result(n) for n in range(ROWS)], [detail(n) for n in range(ROWS)])
    return folder / "report.html"


@pytest.fixture
def page(driver: Any, report_file: Path) -> Iterator[Page]:
    driver.get(report_file.as_uri())
    made = Page(driver)
    assert wait_until(lambda: made("#count").text)
    yield made
    assert made.complaints() == []


def choose(page: Page, select: str, value: str) -> None:
    page(f'#{select} option[value="{value}"]').click()


def column(page: Page, number: int) -> list[str]:
    return page.texts(f".row span:nth-child({number})")


def test_it_opens_on_the_failures_and_makes_only_the_rows_in_sight(page):
    failed = sum(bool(KINDS[n % 3]) for n in range(ROWS) if n != 5)
    assert page("#count").text == f"{failed} of {ROWS}"
    assert len(page.texts(".row")) < 60
    assert set(column(page, 4)) == {"failed: wrong argument", "failed: missing call"}


def test_columns_sort_both_ways_and_numbers_sort_as_numbers(page):
    choose(page, "outcome", "")
    seconds = page("#head button:nth-child(6)")
    seconds.click()
    assert [float(text) for text in column(page, 6)[:3]] == [0.0, 0.01, 0.02]
    seconds.click()
    assert float(column(page, 6)[0]) == (ROWS - 1) / 100
    assert seconds.get_attribute("aria-sort") == "descending"
    page("#head button:nth-child(1)").click()
    assert column(page, 1)[:3] == ["task_0", "task_1", "task_10"]


def test_filters_narrow_by_outcome_category_error_and_words(page):
    choose(page, "outcome", "error")
    assert column(page, 1) == ["task_5"]
    assert column(page, 4) == ["no result"]
    choose(page, "outcome", "failed")
    choose(page, "category", "simple")
    choose(page, "kind", "missing_call")
    assert set(column(page, 3)) == {"simple"}
    assert set(column(page, 4)) == {"failed: missing call"}
    choose(page, "kind", "type:value_error:string")
    assert set(column(page, 4)) == {"failed: missing call", "failed: wrong argument"}
    page("#search").send_keys("thing 7777.")
    assert wait_until(lambda: column(page, 1) == ["task_7777"])
    page("#search").send_keys(" nowhere")
    assert wait_until(lambda: "none matches" in page("#detail").text)


def test_the_list_of_errors_filters(page):
    page('[data-kind="missing_call"]').click()
    assert set(column(page, 4)) == {"failed: missing call"}


def test_a_result_opens_turn_by_turn_with_differences_and_changes(page):
    choose(page, "outcome", "passed")
    page(".row:nth-child(2)").click()
    assert page(".row[aria-current]").text.startswith("task_5") or page(".row[aria-current]").text.startswith("task_8")
    shown = page("#detail").text
    assert ATTACK in shown
    assert not page.driver.find_elements("css selector", "#detail img")
    assert page.texts("#detail .turn") == ["TURN 1", "TURN 2"]
    assert page.texts("#detail .argument em") == ["differs", "differs"]
    assert page.texts("#detail .change") == ['{"op": "replace", "path": "/a"}']
    page("#detail summary").click()
    assert "the exact bytes" in page("#detail").text


def test_scrolling_and_keys_reach_the_last_row(page):
    choose(page, "outcome", "")
    page.script("document.getElementById('list').scrollTop = 1e9")
    assert wait_until(lambda: f"task_{ROWS - 1}" in column(page, 1))
    assert len(page.texts(".row")) < 60
    page.script("document.getElementById('list').scrollTop = 0")
    page("#list").send_keys("\ue015\ue015")  # down, down
    assert wait_until(lambda: page(".row[aria-current]").text.startswith("task_2"))
    assert "thing 2." in page("#detail").text


def test_nothing_is_wider_than_a_phone(page):
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert page.sideways() == 0
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
