"""`generate single` without any model: over bundled domains, over files of tools, killed, sharded, trained on."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lamforge.data import make_rows
from lamforge.domains import Domain, load_domain
from lamforge.errors import DataError, GenerationError, UsageError
from lamforge.formats import get_format
from lamforge.generate import Singles, Toolbox, generate_single, load_roles
from lamforge.generate.single.records import NO_CALL, ONE_TOOL, STYLES, normalised
from lamforge.messages import Trajectory
from lamforge.tools import load_tools, validate_arguments

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.json"))
WORKSHOP = ROOT / "examples" / "workshop_tools.json"


def generate(box: Toolbox, out: Path, items: int = 200, **options: Any) -> Singles:
    roles = load_roles(None, options.pop("overrides", []))
    return generate_single(box, out, items=items, seed=options.pop("seed", 1), roles=roles, **options)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def workshop() -> Toolbox:
    return Toolbox(load_tools(WORKSHOP), name="workshop")


@pytest.fixture(scope="module")
def store() -> Domain:
    return load_domain("store")


@pytest.fixture(scope="module")
def run(store: Domain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run over the store, with a file of tools beside it."""
    out = tmp_path_factory.mktemp("single")
    generate(Toolbox(load_tools(WORKSHOP), store), out, items=240)
    return out


def test_it_makes_what_was_asked_in_every_style_and_manner(run: Path) -> None:
    items = lines(run / "items.jsonl")
    summary = json.loads((run / "run.json").read_text())["summary"]
    assert 235 <= len(items) == summary["items"] <= 240
    styles = Counter(item["style"] for item in items)
    assert set(styles) == set(STYLES)
    assert styles["simple"] == pytest.approx(240 * 0.24, abs=15)
    assert len({item["provenance"]["manner"] for item in items}) == 10
    assert {item["provenance"]["generator"] for item in items} == {"scripted"}
    assert summary["table"]["all"]["pass_rate"] > 0.95
    assert len({normalised(item["query"]) for item in items}) == len(items)


def test_every_tool_is_called_about_as_often(run: Path) -> None:
    summary = json.loads((run / "run.json").read_text())["summary"]
    assert len(summary["tools"]) == 24
    assert min(summary["tools"].values()) >= 2
    assert max(summary["tools"].values()) <= 30


def test_every_item_has_the_shape_of_its_style_and_valid_calls(run: Path) -> None:
    for item in lines(run / "items.jsonl"):
        schemas = {tool["name"]: tool["parameters"] for tool in item["tools"]}
        for answer in item["answers"]:
            assert validate_arguments(schemas[answer["name"]], answer["arguments"]) == []
        assert bool(item["answers"]) == ("reply" not in item) == (item["style"] not in NO_CALL)
        assert (len(item["tools"]) == 1) or item["style"] not in ONE_TOOL
        assert (len(item["answers"]) > 1) == item["style"].startswith("parallel")
        if item["style"] == "irrelevance":
            assert not {call["name"] for call in item["provenance"]["withheld"]} & set(schemas)
        if item["style"] == "missing_argument":
            assert item["reply"].count("?") >= 1
            assert item["provenance"]["absent"]


def test_what_was_executed_is_said_and_tools_of_a_file_are_never_said_to_have_passed(run: Path, store: Domain) -> None:
    seen = Counter()
    for item in lines(run / "items.jsonl"):
        outcome = item["provenance"]["checks"]["execution"]
        mine = [store.tool(answer["name"]) is not None for answer in item["answers"]]
        assert outcome == ("nothing to execute" if not mine else "passed" if all(mine) else "not executable")
        seen[outcome] += 1
        if outcome == "passed":
            environment = store.environment()
            for answer in item["answers"]:
                environment.call(answer["name"], answer["arguments"])
    assert len(seen) == 3
    by_id = {row["task_id"]: row for row in lines(run / "trajectories.jsonl")}
    for item in lines(run / "items.jsonl"):
        passed = item["provenance"]["checks"]["execution"] == "passed"
        assert by_id[item["id"]]["verdict"]["execution"] is (True if passed else None)


