"""Users of training conversations say words that nobody knows; tasks and held-out ones stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lamforge.domains import load_domain
from lamforge.generate import generate_multi, playing
from lamforge.generate.roles import load_roles
from lamforge.messages import Trajectory

TASKS = 40


def made(out: Path, share: float) -> list[Trajectory]:
    roles = load_roles(overrides=[f"strange_words={share}", "mishears=0"])
    generate_multi(load_domain("store"), out, tasks=TASKS, test_tasks=5, seed=5, roles=roles)
    return [Trajectory.model_validate_json(line) for line in (out / "trajectories.jsonl").open(encoding="utf-8")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strange")


@pytest.fixture(scope="module")
def runs(folder: Path) -> Iterator[dict[float, list[Trajectory]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playing, "coined", lambda rng: "zorvek")
        yield {share: made(folder / str(share), share) for share in (0.0, 0.5, 1.0)}


def strange(talk: Trajectory) -> bool:
    return any("zorvek" in (message.content or "").lower() for message in talk.messages)


def test_as_many_conversations_as_asked_for_have_them_and_all_end_well(runs: dict[float, list[Trajectory]]) -> None:
    assert all(talk.reward for talks in runs.values() for talk in talks)
    found = {share: sum(map(strange, talks)) for share, talks in runs.items()}
    assert found[0.0] == 0 and TASKS / 5 < found[0.5] < 3 * TASKS / 4 and found[1.0] > 0.8 * TASKS


@pytest.mark.usefixtures("runs")
def test_the_tasks_are_the_same_with_them(folder: Path) -> None:
    for name in ("tasks-train.jsonl", "tasks-test.jsonl"):
        assert len({(folder / share / name).read_bytes() for share in ("0.0", "0.5", "1.0")}) == 1
