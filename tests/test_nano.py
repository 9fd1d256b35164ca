"""The model that ships, by the verbs' own defaults: the real engine, real HTTP, real scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamforge.engines.gguf_header import read_header
from lamforge.engines.open import NANO, embedded_model
from tests.command_line import lamforge
from tests.serve.conftest import serving

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
DIGITS = set("0123456789")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def test_the_file_is_small_names_its_format_and_has_room_for_a_conversation() -> None:
    header = read_header(embedded_model())
    assert embedded_model().stat().st_size <= 40e6
    assert header.metadata["lamforge.format"].startswith("xlam-qwen")
    assert header.metadata["qwen2.context_length"] >= 8192
    with_digits = {token for token in header.tokens if set(token) & DIGITS and not token.startswith("<")}
    assert with_digits == DIGITS  # numbers are copied digit by digit


def test_its_card_says_of_whose_data_it_was_made_and_what_was_kept_out() -> None:
    card = (embedded_model().parent / "README.md").read_text(encoding="utf-8")
    for said in ("Schema-Guided Dialogue", "CC-BY-SA-4.0", "BFCL", "loss.png", "apache-2.0"):
        assert said in card


def test_call_answers_offline_with_a_call_that_fits_its_schema() -> None:
    done = lamforge("call", "Add Jason, 25 years old", "--tools", EXAMPLES / "user_detail.json", "--json")
    assert done.returncode == 0, done.stderr
    (call,) = json.loads(done.stdout)["tool_calls"]
    assert call == {"name": "UserDetail", "arguments": {"name": "Jason", "age": 25}}


def test_chat_holds_a_conversation_about_the_store(tmp_path: Path) -> None:
    words = ["--domain", "store", "--tasks", 1, "--test-tasks", 1, "--out", tmp_path]
    assert lamforge("generate", "multi", *words).returncode == 0
    done = lamforge("chat", "--domain", "store", "--tasks", tmp_path / "tasks-test.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("user> ") and ("\nagent> " in done.stdout or "\n  -> " in done.stdout)


def test_serve_calls_a_tool_over_http() -> None:
    with serving(NANO) as server:
        answer = server.http.post(
            "/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "What's the weather in Oslo?"}], "tools": [WEATHER]},
        )
    (call,) = answer.json()["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Oslo"}


@pytest.mark.timeout(300)
def test_eval_scores_the_calls_that_it_writes(tmp_path: Path) -> None:
    done = lamforge("eval", "calls", ROOT / "tests" / "unseen", "--limit", 40, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    rates = {rate["name"]: rate["estimate"]["value"] for rate in json.loads(done.stdout)["rates"]}
    assert rates["right tool"] > 0.1  # of a model that writes no calls it is 0
