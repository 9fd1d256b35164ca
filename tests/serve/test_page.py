"""The chat page, used in a real browser against a real server."""

from __future__ import annotations

import time

import pytest
from tests.serve.conftest import LIBRARY, Server, Write, serving, wait_until

pytest.importorskip("selenium", reason="selenium is not installed: the page is tested with it")
from selenium.webdriver import Keys
from tests.serve.browser import Page


def test_it_loads_and_answers_in_silence_under_its_own_policy(page: Page, write: Write) -> None:
    with serving(write("Good morning.", "It is nine.")) as server:
        page.open(server)
        assert page("#model").text == "scripted:answers.jsonl"
        assert "default-src 'none'" in server.http.get("/").headers["content-security-policy"]
        page.say("Hello")
        page.say("What time is it?")
        assert page.texts(".said") == ["Hello", "Good morning.", "What time is it?", "It is nine."]
        assert page.script("return document.activeElement.id") == "words"


def test_the_policy_keeps_foreign_scripts_and_sites_out(page: Page) -> None:
    with serving("scripted") as server:
        page.open(server)
        page.script(
            "document.body.append(Object.assign(document.createElement('script'), {text: 'window.broken = 1'}))"
        )
        page.script("fetch('https://example.org/').catch(() => {})")
        complaints = page.complaints()
        assert any("script-src" in each for each in complaints)
        assert any("connect-src" in each for each in complaints)
        assert page.script("return window.broken") is None


def test_an_answer_grows_while_it_comes_and_stop_ends_it(page: Page, talker: Server) -> None:
    page.open(talker)
    page.say("hello", rest=False)
    assert wait_until(lambda: page.texts(".assistant"))
    first = len(page(".assistant").text)
    assert wait_until(lambda: len(page(".assistant").text) > first > 0)
    assert page("#stop").is_displayed()
    page("#stop").click()
    page.rest()
    assert page.texts(".note") == ["Stopped."]
    stopped = page(".assistant").text
    begun = time.monotonic()
    assert talker.chat().status_code == 200
    assert time.monotonic() - begun < 5  # the engine's only place was free
    assert page(".assistant").text == stopped


def test_a_new_chat_ends_the_old_one(page: Page, talker: Server) -> None:
    page.open(talker)
    page.say("hello", rest=False)
    assert wait_until(lambda: page.texts(".assistant"))
    page("#fresh").click()
    page.rest()
    assert wait_until(lambda: page("#intro").is_displayed())
    assert page.texts("#talk > *") == []
    assert not page("#notice").is_displayed()


def test_enter_sends_and_shift_enter_makes_a_line(page: Page, write: Write) -> None:
    with serving(write("Yes.")) as server:
        page.open(server)
        page("#words").send_keys("one", Keys.SHIFT, Keys.ENTER, Keys.NULL, "two")
        assert page("#words").get_property("value") == "one\ntwo"
        assert page.texts(".said") == []
        page("#words").send_keys(Keys.ENTER)
        page.rest()
        assert page.texts(".said") == ["one\ntwo", "Yes."]
        page("#words").send_keys("   ", Keys.ENTER)
        assert page.texts(".user") == ["one\ntwo"]


def test_a_long_conversation_shows_its_end(page: Page, write: Write) -> None:
    with serving(write("line\n" * 100, "line\n" * 100)) as server:
        page.open(server)
        away = "return document.documentElement.scrollHeight - innerHeight - scrollY"
        for words in ("one", "two"):
            page.say(words)
            assert wait_until(lambda: page.script(away) < 2)
            page.script("scrollTo(0, 0)")


def test_a_key_is_asked_for_once_and_then_used(page: Page) -> None:
    with serving("scripted", "--api-key", "söcret", "--domain", LIBRARY) as server:
        page.open(server)
        assert page.texts("[role=alert]") == ["This server wants the key that it was started with."]
        page("#key").send_keys("wrong", Keys.ENTER)
        assert wait_until(lambda: page.texts("[role=alert]") == ["The server does not take this key."])
        assert len(page.complaints()) == 2  # the browser's own note of each 401
        page("#key").clear()
        page("#key").send_keys("söcret", Keys.ENTER)
        assert wait_until(lambda: page("#intro").is_displayed())
        assert not page("#key").is_displayed()
        assert not page("#notice").is_displayed()
        page.say("Hello")
        assert len(page.texts(".assistant")) == 1


def test_an_engine_that_fails_is_told_of_and_the_chat_goes_on(page: Page, write: Write) -> None:
    with serving(write("Only this.")) as server:
        page.open(server)
        page.say("one")
        page.say("two")
        (notice,) = page.texts("[role=alert]")
        assert "used up" in notice
        assert page.texts(".said") == ["one", "Only this."]
        assert page("#words").get_property("value") == "two"
        assert any("503" in each for each in page.complaints())
