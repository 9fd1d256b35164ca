from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lamforge.errors import DataError, LamforgeError, SchemaError
from lamforge.evaluate import Options
from lamforge.evaluate.calls import CallSuite, evaluate_calls, load_cases
from lamforge.evaluate.calls.matching import same
from lamforge.evaluate.compare import compare_runs
from lamforge.messages import Function, Message, ToolCall, Usage
from lamforge.simulate.episode import ContextOverflow

TIMER = {
    "name": "set_timer",
    "description": "Start a kitchen timer.",
    "parameters": {
        "type": "object",
        "properties": {
            "minutes": {"type": "integer"},
            "label": {"type": "string"},
            "sound": {"type": "string", "enum": ["bell", "gong"], "default": "bell"},
        },
        "required": ["minutes"],
    },
}
SONG = {
    "type": "function",
    "function": {
        "name": "play",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}
CASES: list[dict[str, Any]] = [
    {"id": "one", "query": "Timer, 12 minutes", "calls": [{"name": "set_timer", "arguments": {"minutes": 12}}]},
    {
        "id": "both",
        "query": "Play Yesterday, and time my eggs: 4 minutes",
        "calls": [
            {
                "name": "set_timer",
                "arguments": {"minutes": 4, "label": "egg"},
                "also": {"label": ["eggs"]},
                "optional": ["label"],
            },
            {"name": "play", "arguments": {"title": "Yesterday"}},
        ],
    },
    {"id": "far", "query": "What's the weather?", "refuse": "nothing here knows the weather"},
    {"id": "open", "query": "Set a timer", "tools": ["set_timer"], "ask": ["minutes"]},
]


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    path = tmp_path / "kitchen.yaml"
    path.write_text(yaml.safe_dump({"tools": [TIMER, SONG], "cases": CASES}))
    return path


class Answering:
    """Answers each query as it is told to."""

    name = "answering"

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        answer = self._answers[messages[-1].content or ""]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return Message(role="assistant", content=answer), Usage()
        calls = [ToolCall(function=Function(name=name, arguments=arguments)) for name, arguments in answer]
        return Message(role="assistant", tool_calls=calls), Usage()


def right_answers() -> dict[str, Any]:
    return {
        CASES[0]["query"]: [("set_timer", {"minutes": 12})],
        CASES[1]["query"]: [("play", {"title": "yesterday"}), ("set_timer", {"minutes": 4})],
        CASES[2]["query"]: "I cannot tell you that.",
        CASES[3]["query"]: "For how many minutes?",
    }


def evaluated(path: Path, out: Path, answers: dict[str, Any]) -> Any:
    agent = Answering(answers)
    return asyncio.run(evaluate_calls(load_cases(path), lambda seed: agent, Options("m", out), name="kitchen"))


def test_right_answers_are_right_and_each_figure_is_about_its_own_cases(cases_file: Path, tmp_path: Path) -> None:
    summary = evaluated(cases_file, tmp_path / "out", right_answers())
    assert [(rate.name, rate.cases, rate.estimate.value) for rate in summary.rates] == [
        ("exact call", 2, 1.0),
        ("right tool", 2, 1.0),
        ("refusal or question", 2, 1.0),
    ]
    assert [share.name for share in summary.categories] == ["one call", "several calls", "refuse", "ask"]
    assert summary.baselines["refuse all"][0].value == 0.25  # it asks for nothing


def test_a_part_says_so(cases_file: Path, tmp_path: Path) -> None:
    agent = Answering(right_answers())
    cases = load_cases(cases_file)
    summary = asyncio.run(evaluate_calls(cases, lambda seed: agent, Options("m", tmp_path / "out"), limit=1))
    assert (summary.tasks, str(summary.part)) == (
        1,
        "only 1 of 4 tasks (the first 1): this is not the score of the whole",
    )
    assert "Only 1 of 4" in (tmp_path / "out" / "report.html").read_text()


def test_the_page_says_that_most_queries_did_not_fit_the_context(cases_file: Path, tmp_path: Path) -> None:
    overflow = ContextOverflow("too long")
    answers = dict.fromkeys(right_answers(), overflow) | {CASES[2]["query"]: "I cannot tell you that."}
    evaluated(cases_file, tmp_path / "out", answers)
    for page in ("report.html", "report.md"):
        assert "3 of 4 episodes did not fit the model" in (tmp_path / "out" / page).read_text()


def test_a_right_tool_with_a_wrong_argument_counts_for_the_tool_alone(cases_file: Path, tmp_path: Path) -> None:
    answers = right_answers() | {CASES[0]["query"]: [("set_timer", {"minutes": 21})]}
    summary = evaluated(cases_file, tmp_path / "out", answers)
    assert [rate.estimate.value for rate in summary.rates] == [0.5, 1.0, 1.0]
    assert summary.error_kinds["wrong_argument"] == 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert "21" in page and "differs" in page


@pytest.mark.parametrize(
    ("case", "answer", "kind", "error_type"),
    [
        ("one", "Sure.", "missing_call", "no call"),
        ("one", [("play", {"title": "x"})], "wrong_call", "tool"),
        ("one", [("set_timer", {"minutes": 12}), ("play", {"title": "x"})], "extra_call", "count"),
        ("one", [("set_timer", {"minutes": 12, "label": "tea"})], "wrong_argument", "arguments"),
        ("one", [("set_timer", {"minutes": True})], "wrong_argument", "arguments"),
        ("both", [("play", {"title": "Yesterday"})], "missing_call", "count"),
        ("far", [("play", {"title": "weather"})], "needless_call", "needless call"),
        ("far", " ", "output_missing", "silence"),
        ("open", "I will set it.", "output_missing", "no question"),
        ("open", "You want a timer. Shall I go ahead?", "output_missing", "no question"),
        ("open", "Is there anything else I can do?", "output_missing", "no question"),
    ],
)
def test_a_wrong_answer_has_a_kind(cases_file: Path, case: str, answer: Any, kind: str, error_type: str) -> None:
    suite = CallSuite(load_cases(cases_file))
    calls = [{"name": n, "arguments": a, "problems": []} for n, a in answer] if isinstance(answer, list) else []
    record = {"content": answer if isinstance(answer, str) else "", "calls": calls, "problem": ""}
    score = suite.score(case, record)
    assert (score.passed, score.kind, score.error_type) == (False, kind, error_type)


@pytest.mark.parametrize(
    "arguments", [{"minutes": 12, "sound": "bell"}, {"minutes": 12.0}], ids=["a default that is given", "12.0 for 12"]
)
def test_what_means_the_same_is_right(cases_file: Path, arguments: dict[str, Any]) -> None:
    calls = [{"name": "set_timer", "arguments": arguments, "problems": []}]
    assert CallSuite(load_cases(cases_file)).score("one", {"content": "", "calls": calls, "problem": ""}).passed


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, json_values)
def test_a_value_is_the_same_as_itself_and_sameness_has_no_direction(value: Any, other: Any) -> None:
    assert same(value, value)
    assert same(value, other) == same(other, value)


