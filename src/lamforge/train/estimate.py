"""What a run would take, said before it starts: weights, memory of one device, tokens, steps, hours.

Weights and tokens are counted where a config.json and a tokenizer are at hand, else taken from the recipe and
estimated. Memory is a sum of what training keeps; time is floating-point work over what a device sustains.
Both are estimates.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lamforge.data.documents import Document
from lamforge.data.passes import read_items
from lamforge.formats import get_format
from lamforge.train.devices import device_of, with_precision
from lamforge.train.recipe import Kind, Recipe, check_kind, phases_of
from lamforge.train.shape import shape_of
from lamforge.train.start import SAFE
from lamforge.train.unpacking import unpacked

_SAMPLE = 200  # conversations whose characters are counted
_CHARACTERS = 3.6  # of a token, in English with JSON, by the tokenizers of Qwen 2.5 and Llama 3
_RESERVE = 1.5e9  # bytes that a GPU's libraries keep for themselves


@dataclass
class Estimate:
    """What a run would take. Bytes are of one device."""

    parameters: int
    trained_parameters: int
    weights: float
    gradients: float
    optimizer: float
    activations: float
    conversations: int
    tokens: int  # of one epoch
    steps: int
    context_length: int
    flops: float  # of the run
    seconds: float
    device: str
    device_memory: float | None
    processes: int
    counted: bool  # whether tokens are counted, not estimated

    @property
    def memory(self) -> float:
        """Bytes of one device in all."""
        reserve = _RESERVE if self.device != "cpu" else 0.0
        return self.weights + self.gradients + self.optimizer + self.activations + reserve

    @property
    def fits(self) -> bool | None:
        """Whether the device has that memory; None if its memory is not known."""
        return None if self.device_memory is None else self.memory <= self.device_memory


def estimate(kind: Kind, recipe: Recipe, data: list[Path], *, gpu: str | None = None, processes: int = 1) -> Estimate:
    """What `train(kind, recipe, data, ...)` would take.

    Args:
        gpu: One of `devices.GPUS`; by default the machine that this runs on.
        processes: Devices that the model is sharded over, as accelerate's FSDP and DeepSpeed configurations do.
    Raises:
        UsageError: if the GPU is unknown, or the recipe asks for what this kind of run does not do.
        DataError: if the data cannot be read, or no model may learn from them.
    """
    check_kind(kind, recipe)
    data = data or [Path(name) for name in recipe.data]
    with tempfile.TemporaryDirectory() as scratch:
        recipe = with_precision(unpacked(recipe, Path(scratch) / "base"), gpu)
        return _estimate(kind, recipe, data, gpu, processes)


def _estimate(kind: Kind, recipe: Recipe, data: list[Path], gpu: str | None, processes: int) -> Estimate:
    shape, training = shape_of(recipe), recipe.training
    conversations = tokens = 0
    batches = math.ceil(training.repeats_first / training.batch_tokens)
    computed, counted = float(training.repeats_first), True
    for phase in phases_of(recipe):
        found, of_them, exact = _tokens(kind, recipe, [Path(name) for name in phase.data] or data)
        conversations, tokens, counted = conversations + found, tokens + of_them, counted and exact
        phase_tokens = phase.tokens or phase.epochs * of_them
        phase_tokens /= 1 - training.repeats
        computed += phase_tokens
        batches += max(1, math.ceil(phase_tokens / (phase.batch_tokens or training.batch_tokens)))
    trained = shape.adapter_parameters(recipe.lora) if recipe.lora else shape.parameters
    limit = recipe.model.context_length or shape.positions
    longest = min(max(training.batch_tokens, tokens // max(1, conversations)), limit + training.batch_tokens)
    width = 2 if training.precision == "bf16" else 4
    held = {"nf4": 0.56, None: width if recipe.lora else 4}[recipe.lora.quantize if recipe.lora else None]
    steps = math.ceil(batches / processes / training.accumulation)
    device, speed, memory = device_of(gpu, training.precision)
    passes = 4.0 if recipe.lora else 6.0  # operations a weight and token: forward 2, backward to inputs 2, to weights 2
    passes += 2 if training.gradient_checkpointing else 0
    passes += 2 * (kind == "dpo") / max(1.0, training.epochs)  # the starting model looks once
    mean = tokens / max(1, conversations)
    flops = computed * (passes * shape.computing + passes * shape.attention(mean))
    return Estimate(
        parameters=shape.parameters,
        trained_parameters=trained,
        weights=(shape.parameters * held + (trained * 4 if recipe.lora else 0)) / processes,
        gradients=trained * 4 / processes,
        optimizer=trained * 8 / processes,
        activations=shape.activations(longest, width, training.gradient_checkpointing, 0.25),
        conversations=conversations,
        tokens=tokens,
        steps=steps,
        context_length=limit,
        flops=flops,
        seconds=min(flops / speed / processes, (training.max_minutes or math.inf) * 60),
        device=device,
        device_memory=memory,
        processes=processes,
        counted=counted,
    )


def _tokens(kind: Kind, recipe: Recipe, data: list[Path]) -> tuple[int, int, bool]:
    """Conversations, their tokens, and whether those were counted by the base's own tokenizer."""
    count = characters = sampled = 0
    tokenizer = _tokenizer(recipe)
    tokens = 0
    for text in _texts(kind, recipe, data):
        count += 1
        if count <= _SAMPLE:
            sampled += 1
            characters += len(text)
            tokens += len(tokenizer(text, add_special_tokens=False)["input_ids"]) if tokenizer else 0
    if not sampled:
        return 0, 0, False
    each = tokens / sampled if tokenizer else characters / sampled / _CHARACTERS
    return count, round(each * count), tokenizer is not None


def _texts(kind: Kind, recipe: Recipe, data: list[Path]) -> Iterator[str]:
    """The texts of the first conversations; of the others that they are there."""
    fmt = get_format(recipe.format)
    read = (each for path in data for _, each in read_items(path, texts=kind == "pretrain"))
    wanted = (each for each in read if isinstance(each, Document) or each.reward != 0 or kind == "dpo")
    for each in islice(wanted, _SAMPLE):
        yield each.text if isinstance(each, Document) else fmt.render(each.messages, fmt.offered(each.tools))
    for _ in wanted:
        yield ""


def _tokenizer(recipe: Recipe) -> Any:
    """The base's tokenizer, if it is at hand without a network."""
    from transformers import AutoTokenizer

    if recipe.model.base is None:
        return None
    try:
        return AutoTokenizer.from_pretrained(recipe.model.base.removeprefix("hf:"), local_files_only=True, **SAFE)
    except (OSError, ValueError):
        return None
