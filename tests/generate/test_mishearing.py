"""What the scripted teacher mishears is put right, and nobody learns it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamforge.domains import load_domain, load_tasks
from lamforge.errors import UsageError
from lamforge.generate import generate_multi
from lamforge.generate.roles import load_roles
from lamforge.messages import Message, Trajectory

TASKS = 60


@pytest.fixture(scope="module", params=["store", "airline", "clinic"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp(request.param) / "run"
    roles = load_roles(overrides=["mishears=1"])
    generate_multi(load_domain(request.param), out, tasks=TASKS, test_tasks=0, seed=5, roles=roles)
    return out


def talks(out: Path) -> list[Trajectory]:
    return [Trajectory.model_validate_json(line) for line in (out / "trajectories.jsonl").open(encoding="utf-8")]


def mistakes(talk: Trajectory) -> list[tuple[int, Message]]:
    return [(place, message) for place, message in enumerate(talk.messages) if message.weight == 0]


def test_a_third_of_the_conversations_and_more_have_a_mistake_and_all_end_well(run: Path) -> None:
    made = talks(run)
    assert len(made) == TASKS and all(talk.reward for talk in made)
    assert sum(bool(mistakes(talk)) for talk in made) > TASKS / 3
    kinds = {bool(message.tool_calls) for talk in made for _, message in mistakes(talk)}
    assert kinds == {False, True}  # wishes, and numbers or names


def test_a_wrong_call_finds_nothing_and_a_wrong_summary_is_objected_to(run: Path) -> None:
    for talk in talks(run):
        for place, message in mistakes(talk):
            answer = talk.messages[place + 1]
            if message.tool_calls:
                assert answer.role == "tool" and (answer.content or "").startswith("Error: ")
            elif "?" in (message.content or "") and any(
                phrase in (message.content or "") for phrase in ("Shall I", "Should I", "Is that correct")
            ):
                assert answer.role == "user" and (answer.content or "").lower().startswith("no")


def test_the_right_call_comes_after_the_wrong_one(run: Path) -> None:
    for talk in talks(run):
        for place, message in mistakes(talk):
            for wrong in message.tool_calls or ():
                later = [call for m in talk.messages[place + 1 :] for call in m.tool_calls or ()]
                right = next(call for call in later if call.function.name == wrong.function.name)
                assert right.function.arguments != wrong.function.arguments


def test_nothing_is_misheard_where_that_is_not_wanted(tmp_path: Path) -> None:
    roles = load_roles(overrides=["mishears=0"])
    generate_multi(load_domain("store"), tmp_path / "run", tasks=20, test_tasks=0, seed=5, roles=roles)
    assert not any(mistakes(talk) for talk in talks(tmp_path / "run"))


def test_tasks_are_the_same_whatever_is_misheard(tmp_path: Path) -> None:
    for share in ("0", "1"):
        roles = load_roles(overrides=[f"mishears={share}"])
        generate_multi(load_domain("clinic"), tmp_path / share, tasks=40, test_tasks=5, seed=5, roles=roles)
    for name in ("tasks-train.jsonl", "tasks-test.jsonl"):
        with_none, with_all = (load_tasks(tmp_path / share / name) for share in ("0", "1"))
        assert with_none == with_all


def test_a_share_is_between_none_and_all() -> None:
    with pytest.raises(UsageError, match="mishears"):
        load_roles(overrides=["mishears=2"])
