"""The chat page, used in a real browser against a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serve.conftest import LIBRARY, Server, serving, wait_until
from tests.tiny_gguf import write_tiny_gguf

pytest.importorskip("selenium", reason="selenium is not installed: the page is tested with it")
from selenium.webdriver import Keys
from tests.serve.browser import CHROMIUM, DESKTOP, DRIVER, PHONE, Page, chromium

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed (Debian: chromium, chromium-driver)"
)
LONG = "w" * 300

Write = Callable[..., str]


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    started = chromium()
    yield started
    started.quit()


@pytest.fixture
def page(driver: Any) -> Iterator[Page]:
    """The browser; whatever a test does, its console stays empty unless the test reads it."""
    made = Page(driver)
    yield made
    assert made.complaints() == []
    driver.get("about:blank")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the answers of a scripted model: texts, or (tool, arguments) calls."""

    def written(*answers: str | tuple[str, dict[str, Any]] | list[tuple[str, dict[str, Any]]]) -> str:
        lines = []
        for answer in answers:
            if isinstance(answer, str):
                lines.append({"content": answer})
                continue
            calls = answer if isinstance(answer, list) else [answer]
            functions = [{"name": name, "arguments": json.dumps(arguments)} for name, arguments in calls]
            lines.append({"tool_calls": [{"function": function} for function in functions]})
        file = tmp_path / "answers.jsonl"
        file.write_text("\n".join(json.dumps(line) for line in lines))
        return f"scripted:{file}"

    return written


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


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose answers take many seconds, one at a time."""
    model = write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", context=16384)
    with serving(model, "--slots", 1, "--max-tokens", 15_000) as started:
        yield started


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


def test_calls_and_results_are_shown_and_change_the_state_of_their_chat(page: Page, write: Write) -> None:
    renew, look = ("renew_loan", {"loan_id": "L100"}), ("get_loan", {"loan_id": "L100"})
    model = write(renew, look, "Renewed.", [("get_loan", {"loan_id": "nope"}), look], "That one is as before.")
    with serving(model, "--domain", LIBRARY) as server:
        page.open(server)
        assert "library" in page("#intro").text
        page.say("Renew L100")
        assert page.texts(".call code") == ["renew_loan", "get_loan"]
        assert page.texts(".call pre") == ['{"loan_id": "L100"}'] * 2
        changed, unchanged = (json.loads(text) for text in page.texts(".result pre"))
        assert changed == unchanged
        (change,) = page.texts(".changed li")
        assert change == f"/loans/L100/renewals → {changed['renewals']}"
        assert page.texts(".said") == ["Renew L100", "Renewed."]

        page("#fresh").click()
        assert wait_until(lambda: page.texts(".said") == [])
        page.say("Show L100")
        assert page.texts(".result.failed .label") == ["ERROR"]
        failed, again = page.texts(".result pre")
        assert failed == "Error: loan nope not found"
        assert json.loads(again)["renewals"] == changed["renewals"] - 1


def test_numbers_reach_a_tool_as_the_model_wrote_them(page: Page, write: Write) -> None:
    exact = 12345678901234567891  # more digits than JavaScript's numbers hold
    with serving(write(("find_member", {"card_number": exact}), "No."), "--domain", LIBRARY) as server:
        page.open(server)
        page.say("Who is it?")
        assert str(exact) in page(".call pre").text
        assert str(exact) in page(".result pre").text


def test_a_long_conversation_shows_its_end(page: Page, write: Write) -> None:
    with serving(write("line\n" * 100, "line\n" * 100)) as server:
        page.open(server)
        away = "return document.documentElement.scrollHeight - innerHeight - scrollY"
        for words in ("one", "two"):
            page.say(words)
            assert wait_until(lambda: page.script(away) < 2)
            page.script("scrollTo(0, 0)")


def test_every_bundled_domain_and_the_servers_own_can_be_chosen(page: Page, write: Write) -> None:
    call = ("get_order", {"order_id": "W10110"})
    with serving(write(call, "Here it is."), "--domain", LIBRARY) as server:
        page.open(server)
        offered = page.script("return [...document.getElementById('source')].map((each) => each.value)")
        assert offered == ["", "library", "store"]
        page.choose("store")
        assert "online shop" in page("#system").get_property("value")
        page.say("Where is W10110?")
        assert '"W10110"' in page(".result pre").text
        refused = server.http.get("/page/domain", params={"name": str(LIBRARY)})
        assert refused.status_code == 404
        assert "library, store" in refused.json()["error"]["message"]


def test_a_domain_is_offered_where_the_server_has_none(page: Page) -> None:
    with serving("scripted") as server:
        page.open(server)
        assert page("#chosen").text == "your own, as JSON"
        page(".offers button").click()
        assert wait_until(lambda: page("#chosen").text == "store, 17 tools")
        assert server.http.get("/page/domain").status_code == 404


TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.mark.parametrize("pasted", [TOOL, [TOOL], [{"type": "function", "function": TOOL}]])
def test_the_person_types_the_result_of_a_pasted_tool(page: Page, write: Write, pasted: Any) -> None:
    with serving(write(("weather", {"city": "Ulm"}), "It rains in Ulm.")) as server:
        page.open(server).paste(json.dumps(pasted))
        page.say("Weather in Ulm?", rest=False)
        assert wait_until(lambda: page.texts(".give textarea"))
        assert page.texts(".call code") == ["weather"]
        page(".give textarea").send_keys("rain", Keys.ENTER)
        page.rest()
        assert page.texts(".result pre") == ["rain"]
        assert page.texts(".assistant") == ["It rains in Ulm."]


def test_a_call_of_an_engine_is_shown_while_it_is_written(page: Page, talker: Server) -> None:
    city = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 2000}}, "required": ["city"]}
    page.open(talker).paste(json.dumps({"name": "weather", "parameters": city}))
    page('#choice option[value="required"]').click()
    page.say("hello", rest=False)
    assert wait_until(lambda: page.texts(".call pre"))
    begun = len(page(".call pre").text)
    assert wait_until(lambda: page.texts(".give textarea"))
    assert json.loads(page(".call pre").text)["city"]
    assert len(page(".call pre").text) > begun
    page(".give textarea").send_keys("rain", Keys.ENTER)
    assert wait_until(lambda: page.texts(".assistant"))  # what follows need not be a call
    page("#stop").click()
    page.rest()


def test_stop_ends_the_wait_for_a_result(page: Page, write: Write) -> None:
    with serving(write(("weather", {"city": "Ulm"}), "As you like.")) as server:
        page.open(server).paste(json.dumps(TOOL))
        page.say("Weather in Ulm?", rest=False)
        assert wait_until(lambda: page.texts(".give textarea"))
        page("#stop").click()
        page.rest()
        assert page.texts(".result .label") == ["NOT CARRIED OUT"]
        page.say("Never mind")
        assert page.texts(".assistant") == ["As you like."]


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ('[{"name": "weather",}]', "The tools are not JSON: "),
        ("[1]", "The tools are no list of objects"),
        ('[{"name": "weather", "parameters": {"type": "nonsense"}}]', "tools[0]"),
    ],
)
def test_wrong_tools_give_one_message_and_lose_no_words(page: Page, write: Write, pasted: str, told: str) -> None:
    with serving(write("Dry.")) as server:
        page.open(server).paste(pasted)
        page.say("Weather?")
        (notice,) = page.texts("[role=alert]")
        assert told in notice
        assert page.texts(".said") == []
        assert page("#words").get_property("value") == "Weather?"
        page.complaints()  # the browser's own note of a 400
        page.paste("")
        page.say("")
        assert page.texts(".said") == ["Weather?", "Dry."]
        assert not page("#notice").is_displayed()


def test_what_the_model_writes_is_text_and_never_markup(page: Page, write: Write) -> None:
    attack = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>&amp;"
    model = write(attack, (attack, {attack: attack}), ("get_loan", {"loan_id": attack}), attack)
    with serving(model, "--domain", LIBRARY) as server:
        page.open(server)
        page.say("one")
        page.say(attack)
        assert page.texts(".said") == ["one", attack, attack, attack]
        assert page.texts(".call code") == [attack, "get_loan"]
        assert page.texts(".result pre")[1] == f"Error: loan {attack} not found"
        assert page.script("return document.querySelector('#talk img, #talk script')") is None
        assert page.script("return document.title") == "lamforge"


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
        page.paste(json.dumps(TOOL))
        assert (page.sideways(), page.low_targets()) == (0, [])


def test_on_a_phone_a_result_is_typed_with_the_thumb(page: Page, write: Write) -> None:
    with serving(write(("weather", {"city": "Ulm"}), "It rains.")) as server:
        page.open(server, PHONE).paste(json.dumps(TOOL))
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
