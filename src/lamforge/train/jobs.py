"""The three ways to train: on what the assistant wrote, on pairs, on plain texts. Each is one resumable run."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lamforge.data import data_hash
from lamforge.errors import MissingExtraError, UsageError
from lamforge.formats import get_format
from lamforge.journal import write_atomically
from lamforge.train.material import make_material
from lamforge.train.recipe import Kind, Recipe, check_kind
from lamforge.train.result import RESULT, TOO_LONG, Trained, read_result, write_result


def train(
    kind: Kind,
    recipe: Recipe,
    data: list[Path],
    out: Path,
    *,
    validation: list[Path] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    judge: Callable[[Path], float] | None = None,
) -> Trained:
    """Trains a model into `out`; the same call resumes a run that was interrupted, from its last whole checkpoint.

    A finished run is not repeated: its result is read back.

    Args:
        kind: `sft`: on what the assistant wrote. `dpo`: on pairs of conversations of one task. `pretrain`: on texts.
        data: Files; if there are none, those that the recipe names.
        validation: Files that are held out, for the loss of evaluations.
        judge: Scores the model in a folder between 0 and 1, for evaluations: pass^1 on held-out tasks.
    Raises:
        MissingExtraError: if torch and transformers are not installed.
        UsageError: if `out` holds a run of another recipe or other data, or the recipe contradicts itself.
        DataError: if the data are wrong or empty, or what `out` says of its run cannot be read.
        TrainingError: if the loss is not finite, memory is too small, or the base does not fit the format.
        OutputError: if the disk does not take a checkpoint or the model.
    """
    require_train_extra("training")
    from lamforge.train.folder import claimed

    data = data or [Path(name) for name in recipe.data]
    every = sorted({*data, *(Path(name) for phase in recipe.phases for name in phase.data)})
    held = validation or [Path(name) for name in recipe.validation]
    _check(kind, recipe, data, held, judge)
    texts = kind == "pretrain"
    record: dict[str, Any] = {"kind": kind, "recipe": recipe.model_dump(mode="json"), "data": data_hash(every, texts)}
    record |= {"validation": data_hash(held, texts)} if held else {}
    with claimed(out, record):
        if (out / RESULT).exists():
            return read_result(out)
        return _trained(kind, recipe, data, held, out, progress, judge, record)


def _trained(
    kind: Kind,
    recipe: Recipe,
    data: list[Path],
    held: list[Path],
    out: Path,
    progress: Callable[[int, int, str], None] | None,
    judge: Callable[[Path], float] | None,
    record: dict[str, Any],
) -> Trained:
    from lamforge.train.devices import with_precision
    from lamforge.train.folder import finish_model, save_model
    from lamforge.train.kept import tokens_folder
    from lamforge.train.loop import run
    from lamforge.train.processes import is_main, world_size
    from lamforge.train.start import starting_point
    from lamforge.train.unpacking import unpacked

    recipe = with_precision(unpacked(recipe, out / "base"))
    fmt = get_format(recipe.format)
    tokenizer, model = starting_point(kind, recipe, data, fmt, out)
    material = make_material(kind, recipe, fmt, tokenizer, model, data, held, tokens_folder(out, record, tokenizer))

    if material.dropped and is_main():
        write_atomically(out / TOO_LONG, (json.dumps(each._asdict()) + "\n" for each in material.dropped))

    def finish(folder: Path) -> None:
        finish_model(folder, tokenizer, fmt, out / "recipe.yaml")

    started = time.monotonic()
    parameters = sum(weight.numel() for weight in model.parameters())
    trained_parameters = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    outcome = run(recipe, model, material.stages, material.validation, out, progress, judge, finish)
    save_model(out, outcome.weights, outcome.save, finish)
    trained = Trained(
        out=out,
        kind=kind,
        parameters=parameters,
        trained_parameters=trained_parameters,
        steps=outcome.steps,
        loss=outcome.loss,
        unit=material.stages[0].objective.unit,
        seconds=time.monotonic() - started,
        conversations=material.conversations,
        tokens=material.tokens,
        computed_per_token=material.computed_per_token,
        dropped=len(material.dropped),
        split=material.split,
        unrendered=material.unrendered,
        resumed_from=outcome.resumed_from,
        stopped_early=outcome.stopped_early,
        processes=world_size(),
        best=outcome.best,
        evaluations=outcome.evaluations,
    )
    if is_main():
        write_result(trained)
    return trained


def train_sft(recipe: Recipe, data: list[Path], out: Path, **options: Any) -> Trained:
    """Supervised fine-tuning on what the assistant wrote, its end-of-turn tokens included; see `train`."""
    return train("sft", recipe, data, out, **options)


def _check(kind: Kind, recipe: Recipe, data: list[Path], held: list[Path], judge: Any) -> None:
    check_kind(kind, recipe)
    training = recipe.training
    if not data and not (recipe.phases and all(phase.data for phase in recipe.phases)):
        raise UsageError("no data to train on", remedy="Give --data, or name files under `data` in the recipe.")
    if training.best_by == "pass^1" and judge is None:
        raise UsageError(
            "training.best_by=pass^1 needs tasks to play", remedy="Give --tasks, a file of held-out tasks."
        )
    if training.best_by == "loss" and not held and not training.validation_share:
        raise UsageError("training.best_by=loss needs something held out", remedy="Set training.validation_share=0.05.")


def require_train_extra(what: str) -> None:
    """Makes torch and transformers ready, and quiet.

    Raises:
        MissingExtraError: saying what needs them.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtraError(
            f"{what} needs {error.name}", remedy="Install it with `pip install 'lamforge[train]'`."
        ) from error
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")  # peft's calls, not the user's
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
