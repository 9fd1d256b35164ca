"""Users of training conversations say words that nobody knows; tasks and held-out ones stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamforge.domains import load_domain
from lamforge.generate import generate_multi
from lamforge.generate.roles import load_roles
from lamforge.messages import Trajectory

TASKS = 40


def made(out: Path, share: float) -> list[Trajectory]:
    roles = load_roles(overrides=[f"strange_words={share}", "mishears=0"])
    generate_multi(load_domain("store"), out, tasks=TASKS, test_tasks=5, seed=5, roles=roles)
    return [Trajectory.model_validate_json(line) for line in (out / "trajectories.jsonl").open(encoding="utf-8")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[float, list[Trajectory]]:
    folder = tmp_path_factory.mktemp("strange")
    return {share: made(folder / str(share), share) for share in (0.0, 0.5, 1.0)}


def test_as_many_conversations_as_asked_for_have_them_and_all_end_well(runs: dict[float, list[Trajectory]]) -> None:
    plain = [talk.messages for talk in runs[0.0]]
    assert all(talk.reward for talks in runs.values() for talk in talks)
    other = {share: sum(a != b.messages for a, b in zip(plain, talks, strict=True)) for share, talks in runs.items()}
    assert other[0.0] == 0 and TASKS / 4 < other[0.5] < 3 * TASKS / 4 and other[1.0] > 0.9 * TASKS


def test_the_tasks_are_the_same_with_them(
    runs: dict[float, list[Trajectory]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = next(tmp_path_factory.getbasetemp().glob("strange*"))
    for name in ("tasks-train.jsonl", "tasks-test.jsonl"):
        assert len({(folder / share / name).read_bytes() for share in ("0.0", "0.5", "1.0")}) == 1
