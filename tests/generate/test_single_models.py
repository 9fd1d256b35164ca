"""`generate single` with models that write and judge, against a real HTTP server that plays them, well or badly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.generate.single_cast import reply, verdict
from tests.stub_openai import Faults, StubServer

from lamforge.domains import Domain
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError, IncompleteError
from lamforge.generate import Singles, Toolbox, generate_single, load_roles, merge_runs
from lamforge.generate.single.files import FILES
from lamforge.generate.single.judging import REASONS
from lamforge.journal import read_journal

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "tests" / "library"


def settings(url: str, judges: int = 3, **further: Any) -> list[str]:
    committee = json.dumps([{"engine": url, "silence": 0.5}] * judges)
    given = [f"generator.engine={url}", "generator.silence=0.5", f"judges={committee}"]
    return [*given, *(f"{key}={value}" for key, value in further.items())]


def generate(domain: Domain, out: Path, server: StubServer, items: int = 120, **options: Any) -> Singles:
    roles = load_roles(None, settings(server.url, **options.pop("further", {})))
    return generate_single(Toolbox([], domain), out, items=items, seed=5, roles=roles, **options)


def bytes_of(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def judged(words: str) -> Any:
    """The cast with judges who always say the same."""

    def play(body: dict[str, Any]) -> dict[str, Any]:
        return {"content": words} if body["messages"][0]["content"].startswith("You review") else reply(body)

    return play


def test_what_models_write_is_checked_executed_and_judged(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        made = generate(library, tmp_path / "run", server)
    items = lines(tmp_path / "run" / "items.jsonl")
    assert made.items == len(items) == made.judged
    assert 110 <= made.items <= 120
    assert set(made.table) == {*(item["style"] for item in items), "all"}
    provenance = items[0]["provenance"]
    assert provenance["generator"] == "model"
    assert provenance["checks"]["semantic"] == "3 of 3 judges"
    assert provenance["models"]["generator"]["name"] == "stub"
    assert set(provenance["prompts"]) == {"generator", "judge"}
    with_calls = [item for item in items if item["answers"]]
    assert made.executed == len(with_calls)
    assert all(item["provenance"]["checks"]["execution"] == "passed" for item in with_calls)
    rejected = lines(tmp_path / "run" / "rejected.jsonl")
    assert {each["reason"] for each in rejected} >= {"format: unknown function", "format: unknown argument"}
    assert all(each["stage"] and each["kind"] and each["detail"] for each in rejected)
    row = made.table["all"]
    assert row["verified"] == made.items
    assert row["format"] + row["execution"] + row["semantic"] + row["duplicate"] == len(rejected)
    assert row["pass_rate"] == pytest.approx(made.items / (made.items + len(rejected)), abs=1e-4)


def test_what_passed_is_shown_to_the_generator_in_later_rounds_of_its_strand(library: Domain, tmp_path: Path) -> None:
    shown: list[tuple[str, list[str]]] = []  # a prompt, and the queries of rounds that were complete when it came

    def listening(body: dict[str, Any]) -> dict[str, Any]:
        if (prompt := body["messages"][0]["content"]).startswith("You write"):
            records = read_journal(tmp_path / "run" / "journal.jsonl")
            shown.append((prompt, [each["item"]["query"] for record in records for each in record["items"]]))
        return reply(body)

    with StubServer(listening) as server:
        generate(library, tmp_path / "run", server, items=50)
    queries = [item["query"] for item in lines(tmp_path / "run" / "items.jsonl")]
    used = [[query for query in queries if query in prompt] for prompt, _ in shown]
    assert any(used)
    assert all(set(mine) <= set(known) for mine, (_, known) in zip(used, shown, strict=True))
    assert max(map(len, used)) <= 3


def test_a_run_that_is_killed_goes_on_to_the_same_bytes_and_pays_nothing_twice(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "whole", server)
        whole, server.tokens = server.tokens, 0
        script = (
            "import sys\nfrom pathlib import Path\nfrom tests.generate.test_single_models import *\n"
            "from lamforge.domains import load_domain\n"
            "server = type('There', (), {'url': sys.argv[1]})\n"
            "generate(load_domain(LIBRARY), Path(sys.argv[2]), server)\n"
        )
        command = [sys.executable, "-c", script, server.url, str(tmp_path / "killed")]
        server.latency = 0.05
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."})
        journal = tmp_path / "killed" / "journal.jsonl"
        while not (journal.exists() and journal.stat().st_size):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        server.latency = 0.0
        known = sum(len(record["items"]) for record in read_journal(journal))
        made = generate(library, tmp_path / "killed", server)
    assert 0 < known < made.items
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    assert server.tokens < 1.15 * whole  # what was on its way when it was killed is asked for again


def test_a_server_that_fails_often_changes_nothing(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "clean", server)
        server.faults = Faults(busy=0.05, malformed=0.05, hang=0.01, reset=0.05)
        generate(library, tmp_path / "run", server)
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "clean")


def test_shards_joined_are_the_whole(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "whole", server)
        for number in range(2):
            generate(library, tmp_path / str(number), server, shard=(number, 2))
    merged = merge_runs([tmp_path / "1", tmp_path / "0"], tmp_path / "merged")
    assert isinstance(merged, Singles)
    assert bytes_of(tmp_path / "merged") == bytes_of(tmp_path / "whole")
    manifests = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("merged", "whole")]
    assert manifests[0]["summary"] == manifests[1]["summary"]


def test_a_ceiling_ends_the_run_and_a_higher_one_goes_on(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "whole", server, further={"in_flight": 1})
        with pytest.raises(BudgetError):
            generate(library, tmp_path / "run", server, budget=Budget(max_tokens=100_000), further={"in_flight": 1})
        assert lines(tmp_path / "run" / "items.jsonl")  # what was made by then
        generate(library, tmp_path / "run", server, further={"in_flight": 1})
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")


@pytest.mark.parametrize("rubbish", ["I cannot help with that.", "<answer>{}</answer>", "<answer>[]</answer>"])
def test_a_generator_that_returns_rubbish_ends_the_run(library: Domain, tmp_path: Path, rubbish: str) -> None:
    unreadable = pytest.raises(GenerationError, match="format: unreadable")
    with StubServer(lambda body: {"content": rubbish}) as server, unreadable:
        generate(library, tmp_path / "run", server)
    rejected = lines(tmp_path / "run" / "rejected.jsonl")
    assert rejected[0]["entries"] == 5  # a batch that cannot be read is five items that failed


def test_a_generator_whose_entries_have_no_shape_ends_the_run(library: Domain, tmp_path: Path) -> None:
    shapeless = StubServer(lambda body: {"content": '<answer>["a", "b"]</answer>'})
    with shapeless as server, pytest.raises(GenerationError, match="format: shape"):
        generate(library, tmp_path / "run", server)


def test_judges_that_return_rubbish_reject_everything_and_the_run_ends(library: Domain, tmp_path: Path) -> None:
    unreadable = pytest.raises(GenerationError, match="semantic: unreadable")
    with StubServer(judged("Looks good to me!")) as server, unreadable:
        generate(library, tmp_path / "run", server)
    assert not lines(tmp_path / "run" / "items.jsonl")


def test_a_minority_of_bad_judges_is_outvoted(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as good, StubServer(lambda body: {"content": "rubbish"}) as bad:
        judges = json.dumps([{"engine": good.url}, {"engine": bad.url}, {"engine": good.url}])
        roles = load_roles(None, [*settings(good.url), f"judges={judges}"])
        made = generate_single(Toolbox([], library), tmp_path / "run", items=30, seed=1, roles=roles)
    assert made.items >= 25
    assert lines(tmp_path / "run" / "items.jsonl")[0]["provenance"]["checks"]["semantic"] == "2 of 3 judges"


@pytest.mark.parametrize("reason", [*REASONS, "because"])
def test_a_judges_reason_is_counted(library: Domain, tmp_path: Path, reason: str) -> None:
    kind = REASONS.get(reason, "other")
    with StubServer(judged(verdict("no", reason))) as server, pytest.raises(GenerationError, match=kind):
        generate(library, tmp_path / "run", server, items=10)
    rejected = lines(tmp_path / "run" / "rejected.jsonl")
    assert f"semantic: {kind}" in {each["reason"] for each in rejected}


def test_without_judges_the_checks_alone_judge_and_it_is_said_so(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        made = generate(library, tmp_path / "run", server, items=20, further={"judges": 0})
    assert made.judged == 0
    item = lines(tmp_path / "run" / "items.jsonl")[0]
    assert item["provenance"]["checks"]["semantic"] == "deterministic"


def test_judges_may_read_what_the_scripted_generator_wrote(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        judges = f'judges=[{{"engine": "{server.url}"}}]'
        made = generate_single(
            Toolbox([], library), tmp_path / "run", items=30, seed=1, roles=load_roles(None, [judges])
        )
    assert made.judged == made.items == 30
    provenance = lines(tmp_path / "run" / "items.jsonl")[0]["provenance"]
    assert provenance["generator"] == "scripted"
    assert "generator" not in provenance["models"]


def test_engines_that_are_gone_leave_an_incomplete_run_that_can_go_on(
    library: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lamforge.engines.client._BACK_OFF", 0.001)
    monkeypatch.setattr("lamforge.engines.traffic._LONGEST", 0.001)
    down = False

    def sometimes(body: dict[str, Any]) -> dict[str, Any]:
        if down and body["messages"][0]["content"].startswith("You review"):
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


def test_own_prompts_go_before_the_packages(library: Domain, tmp_path: Path) -> None:
    (tmp_path / "prompts" / "single").mkdir(parents=True)
    (tmp_path / "prompts" / "single" / "judge.md").write_text("You review what I say: {{ query }}")
    with StubServer(reply) as server:
        further = {"prompts": tmp_path / "prompts"}
        made = generate(library, tmp_path / "run", server, items=10, further=further)
        generate(library, tmp_path / "other", server, items=10)
    hashes = [lines(tmp_path / name / "items.jsonl")[0]["provenance"]["prompts"] for name in ("run", "other")]
    assert made.items == 10
    assert hashes[0]["generator"] == hashes[1]["generator"]
    assert hashes[0]["judge"] != hashes[1]["judge"]
