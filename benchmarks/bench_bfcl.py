"""Seconds and memory to score answers to all BFCL categories, loading the data included, beside the official checkers.

Both judge the same right answers, each in a process of its own, and must find the same. The official checkers run alone
here; `bfcl evaluate` takes three more seconds to import and as many again around them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lamforge.evaluate.bfcl import load_tasks, open_release, parse_suite, score_results
from lamforge.evaluate.bfcl.against.perfect import as_answer, perfect_calls
from lamforge.evaluate.bfcl.against.process import official_verdicts
from lamforge.evaluate.bfcl.loading import load_classes

SUITE = parse_suite("v3")
GOAL_SECONDS, GOAL_MEGABYTES = 1.0, 100.0


def child(results: str, wheel: str) -> None:
    """Scores the results and prints what it took."""
    started, cpu = time.perf_counter(), time.process_time()
    summary = score_results(open_release(SUITE, Path(wheel)), SUITE, Path(results), "text")
    took = time.perf_counter() - started, time.process_time() - cpu
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent that it was forked from
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps([*took, peak, {name: right for name, (right, _) in summary.counts.items()}]))


def main() -> None:
    """Makes right answers and has both judge them."""
    release = open_release(SUITE, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    classes = load_classes(release)
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for category in SUITE.categories:
            tasks = load_tasks(release, SUITE, category)
            pairs = [(task, as_answer(task, perfect_calls(task, classes), "text")) for task in tasks]
            lines = (json.dumps({"id": task.official_id, "result": answer}) + "\n" for task, answer in pairs)
            Path(folder, f"{SUITE.prefix}{category}_result.json").write_text("".join(lines))
            rows += pairs
        command = [sys.executable, __file__, "--child", folder, str(release.path)]
        runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(3)]
        seconds, cpu, peak, right = min(runs, key=lambda run: run[0])
        started = time.perf_counter()
        official = official_verdicts(release, [(task, "text", answer) for task, answer in rows])
        official_seconds = time.perf_counter() - started
    assert sum(right.values()) == sum(valid for valid, _ in official)
    print(f"score {len(rows)} answers: {seconds:.2f} s ({cpu:.2f} s of CPU; goal {GOAL_SECONDS}), ", end="")
    print(f"{peak:.0f} MB (goal {GOAL_MEGABYTES:.0f})")
    print(f"        official checkers alone, in this run: {official_seconds:.2f} s; same {len(rows)} verdicts")


if __name__ == "__main__":
    child(*sys.argv[2:]) if sys.argv[1:2] == ["--child"] else main()
