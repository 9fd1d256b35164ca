"""What is exported says the same when it is imported again, or is left out with the reason: a law."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.data.exchange import samples

from lamforge.data import read_trajectories, write_trajectories
from lamforge.data.exchange import FORMS, Unconvertible, export_data, form_of, import_data, lossless, said
from lamforge.errors import DataError, UsageError
from lamforge.messages import Function, Message, ToolCall, Trajectory

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.from_regex(r"[a-z][a-z_.-]{0,8}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = st.recursive(
    st.sampled_from(["string", "integer", "number", "boolean"]).map(lambda name: {"type": name})
    | st.just({})
    | st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(lambda each: {"type": "string", "enum": each}),
    lambda inner: inner.map(lambda items: {"type": "array", "items": items}),
    max_leaves=3,
)
WRITTEN = [name for name, form in FORMS.items() if form.write]


@st.composite
def tool_lists(draw: Any) -> list[dict[str, Any]]:
    found = []
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        properties = draw(st.dictionaries(NAMES, SCHEMAS, max_size=3))
        required = sorted(draw(st.sets(st.sampled_from(sorted(properties))))) if properties else []
        parameters = {"type": "object", "properties": properties, "required": required}
        if draw(st.booleans()):
            parameters["additionalProperties"] = False
        function = {"name": name, "description": draw(TEXTS), "parameters": parameters}
        found.append({"type": "function", "function": function})
    return found


@st.composite
def trajectories(draw: Any) -> Trajectory:
    messages = [Message(role="system", content=draw(TEXTS))] if draw(st.booleans()) else []
    number = 0
    for _ in range(draw(st.integers(1, 3))):
        messages.append(Message(role="user", content=draw(TEXTS)))
        if draw(st.booleans()):
            calls = [
                ToolCall(id=f"c{number + i}", function=Function(name=draw(NAMES), arguments=arguments))
                for i, arguments in enumerate(
                    draw(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=3))
                )
            ]
            number += len(calls)
            messages.append(Message(role="assistant", content=draw(st.none() | TEXTS), tool_calls=calls))
            order = draw(st.permutations(calls))[: draw(st.integers(0, len(calls)))]
            messages += [Message(role="tool", content=draw(TEXTS), tool_call_id=call.id) for call in order]
        if draw(st.booleans()):
            messages.append(Message(role="assistant", content=draw(TEXTS), weight=draw(st.sampled_from([None, 0, 1]))))
    assume(any(message.role == "assistant" for message in messages))
    return Trajectory(trajectory_id="t", task_id="t", domain="d", messages=messages, tools=draw(tool_lists()), reward=1)


@pytest.mark.parametrize("name", WRITTEN)
@given(trajectory=trajectories())
def test_what_is_written_says_the_same_or_is_refused_with_a_reason(name: str, trajectory: Trajectory) -> None:
    try:
        row = lossless(FORMS[name], trajectory)
    except Unconvertible as error:
        assert error.reason and error.detail
        assert name not in ("openai", "trl")
        return
    back = FORMS[name].read(json.loads(json.dumps(row, ensure_ascii=False)))
    assert said(back.messages) == said(trajectory.messages)
    assert [tool["function"]["name"] for tool in back.tools] == [t["function"]["name"] for t in trajectory.tools]


def conversation(**changes: Any) -> Trajectory:
    draft = FORMS["openai"].read(json.loads(json.dumps(samples.OPENAI)))
    return draft.trajectory("openai").model_copy(update=changes)


@pytest.mark.parametrize("name", ["openai", "trl", "sharegpt", "actionstudio"])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".json"])
def test_an_ordinary_conversation_goes_into_every_form_and_back(tmp_path: Path, name: str, suffix: str) -> None:
    write_trajectories(tmp_path / "t.jsonl", [conversation(), conversation()])
    out = tmp_path / f"out{suffix}"
    assert export_data(tmp_path / "t.jsonl", out, name).converted == 2
    assert form_of(out).name == name
    import_data(out, tmp_path / "back.jsonl")
    for back in read_trajectories(tmp_path / "back.jsonl"):
        assert said(back.messages) == said(conversation().messages)
        assert back.tools == conversation().tools


def test_a_single_turn_with_plain_types_goes_into_xlam_60k_and_back() -> None:
    short = conversation(messages=conversation().messages[:2])
    row = lossless(FORMS["xlam-60k"], short)
    assert json.loads(row["answers"]) == [samples.CALL]
    assert json.loads(row["tools"])[0]["parameters"]["days"] == {"type": "int, optional"}
    assert FORMS["xlam-60k"].read(row).tools == short.tools
    with pytest.raises(Unconvertible, match="one query and its calls"):
        lossless(FORMS["xlam-60k"], conversation())


def test_what_a_form_cannot_hold_is_listed_with_the_reason(tmp_path: Path) -> None:
    beside = conversation()
    beside.messages[1].content = "Let me look."
    write_trajectories(tmp_path / "t.jsonl", [conversation(), beside])
    result = export_data(tmp_path / "t.jsonl", tmp_path / "out.jsonl", "sharegpt")
    assert (result.converted, dict(result.reasons)) == (1, {"text beside a call": 1})
    (listed,) = [json.loads(line) for line in (tmp_path / "out.rejected.jsonl").read_text().splitlines()]
    assert listed["where"] == f"{tmp_path / 't.jsonl'}:2"
    write_trajectories(tmp_path / "t.jsonl", [beside])
    with pytest.raises(DataError, match="nothing of it can be written as ShareGPT"):
        export_data(tmp_path / "t.jsonl", tmp_path / "none.jsonl", "sharegpt")
    assert not (tmp_path / "none.jsonl").exists()


def test_items_of_a_benchmark_go_into_no_form_that_would_not_say_so(tmp_path: Path) -> None:
    write_trajectories(tmp_path / "in.jsonl", [conversation(), conversation(provenance={"benchmark": "tau-bench"})])
    result = export_data(tmp_path / "in.jsonl", tmp_path / "out.jsonl", "trl")
    assert (result.converted, dict(result.reasons)) == (1, {"benchmark": 1})
    export_data(tmp_path / "in.jsonl", tmp_path / "own.jsonl", "lamforge")
    assert [each.provenance.get("benchmark") for each in read_trajectories(tmp_path / "own.jsonl")] == [
        None,
        "tau-bench",
    ]


def test_our_own_records_go_from_lines_to_parquet_and_back(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write_trajectories(tmp_path / "t.jsonl", [conversation(seed=2**63, attempt=3)])
    export_data(tmp_path / "t.jsonl", tmp_path / "t.parquet", "lamforge")
    export_data(tmp_path / "t.parquet", tmp_path / "back.jsonl.gz", "lamforge")
    back = gzip.decompress((tmp_path / "back.jsonl.gz").read_bytes())
    assert back == (tmp_path / "t.jsonl").read_bytes()


def test_what_is_not_to_be_learned_stays_so_or_is_left_out(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    given = conversation()
    given.messages[-1].weight = 0
    write_trajectories(tmp_path / "t.jsonl", [given])
    for name, file in (("openai", "openai.jsonl"), ("trl", "trl.jsonl"), ("lamforge", "own.parquet")):
        export_data(tmp_path / "t.jsonl", tmp_path / file, name)
        if name != "lamforge":
            import_data(tmp_path / file, tmp_path / f"{name}-back.jsonl")
    for file in ("openai-back.jsonl", "trl-back.jsonl", "own.parquet"):
        [back] = read_trajectories(tmp_path / file)
        assert [message.weight for message in back.messages] == [message.weight for message in given.messages]
    assert "weight" not in given.messages[-1].to_wire()  # what an endpoint is sent
    for name in set(WRITTEN) - {"openai", "trl"}:
        with pytest.raises(DataError, match="nothing of it can be written"):
            export_data(tmp_path / "t.jsonl", tmp_path / f"{name}.json", name)


@pytest.mark.parametrize("weight", [2, "0", 0.5])
def test_a_weight_that_is_none_is_refused(tmp_path: Path, weight: object) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": weight}]
    (tmp_path / "w.jsonl").write_text(json.dumps({"messages": said}) + "\n")
    with pytest.raises(DataError, match="neither 0 nor 1"):
        import_data(tmp_path / "w.jsonl", tmp_path / "out.jsonl")


def test_forms_that_are_only_read_and_names_that_say_nothing_are_refused(tmp_path: Path) -> None:
    write_trajectories(tmp_path / "t.jsonl", [conversation()])
    with pytest.raises(UsageError, match="lamforge, xlam-60k, actionstudio, sharegpt, trl, openai"):
        export_data(tmp_path / "t.jsonl", tmp_path / "out.jsonl", "hermes")
    with pytest.raises(UsageError, match="does not say what to write"):
        export_data(tmp_path / "t.jsonl", tmp_path / "out.parquet", "openai")
