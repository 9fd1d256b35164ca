"""The tools of the chat page: chosen or pasted, called, and their results."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.serve.conftest import LIBRARY, WEATHER, Server, Write, in_thread, serving, wait_until
from tests.writing import Writer

from lamforge.engines.formatted import Ended
from lamforge.serve import make_app

pytest.importorskip("selenium", reason="selenium is not installed: the page is tested with it")
from selenium.webdriver import Keys
from tests.serve.browser import Page


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


def test_a_wrong_call_is_shown_with_what_is_wrong(page: Page, write: Write) -> None:
    model = write([("jump", {}), ("get_loan", {"loan_id": 5})], "Sorry.")
    with serving(model, "--domain", LIBRARY) as server:
        page.open(server)
        page.say("Jump")
        unknown, wrong = page.texts(".call .wrong")
        assert unknown == "unknown tool 'jump'"
        assert "'loan_id' must be a string" in wrong
        assert page.texts(".result .label") == ["ERROR", "ERROR"]
        assert page.texts(".assistant") == ["Sorry."]


def test_a_call_that_breaks_off_is_shown_and_not_carried_out(page: Page) -> None:
    class Breaking(Writer):
        async def write(self, *asked: Any) -> AsyncGenerator[str | Ended, None]:
            once, self.text = Writer(self.text), "Sorry."
            async for piece in once.write(*asked):
                yield piece

    model = Breaking('[{"name": "weather", "arguments": {"city": Ulm}}]')
    with in_thread(make_app(model)) as server:
        page.open(server).paste(json.dumps(WEATHER))
        page.say("Weather?")
        assert page.texts(".call .wrong") == ["it breaks off: its arguments are no whole JSON object"]
        assert page.texts(".result .label") == ["NOT CARRIED OUT"]
        assert "cannot be read" in page.texts("#talk > .wrong")[0]
        assert page.texts(".assistant")[-1] == "Sorry."


def test_numbers_reach_a_tool_as_the_model_wrote_them(page: Page, write: Write) -> None:
    exact = 12345678901234567891  # more digits than JavaScript's numbers hold
    with serving(write(("find_member", {"card_number": exact}), "No."), "--domain", LIBRARY) as server:
        page.open(server)
        page.say("Who is it?")
        assert str(exact) in page(".call pre").text
        assert str(exact) in page(".result pre").text


def test_every_bundled_domain_and_the_servers_own_can_be_chosen(page: Page, write: Write) -> None:
    call = ("get_order", {"order_id": "W10110"})
    with serving(write(call, "Here it is."), "--domain", LIBRARY) as server:
        page.open(server)
        offered = page.script("return [...document.getElementById('source')].map((each) => each.value)")
        assert offered == ["", "library", "airline", "clinic", "store"]
        page.choose("store")
        assert "online shop" in page("#system").get_property("value")
        page.say("Where is W10110?")
        assert '"W10110"' in page(".result pre").text
        refused = server.http.post("/page/domain", json={"name": str(LIBRARY)})
        assert refused.status_code == 404
        assert "library, airline, clinic, store" in refused.json()["error"]["message"]


def test_a_domain_is_offered_where_the_server_has_none(page: Page) -> None:
    with serving("scripted") as server:
        page.open(server)
        assert page("#chosen").text == "your own, as JSON"
        page(".offers button").click()
        assert wait_until(lambda: page("#chosen").text == "airline, 17 tools")
        assert server.http.post("/page/domain", json={}).status_code == 404


@pytest.mark.parametrize("pasted", [WEATHER, [WEATHER], [{"type": "function", "function": WEATHER}]])
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
        page.open(server).paste(json.dumps(WEATHER))
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