def test_the_same_command_plays_nothing_twice_and_a_changed_case_is_another_run(
    cases_file: Path, tmp_path: Path
) -> None:
    evaluated(cases_file, tmp_path / "out", right_answers())
    again = evaluated(cases_file, tmp_path / "out", {})  # who is asked nothing needs no answers
    assert again.passed == 4
    changed = json.loads(json.dumps(CASES))
    changed[0]["calls"][0]["arguments"]["minutes"] = 13
    cases_file.write_text(yaml.safe_dump({"tools": [TIMER, SONG], "cases": changed}))
    with pytest.raises(LamforgeError, match="another"):
        evaluated(cases_file, tmp_path / "out", right_answers())


def test_two_models_are_compared_case_by_case(cases_file: Path, tmp_path: Path) -> None:
    evaluated(cases_file, tmp_path / "a", right_answers())
    evaluated(cases_file, tmp_path / "b", right_answers() | {CASES[2]["query"]: [("play", {"title": "rain"})]})
    assert compare_runs(tmp_path / "a", tmp_path / "b").lost == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"calls": [{"name": "cook"}]}, "not offered"),
        ({"calls": [{"name": "set_timer", "arguments": {}}]}, "minutes"),
        ({"calls": [{"name": "set_timer", "arguments": {"minutes": "12"}}]}, "minutes"),
        ({"calls": [{"name": "set_timer", "arguments": {"minutes": 1}, "optional": ["minutes"]}]}, "required"),
        ({"calls": [{"name": "set_timer", "arguments": {"minutes": 1}, "also": {"label": ["x"]}}]}, "not among"),
        ({"refuse": "also"}, "exactly one"),
        ({"tools": ["set_timer", "oven"]}, "no tool"),
        ({"tools": ["set_timer", "set_timer"]}, "twice"),
        ({"calls": None, "ask": ["colour"]}, "required by no tool"),
        ({"id": "both"}, "two cases"),
        ({"querry": "?"}, "querry"),
    ],
)
def test_a_case_that_cannot_be_met_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = tmp_path / "kitchen.yaml"
    path.write_text(yaml.safe_dump({"tools": [TIMER, SONG], "cases": [CASES[0] | change, *CASES[1:]]}))
    with pytest.raises(DataError, match=message) as error:
        load_cases(path)
    assert "kitchen.yaml" in str(error.value)


def test_a_date_that_yaml_takes_for_something_else_is_to_be_quoted(tmp_path: Path) -> None:
    path = tmp_path / "kitchen.yaml"
    case = "cases:\n- query: Play it\n  calls:\n  - name: play\n    arguments: {title: 2026-03-14}\n"
    path.write_text(f"tools: [{json.dumps(SONG)}]\n{case}")
    with pytest.raises(DataError, match="quotes"):
        load_cases(path)


def test_files_in_a_folder_share_their_tools_and_each_offers_its_own(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps([SONG]))
    plain = {"query": "Play Yesterday", "calls": [{"name": "play", "arguments": {"title": "Yesterday"}}]}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"tools": "tools.json", "cases": [plain]}))
    (tmp_path / "b.yaml").write_text(yaml.safe_dump({"tools": [TIMER], "cases": [CASES[0], CASES[1] | {"id": ""}]}))
    with pytest.raises(DataError, match="play"):
        load_cases(tmp_path)
    both = CASES[1] | {"id": "", "tools": ["set_timer", "play"]}
    (tmp_path / "b.yaml").write_text(yaml.safe_dump({"tools": [TIMER], "cases": [CASES[0], both]}))
    assert {each.case.id: len(each.offered) for each in load_cases(tmp_path)} == {"a-1": 1, "one": 1, "b-2": 2}
    (tmp_path / "b.yaml").write_text(yaml.safe_dump({"tools": [TIMER, SONG], "cases": [CASES[0]]}))
    with pytest.raises(SchemaError, match="second tool"):
        load_cases(tmp_path)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    for text in ("[1", "- 1", "cases: []", "tools: 3"):
        (tmp_path / "x.yaml").write_text(text)
        with pytest.raises(DataError, match=r"x\.yaml"):
            load_cases(tmp_path / "x.yaml")
    with pytest.raises(DataError, match="nowhere"):
        load_cases(tmp_path / "nowhere.yaml")
