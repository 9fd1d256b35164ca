"""What devices can do: GPUs by their data sheets, this machine by measuring it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from lamforge.errors import UsageError, bounded
from lamforge.train.recipe import Recipe

# Dense bf16 operations a second by NVIDIA's data sheets, and memory in GB.
GPUS = {
    "a100": (312e12, 80),
    "h100": (989e12, 80),
    "h200": (989e12, 141),
    "b200": (2250e12, 180),
    "l40s": (362e12, 48),
    "rtx4090": (165e12, 24),
    "t4": (65e12, 16),
}
_PRODUCTS = {"amx_bf16", "bf16"}  # what x86 and Arm call instructions for products of bf16 matrices, not of vectors
SUSTAINED = 0.4  # of a GPU's operations: what packed fine-tuning of dense models usually reaches


def device_of(gpu: str | None, precision: str) -> tuple[str, float, float | None]:
    """Name of a GPU or of this machine, operations a second that it sustains, and bytes of memory if they are known.

    Raises:
        UsageError: if the GPU is unknown.
    """
    import torch

    if gpu is not None:
        if gpu not in GPUS:
            raise UsageError(f"unknown GPU {bounded(gpu)}", remedy=f"Use one of: {', '.join(GPUS)}.")
        speed, memory = GPUS[gpu]
        return gpu, speed * SUSTAINED * (1 if precision == "bf16" else 0.5), memory * 1e9
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name().lower().replace(" ", "")
        speed = next((speed for known, (speed, _) in GPUS.items() if known in name), 100e12)
        return name, speed * SUSTAINED, float(torch.cuda.get_device_properties(0).total_memory)
    return "cpu", _cpu_speed(), _cpu_memory()


def with_precision(recipe: Recipe, gpu: str | None = None) -> Recipe:
    """The recipe with fp32 or bf16 where it says `auto`: bf16 on GPUs that have it, and CPUs with matrix units.

    Other CPUs, those with AVX-512 BF16 among them, take 1.6 times as long in bf16 as in fp32.
    """
    if recipe.training.precision != "auto":
        return recipe
    faster = gpu is not None or _has_bf16()
    training = recipe.training.model_copy(update={"precision": "bf16" if faster else "fp32"})
    return recipe.model_copy(update={"training": training})


def _has_bf16() -> bool:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return bool(_PRODUCTS & set(said.split()))


def _cpu_speed() -> float:
    """Operations a second of a matrix product here, half of it: the rest of a model is slower."""
    import torch

    matrix = torch.rand(512, 512)
    matrix @ matrix
    start = time.monotonic()
    for _ in range(10):
        matrix @ matrix
    return 10 * 2 * 512**3 / max(1e-6, time.monotonic() - start) / 2


def _cpu_memory() -> float | None:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return None
