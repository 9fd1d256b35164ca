"""LoRA adapters in PEFT's layout, laid over a base checkpoint tensor by tensor.

What a matrix becomes: W + scale * B A, with scale = alpha / rank (Hu and others, arXiv 2106.09685), or alpha over the
root of the rank (rsLoRA, arXiv 2312.03732).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lamforge.errors import ModelError, UsageError, bounded
from lamforge.export.checkpoint import Checkpoint, folder_format, read_checkpoint
from lamforge.export.identity import recipe_of
from lamforge.export.rope import rope_base
from lamforge.formats import Format

_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_PREFIX, _A, _B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
_UNKNOWN = ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "fan_in_fan_out", "lora_bias")


@dataclass(frozen=True)
class Adapter:
    """An adapter's folder."""

    folder: Path
    base: str  # what it was trained on: a folder, or "owner/name"
    rank: int
    scale: float
    names: tuple[str, ...]  # the base's tensors that it changes

    def parts(self, name: str) -> tuple[Any, Any]:
        """A (rank x columns) and B (rows x rank) of a tensor of the base, in 32-bit floats."""
        import torch
        from safetensors import safe_open

        stem = _PREFIX + name.removesuffix(".weight")
        with safe_open(str(self.folder / _WEIGHTS), framework="pt") as file:
            a, b = (file.get_tensor(stem + end).to(torch.float32).numpy() for end in (_A, _B))
        return a, b


@dataclass(frozen=True)
class MergedCheckpoint(Checkpoint):
    """A base with an adapter laid over it; nothing is computed until a tensor is read."""

    adapter: Adapter | None = None

    def weights(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        """See `Checkpoint.weights`."""
        base = super().weights(name, start, stop)
        if self.adapter is None or name not in self.adapter.names:
            return base
        a, b = self.adapter.parts(name)
        merged = base + self.adapter.scale * (b[start:stop] @ a)
        return self.finite(merged, name, self.adapter.folder / _WEIGHTS)


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter instead of a model."""
    return (folder / _CONFIG).is_file()


def read_adapter(folder: Path) -> Adapter:
    """Reads an adapter's folder.

    Raises:
        ModelError: if it is not whole, or no plain LoRA adapter.
    """
    from safetensors import SafetensorError, safe_open

    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        with safe_open(str(folder / _WEIGHTS), framework="pt") as file:
            keys = list(file.keys())
        rank, alpha, base = int(config["r"]), float(config["lora_alpha"]), config["base_model_name_or_path"]
        if rank < 1 or not math.isfinite(alpha):
            raise ValueError(f"r is {rank}, lora_alpha {alpha:g}")
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"is no whole adapter: {error}", where=folder, remedy="Finish its training.") from error
    if config.get("peft_type") != "LORA" or (unknown := [key for key in _UNKNOWN if config.get(key)]):
        what = bounded(config.get("peft_type")) if config.get("peft_type") != "LORA" else ", ".join(unknown)
        raise ModelError(f"is an adapter of a kind that cannot be exported: {what}", where=folder)
    names = [key.removeprefix(_PREFIX).removesuffix(_A) + ".weight" for key in keys if key.endswith(_A)]
    if not names or len(keys) != 2 * len(names) or any("lora_embedding" in key for key in keys):
        raise ModelError("holds more than pairs of lora_A and lora_B", where=folder / _WEIGHTS)
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    return Adapter(folder, str(base), rank, scale, tuple(names))


def open_checkpoint(folder: Path, base: Path | None = None, format: str | None = None) -> Checkpoint:
    """A model's folder, or the base of an adapter's folder with the adapter laid over it.

    Args:
        base: Of an adapter; by default the folder that its configuration names.
    Raises:
        ModelError: if either is not whole, or they do not fit together.
    """
    if not is_adapter(folder):
        if base is not None:
            raise UsageError("--base is for a LoRA adapter's folder", where=folder, remedy="Leave it out.")
        return read_checkpoint(folder, format)
    adapter = read_adapter(folder)
    base = base or base_folder(adapter)
    under = read_checkpoint(base, model_format(folder, format, base).id)
    if missing := [name for name in adapter.names if name not in under.shapes]:
        raise ModelError(f"adapts {bounded(missing[0])}, which its base does not have", where=folder)
    if under.tied and any(name.startswith(("lm_head", "model.embed")) for name in adapter.names):
        raise ModelError("adapts embeddings that are the output, too", where=folder)
    for name in adapter.names:
        a, b = adapter.parts(name)
        if (b.shape[0], a.shape[1]) != under.shapes[name] or a.shape[0] != b.shape[1]:
            raise ModelError(f"has another shape than its base at {bounded(name)}", where=folder)
    template = folder / "chat_template.jinja"
    config = under.config | stretched(folder, under.config)
    merged = MergedCheckpoint(**{**vars(under), "config": config, "adapter": adapter})
    if template.is_file():
        merged = replace(merged, chat_template=template.read_text(encoding="utf-8"))
    return merged


def stretched(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """What an adapter's recipe changes in its base's configuration: positions that were stretched to train it."""
    factor = recipe_of(folder).get("yarn_factor")
    if not isinstance(factor, int | float):
        return {}
    length = config["max_position_embeddings"]
    yarn = {"rope_type": "yarn", "factor": float(factor), "original_max_position_embeddings": length}
    rope = {"rope_theta": rope_base(config), **yarn}
    return {"rope_parameters": rope, "rope_scaling": None, "max_position_embeddings": round(length * factor)}


def model_format(folder: Path, format: str | None = None, base: Path | None = None) -> Format:
    """The format named, or else the one that the folder was trained in, or an adapter's base.

    Raises:
        ModelError: if nothing says it.
    """
    if is_adapter(folder) and not (folder / "lamforge.json").is_file():
        folder = base or base_folder(read_adapter(folder))
    return folder_format(folder, format)


def base_folder(adapter: Adapter) -> Path:
    """The base's folder: as named, or where the hub's cache has it, fetched if need be.

    Raises:
        ModelError: if it is nowhere.
    """
    if Path(adapter.base).is_dir():
        return Path(adapter.base)
    from huggingface_hub import snapshot_download

    from lamforge.engines.hub import cache, endpoint, offline

    try:
        kept = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]
        return Path(
            snapshot_download(
                adapter.base.removeprefix("hf:"),
                allow_patterns=kept,
                cache_dir=cache(),
                endpoint=endpoint(),
                local_files_only=offline(),
            )
        )
    except Exception as error:  # the client has no common class for all that can be wrong on the way
        raise ModelError(
            f"its base {bounded(adapter.base)} is neither a folder nor can it be fetched: {bounded(str(error))}",
            where=adapter.folder,
            remedy="Name the base model's folder with --base.",
        ) from error
