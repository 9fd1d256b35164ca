from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from lamforge.domains import Domain, Task, load_domain, load_tasks
from lamforge.domains.speech import is_identifier
from lamforge.errors import UsageError
from lamforge.generate import generate_multi
from lamforge.generate.roles import load_roles
from lamforge.generate.shapes import SHAPES, transfers
from lamforge.messages import Trajectory

Pair = tuple[Task, Trajectory]


@pytest.fixture(scope="module")
def by_shape(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Pair]]:
    """Tasks of the clinic with their conversations."""
    out = tmp_path_factory.mktemp("clinic-run")
    generate_multi(load_domain("clinic"), out, tasks=260, test_tasks=0, seed=3)
    talks = [Trajectory.model_validate_json(line) for line in (out / "trajectories.jsonl").open()]
    found = defaultdict(list)
    for task, talk in zip(load_tasks(out / "tasks-train.jsonl"), talks, strict=True):
        found[task.provenance["shape"]].append((task, talk))
    return found


def _said(talk: Trajectory, role: str) -> str:
    return " ".join(m.content or "" for m in talk.messages if m.role == role).lower()


def test_every_shape_is_made_and_the_basic_ones_are_most(by_shape: dict[str, list[Pair]]) -> None:
    assert set(by_shape) == set(SHAPES)
    rare = sum(len(by_shape[shape]) for shape in SHAPES if SHAPES[shape] <= 5)
    assert rare < 0.4 * sum(map(len, by_shape.values()))


def test_doing_nothing_is_never_right(by_shape: dict[str, list[Pair]]) -> None:
    for pairs in by_shape.values():
        assert all(task.actions or task.outputs for task, _ in pairs)


def test_what_is_asked_for_at_once_is_looked_up_at_once(by_shape: dict[str, list[Pair]]) -> None:
    for _, talk in by_shape["parallel"]:
        assert max(len(message.tool_calls or ()) for message in talk.messages) > 1


def test_what_was_understood_is_said_before_anything_is_asked(by_shape: dict[str, list[Pair]]) -> None:
    for task, talk in by_shape["missing"]:
        assert task.script is not None
        goal = task.script["goals"][0]
        said = [message.content or "" for message in talk.messages if message.role != "system"]
        opening, answer = said[:2]
        if any(message.weight == 0 for message in talk.messages[:3]):
            continue  # misheard
        assert "you want to " in answer.lower()
        told = [value for name, value in goal["arguments"].items() if name not in goal["withheld"]]
        assert all(value in answer for value in told if is_identifier(value) and value in opening)


def test_what_the_user_gives_up_is_not_done(by_shape: dict[str, list[Pair]]) -> None:
    for task, talk in by_shape["withdrawal"]:
        assert task.script is not None
        given_up = {goal["tool"] for goal in task.script["goals"] if goal["withdrawn"]}
        called = {call.function.name for message in talk.messages for call in message.tool_calls or ()}
        assert given_up - {action.name for action in task.actions}
        assert not called & given_up - {action.name for action in task.actions}


def test_an_unknown_id_is_found_by_a_tool_and_never_told_by_the_user(by_shape: dict[str, list[Pair]]) -> None:
    for task, talk in by_shape["search"]:
        assert task.script is not None
        [goal] = task.script["goals"]
        assert goal["hints"]
        assert not goal["hints"].keys() & goal["arguments"].keys()
        assert any(hint.lower() in _said(talk, "user") for hint in goal["hints"].values())


def test_a_first_choice_that_a_tool_refuses_gives_way_to_the_second(by_shape: dict[str, list[Pair]]) -> None:
    for task, talk in by_shape["alternative"]:
        assert any((message.content or "").startswith("Error: ") for message in talk.messages if message.role == "tool")
        assert task.actions


def test_a_wish_that_no_tool_serves_is_declined_with_what_can_be_done(by_shape: dict[str, list[Pair]]) -> None:
    for _, talk in by_shape["unserved"]:
        assert any(word in _said(talk, "assistant") for word in ("can't", "can, for example", "i could"))


def test_tools_that_hand_over_to_a_person_are_known_by_their_words() -> None:
    for name, tool in (
        ("store", "hand_over_to_person"),
        ("airline", "transfer_to_colleague"),
        ("clinic", "transfer_to_nurse"),
    ):
        domain = load_domain(name)
        writes = [tool for tool in domain.tool_names if domain.tool(tool).kind == "write"]  # type: ignore[union-attr]
        assert transfers(domain, writes) == [tool]


def test_only_shapes_that_are_wanted_are_made(library: Domain, tmp_path: Path) -> None:
    roles = load_roles(None, ["shapes.action=3", "shapes.missing=1"])
    generate_multi(library, tmp_path / "run", tasks=12, test_tasks=4, roles=roles)
    tasks = [*load_tasks(tmp_path / "run" / "tasks-train.jsonl"), *load_tasks(tmp_path / "run" / "tasks-test.jsonl")]
    assert {task.provenance["shape"] for task in tasks} == {"action", "missing"}
    with pytest.raises(UsageError, match="no shape 'acton'"):
        generate_multi(library, tmp_path / "other", tasks=1, test_tasks=0, roles=load_roles(None, ["shapes.acton=1"]))
