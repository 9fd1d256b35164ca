"""Runs of `generate single` without any model: the same bytes from a seed, killed or not, in shards or in one piece."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.staging.rental import serving

from lamforge.domains import Domain, load_domain
from lamforge.domains.remote import import_domain
from lamforge.errors import DataError, UsageError
from lamforge.generate import Singles, Toolbox, generate_single, merge_runs
from lamforge.generate.single.files import FILES
from lamforge.tools import load_tools
from lamforge.tools.importing import ImportOptions, import_tools

CALLING = ("simple", "multiple", "parallel", "parallel_multiple")
WORKSHOP = Path(__file__).parents[2] / "examples" / "workshop_tools.json"


def generate(box: Toolbox, out: Path, items: int, seed: int = 1, **options: Any) -> Singles:
    return generate_single(box, out, items=items, seed=seed, **options)


def bytes_of(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in (*FILES, "run.json")}


@pytest.fixture(scope="module")
def workshop() -> Toolbox:
    return Toolbox(load_tools(WORKSHOP), name="workshop")


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(workshop: Toolbox, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        generate(workshop, tmp_path / name, items=60, seed=seed)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "same")
    assert bytes_of(tmp_path / "one")["items.jsonl"] != bytes_of(tmp_path / "other")["items.jsonl"]


def test_a_killed_run_goes_on_to_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    generate(Toolbox([], load_domain("store")), tmp_path / "whole", items=300, seed=3)
    command = [sys.executable, "-m", "lamforge", "generate", "single", "--domain", "store", "--items", "300"]
    command += ["--seed", "3", "--out", str(tmp_path / "killed")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = tmp_path / "killed" / "journal.jsonl"
    while not (journal.exists() and journal.stat().st_size > 60_000):
        assert child.poll() is None
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert journal.exists(), "the run ended before it was killed"
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    assert not journal.exists()


def test_a_finished_run_is_not_made_again_and_one_that_was_changed_is_refused(
    workshop: Toolbox, tmp_path: Path
) -> None:
    first = generate(workshop, tmp_path / "run", items=20)
    before = (tmp_path / "run" / "items.jsonl").stat().st_mtime_ns
    assert generate(workshop, tmp_path / "run", items=20) == first
    assert (tmp_path / "run" / "items.jsonl").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="another run"):
        generate(workshop, tmp_path / "run", items=21)
    (tmp_path / "run" / "items.jsonl").write_text("")
    with pytest.raises(DataError, match="is not as the run wrote it"):
        generate(workshop, tmp_path / "run", items=20)


def test_shards_joined_are_the_whole_whatever_their_number(workshop: Toolbox, tmp_path: Path) -> None:
    generate(workshop, tmp_path / "whole", items=180)
    for count in (2, 6):  # of six, two have nothing to do: 180 items are four strands
        folders = [tmp_path / f"{number}of{count}" for number in range(count)]
        for number, folder in enumerate(folders):
            generate(workshop, folder, items=180, shard=(number, count))
        merge_runs(folders, tmp_path / f"merged{count}")
        assert bytes_of(tmp_path / f"merged{count}") == bytes_of(tmp_path / "whole")


def test_shards_of_other_jobs_are_not_joined(workshop: Toolbox, library: Domain, tmp_path: Path) -> None:
    generate(workshop, tmp_path / "0", items=100, shard=(0, 2))
    generate(Toolbox([], library), tmp_path / "1", items=100, shard=(1, 2))
    with pytest.raises(UsageError, match="another run"):
        merge_runs([tmp_path / "0", tmp_path / "1"], tmp_path / "merged")


@pytest.mark.parametrize("reset", ["POST /reset", None])
def test_tools_of_a_server_are_executed_there_and_writes_only_if_they_can_be_undone(
    tmp_path: Path, reset: str | None
) -> None:
    with serving() as server:
        found = import_tools(f"{server.url}/openapi.json", ImportOptions())
        import_domain(tmp_path / "rental", found, reset=reset, harvest=True)
        domain = load_domain(tmp_path / "rental")
        made = generate(Toolbox([], domain), tmp_path / "run", items=40)
        writes = [request for request in server.requests if request.startswith(("PUT", "PATCH", "DELETE", "POST /re"))]
        domain.close()
    assert made.items >= 38
    assert bool(writes) == bool(reset)
    assert made.tools.get("extend_rental", 0) + made.tools.get("cancel_rental", 0) > 0
    assert (made.executed == sum(made.table[style]["verified"] for style in CALLING)) == bool(reset)