def test_the_conversations_can_be_trained_on(run: Path, tokenizer: Any) -> None:
    rows = make_rows([run / "trajectories.jsonl"], get_format("xlam-qwen/always"), tokenizer, 20_000)
    trajectories = [Trajectory.model_validate_json(line) for line in (run / "trajectories.jsonl").open()]
    assert len(rows.rows) == len(trajectories) == len(lines(run / "items.jsonl"))
    for row, trajectory in zip(rows.rows, trajectories, strict=True):
        said = tokenizer.decode([token for token, trained in zip(row.tokens, row.trained, strict=True) if trained])
        answer = trajectory.messages[-1]
        assert said.startswith((answer.content or "[{").strip()[:20])
        assert all(call.function.name in said for call in answer.tool_calls or ())


def test_a_system_message_begins_each_conversation_if_there_is_one(workshop: Toolbox, tmp_path: Path) -> None:
    generate(workshop, tmp_path / "run", items=10, overrides=["single.system=You serve the workshop."])
    for row in lines(tmp_path / "run" / "trajectories.jsonl"):
        assert row["messages"][0] == {"role": "system", "content": "You serve the workshop."}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_files_of_tools_are_enough(path: Path, tmp_path: Path) -> None:
    made = generate(Toolbox(load_tools(path), name=path.stem), tmp_path / "run")
    assert made.items >= 190
    assert made.executed == made.judged == 0
    checks = [item["provenance"]["checks"] for item in lines(tmp_path / "run" / "items.jsonl")]
    assert all(each["semantic"] == "deterministic" for each in checks)
    assert all(each["execution"] != "passed" for each in checks)


def test_styles_that_the_tools_do_not_allow_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    box = Toolbox(load_tools(ROOT / "examples" / "user_detail.json"), name="user_detail")
    made = generate(box, tmp_path / "run", items=50)
    assert not {"multiple", "parallel_multiple"} & set(made.table)
    assert made.notes == [
        "no multiple items: there is one tool only",
        "no parallel_multiple items: fewer than two tools can be used",
    ]


def test_frequencies_are_the_users(workshop: Toolbox, tmp_path: Path) -> None:
    others = [f"single.styles.{style}=0" for style in STYLES if style != "parallel"]
    manners = [f"single.manners.{name}=0" for name in load_roles().single.manners.model_dump() if name != "terse"]
    generate(workshop, tmp_path / "run", items=30, overrides=others + manners)
    items = lines(tmp_path / "run" / "items.jsonl")
    assert {(item["style"], item["provenance"]["manner"]) for item in items} == {("parallel", "terse")}
    with pytest.raises(UsageError, match="no style"):
        generate(workshop, tmp_path / "none", overrides=[*others, "single.styles.parallel=0"])


def test_a_tool_that_no_call_can_be_made_up_for_is_left_out_with_the_reason(tmp_path: Path) -> None:
    free = {"type": "object", "properties": {"filter": {"type": "object"}}, "required": ["filter"]}
    find = {"name": "find", "description": "Find.", "parameters": free}
    made = generate(Toolbox([*load_tools(WORKSHOP), find]), tmp_path / "run", items=30)
    assert made.notes == ["no queries for find: no value for 'filter' is known"]
    with pytest.raises(GenerationError, match="filter"):
        generate(Toolbox([find]), tmp_path / "none", items=30)


def test_few_tools_give_what_they_have_and_twins_are_counted(tmp_path: Path) -> None:
    ring = {"name": "ring_bell", "description": "Ring the bell.", "parameters": {"type": "object", "properties": {}}}
    made = generate(Toolbox([ring]), tmp_path / "run", items=400)
    assert 0 < made.items < 400
    assert made.rejected["duplicate: query"] > 0
    assert made.table["all"]["duplicate"] == made.rejected["duplicate: query"]


def test_seeds_are_read_in_our_form_and_in_that_of_xlam_60k(workshop: Toolbox, tmp_path: Path) -> None:
    ours = {"query": "Ring twice", "answers": [{"name": "ring", "arguments": {"times": 2}}], "style": "simple"}
    theirs = {"id": 7, "query": "Ring", "answers": '[{"name": "ring", "arguments": {}}]', "tools": "[]"}
    path = tmp_path / "seeds.jsonl"
    path.write_text(f"{json.dumps(ours)}\n\n{json.dumps(theirs)}\n")
    made = generate(workshop, tmp_path / "run", items=10, overrides=[f"single.seeds={path}"])
    assert made.items == 10
    path.write_text('{"query": "Ring"}\n')
    with pytest.raises(DataError, match=r"seeds\.jsonl:1: answers"):
        generate(workshop, tmp_path / "other", overrides=[f"single.seeds={path}"])
