"""Generation with models in every part, against a real HTTP server that plays them, well or badly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.generate.library_cast import STOP, reply
from tests.stub_openai import Faults, StubServer

from lamforge.domains import Domain, load_tasks
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError, IncompleteError, UsageError
from lamforge.generate import generate_multi, load_roles, merge_runs
from lamforge.generate.multi_files import FILES
from lamforge.generate.scripted import identities
from lamforge.journal import read_journal
from lamforge.messages import Trajectory
from lamforge.simulate import verify

Reply = Callable[[dict[str, Any]], dict[str, Any]]
LIBRARY = Path(__file__).parents[1] / "library"


def settings(url: str, **further: Any) -> list[str]:
    judges = json.dumps([{"engine": url, "silence": 0.5}] * 3)
    roles = [f"{role}.{key}" for role in ("generator", "user", "agent") for key in (f"engine={url}", "silence=0.5")]
    return [*roles, f"judges={judges}", *(f"{key}={value}" for key, value in further.items())]


def generate(domain: Domain, out: Path, server: StubServer, tasks: int = 24, **options: Any) -> Any:
    further = options.pop("further", {})
    roles = load_roles(None, settings(server.url, **further))
    return generate_multi(domain, out, tasks=tasks, test_tasks=6, seed=3, roles=roles, **options)


def bytes_of(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rejected(out: Path) -> list[dict[str, Any]]:
    return read_lines(out / "rejected.jsonl")


def misplayed(part: str, words: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
    """The cast with another answer to prompts that begin so."""

    def play(body: dict[str, Any]) -> dict[str, Any]:
        return words(body) if body["messages"][0]["content"].startswith(part) else reply(body)

    return play


def test_what_it_keeps_is_proven(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        made = generate(library, tmp_path / "run", server)
    tasks = {task.task_id: task for name in FILES[:2] for task in load_tasks(tmp_path / "run" / name)}
    lines = (tmp_path / "run" / "trajectories.jsonl").read_text().splitlines()
    trajectories = [Trajectory.model_validate_json(line) for line in lines]
    assert made.train >= 10
    assert made.shapes["recombined"] >= 2
    assert len(trajectories) == made.trajectories >= made.train
    for trajectory in trajectories:
        assert verify(trajectory.messages, tasks[trajectory.task_id], library) == trajectory.verdict
        assert trajectory.reward == 1
    task = next(iter(tasks.values()))
    assert task.provenance["teacher"] == "model"
    assert len(task.provenance["reviews"]) == 3
    assert task.provenance["prompts"]["judge"]
    assert task.provenance["models"]["agent"]["name"] == "stub"
    assert all(each["reason"] and each["stage"] for each in rejected(tmp_path / "run"))


def test_a_run_that_is_killed_goes_on_to_the_same_bytes_and_pays_nothing_twice(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        paid = generate(library, tmp_path / "whole", server).spent
        whole, server.tokens = server.tokens, 0
        script = (
            "import sys\nfrom pathlib import Path\nfrom tests.generate.test_directed import *\n"
            "from lamforge.domains import load_domain\n"
            "server = type('There', (), {'url': sys.argv[1]})\n"
            "generate(load_domain(LIBRARY), Path(sys.argv[2]), server)\n"
        )
        command = [sys.executable, "-c", script, server.url, str(tmp_path / "killed")]
        server.latency = 0.05
        path = os.pathsep.join([".", os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(command, cwd=LIBRARY.parents[1], env={**os.environ, "PYTHONPATH": path})
        journal = tmp_path / "killed" / "journal.jsonl"
        while not (journal.exists() and journal.stat().st_size):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        server.latency = 0.0
        known = len(list(read_journal(journal)))
        resumed = generate(library, tmp_path / "killed", server).spent
    assert 0 < known < 30
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    assert server.tokens < 1.1 * whole  # what was on its way when it was killed is asked for again
    for role, each in resumed.items():  # what the killed process has paid for is in the bill
        assert answered(each) == answered(paid[role])


def answered(spent: dict[str, Any]) -> tuple[int, int]:
    """(requests, tokens) of the answers that came to an end: on a busy machine some are asked for again."""
    tokens = spent["prompt_tokens"] + spent["completion_tokens"] - spent["wasted_tokens"]
    return spent["requests"] - spent["retries"], tokens


def test_a_task_that_is_like_another_is_drawn_again(library: Domain, tmp_path: Path) -> None:
    further = {"best_of": 1, "attempts": 1}
    with StubServer(reply) as server:
        made = generate(library, tmp_path / "run", server, further=further)
    assert made.rejected["duplicate"] > 3
    assert made.made > 26
    tasks = [task.as_dict() for name in FILES[:2] for task in load_tasks(tmp_path / "run" / name)]
    assert len({name for task in tasks for name in identities(task)}) == 2 * len(tasks) == 2 * made.made


@pytest.mark.timeout(900)  # four minutes of work: 500 tasks, twice
def test_500_tasks_survive_a_server_that_fails_often(library: Domain, tmp_path: Path) -> None:
    further = {"best_of": 1, "attempts": 1, "in_flight": 128}
    with StubServer(reply) as server:
        generate(library, tmp_path / "clean", server, tasks=500, further=further)
        clean = server.tokens
        server.faults = Faults(busy=0.05, malformed=0.02, hang=0.01, reset=0.01)
        made = generate(library, tmp_path / "run", server, tasks=500, further=further)
    assert min(server.counts[fault] for fault in ("busy", "malformed", "hang", "reset")) > 10
    assert sum(len(read_lines(tmp_path / "run" / name)) for name in FILES[:2]) == made.made > 100
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "clean")
    assert server.tokens - clean < 1.3 * clean


def test_a_server_that_fails_often_changes_nothing(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "clean", server)
        server.faults = Faults(busy=0.05, malformed=0.05, hang=0.01, reset=0.05)
        generate(library, tmp_path / "run", server)
    assert bytes_of(tmp_path / "run").items() == bytes_of(tmp_path / "clean").items()


def test_a_ceiling_ends_the_run_and_a_higher_one_goes_on(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "whole", server)
        with pytest.raises(BudgetError):
            generate(library, tmp_path / "run", server, budget=Budget(max_tokens=150_000), further={"in_flight": 4})
        assert (tmp_path / "run" / "trajectories.jsonl").stat().st_size  # what was made by then
        with pytest.raises(UsageError):
            generate(library, tmp_path / "run", server)  # other roles
        generate(library, tmp_path / "run", server, further={"in_flight": 4})
    assert bytes_of(tmp_path / "run").keys() == bytes_of(tmp_path / "whole").keys()
    assert [len(x) for x in bytes_of(tmp_path / "run").values()] == [
        len(x) for x in bytes_of(tmp_path / "whole").values()
    ]


def test_judges_that_return_rubbish_reject_everything_and_the_run_ends(library: Domain, tmp_path: Path) -> None:
    rubbish = misplayed("You review a task", lambda body: {"content": "Looks good to me!"})
    with StubServer(rubbish) as server, pytest.raises(GenerationError, match="unreadable review"):
        generate(library, tmp_path / "run", server, tasks=60)


def test_a_minority_of_bad_judges_is_outvoted(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as good, StubServer(lambda body: {"content": "rubbish"}) as bad:
        judges = json.dumps([{"engine": good.url}, {"engine": bad.url}, {"engine": good.url}])
        roles = load_roles(None, [*settings(good.url), f"judges={judges}"])
        made = generate_multi(library, tmp_path / "run", tasks=8, test_tasks=0, seed=3, roles=roles)
    assert made.train >= 4


def test_a_generator_that_always_fails_ends_the_run(library: Domain, tmp_path: Path) -> None:
    fails = misplayed("You write one task", lambda body: {"content": "I cannot help with that."})
    with StubServer(fails) as server, pytest.raises(GenerationError, match="format: unreadable"):
        generate(library, tmp_path / "run", server, tasks=60)


@pytest.mark.parametrize(
    ("part", "reason"), [("You write one task", "format: unreadable"), ("You review a task", "unreadable review")]
)
def test_a_short_run_in_which_nothing_passes_fails_each_time_it_is_asked_for(
    library: Domain, tmp_path: Path, part: str, reason: str
) -> None:
    with StubServer(misplayed(part, lambda body: {"content": "Fine."})) as server:
        for _ in range(2):
            with pytest.raises(GenerationError, match=reason):
                generate(library, tmp_path / "run", server, tasks=4)
    assert rejected(tmp_path / "run")  # for whoever looks for the cause


def test_an_agent_that_never_stops_and_a_user_who_never_leaves_are_stopped(library: Domain, tmp_path: Path) -> None:
    def endless(body: dict[str, Any]) -> dict[str, Any]:
        answer = reply(body)
        return {"content": "And another thing."} if answer["content"] == STOP else answer

    further = {"max_turns": 12, "best_of": 1, "attempts": 1, "recombined": 0}
    with StubServer(endless) as server, pytest.raises(GenerationError, match="max_turns"):
        generate(library, tmp_path / "run", server, tasks=60, further=further)


def test_mistakes_of_the_user_are_counted_apart(library: Domain, tmp_path: Path) -> None:
    def inventing(body: dict[str, Any]) -> dict[str, Any]:
        said = reply(body)["content"] or ""
        return {"content": f"{said} My parcel is X-4711."} if "like to renew" in said else reply(body)

    further = {"best_of": 1, "attempts": 1}
    with StubServer(inventing) as server:
        generate(library, tmp_path / "run", server, further=further)
    faults = [each for each in rejected(tmp_path / "run") if each["stage"] == "simulator"]
    assert faults
    assert all(each["reason"] == "simulator: invented" for each in faults)
    assert faults[0]["faults"][0]["detail"] == "X-4711"


def test_a_user_that_falls_silent_is_at_fault(library: Domain, tmp_path: Path) -> None:
    def silent(body: dict[str, Any]) -> dict[str, Any]:
        answer = reply(body)
        return {"content": " "} if answer["content"] == "Yes, please." else answer

    further = {"best_of": 2, "attempts": 1, "recombined": 0}
    with StubServer(silent) as server, pytest.raises(GenerationError, match="no task was made"):
        generate(library, tmp_path / "run", server, tasks=4, further=further)
    faults = [fault for each in rejected(tmp_path / "run") for fault in each.get("faults", ())]
    assert {"kind": "early_stop", "detail": "said nothing"} in faults


def test_engines_that_are_gone_leave_an_incomplete_run_that_can_go_on(
    library: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lamforge.engines.client._BACK_OFF", 0.001)
    monkeypatch.setattr("lamforge.engines.traffic._LONGEST", 0.001)
    down = False

    def sometimes(body: dict[str, Any]) -> dict[str, Any]:
        if down and "tools" in body:
            raise ConnectionError
        return reply(body)

    with StubServer(reply) as server:
        generate(library, tmp_path / "whole", server)
        server.reply, down = sometimes, True
        with pytest.raises((IncompleteError, GenerationError)):
            generate(library, tmp_path / "run", server)
        down = False
        generate(library, tmp_path / "run", server)
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")


def test_engines_that_go_while_it_runs_leave_what_was_made_in_the_files(
    library: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lamforge.engines.client._BACK_OFF", 0.001)
    monkeypatch.setattr("lamforge.engines.traffic._LONGEST", 0.001)
    left = 150

    def sometimes(body: dict[str, Any]) -> dict[str, Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise ConnectionError
        return reply(body)

    further = {"best_of": 1, "attempts": 1, "in_flight": 4}
    with StubServer(sometimes) as server, pytest.raises(IncompleteError, match="tasks have no result"):
        generate(library, tmp_path / "run", server, tasks=60, further=further)
    assert 0 < len(read_lines(tmp_path / "run" / "trajectories.jsonl")) < 60
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "running"


def test_shards_join_to_one_run_if_no_tasks_are_alike(library: Domain, tmp_path: Path) -> None:
    def moody(body: dict[str, Any]) -> dict[str, Any]:
        mood = f"You are in mood {body['seed']}. You want"
        return {"content": reply(body)["content"].replace("You want", mood)}

    further = {"best_of": 1, "attempts": 1}
    with StubServer(misplayed("You write one task", moody)) as server:
        whole = generate(library, tmp_path / "whole", server, tasks=130, further=further)
        for number in range(3):
            generate(library, tmp_path / f"{number}", server, tasks=130, shard=(number, 3), further=further)
    assert whole.shapes["recombined"] > 20
    with pytest.raises(UsageError, match="shards are missing: 2/3"):
        merge_runs([tmp_path / "0", tmp_path / "1"], tmp_path / "merged")
    merge_runs([tmp_path / str(number) for number in range(3)], tmp_path / "merged")
    assert bytes_of(tmp_path / "merged") == bytes_of(tmp_path / "whole")


def test_a_scripted_generator_and_user_with_a_model_as_agent(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        roles = load_roles(None, [f"agent.engine={server.url}", "attempts=1"])
        made = generate_multi(library, tmp_path / "run", tasks=10, test_tasks=0, seed=3, roles=roles)
    assert made.train >= 1
    assert set(made.spent) == {"agent"}
