"""What the bundled airline and clinic have in common: size, words, and tasks that are proven to be solvable."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from tests.domains.solving import Solver

from lamforge.domains import Domain, load_domain, load_tasks
from lamforge.domains.wording import slots
from lamforge.generate import generate_multi, survey
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits
from lamforge.messages import Trajectory
from lamforge.simulate import DoNothingAgent, ScriptedUser, run_episode
from lamforge.tools import bare


@pytest.fixture(scope="module", params=["airline", "clinic"])
def domain(request: pytest.FixtureRequest) -> Domain:
    return load_domain(request.param)


@pytest.fixture(scope="module")
def habits(domain: Domain) -> Habits:
    return survey(domain)


@pytest.fixture(scope="module")
def solved(domain: Domain, habits: Habits) -> dict[str, Trajectory]:
    """Each task of the domain, solved as the policy wants."""
    solver = Solver(domain, habits)
    return {task.task_id: asyncio.run(solver.solve(task)) for task in domain.tasks}


def kinds(domain: Domain) -> Counter[str]:
    return Counter(domain.tool(name).kind for name in domain.tool_names)  # type: ignore[union-attr]


def test_it_is_large_enough_for_thousands_of_tasks_and_small_enough_to_ship(domain: Domain) -> None:
    graph = Graph(domain)
    assert len(domain.base.tables[graph.owner or ""]) >= 200
    assert sum(map(len, graph.owned.values())) >= 500
    assert kinds(domain)["read"] >= 8 and kinds(domain)["write"] >= 8
    assert len(domain.rules) >= 20
    assert (domain.folder / "state.json").stat().st_size < 400_000


def test_the_state_is_made_again_byte_for_byte(domain: Domain) -> None:
    spec = importlib.util.spec_from_file_location(f"{domain.name}_state", domain.folder / "make_state.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.as_text(module.make_state()).encode() == (domain.folder / "state.json").read_bytes()


def test_ids_repeat_the_key_and_references_lead_somewhere(domain: Domain) -> None:
    graph = Graph(domain)
    for table, records in domain.base.tables.items():
        for key, record in records.items():
            assert record[graph.keys[table] or ""] == key
            for other, field in graph.keys.items():
                if record.get(field) is not None and domain.base.tables[other]:
                    assert record[field] in domain.base.tables[other]


def test_tools_and_policy_leave_room_for_the_conversation(domain: Domain) -> None:
    text = json.dumps([bare(tool) for tool in domain.tools]) + domain.policy
    assert len(re.findall(r"[A-Za-z]+|\d|[^\sA-Za-z\d]+", text)) <= 2500  # about one token each
    assert 300 <= len(domain.policy.split()) <= 480
    records = [record for table in domain.base.tables.values() for record in table.values()]
    assert max(len(json.dumps(record)) for record in records) <= 600


def test_the_wording_covers_every_write_tool_and_names_real_arguments(domain: Domain) -> None:
    wording, owner_key = domain.wording, Graph(domain).owner_key
    for name in domain.tool_names:
        tool = domain.tool(name)
        assert tool is not None
        arguments = set(tool.parameters["properties"])
        if tool.kind == "write":
            assert len(wording.ask(name)) >= 4
            needed = set(tool.parameters["required"]) - {owner_key}
            assert needed <= set(slots(wording.tools[name].confirm or ""))
            assert all(set(slots(template)) <= arguments - {owner_key} for template in wording.ask(name))
        assert all(set(slots(t)) <= arguments for ts in wording.questions.get(name, {}).values() for t in ts)
        assert set(wording.questions.get(name, ())) == set(wording.answers.get(name, ()))
    assert set(wording.tools) | set(wording.questions) <= set(domain.tool_names)


def test_what_an_agent_says_has_no_open_slot(domain: Domain, solved: dict[str, Trajectory]) -> None:
    templates = [text or "" for words in domain.wording.tools.values() for text in (words.confirm, words.done)]
    open_slots = {(name, name.replace("_", " ")) for t in templates for name in slots(t) if "_" in name}
    names = [spaced for _, spaced in open_slots if not any(spaced in template for template in templates)]
    said = [m.content or "" for t in solved.values() for m in t.messages if m.role == "assistant"]
    for rule in domain.rules:  # refusals quote them
        said = [text.replace(rule.sentence, "") for text in said]
    assert names
    assert not [text for text in said for name in names if name in text and not text.startswith("I'm sorry")]


def test_there_are_enough_tasks_written_by_hand_of_every_sort(domain: Domain) -> None:
    tasks = domain.tasks
    assert len(tasks) >= 25
    assert len({task.task_id for task in tasks}) == len({task.instruction for task in tasks}) == len(tasks)
    assert {task.split for task in tasks} == {"test"}
    assert {task.domain for task in tasks} == {domain.name}
    done = {action.name for task in tasks for action in task.actions}
    assert done == {name for name in domain.tool_names if domain.tool(name).kind == "write"}  # type: ignore[union-attr]
    assert sum(not task.actions for task in tasks) >= 8
    assert sum(len(task.actions) > 1 or len((task.script or {})["goals"]) > 1 for task in tasks) >= 8


def test_every_task_is_solved_and_keeps_every_rule(domain: Domain, solved: dict[str, Trajectory]) -> None:
    for task in domain.tasks:
        row = solved[task.task_id]
        assert (row.reward, row.verdict.failures) == (1, []), task.task_id
        calls = [call.function for message in row.messages for call in message.tool_calls or ()]
        written = [(c.name, c.arguments) for c in calls if domain.tool(c.name).kind == "write"]  # type: ignore[union-attr]
        assert [w for w in written if w in [(a.name, a.arguments) for a in task.actions]] == [
            (action.name, action.arguments) for action in task.actions
        ]


def test_each_task_can_be_solved_in_the_held_out_words_too(domain: Domain, habits: Habits) -> None:
    solver = Solver(domain, habits, held_out=True)
    for task in domain.tasks:
        row = asyncio.run(solver.solve(task))
        assert (row.reward, row.verdict.failures) == (1, []), task.task_id


def test_what_has_to_be_said_comes_from_a_tool_or_is_the_reason_of_a_refusal(
    domain: Domain, solved: dict[str, Trajectory]
) -> None:
    sentences = " ".join(rule.sentence for rule in domain.rules)
    for task in domain.tasks:
        results = " ".join(m.content or "" for m in solved[task.task_id].messages if m.role == "tool")
        for output in task.outputs:
            assert output in results or output in sentences, (task.task_id, output)


def test_doing_nothing_gets_no_credit(domain: Domain) -> None:
    for task in domain.tasks:
        assert task.actions or task.outputs
        user = ScriptedUser(task, domain, seed=0)
        assert asyncio.run(run_episode(DoNothingAgent(), user, domain, task, seed=0)).reward == 0, task.task_id


def test_the_tasks_people_are_none_that_training_tasks_are_drawn_for(domain: Domain) -> None:
    graph = Graph(domain)
    people = {tuple(r[n] for n in names): key for _, names in graph.identify for key, r in _owners(graph).items()}
    for task in domain.tasks:
        facts = tuple((task.script or {})["facts"].values())
        assert not facts or graph.split_of(people[facts]) == "test", task.task_id


def _owners(graph: Graph) -> dict[str, dict[str, str]]:
    return graph.tables[graph.owner or ""]


def test_the_scripted_teacher_uses_every_tool_of_it(domain: Domain, tmp_path: Path) -> None:
    summary = generate_multi(domain, tmp_path, tasks=300, test_tasks=0, seed=1)
    tasks = load_tasks(tmp_path / "tasks-train.jsonl")
    assert summary.train == len(tasks) == 300
    assert not summary.unused_tools
    assert sum(summary.rejected.values()) <= 60
    done = Counter(action.name for task in tasks for action in task.actions)
    assert set(done) == {name for name in domain.tool_names if domain.tool(name).kind == "write"}  # type: ignore[union-attr]
    rows = [Trajectory.model_validate_json(line) for line in (tmp_path / "trajectories.jsonl").open()]
    called = {call.function.name for row in rows for m in row.messages for call in m.tool_calls or ()}
    assert called == set(domain.tool_names)
    assert all(row.reward == 1 for row in rows)


def test_what_needs_no_identification_is_what_the_policy_says(domain: Domain, habits: Habits) -> None:
    public = {"airline": {"get_departure", "search_departures"}, "clinic": {"find_slots"}}[domain.name]
    finders = {tool for tool, _ in Graph(domain).identify}
    assert set(domain.tool_names) - habits.identified - finders == public
    assert habits.confirmed == {name for name in domain.tool_names if domain.tool(name).kind == "write"}  # type: ignore[union-attr]
    assert (
        habits.prepared
        == {
            "airline": {"move_booking": ["quote_move"], "cancel_booking": ["quote_refund"]},
            "clinic": {"book_visit": ["estimate_share"], "renew_prescription": ["estimate_supply"]},
        }[domain.name]
    )
