"""What `lamforge train` tells of a run, and of one that has not begun."""

from __future__ import annotations

import json
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamforge.train import Trained
    from lamforge.train.estimate import Estimate

_HANDFUL = 50  # steps
_NEAR = 0.7  # of the loss of a uniform guess


def trained_rows(trained: Trained) -> list[tuple[str, object]]:
    """The lines of the table that a run of training ends with."""
    from lamforge.train.result import TOO_LONG

    what = {"sft": "conversations", "dpo": "pairs", "pretrain": "texts"}[trained.kind]
    left = f", {trained.dropped:,} longer than the context left out: {TOO_LONG}" if trained.dropped else ""
    left += f", {trained.split:,} split" if trained.split else ""
    resumed = f", resumed at {trained.resumed_from:,}" if trained.resumed_from else ""
    resumed += ", stopped early" if trained.stopped_early else ""
    adapters = "" if trained.trained_parameters == trained.parameters else f", {trained.trained_parameters:,} of them"
    rows: list[tuple[str, object]] = [
        ("parameters", f"{trained.parameters:,}{adapters and adapters + ' trained'}"),
        (what, f"{trained.conversations:,}{left}"),
        *_unrendered(trained),
        ("trained tokens", f"{trained.tokens:,} an epoch"),
        ("computed per conversation token", f"{trained.computed_per_token:.2f}"),
        ("steps", f"{trained.steps:,}{resumed}"),
        ("loss", f"{trained.loss:.3f} nats a {trained.unit}, mean of the last tenth"),
    ]
    rows += _hardly_learnt(trained)
    if trained.best or trained.evaluations:
        shown = trained.best or trained.evaluations[-1]
        numbers = ", ".join(f"{name} {shown[name]:.3f}" for name in ("loss", "pass^1") if name in shown)
        rows.append(("best, kept" if trained.best else "held out, last", f"{numbers} at step {shown['step']:,}"))
    return [*rows, ("time", f"{trained.seconds / 60:.1f} min"), ("folder", trained.out)]


def _hardly_learnt(trained: Trained) -> list[tuple[str, object]]:
    """A word on a run of a handful of steps that ended near the loss of a guess among all tokens alike."""
    vocabulary = _vocabulary(trained.out)
    if trained.kind == "dpo" or trained.steps > _HANDFUL or vocabulary < 2:
        return []
    if trained.loss < _NEAR * log(vocabulary):
        return []
    told = f"{trained.steps:,} steps; a guess among all tokens alike has a loss of {log(vocabulary):.3f}"
    return [("almost nothing was learnt", f"{told}: train on more data, or for more epochs")]


def _vocabulary(folder: Path) -> int:
    """The tokens that a model of a folder knows; 0 where it does not say."""
    try:
        size = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return size if isinstance(size, int) else 0


def _unrendered(trained: Trained) -> list[tuple[str, object]]:
    if not trained.unrendered:
        return []
    return [("not learnt", f"texts beside calls in {trained.unrendered:,} of them, which the format does not write")]


def estimated_rows(found: Estimate) -> list[tuple[str, object]]:
    """The lines of a dry run's table."""

    def gigabytes(size: float) -> str:
        return f"{size / 1e9:.2f} GB"

    verdict = {True: "fits", False: "DOES NOT FIT", None: "not known"}[found.fits]
    of = f" of {gigabytes(found.device_memory)}: {verdict}" if found.device_memory else ""
    return [
        ("parameters", f"{found.parameters:,}, {found.trained_parameters:,} trained"),
        ("conversations", f"{found.conversations:,}"),
        ("tokens", f"{'' if found.counted else 'about '}{found.tokens:,} an epoch"),
        ("context", f"{found.context_length:,} tokens"),
        ("steps", f"{found.steps:,}"),
        ("device", f"{found.processes} x {found.device}"),
        ("weights", gigabytes(found.weights)),
        ("gradients", gigabytes(found.gradients)),
        ("optimizer", gigabytes(found.optimizer)),
        ("activations", gigabytes(found.activations)),
        ("memory of a device", f"{gigabytes(found.memory)}{of}"),
        ("work", f"{found.flops:.2g} operations"),
        ("time", _duration(found.seconds)),
    ]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
