"""The official code, asked in a process of its own: verdicts, prompts, tables."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.evaluate.bfcl.decoding import Kind
from lamforge.evaluate.bfcl.suites import language_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.tools.sandbox import guest_environment


def official_verdicts(release: Release, rows: list[tuple[BfclTask, Kind, Any]]) -> list[tuple[bool, str]]:
    """What the official checkers say of answers: (right, error type), in a process of their own.

    Args:
        rows: Each answer with its task and how it is written.
    Raises:
        DataError: if they do not run to their end.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "answers.jsonl"), Path(folder, "verdicts.jsonl")
        with source.open("w", encoding="utf-8") as file:
            defined: set[str] = set()
            for task, kind, answer in rows:
                if task.id not in defined:
                    defined.add(task.id)
                    file.write(json.dumps(_entry(task)) + "\n")
                file.write(json.dumps({"id": task.id, "answer": answer, "kind": kind}) + "\n")
        _run(release, "verdicts", str(source), str(target))
        with target.open(encoding="utf-8") as file:
            return [(bool(valid), str(error)) for valid, error in map(json.loads, file)]


def official_prompts(release: Release, tasks: list[BfclTask]) -> list[str]:
    """The texts that the leaderboard's handler begins tasks with; raises as `official_verdicts` does."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "tasks.jsonl"), Path(folder, "prompts.jsonl")
        rows = ({"category": t.category, "functions": t.functions, "question": t.question} for t in tasks)
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        _run(release, "prompts", str(source), str(target))
        return [str(json.loads(line)) for line in target.read_text(encoding="utf-8").splitlines()]


def official_scores(release: Release, counts: Mapping[str, tuple[int, int]]) -> dict[str, dict[str, str]]:
    """The official tables of a result: {table: {column: what is shown}}; raises as `official_verdicts` does."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "counts.json"), Path(folder, "tables.json")
        source.write_text(json.dumps(counts), encoding="utf-8")
        _run(release, "scores", str(source), str(target))
        return dict(json.loads(target.read_text(encoding="utf-8")))


def _run(release: Release, what: str, source: str, target: str) -> None:
    script = Path(__file__).with_name("official.py")
    command = [sys.executable, str(script), what, str(release.path.absolute()), source, target]
    folder = Path(target).parent
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=guest_environment(str(folder)))
    if ran.returncode:
        raise DataError(f"the official code failed: {ran.stderr.strip()[-500:]}", where=release.path)


def _entry(task: BfclTask) -> dict[str, Any]:
    return {
        "define": task.id,
        "category": task.category,
        "functions": [] if task.classes else task.functions,
        "expected": task.answer,
        "state": json.loads(task.state),
        "classes": task.classes,
        "language": language_of(task.category),
    }
