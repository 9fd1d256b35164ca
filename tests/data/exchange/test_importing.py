"""Every form is told by its records and says the same once it is imported; what cannot be converted is listed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.data.exchange import samples

from lamforge.data import read_trajectories
from lamforge.data.exchange import form_of, import_data
from lamforge.errors import DataError, UsageError
from lamforge.messages import Trajectory


def lines(path: Path, *rows: Any) -> Path:
    texts = (row if isinstance(row, str | bytes) else json.dumps(row) for row in rows)
    path.write_bytes(b"\n".join(text.encode() if isinstance(text, str) else text for text in texts))
    return path


def imported(source: Path, **options: Any) -> list[Trajectory]:
    out = source.parent / "out" / "t.jsonl"
    out.parent.mkdir(exist_ok=True)
    import_data(source, out, **options)
    return list(read_trajectories(out))


def told(trajectory: Trajectory) -> list[Any]:
    return [
        (m.role, m.content or "", [c.function.model_dump() for c in m.tool_calls or ()])
        for m in trajectory.messages
        if m.role != "system"
    ]


WHOLE = [
    ("user", samples.QUESTION, []),
    ("assistant", "", [samples.CALL]),
    ("tool", samples.RESULT, []),
    ("assistant", samples.ANSWER, []),
]


@pytest.mark.parametrize("name", list(samples.ROWS))
@pytest.mark.parametrize("shape", ["lines", "list", "gzip", "parquet"])
def test_every_form_is_told_by_its_records_and_says_the_same(tmp_path: Path, name: str, shape: str) -> None:
    row = samples.ROWS[name]
    if shape == "lines":
        source = lines(tmp_path / "data.json", row, row)
    elif shape == "list":
        source = tmp_path / "data.json"
        source.write_text(json.dumps([row, row], indent=1))
    elif shape == "gzip":
        source = tmp_path / "data.jsonl.gz"
        source.write_bytes(gzip.compress(b"\n".join([json.dumps(row).encode()] * 2)))
    else:
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        row = json.loads(
            json.dumps(row).replace(json.dumps(samples.OPENAI["messages"][0]["content"]), json.dumps(samples.QUESTION))
        )
        if name == "actionstudio":  # whose contents are texts and objects: no column holds both
            row = json.loads(
                json.dumps(row).replace('"content": {"sky": "grey"}', f'"content": {json.dumps(samples.RESULT)}')
            )
        source = tmp_path / "data.parquet"
        parquet.write_table(arrow.Table.from_pylist([row, row]), source)
    assert form_of(source).name == name
    one, other = imported(source)
    assert one == other
    assert told(one) == (WHOLE[:2] if name == "xlam-60k" else WHOLE)
    if name != "tau":
        (tool,) = one.tools
        assert tool == samples.WRAPPED
    call = one.messages[-3].tool_calls if name != "xlam-60k" else None
    assert call is None or one.messages[-2].tool_call_id == call[0].id
    assert (one.reward, one.provenance["source"]) == (1 if name == "tau" else None, name)


def test_openais_former_shape_is_read(tmp_path: Path) -> None:
    (one,) = imported(lines(tmp_path / "old.jsonl", samples.OLD_OPENAI))
    assert told(one) == WHOLE
    assert one.tools == [samples.WRAPPED]


def test_results_of_tau_bench_keep_reward_trial_and_owner_and_say_that_they_are_a_benchmark(tmp_path: Path) -> None:
    source = lines(tmp_path / "gpt.json", samples.TAU, {**samples.TAU, "reward": 0.5})
    out = tmp_path / "t.jsonl"
    result = import_data(source, out)
    one, other = read_trajectories(out)
    assert (one.task_id, one.attempt, one.reward, other.reward) == ("tau-bench/3", 1, 1, 0)
    assert one.provenance == {"source": "tau", "benchmark": "tau-bench", "owner": "mia_1"}
    assert result.without_tools == 2
    import_data(source, out, tools=[samples.TOOL])
    assert [each.tools for each in read_trajectories(out)] == [[samples.WRAPPED]] * 2


@pytest.mark.parametrize("split", [False, True])
def test_simulations_of_tau2_show_what_the_agent_saw(tmp_path: Path, split: bool) -> None:
    source = tmp_path / "run"
    source.mkdir()
    whole = samples.TAU2
    if split:
        (source / "simulations").mkdir()
        for number, each in enumerate(whole["simulations"]):
            (source / "simulations" / f"{number}.json").write_text(json.dumps(each, indent=2))
        whole = {**whole, "simulations": []}
    (source / "results.json").write_text(json.dumps(whole, indent=2))
    result = import_data(source if split else source / "results.json", tmp_path / "t.jsonl")
    (one,) = read_trajectories(tmp_path / "t.jsonl")
    assert dict(result.reasons) == {"messages": 1}
    assert told(one) == WHOLE
    assert one.messages[0].content == "Be kind."
    assert one.tools == [samples.WRAPPED]
    assert (one.domain, one.task_id, one.attempt, one.reward) == ("weather", "tau2/weather/1", 2, 0)
    assert (one.agent, one.user, one.ended) == ("a", "u", "stop")
    assert one.provenance["notes"] == {"the user's own tools left out": 2}


def test_dialogues_that_are_guided_by_a_schema_call_the_tools_of_their_services(tmp_path: Path) -> None:
    (tmp_path / "sgd" / "dev").mkdir(parents=True)
    (tmp_path / "sgd" / "dev" / "schema.json").write_text(json.dumps(samples.SGD_SCHEMA))
    (tmp_path / "sgd" / "dev" / "dialogues_001.json").write_text(json.dumps([*samples.SGD, {"services": ["X_1"]}]))
    result = import_data(tmp_path / "sgd", tmp_path / "t.jsonl")
    assert (result.form, result.converted, dict(result.reasons)) == ("sgd", 1, {"tools": 1})
    (one,) = read_trajectories(tmp_path / "t.jsonl")
    call = {"name": "Weather_1_GetWeather", "arguments": {"city": "Oslo", "days": "2"}}
    assert told(one) == [WHOLE[0], ("assistant", "", [call]), ("tool", '[{"sky": "grey"}]', []), WHOLE[3]]
    function = one.tools[0]["function"]
    assert function["parameters"]["required"] == ["city"]
    assert function["parameters"]["properties"]["days"]["enum"] == ["1", "2"]
    assert (one.task_id, one.domain, one.provenance["licence"]) == ("sgd/dev/1_00000", "Weather", "CC-BY-SA-4.0")


def test_several_calls_and_their_results_in_one_turn_of_sharegpt_belong_together(tmp_path: Path) -> None:
    calls = json.dumps([samples.CALL, {"name": "get_weather", "arguments": {"city": "Rome"}}])
    turns = [
        {"from": "human", "value": "?"},
        {"from": "function_call", "value": calls},
        {"from": "observation", "value": '["cold", {"sky": "blue"}]'},
        {"from": "gpt", "value": "."},
    ]
    (one,) = imported(lines(tmp_path / "s.jsonl", {**samples.SHAREGPT, "conversations": turns, "system": "Be kind."}))
    assert [m.role for m in one.messages] == ["system", "user", "assistant", "tool", "tool", "assistant"]
    assert [(m.content, m.tool_call_id) for m in one.messages[3:5]] == [
        ("cold", "call_1"),
        ('{"sky": "blue"}', "call_2"),
    ]


def test_what_actionstudio_breaks_is_mended_and_told(tmp_path: Path) -> None:
    row = json.loads(json.dumps(samples.ACTIONSTUDIO).replace("get_weather", "Weather API"))
    (one,) = imported(lines(tmp_path / "a.json", row, row))[:1]
    assert one.messages[2].tool_call_id == "111111111"
    assert one.messages[2].name == one.tools[0]["function"]["name"] == "Weather_API"
    assert one.provenance["notes"] == {"links mended": 1}


def test_a_file_named_after_apigen_mt_is_taken_as_verified(tmp_path: Path) -> None:
    tool = {**samples.TOOL, "name": "book_reservation"}
    row = {**samples.SHAREGPT, "tools": json.dumps([samples.TOOL, tool])}
    (tmp_path / "apigen-mt_5k.json").write_text(json.dumps([row]))
    (one,) = imported(tmp_path / "apigen-mt_5k.json")
    assert (one.reward, one.domain, one.provenance["licence"]) == (1, "airline", "CC-BY-NC-4.0")


def test_what_cannot_be_converted_is_listed_with_its_place_and_reason(tmp_path: Path) -> None:
    broken = {
        "no JSON": '{"messages": [',
        "no number": '{"messages": [{"role": "assistant", "content": NaN}]}',
        "no text": b'{"messages": "\xff"}',
        "shape": "[1]",
        "role": {"messages": [{"role": "wizard", "content": "!"}]},
        "content": {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        "no assistant": {"messages": [{"role": "user", "content": "?"}]},
        "arguments": {
            "messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]
        },
        "call": {"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]},
        "result": {"messages": [{"role": "tool", "content": "?"}, {"role": "assistant", "content": "!"}]},
        "tools": {**samples.OPENAI, "tools": [{"name": "f", "parameters": {"type": "object", "properties": 3}}]},
    }
    source = lines(tmp_path / "data.jsonl", samples.OPENAI, *broken.values())
    result = import_data(source, tmp_path / "t.jsonl")
    assert (result.converted, result.left_out) == (1, len(broken))
    assert result.rejected == tmp_path / "t.rejected.jsonl"
    listed = [json.loads(line) for line in result.rejected.read_text().splitlines()]
    assert [each["reason"] for each in listed] == [*["unreadable"] * 3, *list(broken)[3:]]
    assert [each["where"] for each in listed] == [f"{source}:{number}" for number in range(2, len(broken) + 2)]
    import_data(lines(tmp_path / "good.jsonl", samples.OPENAI), tmp_path / "t.jsonl")
    assert not result.rejected.exists()


def test_a_source_of_which_nothing_can_be_converted_leaves_nothing_behind(tmp_path: Path) -> None:
    source = lines(tmp_path / "data.jsonl", {"messages": [{"role": "user", "content": "?"}]})
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match=r"nothing of it can be read as OpenAI messages: .*data\.jsonl:1: no assistant"):
        import_data(source, tmp_path / "out" / "t.jsonl")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_form_says_what_it_saw(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the keys question, reply"):
        import_data(lines(tmp_path / "d.jsonl", {"question": 1, "reply": 2}), tmp_path / "t.jsonl")
    with pytest.raises(UsageError, match="Known are: sgd"):
        import_data(tmp_path / "d.jsonl", tmp_path / "t.jsonl", form="nonsense")
    with pytest.raises(DataError, match="no such file"):
        import_data(tmp_path / "nothing", tmp_path / "t.jsonl")
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(DataError, match="it holds no records"):
        import_data(tmp_path / "empty.jsonl", tmp_path / "t.jsonl")


def test_conversations_without_any_call_do_not_hide_the_form_of_the_others(tmp_path: Path) -> None:
    plain = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
    assert form_of(lines(tmp_path / "h.jsonl", plain, samples.HERMES)).name == "hermes"
    assert form_of(lines(tmp_path / "s.jsonl", plain, samples.SHAREGPT)).name == "sharegpt"


def test_trajectories_need_no_import(tmp_path: Path) -> None:
    imported(lines(tmp_path / "data.jsonl", samples.OPENAI))
    with pytest.raises(DataError, match="holds trajectories already"):
        form_of(tmp_path / "out" / "t.jsonl")
