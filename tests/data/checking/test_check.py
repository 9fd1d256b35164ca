"""Each rule is broken by what breaks it and by nothing else; a data set's findings are counted and placed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.data.exchange import samples

from lamforge.data import read_trajectories, write_trajectories
from lamforge.data.checking import CODES, LengthCheck, ReplayCheck, check_data, faults
from lamforge.data.exchange import FORMS
from lamforge.domains import Domain
from lamforge.errors import DataError, ModelError, UsageError
from lamforge.formats import get_format
from lamforge.formats.registry import known_formats
from lamforge.messages import Function, Message, ToolCall, Trajectory


def good(name: str = "one") -> Trajectory:
    draft = FORMS["openai"].read(json.loads(json.dumps(samples.OPENAI)))
    return draft.trajectory("openai").model_copy(update={"trajectory_id": name})


def second_call(each: Trajectory, **changes: Any) -> None:
    call = ToolCall(**{"id": "x8", "function": Function(name="get_weather", arguments={"city": "Rome"}), **changes})
    each.messages[1].tool_calls.append(call)


def user(text: str) -> Message:
    return Message(role="user", content=text)


BREAKS: list[tuple[str, Callable[[Trajectory], Any]]] = [
    ("no_assistant", lambda t: t.messages.__setitem__(slice(1, None), [])),
    ("benchmark_item", lambda t: t.provenance.update(benchmark="tau-bench")),
    ("held_out", lambda t: t.provenance.update(held_out=True)),
    ("late_system", lambda t: t.messages.insert(1, Message(role="system", content="!"))),
    ("empty_message", lambda t: setattr(t.messages[3], "content", " \n")),
    ("misplaced_field", lambda t: setattr(t.messages[0], "tool_call_id", "x7")),
    ("missing_id", lambda t: setattr(t.messages[2], "tool_call_id", None)),
    ("missing_id", lambda t: second_call(t, id="")),
    ("repeated_id", lambda t: second_call(t, id="x7")),
    ("result_without_call", lambda t: t.messages.insert(3, t.messages[2].model_copy())),
    ("result_without_call", lambda t: setattr(t.messages[2], "tool_call_id", "other")),
    ("call_without_result", lambda t: t.messages.pop(2)),
    ("call_without_result", lambda t: second_call(t)),
    ("bad_tool", lambda t: t.tools.append({"name": "f", "parameters": {"type": "object", "properties": 3}})),
    ("bad_tool", lambda t: t.tools.append({"x": 1})),
    ("duplicate_tool", lambda t: t.tools.append(samples.TOOL)),
    ("unknown_tool", lambda t: t.tools.clear()),
    ("invalid_arguments", lambda t: t.messages[1].tool_calls[0].function.arguments.pop("city")),
    ("same_speaker", lambda t: t.messages.insert(0, user("Hello?"))),
    ("same_speaker", lambda t: t.messages.append(Message(role="assistant", content="And more."))),
    ("unanswered_user", lambda t: t.messages.append(user("Thanks."))),
    ("unanswered_result", lambda t: t.messages.pop()),
]


@pytest.mark.parametrize(("code", "break_it"), BREAKS)
def test_a_rule_is_broken_by_what_breaks_it(code: str, break_it: Callable[[Trajectory], Any]) -> None:
    assert faults(good()) == []
    broken = good()
    break_it(broken)
    assert code in {finding.code for finding in faults(broken)}
    allowed = {"no_assistant": {"unanswered_user"}, "missing_id": {"call_without_result"}}
    others = {"result_without_call": {"call_without_result"}, "repeated_id": {"call_without_result"}}
    expected = {code} | allowed.get(code, set()) | others.get(code, set())
    assert {finding.code for finding in faults(broken)} <= expected


def test_a_single_turn_that_ends_with_calls_is_right() -> None:
    short = good()
    del short.messages[2:]
    assert faults(short) == []


def test_findings_are_counted_and_placed(tmp_path: Path) -> None:
    broken = good("two")
    broken.messages[1].tool_calls[0].function.arguments["days"] = "many"
    broken.messages.append(user("Thanks."))
    doubtful = good("three")
    doubtful.messages.append(user("Thanks."))
    path = tmp_path / "t.jsonl"
    write_trajectories(path, [good(), broken, good(), doubtful])
    with path.open("a") as file:
        file.write("{}\n")
    checked = check_data([path], out=tmp_path / "found.jsonl")
    assert (checked.trajectories, checked.wrong, checked.doubtful) == (5, 3, 1)
    assert dict(checked.counts) == {"invalid_arguments": 1, "unanswered_user": 2, "duplicate_id": 1, "unreadable": 1}
    listed = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert [(each["code"], each["where"]) for each in listed] == [
        ("unanswered_user", f"{path}:2"),
        ("invalid_arguments", f"{path}:2"),
        ("duplicate_id", f"{path}:3"),
        ("unanswered_user", f"{path}:4"),
        ("unreadable", f"{path}:5"),
    ]
    assert listed[1]["message"] == 1 and "days" in listed[1]["detail"]
    told = checked.as_dict()["codes"]["invalid_arguments"]
    assert (told["count"], told["places"][0]["trajectory"]) == (1, "two")


def test_a_text_beside_a_call_is_told_where_the_format_does_not_write_it(tmp_path: Path) -> None:
    spoken = good("spoken")
    spoken.messages[1].content = "I look it up."
    path = tmp_path / "t.jsonl"
    write_trajectories(path, [good(), spoken])
    checked = check_data([path], fmt=get_format("xlam-qwen/always"))
    assert (dict(checked.counts), checked.wrong, checked.doubtful) == ({"text_not_rendered": 1}, 0, 1)
    (place,) = checked.places["text_not_rendered"]
    assert (place.where, place.message) == (f"{path}:2", 1) and "I look it up." in place.detail
    assert not check_data([path], fmt=get_format("hermes/qwen")).counts


@pytest.mark.parametrize("name", known_formats())
def test_a_format_says_truly_whether_it_writes_texts_beside_calls(name: str) -> None:
    spoken, fmt = good(), get_format(name)
    spoken.messages[1].content = "I look it up."
    assert ("I look it up." in fmt.render(spoken.messages, fmt.offered(spoken.tools))) == fmt.text_beside_calls


def test_an_empty_data_set_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").touch()
    with pytest.raises(DataError, match="holds no trajectory"):
        check_data([tmp_path / "t.jsonl"])


def test_conversations_longer_than_the_context_are_told(conversations: Path, tokenizer: Any, tmp_path: Path) -> None:
    fmt = get_format("xlam-qwen/always")
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="Say --context"):
        LengthCheck(fmt, tmp_path, None)
    one = next(read_trajectories(conversations))
    tokens = len(tokenizer(fmt.render(one.messages, fmt.offered(one.tools)), add_special_tokens=False)["input_ids"])
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": tokens}))
    assert LengthCheck(fmt, tmp_path, None).faults(one) == []
    (found,) = LengthCheck(fmt, tmp_path / "tokenizer.json", tokens - 1).faults(one)
    assert (found.code, found.detail) == ("too_long", f"{tokens:,} tokens, and the context has {tokens - 1:,}")
    with pytest.raises(ModelError, match="cannot be read as a tokenizer"):
        LengthCheck(fmt, tmp_path / "config.json", 5)


def test_a_replay_finds_results_and_verdicts_that_are_not_the_domains(conversations: Path, library: Domain) -> None:
    tasks = sorted(conversations.parent.glob("tasks*.jsonl"))
    check = ReplayCheck([str(library.folder)], tasks)
    read = list(read_trajectories(conversations))
    assert [finding for each in read for finding in check.faults(each)] == []
    confined = ReplayCheck([str(library.folder)], tasks, sandbox="process")
    assert list(confined.faults(read[0])) == []
    changed = next(each for each in read if any(message.role == "tool" for message in each.messages))
    result = next(message for message in changed.messages if message.role == "tool")
    result.content = "something else"
    assert {finding.code for finding in check.faults(changed)} == {"replay_differs", "verdict_differs"}
    assert {finding.code for finding in ReplayCheck([str(library.folder)], []).faults(changed)} == {
        "replay_differs",
        "not_replayed",
    }
    assert [finding.code for finding in check.faults(good())] == ["not_replayed"]


def test_a_check_that_could_replay_nothing_says_how_to(conversations: Path) -> None:
    checked = check_data([conversations], replay=ReplayCheck([], []))
    assert checked.replayed == 0 == checked.as_dict()["replayed"]
    assert checked.places["not_replayed"][0].detail.endswith("name its folder with --domain FOLDER")


def test_every_code_is_in_the_docs_with_its_meaning() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
    for name, code in CODES.items():
        assert f"| `{name}` | {'error' if code.error else 'warning'} | {code.meaning} |" in docs
