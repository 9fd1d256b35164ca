"""What the starting model thinks of each conversation of the pairs: computed once, before the first step, and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.journal import write_atomically
from lamforge.train.preference import Preference


def set_reference(trainer: Any, objectives: list[Preference], file: Path) -> None:
    """Sets `reference` of the objectives, from the file if the run has been here before.

    Every process computes its share.
    """
    if file.exists():
        known = json.loads(file.read_text(encoding="utf-8"))
        if [len(each) for each in known] != [each.rows for each in objectives]:
            raise DataError("is of other data", where=file, remedy="Train into another folder.")
    else:
        known = [_computed(trainer, each) for each in objectives]
        if trainer.is_world_process_zero():
            write_atomically(file, json.dumps(known))
    for objective, values in zip(objectives, known, strict=True):
        objective.reference = values
    trainer.accelerator.wait_for_everyone()


def _computed(trainer: Any, objective: Preference) -> list[float]:
    import torch

    processes, mine = trainer.accelerator.num_processes, trainer.accelerator.process_index
    values = [0.0] * objective.rows
    done: set[int] = set()
    batches = objective.batches(0)
    trainer.model_wrapped.eval()
    with torch.no_grad(), trainer.autocast():
        for start in range(0, len(batches), processes):
            here = start + mine < len(batches)
            batch = objective.collate(batches[start + mine], 1.0) if here else objective.nothing()
            said = objective.log_probabilities(trainer.model_wrapped, trainer._prepare_inputs(batch)).tolist()
            for row, value in zip(batch["rows"], said, strict=False):
                values[row] = value
                done.add(row)
    if processes == 1:
        return values
    counts = trainer.summed(*(float(row in done) for row in range(objective.rows)))
    return [total / max(1.0, count) for total, count in zip(trainer.summed(*values), counts, strict=True)]
