"""Items that models write, when processes are killed, servers fail, money ends, and work is divided."""

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
from tests.generate.single_cast import bytes_of, generate, lines, reply
from tests.stub_openai import Faults, StubServer

from lamforge.domains import Domain
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError, IncompleteError
from lamforge.generate import Singles, merge_runs
from lamforge.journal import read_journal

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "tests" / "library"


def test_a_run_that_is_killed_goes_on_to_the_same_bytes_and_pays_nothing_twice(library: Domain, tmp_path: Path) -> None:
    with StubServer(reply) as server:
        generate(library, tmp_path / "whole", server)
        whole, server.tokens = server.tokens, 0
        script = (
            "import sys\nfrom pathlib import Path\nfrom tests.generate.test_single_durable import *\n"
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


def test_engines_that_go_while_it_runs_leave_an_incomplete_run(
    library: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lamforge.engines.client._BACK_OFF", 0.001)
    monkeypatch.setattr("lamforge.engines.traffic._LONGEST", 0.001)
    monkeypatch.setattr("lamforge.generate.crew.HOPELESS", 1)
    left = 60

    def sometimes(body: dict[str, Any]) -> dict[str, Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise ConnectionError
        return reply(body)

    with StubServer(sometimes) as server, pytest.raises(IncompleteError, match="strands are not complete"):
        generate(library, tmp_path / "run", server, further={"in_flight": 1})
    assert lines(tmp_path / "run" / "items.jsonl")
