from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lamforge.domains import Domain, Task, load_domain, load_tasks, write_template
from lamforge.engines.endpoint import EndpointModel
from lamforge.errors import DataError, EngineError, GenerationError, OutputError, UsageError
from lamforge.generate import generate_multi, load_roles
from lamforge.journal import Journal
from lamforge.messages import Trajectory
from lamforge.simulate import verify

FILES = ("tasks-train.jsonl", "tasks-test.jsonl", "trajectories.jsonl", "rejected.jsonl", "run.json")


def _generate(domain: Domain, out: Path, tasks: int = 60, test_tasks: int = 15, seed: int = 1) -> Any:
    return generate_multi(domain, out, tasks=tasks, test_tasks=test_tasks, seed=seed)


def _bytes(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def run(library: Domain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run over the library."""
    out = tmp_path_factory.mktemp("library-run")
    _generate(library, out)
    return out


@pytest.fixture(scope="module")
def tasks(run: Path) -> list[Task]:
    return load_tasks(run / "tasks-train.jsonl") + load_tasks(run / "tasks-test.jsonl")


@pytest.fixture(scope="module")
def trajectories(run: Path) -> list[Trajectory]:
    return [Trajectory.model_validate_json(line) for line in (run / "trajectories.jsonl").open()]


def test_it_makes_as_many_tasks_as_asked_in_every_shape(tasks: list[Task]) -> None:
    assert [task.split for task in tasks] == ["train"] * 60 + ["test"] * 15
    assert len({task.task_id for task in tasks}) == 75
    shapes = {task.provenance["shape"] for task in tasks}
    assert {"information", "action", "actions", "missing", "refusal", "change", "recovery", "mixed"} <= shapes
    assert {"unserved", "small_talk", "withdrawal", "parallel"} <= shapes
    assert not {"transfer", "search"} & shapes  # the library has no tool for them
    assert {task.provenance["teacher"] for task in tasks} == {"scripted"}


def test_training_and_held_out_tasks_share_no_member(library: Domain, tasks: list[Task]) -> None:
    cards = {record["card_number"]: key for key, record in library.base.tables["members"].items()}

    def members(split: str) -> set[str]:
        facts = [task.script["facts"] for task in tasks if task.split == split and task.script]
        return {cards[fact["card_number"]] for fact in facts}

    assert members("train") and members("test")
    assert not members("train") & members("test")


def test_every_kept_conversation_replays_to_its_verdict_in_a_fresh_process(run: Path, tasks: list[Task]) -> None:
    script = (
        "import sys, json\n"
        "from pathlib import Path\n"
        "from lamforge.domains import load_domain, load_tasks\n"
        "from lamforge.messages import Trajectory\n"
        "from lamforge.simulate import verify\n"
        "domain = load_domain(sys.argv[1]); out = Path(sys.argv[2])\n"
        "tasks = {task.task_id: task for task in load_tasks(out / 'tasks-train.jsonl')}\n"
        "rows = [Trajectory.model_validate_json(line) for line in (out / 'trajectories.jsonl').open()]\n"
        "assert all(verify(row.messages, tasks[row.task_id], domain) == row.verdict for row in rows)\n"
        "print(len(rows))\n"
    )
    library_folder = Path(__file__).parents[1] / "library"
    done = subprocess.run([sys.executable, "-c", script, str(library_folder), str(run)], capture_output=True, text=True)
    assert done.stdout.strip() == "60", done.stderr


def test_every_kept_conversation_is_right_in_every_respect(trajectories: list[Trajectory]) -> None:
    for trajectory in trajectories:
        assert trajectory.reward == 1
        assert trajectory.ended == "stop"
        assert trajectory.verdict.model_dump(exclude={"failures"}) == dict.fromkeys(
            ("format", "execution", "policy", "state", "outputs"), True
        )


def test_tasks_that_change_something_do(tasks: list[Task], trajectories: list[Trajectory]) -> None:
    by_id = {task.task_id: task for task in tasks}
    for trajectory in trajectories:
        assert bool(trajectory.state_diff) == bool(by_id[trajectory.task_id].actions)


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(library: Domain, run: Path, tmp_path: Path) -> None:
    _generate(library, tmp_path / "again")
    assert _bytes(tmp_path / "again") == _bytes(run)
    _generate(library, tmp_path / "other", seed=2)
    assert (tmp_path / "other" / "tasks-train.jsonl").read_bytes() != (run / "tasks-train.jsonl").read_bytes()


def test_the_hash_seed_of_python_does_not_matter(run: Path, tmp_path: Path) -> None:
    library_folder = Path(__file__).parents[1] / "library"
    command = [sys.executable, "-m", "lamforge", "generate", "multi", "--domain", str(library_folder), "--tasks", "60"]
    command += ["--test-tasks", "15", "--seed", "1", "--out", str(tmp_path / "run")]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "77"})
    assert _bytes(tmp_path / "run") == _bytes(run)


def test_a_killed_run_goes_on_to_the_same_bytes(library: Domain, tmp_path: Path) -> None:
    _generate(library, tmp_path / "whole", tasks=250)
    library_folder = Path(__file__).parents[1] / "library"
    command = [sys.executable, "-m", "lamforge", "generate", "multi", "--domain", str(library_folder), "--tasks", "250"]
    command += ["--test-tasks", "15", "--seed", "1", "--out", str(tmp_path / "killed")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = tmp_path / "killed" / "journal.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.stat().st_size > 100_000) and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert journal.exists(), "the run ended before it was killed"
    _generate(library, tmp_path / "killed", tasks=250)
    assert _bytes(tmp_path / "killed") == _bytes(tmp_path / "whole")
    assert not journal.exists()


def test_a_run_that_has_used_up_a_domain_goes_on_to_the_same_bytes(
    library_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lamforge.generate.scripted.DRAWS_PER_TASK", 3)
    path = library_copy / "state.json"
    state = json.loads(path.read_text())
    kept = list(state["members"])[:8]
    state["members"] = {key: state["members"][key] for key in kept}
    state["loans"] = {key: loan for key, loan in state["loans"].items() if loan["member_id"] in kept}
    path.write_text(json.dumps(state))
    small = load_domain(library_copy)

    def stop(done: int, total: int, note: str) -> None:
        if done >= total - 6:
            raise KeyboardInterrupt

    whole = _generate(small, tmp_path / "whole", tasks=400, test_tasks=10)
    assert 0 < whole.train < 400 and 0 < whole.test <= 10
    with pytest.raises(KeyboardInterrupt):
        generate_multi(small, tmp_path / "stopped", tasks=400, test_tasks=10, seed=1, progress=stop)
    _generate(small, tmp_path / "stopped", tasks=400, test_tasks=10)
    assert _bytes(tmp_path / "stopped") == _bytes(tmp_path / "whole")


def test_a_finished_run_is_not_made_again(library: Domain, run: Path) -> None:
    before = {name: (run / name).stat().st_mtime_ns for name in FILES}
    summary = _generate(library, run)
    assert summary.train == 60
    assert {name: (run / name).stat().st_mtime_ns for name in FILES} == before


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_finished_run_that_was_changed_since_is_refused(
    library: Domain, run: Path, tmp_path: Path, harm: str
) -> None:
    out = shutil.copytree(run, tmp_path / "run")
    if harm == "missing":
        (out / "trajectories.jsonl").unlink()
    else:
        with (out / "trajectories.jsonl").open("a") as file:
            file.write("{}\n")
    with pytest.raises(DataError, match="is not as the run wrote it") as caught:
        _generate(library, out)
    assert "trajectories.jsonl" in str(caught.value)


def test_another_run_in_the_same_folder_is_refused(library: Domain, run: Path) -> None:
    with pytest.raises(UsageError, match="different seed"):
        _generate(library, run, seed=5)


def test_a_run_that_could_not_begin_leaves_its_folder_to_another(
    library: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = load_roles(None, ["agent.engine=http://127.0.0.1:9/v1"])
    closed: list[EndpointModel] = []
    monkeypatch.setattr(EndpointModel, "aclose", lambda self: asyncio.sleep(0, closed.append(self)))
    with pytest.raises(EngineError, match="cannot be reached"):
        generate_multi(library, tmp_path / "run", tasks=5, test_tasks=1, roles=nobody)
    assert len(closed) == 1
    made = _generate(library, tmp_path / "run", tasks=5, test_tasks=1)
    assert made.train == 5


def test_a_run_that_has_made_something_or_is_at_it_keeps_its_folder(library: Domain, tmp_path: Path) -> None:
    def stop(done: int, total: int, note: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_multi(library, tmp_path / "run", tasks=5, test_tasks=1, seed=1, progress=stop)
    with pytest.raises(UsageError, match="different seed"):
        _generate(library, tmp_path / "run", tasks=5, test_tasks=1, seed=2)
    (tmp_path / "run" / "journal.jsonl").write_bytes(b"")
    with Journal(tmp_path / "run" / "journal.jsonl"), pytest.raises(OutputError, match="another process"):
        _generate(library, tmp_path / "run", tasks=5, test_tasks=1, seed=2)


def test_a_folder_with_something_else_called_run_json_is_refused(library: Domain, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(DataError, match="not the manifest"):
        _generate(library, tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(library: Domain, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be created"):
        _generate(library, tmp_path / "file" / "run")


def test_a_small_domain_gives_what_it_has(library_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = json.loads((library_copy / "state.json").read_text())
    state["members"] = {"M3": state["members"]["M3"]}
    state["loans"] = {}
    (library_copy / "state.json").write_text(json.dumps(state))
    monkeypatch.setattr("lamforge.generate.scripted.DRAWS_PER_TASK", 3)
    summary = _generate(load_domain(library_copy), tmp_path / "run", tasks=400, test_tasks=0)
    assert 0 < summary.train < 400
    assert len(load_tasks(tmp_path / "run" / "tasks-train.jsonl")) == summary.train


def test_a_domain_whose_arguments_nothing_feeds_is_refused_with_the_reason(library_copy: Path, tmp_path: Path) -> None:
    (library_copy / "rules.py").unlink()
    (library_copy / "tools.py").write_text(
        "from lamforge.domains import State, tool\n\n\n"
        '@tool(kind="write")\ndef paint(state: State, colour: str) -> str:\n    """Paint it."""\n    return colour\n'
    )
    with pytest.raises(GenerationError, match="colour"):
        _generate(load_domain(library_copy), tmp_path / "run")


def test_the_starter_domain_makes_tasks_without_knowing_it(tmp_path: Path) -> None:
    write_template(tmp_path / "mine")
    domain = load_domain(tmp_path / "mine")
    summary = generate_multi(domain, tmp_path / "run", tasks=60, test_tasks=10, seed=1)
    assert (summary.train, summary.test) == (60, 10)
    assert not summary.unused_tools


def test_a_domain_without_rules_owner_or_wording_works_from_names_alone(library_copy: Path, tmp_path: Path) -> None:
    (library_copy / "rules.py").unlink()
    (library_copy / "domain.yaml").write_text("name: bare\ndescription: nothing but names\n")
    domain = load_domain(library_copy)
    generate_multi(domain, tmp_path / "run", tasks=30, test_tasks=5, seed=1)
    row = Trajectory.model_validate_json((tmp_path / "run" / "trajectories.jsonl").open().readline())
    tasks = {task.task_id: task for task in load_tasks(tmp_path / "run" / "tasks-train.jsonl")}
    assert verify(row.messages, tasks[row.task_id], domain) == row.verdict


def test_without_owners_no_held_out_task_wants_what_a_training_task_wants(tmp_path: Path) -> None:
    folder = tmp_path / "lamps"
    folder.mkdir()
    (folder / "domain.yaml").write_text("name: lamps\ndescription: Lamps to switch.\n")
    (folder / "policy.md").write_text("Switch the lamps as you are asked.")
    lamps = {f"L{n}": {"lamp_id": f"L{n}", "level": n} for n in range(12)}
    (folder / "state.json").write_text(json.dumps({"lamps": lamps}))
    (folder / "tools.py").write_text(
        "from lamforge.domains import State, tool\n\n\n"
        '@tool(kind="write")\ndef dim(state: State, lamp_id: str, new_level: int) -> str:\n    """Dim a lamp."""\n'
        '    state["lamps"][lamp_id]["level"] = new_level\n    return "done"\n'
    )
    generate_multi(load_domain(folder), tmp_path / "run", tasks=60, test_tasks=20, seed=1)
    wants = {
        split: {
            json.dumps([[(g["tool"], g["arguments"], g["question"]) for g in task.script["goals"]], task.outputs])
            for task in load_tasks(tmp_path / "run" / f"tasks-{split}.jsonl")
        }
        for split in ("train", "test")
    }
    assert wants["test"]
    assert not wants["train"] & wants["test"]
