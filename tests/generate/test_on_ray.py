"""The same work on a Ray cluster of two nodes on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.generate.library_cast import reply
from tests.generate.test_directed import bytes_of, generate, misplayed, read_lines
from tests.stub_openai import StubServer

from lamforge.domains import Domain
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError, UsageError
from lamforge.generate import generate_multi

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster with two nodes."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_DEDUP_LOGS"] = "0"
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), path])
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    started.add_node(num_cpus=1)
    yield started.address
    ray.shutdown()
    started.shutdown()
    os.environ["PYTHONPATH"] = path


def test_models_on_two_nodes_make_what_they_make_here(cluster: str, library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "here", server, tasks=30)
        made = generate(library, tmp_path / "ray", server, tasks=30, ray=cluster)
    assert len(ray.nodes()) == 2
    assert made.spent["agent"]["requests"] > 100
    here, there = bytes_of(tmp_path / "here"), bytes_of(tmp_path / "ray")
    assert here == there


def test_a_run_that_a_ceiling_stopped_goes_on_and_pays_nothing_twice(
    cluster: str, library: Domain, tmp_path: Path
) -> None:
    with StubServer(reply) as server:
        whole = generate(library, tmp_path / "whole", server, tasks=30)
        asked = server.counts.total()
        with pytest.raises(BudgetError):
            generate(library, tmp_path / "run", server, tasks=30, ray=cluster, budget=Budget(max_tokens=250_000))
        assert (tmp_path / "run" / "calls.jsonl").stat().st_size
        made = generate(library, tmp_path / "run", server, tasks=30, ray=cluster)
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")
    assert server.counts.total() < 2.05 * asked  # requests that were on their way when the ceiling was reached
    for role, spent in whole.spent.items():
        assert spent["prompt_tokens"] <= made.spent[role]["prompt_tokens"] < 1.05 * spent["prompt_tokens"]


def test_the_scripted_teacher_on_two_nodes_keeps_what_is_proven(cluster: str, library: Domain, tmp_path: Path) -> None:
    made = generate_multi(library, tmp_path / "ray", tasks=60, test_tasks=10, seed=1, ray=cluster)
    assert made.train > 40
    again = generate_multi(library, tmp_path / "again", tasks=60, test_tasks=10, seed=1, ray=cluster)
    assert (again.train, again.test) == (made.train, made.test)
    assert bytes_of(tmp_path / "ray") == bytes_of(tmp_path / "again")
    assert all(record["reward"] == 1 for record in read_lines(tmp_path / "ray" / "trajectories.jsonl"))


def test_a_split_in_which_nothing_passes_is_given_up(cluster: str, library: Domain, tmp_path: Path) -> None:
    silent = misplayed("You help members", lambda body: {"content": "I see."})
    roles = {"best_of": 1, "attempts": 1, "max_turns": 6, "recombined": 0}
    with StubServer(silent) as server, pytest.raises(GenerationError, match="given up"):
        generate(library, tmp_path / "ray", server, tasks=25, ray=cluster, further=roles)
    assert json.loads((tmp_path / "ray" / "run.json").read_text())["status"] == "running"
    assert len(read_lines(tmp_path / "ray" / "tasks-test.jsonl")) > 1  # held-out tasks need no conversation


def test_a_cluster_that_is_not_there_is_said(library: Domain, tmp_path: Path) -> None:
    ray.shutdown()
    with pytest.raises(UsageError, match="no Ray cluster"):
        generate_multi(library, tmp_path / "ray", tasks=5, test_tasks=0, ray="127.0.0.1:9")
