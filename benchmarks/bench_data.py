"""Conversations a second of one core, and the most memory, for each verb of `lamforge data` that reads everything.

Processor time is counted, so that a busy machine gives the same numbers. Without an argument the bundled store's
scripted conversations are exported as ActionStudio's list and imported again; with one, what it names is imported.

    python benchmarks/bench_data.py [source]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lamforge.data import read_trajectories
from lamforge.data.checking import check_data
from lamforge.data.exchange import export_data, import_data
from lamforge.data.splitting import parts_of, split_data
from lamforge.data.statistics import summarise
from lamforge.domains import load_domain
from lamforge.generate import generate_multi

CONVERSATIONS = 2000


def timed(what: str, count: int | None, work: Callable[[], int | None]) -> int:
    """Does the work once and prints its rate; returns of how many conversations."""
    started = time.process_time()
    done = work() or count or 0
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:28} {done:8,} conversations {done / seconds:10,.0f}/s {memory:8,.0f} MB at most so far", flush=True)
    return done


def own(folder: Path) -> Path:
    """A source made of scripted conversations."""
    generate_multi(load_domain("store"), folder / "run", tasks=CONVERSATIONS, test_tasks=0, seed=1)
    export_data(folder / "run", folder / "list.json", "actionstudio")
    return folder / "list.json"


def main() -> None:
    """Every verb once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Path(sys.argv[1]) if len(sys.argv) > 1 else own(folder)
        lines, columns = folder / "t.jsonl", folder / "t.parquet"
        count = timed("import to JSON lines", None, lambda: import_data(source, lines).converted)
        timed("import to Parquet", count, lambda: import_data(source, columns).converted)
        timed("check JSON lines", count, lambda: check_data([lines]).trajectories)
        timed("check Parquet", count, lambda: check_data([columns]).trajectories)
        timed("stats", count, lambda: summarise(read_trajectories(lines), ["x"]).trajectories)
        timed("export as openai", count, lambda: export_data(lines, folder / "o.jsonl", "openai").converted)
        parts = parts_of("train=0.9,validation=0.1")
        timed("split", count, lambda: sum(split_data(lines, folder / "parts", parts).trajectories.values()))


if __name__ == "__main__":
    main()
