"""Our answers in BFCL's own layout, so that the official tools can score them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lamforge.evaluate.bfcl.recorded import SUFFIX
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.journal import write_atomically


def write_results(
    folder: Path, suite: Suite, model: str, scored: Sequence[Scored], records: Sequence[dict[str, Any]]
) -> None:
    """Writes the answers of the first trial, and removes files of an earlier call that these do not replace.

    Args:
        scored, records: The same answers with their tasks, and as the journal has them.
    """
    files: dict[Path, list[str]] = {}
    for each, record in zip(scored, records, strict=True):
        if each.trial:
            continue
        row = {
            "id": each.task.official_id,
            "result": each.answer,
            "input_token_count": record["prompt_tokens"],
            "output_token_count": record["completion_tokens"],
            "latency": sum(record["seconds"]),
        }
        if record["ended"] != "answered":
            row["ended"] = record["ended"]  # official tools pass over it
        group = _group(each.task.category) if suite.name == "v4" else ""
        file = folder / model.replace("/", "_") / group / f"{suite.prefix}{each.task.category}{SUFFIX}"
        files.setdefault(file, []).append(json.dumps(row) + "\n")
    for file, lines in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lines)
    for stale in set(folder.rglob(f"*{SUFFIX}")) - files.keys():  # of categories that an earlier command asked for
        stale.unlink()


def _group(category: str) -> str:
    return next((name for name in ("multi_turn", "live") if category.startswith(name)), "non_live")
