"""The chat page on small and large screens."""

from __future__ import annotations

import json

import pytest
from tests.serve.conftest import LIBRARY, WEATHER, Write, serving, wait_until

pytest.importorskip("selenium", reason="selenium is not installed: the page is tested with it")
from tests.serve.browser import DESKTOP, PHONE, Page

LONG = "w" * 300


@pytest.mark.parametrize("size", [PHONE, (320, 568), DESKTOP])
def test_nothing_sticks_out_and_everything_can_be_touched(page: Page, write: Write, size: tuple[int, int]) -> None:
    model = write(LONG, ("get_loan", {"loan_id": LONG}), (LONG[:64], {"a": LONG}), LONG)
    with serving(model, "--domain", LIBRARY) as server:
        page.open(server, size)
        assert (page.sideways(), page.low_targets()) == (0, [])
        page.say(LONG)
        page.say("again")
        assert (page.sideways(), page.low_targets()) == (0, [])
        page.choose("")
        page.paste(json.dumps(WEATHER))
        assert (page.sideways(), page.low_targets()) == (0, [])


def test_on_a_phone_a_result_is_typed_with_the_thumb(page: Page, write: Write) -> None:
    with serving(write(("weather", {"city": "Ulm"}), "It rains.")) as server:
        page.open(server, PHONE).paste(json.dumps(WEATHER))
        page.say("Weather in Ulm?", rest=False)
        assert wait_until(lambda: page.texts(".give textarea"))
        assert (page.sideways(), page.low_targets()) == (0, [])
        page(".give textarea").send_keys("rain")
        page(".give button").click()
        page.rest()
        assert page.texts(".assistant") == ["It rains."]


def test_without_a_choice_of_its_own_the_panel_is_closed_on_a_phone(page: Page) -> None:
    with serving("scripted") as server:
        assert not page.open(server, PHONE)("#source").is_displayed()
        page("#setup summary").click()
        assert page("#source").is_displayed()
