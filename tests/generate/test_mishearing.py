"""What the scripted teacher mishears is put right, and nobody learns it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamforge.domains import load_domain, load_tasks
from lamforge.domains.speech import asks_to_confirm, is_yes
from lamforge.domains.starter import write_template
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


def test_a_wrong_call_finds_nothing_and_a_wrong_summary_is_not_agreed_to(run: Path) -> None:
    seen = set()
    for talk in talks(run):
        for place, message in mistakes(talk):
            answer = talk.messages[place + 1]
            if message.tool_calls:
                assert answer.role == "tool" and (answer.content or "").startswith("Error: ")
            elif asks_to_confirm(message.content or ""):
                assert answer.role == "user" and not is_yes(answer.content or "")
            seen.add(bool(message.tool_calls) or asks_to_confirm(message.content or ""))
    assert seen == {False, True}  # a wish is said again before it is to be confirmed


def test_a_wrong_call_comes_again_with_what_the_user_told(run: Path) -> None:
    for task, talk in zip(load_tasks(run / "tasks-train.jsonl"), talks(run), strict=True):
        assert task.script is not None
        told = [*task.script["facts"].values(), *(v for g in task.script["goals"] for v in g["arguments"].values())]
        for place, message in mistakes(talk):
            for wrong in message.tool_calls or ():
                later = [call.function for m in talk.messages[place + 1 :] for call in m.tool_calls or ()]
                right = next(call for call in later if call.name == wrong.function.name)
                assert all(value in told for value in right.arguments.values())
                assert any(value not in told for value in wrong.function.arguments.values())


def test_who_does_not_know_a_number_is_not_asked_to_check_it(tmp_path: Path) -> None:
    roles = load_roles(overrides=["mishears=1", "shapes.search=1"])
    generate_multi(load_domain("airline"), tmp_path / "run", tasks=15, test_tasks=0, seed=5, roles=roles)
    made = talks(tmp_path / "run")
    assert any(map(mistakes, made))
    assert not any("check the" in (message.content or "") for talk in made for message in talk.messages)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of a domain that a user could have written."""
    return write_template(tmp_path / "own")[0].parent


def test_a_choice_of_yes_and_no_is_not_taken_from_the_question(own: Path, tmp_path: Path) -> None:
    for name in ("tools.py", "wording.yaml", "wording-held-out.yaml"):
        text = (own / name).read_text()
        keyed = text.replace("    recovered:", '    "yes":').replace("    no time:", '    "no":')
        (own / name).write_text(keyed.replace('"recovered", "no time"', '"yes", "no"'))
    roles = load_roles(overrides=["mishears=1", "shapes.action=1"])
    generate_multi(load_domain(own), tmp_path / "run", tasks=20, test_tasks=0, seed=5, roles=roles)
    for talk in talks(tmp_path / "run"):
        for place, message in mistakes(talk):
            if asks_to_confirm(message.content or ""):
                assert not is_yes(talk.messages[place + 1].content or "")


def test_a_tool_that_breaks_on_other_names_or_refuses_them_costs_no_task(own: Path, tmp_path: Path) -> None:
    tools = (own / "tools.py").read_text()
    pattern = 'Annotated[str, Field(pattern=r"^\\w+ \\w+$")]'
    variants = {
        "plain": tools,
        "fragile": tools.replace("    for patient in", '    first, last = name.split(" ")\n    for patient in', 1),
        "strict": "from typing import Annotated\nfrom pydantic import Field\n"
        + tools.replace("name: str, birth", f"name: {pattern}, birth", 1),
    }
    for name, text in variants.items():
        (own / "tools.py").write_text(text)
        roles = load_roles(overrides=["mishears=1"])
        generate_multi(load_domain(own), tmp_path / name, tasks=25, test_tasks=0, seed=5, roles=roles)
        assert len(talks(tmp_path / name)) == 25
        assert not (tmp_path / name / "rejected.jsonl").read_text()


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
