"""Which tools a model is shown."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.command_line import lamforge

from lamforge.engines import collect, open_model
from lamforge.engines.shortlist import Shortlist, shortlist
from lamforge.errors import UsageError
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
    assert shown("and the rest, please") == TOOLS


def test_words_of_json_schema_say_nothing() -> None:
    listing = tool("add_stop", "Go there, too.", stops={"type": "array", "items": {"type": "string"}})
    assert shortlist([*TOOLS, listing], [{"role": "user", "content": "which items, or a type of array?"}], 1) == [
        *TOOLS,
        listing,
    ]


def test_what_was_called_and_what_must_be_called_is_shown_too() -> None:
    call = ToolCall(id="1", function=Function(name="get_order", arguments={"order_id": "7"}))
    messages = [Message(role="user", content="weather"), Message(role="assistant", tool_calls=[call])]
    assert shortlist(TOOLS, messages, 1) == [ORDER, WEATHER]
    assert shown("weather", tool_choice="get_order") == [ORDER, WEATHER]


def test_the_last_words_count_most() -> None:
    said = ["the weather in a city", "no, my order"]
    messages = [{"role": "user", "content": each} for each in said]
    assert shortlist(TOOLS, messages, 1) == [ORDER]
    assert shortlist(TOOLS, messages * 2000, 1) == [ORDER]  # old ones are not heard


def test_where_a_tool_is_strict_all_are_shown() -> None:
    strict = {**ORDER, "function": {**ORDER["function"], "strict": True}}
    assert asked([strict, BOOK, WEATHER], "weather") == [strict, BOOK, WEATHER]


class Recorder:
    """A model that keeps what it was shown."""

    name = "recorder"
    tools: Any = ()

    async def chat(self, messages: Any, tools: Any, tool_choice: str, **options: Any) -> AsyncIterator[Any]:
        self.tools = tools
        yield {"content": "Yes."}
        yield {"finish_reason": "stop"}

    def describe(self) -> dict[str, Any]:
        return {"model": "recorder"}


def asked(tools: Any, said: str) -> Any:
    """What a model is shown of some tools."""
    inner = Recorder()
    model = Shortlist(inner, 1)  # type: ignore[arg-type]
    message, _, _ = asyncio.run(collect(model.chat([Message(role="user", content=said)], tools=tools)))
    assert message.content == "Yes."
    return inner.tools


def test_a_model_is_shown_them_and_says_so() -> None:
    assert asked(TOOLS, "weather") == [WEATHER]
    assert asked(None, "weather") is None
    model: Any = Shortlist(Recorder(), 1)  # type: ignore[arg-type]
    assert copy.copy(model).name == "recorder" and model.describe() == {"model": "recorder", "max_tools": 1}


def test_all_tools_are_shown_unless_it_is_asked_for() -> None:
    assert "max_tools" not in open_model("scripted").describe()
    assert open_model("scripted", max_tools=2).describe()["max_tools"] == 2


def test_none_is_no_number_of_tools() -> None:
    with pytest.raises(UsageError, match="max_tools is 0"):
        open_model("scripted", max_tools=0)


def test_call_takes_it(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    call = {"id": "1", "type": "function", "function": {"name": "get_order", "arguments": "{}"}}
    (tmp_path / "said.jsonl").write_text(json.dumps({"role": "assistant", "tool_calls": [call]}) + "\n")
    words = ["call", "Weather in Oslo?", "--tools", tmp_path / "tools.json", "--model"]
    wrong = "wrong: unknown tool 'get_order'"
    assert wrong not in lamforge(*words, f"scripted:{tmp_path}/said.jsonl").stderr
    assert wrong in lamforge(*words, f"scripted:{tmp_path}/said.jsonl", "--max-tools", 1).stderr


def test_eval_calls_takes_it_and_goes_on_with_no_other(tmp_path: Path) -> None:
    cases = {"tools": [each["function"] for each in TOOLS], "cases": [{"query": "weather?", "refuse": "no such tool"}]}
    (tmp_path / "cases.yaml").write_text(json.dumps(cases))
    words = ["eval", "calls", tmp_path / "cases.yaml", "--model", "scripted", "--out", tmp_path / "run"]
    done = lamforge(*words, "--max-tools", 1)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["made"]["max_tools"] == 1
    assert "different max_tools" in lamforge(*words, "--max-tools", 2).stderr
