"""Which tools a model is shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.command_line import lamforge

from lamforge.engines import collect, open_model
from lamforge.engines.shortlist import Shortlist, shortlist
from lamforge.messages import Function, Message, ToolCall


def tool(name: str, description: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


ORDER = tool("get_order", "Show an order.", order_id={"type": "string"})
BOOK = tool("bookHotel", "Reserve a room.", city={"type": "string", "enum": ["Oslo", "Bergen"]})
WEATHER = tool("get_weather", "The weather of a city.", city={"type": "string"})
TOOLS = [ORDER, BOOK, WEATHER]


def shown(said: str, most: int = 1, **options: Any) -> list[dict[str, Any]]:
    return shortlist(TOOLS, [Message(role="user", content=said)], most, **options)


def test_names_descriptions_parameters_and_choices_count_without_their_endings() -> None:
    assert shown("what about my orders?") == [ORDER]
    assert shown("booking for two, please") == [BOOK]
    assert shown("anything in Bergen") == [BOOK]
    assert shown("Weather?") == [WEATHER]


def test_a_word_of_several_tools_says_less_than_one_of_a_single_tool() -> None:
    assert shown("get the city's hotel") == [BOOK]


def test_they_stay_in_their_order_and_are_all_shown_where_no_word_is_shared() -> None:
    assert shown("weather and orders", most=2) == [ORDER, WEATHER]
    assert shown("tschüss") == TOOLS
    assert shown("", most=5) == TOOLS


def test_what_was_called_and_what_must_be_called_is_shown_too() -> None:
    call = ToolCall(id="1", function=Function(name="get_order", arguments={"order_id": "7"}))
    messages = [Message(role="user", content="weather"), Message(role="assistant", tool_calls=[call])]
    assert shortlist(TOOLS, messages, 1) == [ORDER, WEATHER]
    assert shown("weather", tool_choice="get_order") == [ORDER, WEATHER]


def test_the_last_words_count_most() -> None:
    messages = [{"role": "user", "content": "my order"}, {"role": "user", "content": "no, the weather"}]
    assert shortlist(TOOLS, messages, 1) == [WEATHER]


def test_a_model_is_shown_them_and_says_so() -> None:
    class Recorder:
        name = "recorder"

        async def chat(self, messages: Any, tools: Any, tool_choice: str, **options: Any) -> AsyncIterator[Any]:
            self.tools = tools
            yield {"content": "Yes."}
            yield {"finish_reason": "stop"}

        def describe(self) -> dict[str, Any]:
            return {"model": "recorder"}

    inner = Recorder()
    model: Any = Shortlist(inner, 1)  # type: ignore[arg-type]
    asyncio.run(collect(model.chat([Message(role="user", content="weather")], tools=TOOLS)))
    assert inner.tools == [WEATHER] and model.name == "recorder"
    assert model.describe() == {"model": "recorder", "max_tools": 1}
    asyncio.run(collect(model.chat([Message(role="user", content="weather")])))
    assert inner.tools is None


def test_all_tools_are_shown_unless_it_is_asked_for() -> None:
    assert "max_tools" not in open_model("scripted").describe()
    assert open_model("scripted", max_tools=2).describe()["max_tools"] == 2


def test_call_takes_it(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    words = [
        "call",
        "Weather in Oslo?",
        "--tools",
        tmp_path / "tools.json",
        "--max-tools",
        1,
        "--tool-choice",
        "required",
    ]
    done = lamforge(*words, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tool_calls"][0]["name"] == "get_weather"
