"""Who a model is: its name, version, licence and origin, and the file names made of them.

File names: ggml's docs/gguf.md, <BaseName>-<SizeLabel>-<FineTune>-<Version>-<Encoding>.gguf.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.errors import ModelError, UsageError, bounded

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"v\d+(?:\.\d+){0,5}")


@dataclass(frozen=True)
class Identity:
    """What goes into file names, metadata and cards."""

    name: str
    version: str = "v1"
    finetune: str | None = None
    license: str | None = None  # of new weights; None if none was chosen
    base: str | None = None  # "owner/name" of the model that it was trained from, or its folder

    @property
    def hub_base(self) -> str | None:
        """The base's name on the hub, if it is there and no folder."""
        base = self.base
        named = base is not None and base.count("/") == 1 and not base.startswith((".", "/"))
        return base if base is not None and named and not Path(base).exists() else None

    def __post_init__(self) -> None:
        for key in ("name", "finetune"):
            value = getattr(self, key)
            if value is not None and not _PART.fullmatch(value):
                raise UsageError(
                    f"{key} {bounded(value)} cannot be a part of a file's name", remedy="Use letters, digits, . _ -"
                )

    def file_name(self, label: str, encoding: str, adapter: bool = False) -> str:
        """The GGUF file's name; `label` is the size's."""
        version = self.version if _VERSION.fullmatch(self.version) else f"v{_digits(self.version)}"
        parts = [self.name, label, self.finetune, version, encoding, "LoRA" if adapter else None]
        return "-".join(part for part in parts if part) + ".gguf"


def read_identity(folder: Path) -> Identity:
    """What the folder's recipe says; its own name for a folder that was not trained here.

    Raises:
        ModelError: if the recipe cannot be read.
    """
    recipe = _recipe(folder)
    base = recipe_of(folder).get("base")
    kept = {key: recipe[key] for key in ("version", "finetune", "license") if isinstance(recipe.get(key), str)}
    name = recipe.get("name")
    fallback = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.absolute().name).strip("-._")[:100] or "model"
    return Identity(
        name=name if isinstance(name, str) else fallback,
        base=_base_of(base) if isinstance(base, str) else None,
        **kept,
    )


def _base_of(written: str) -> str:
    """A base as a recipe writes it, "hf:owner/name" or a folder, so that the one is never taken for the other."""
    if written.startswith("hf:"):
        return written.removeprefix("hf:")
    return written if written.startswith(("/", ".")) else f"./{written}"


def recipe_of(folder: Path) -> dict[str, Any]:
    """What the folder's recipe says of the model: `base`, `yarn_factor`; a text in its place is the base."""
    model = _recipe(folder).get("model")
    return {"base": model} if isinstance(model, str) else model if isinstance(model, dict) else {}


def _recipe(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / "recipe.yaml"
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise ModelError(f"is no finished model: recipe.yaml cannot be read: {error}", where=folder) from error
    if not isinstance(recipe, dict):
        raise ModelError("is no finished model: recipe.yaml is no mapping", where=folder)
    return recipe


def size_label(count: int) -> str:
    """A number of weights as the naming convention writes it, such as "4M" or "7.6B"."""
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= unit:
            return f"{count / unit:.1f}{name}" if count < 10 * unit else f"{count / unit:.0f}{name}"
    return str(count)


def _digits(version: str) -> str:
    return ".".join(re.findall(r"\d+", version)[:6]) or "1"
