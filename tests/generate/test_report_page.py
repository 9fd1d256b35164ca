"""The page of a run's report, and the verb that writes it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.generate.library_cast import reply
from tests.generate.reported import directed, lines
from tests.html_page import Page
from tests.serve.browser import CHROMIUM, DRIVER, chromium

from lamforge.domains import Domain
from lamforge.generate.report import open_run, render_run, summarise_run

ROOT = Path(__file__).parents[2]
ATTACK = (
    "</details></style><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\x1b]0;owned\x07\x1b[2J\u202e"
)


def hostile(body: dict[str, Any]) -> dict[str, Any]:
    """The cast of the library, whose every text attacks whoever shows it."""
    first, said = body["messages"][0]["content"], reply(body)
    if first.startswith("You write one task"):
        action = {"name": ATTACK, "arguments": {ATTACK: ATTACK}}
        wrong = {"instruction": f"You want a fire. {ATTACK}", "actions": [action], "outputs": [ATTACK]}
        return {"content": f"<answer>{json.dumps(wrong)}</answer>"} if len(body["messages"]) == 1 else said
    if first.startswith("You play a person"):
        text = said["content"] or ""
        if "Yes" in text and random.Random(json.dumps([body["seed"], body["messages"]])).random() < 0.3:
            return {"content": f"Yes, please. {ATTACK} X-4711"}
        return {"content": f"{text} <img src=x onerror=stop()>" if "like to" in text else text}
    return said


@pytest.fixture(scope="module")
def run(library: Domain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose models attack the reader."""
    out = tmp_path_factory.mktemp("hostile") / "run"
    directed(library, out, hostile, tasks=24)
    return out


@pytest.fixture(scope="module")
def page(run: Path) -> Page:
    return Page(render_run(summarise_run(open_run(run))))


def lamforge(*words: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "lamforge", "report", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, timeout=120, env={**os.environ, "COLUMNS": "120", **environment}
    )


def test_what_models_wrote_is_text_on_the_page(page: Page) -> None:
    assert not page.all("script") and not page.all("img") and len(page.all("style")) == 1
    assert not any(name.startswith("on") or name == "style" for _, each in page.elements for name in each)
    assert page.text.count("<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}") > 10
    assert "<img src=x onerror=stop()>" in page.text
    assert not any(character in page.text for character in "\x1b\x07\u202e")
    assert "\\u001b]0;owned" in page.text


def test_the_page_asks_for_nothing_and_allows_only_its_style(page: Page) -> None:
    for _, attributes in page.elements:
        assert not {"src", "href", "action"} & set(attributes)
    assert not page.all("link") and "url(" not in page.raw[0] and "@import" not in page.raw[0]
    meta = next(a for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in str(meta["content"]).split(";"))
    digest = base64.b64encode(hashlib.sha256(page.raw[0].encode()).digest()).decode()
    assert rules["style-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'" and "script-src" not in rules


def test_every_plot_can_be_read_aloud(page: Page) -> None:
    plots = [each for each in page.all("svg") if each["class"] == "plot"]
    assert len(plots) >= 6
    assert all(each["role"] == "img" and ":" in str(each["aria-label"]) for each in plots)
    assert any("no mistake of the simulated user: −" in str(each["aria-label"]) for each in plots)


def test_the_page_shows_the_numbers_of_the_summary(run: Path, page: Page) -> None:
    summary = summarise_run(open_run(run))
    assert f"{summary.asked:,} tasks were asked for. {summary.rejected:,} times something was rejected" in page.text
    for reason in summary.reasons:
        assert re.search(rf"{re.escape(reason.kind)}\s+{reason.count:,}\s", page.text)
    assert all(rule.sentence in page.text for rule in summary.rules)
    assert f"{summary.cost:,.2f}" in page.text


def test_the_same_run_gives_the_same_bytes_in_every_process(run: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert lamforge(run, "--out", tmp_path / seed, PYTHONHASHSEED=seed).returncode == 0
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_the_verb_prints_a_table_that_no_model_can_write_to_the_terminal_with(run: Path, tmp_path: Path) -> None:
    done = lamforge(run, "--out", tmp_path / "page.html", NO_COLOR="1")
    printed = done.stdout.decode()
    assert done.returncode == 0
    assert "rules covered" in printed and "next: lamforge train sft --data" in printed
    assert "\x1b" not in printed and "\x07" not in printed and "\u202e" not in printed
    assert (tmp_path / "page.html").exists() and not (run / "report.html").exists()


def test_json_holds_all_numbers_and_stands_alone(run: Path, tmp_path: Path) -> None:
    done = lamforge(run, "--out", tmp_path / "page.html", "--json")
    told = json.loads(done.stdout)
    assert b"\x1b" not in done.stdout
    assert told["kept"]["train"] == len(lines(run / "tasks-train.jsonl"))
    assert told["report"] == str(tmp_path / "page.html")
    assert told["funnels"][0]["steps"][0]["count"] == 32


def test_a_damaged_run_is_reported_in_part_with_an_exit_code_of_its_own(run: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(run, tmp_path / "run"))
    (out / "tasks-test.jsonl").write_text("{}\n")
    done = lamforge(out)
    assert done.returncode == 11
    assert b"not everything could be read" in done.stderr
    assert "Not everything could be read" in Page((out / "report.html").read_text()).text
    assert lamforge(tmp_path).returncode == 5


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")
def test_a_browser_shows_it_on_a_phone_without_a_complaint(run: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(render_run(summarise_run(open_run(run))))
    driver = chromium()
    try:
        for width, scheme in ((390, "dark"), (1200, "light")):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 400}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            driver.get((tmp_path / "page.html").as_uri())
            driver.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true })")
            wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert driver.execute_script(wide) == 0
            low = "return [...document.querySelectorAll('summary')].filter((e) => e.offsetHeight < arguments[0]).length"
            assert driver.execute_script(low, 44 if width < 400 else 24) == 0
            assert driver.get_log("browser") == []
    finally:
        driver.quit()
