"""What was found when a GGUF file or a folder was held against its checkpoint, and how much of it rounding explains."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.errors import DataError, ModelError
from lamforge.export.texts import read_object
from lamforge.journal import write_atomically

REPORT = "parity.json"  # on GGUF files
FOLDER_REPORT = "parity-folder.json"  # on the folder of a model, beside what it was made of
LIMITS = {  # mean divergence in nats that rounding may explain; a file that is wrong has several
    "F32": 0.01,
    "F16": 0.01,
    "BF16": 0.02,
    "Q8_0": 0.1,
    "Q6_K": 0.3,
    "Q5_K_M": 0.5,
    "Q4_K_M": 1.0,
    "Q3_K_M": 2.0,
    "Q2_K": 4.0,
}


@dataclass
class Parity:
    """How a GGUF file, or a folder, answers beside the checkpoint."""

    file: Path
    encoding: str
    prompts: int = 0
    same_tokens: int = 0  # prompts that both read as the same tokens
    places: int = 0  # where the next token was compared
    agreeing: int = 0  # of them, where both find the same one likeliest
    divergence: float = 0.0  # mean over the places, in nats, of the engine's choice from the checkpoint's
    largest: float = 0.0  # of the places
    calling: int = 0  # prompts that the checkpoint answers with calls
    same_calls: int = 0  # of them, that the file answers with the same calls
    round_trip: bool = False  # a call written by the file's engine is read back and fits its tool
    problems: list[str] = field(default_factory=list)

    @property
    def agreement(self) -> float:
        """Share of places where both find the same token likeliest."""
        return self.agreeing / self.places if self.places else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        rounded = {"divergence": round(self.divergence, 6), "largest": round(self.largest, 6)}
        return asdict(self) | rounded | {"file": self.file.name, "agreement": round(self.agreement, 6)}

    def require(self) -> None:
        """Accepts what the file's precision explains.

        Raises:
            ModelError: if the file says something else than the checkpoint.
        """
        wrong = list(self.problems)
        if self.same_tokens < self.prompts:
            wrong.append(f"{self.prompts - self.same_tokens} of {self.prompts} prompts are other tokens to it")
        if (limit := LIMITS.get(self.encoding)) is not None and self.divergence > limit:
            wrong.append(f"it diverges by {self.divergence:.3f} nats; {self.encoding} explains {limit}")
        if wrong:
            raise ModelError(
                f"differs from the checkpoint: {'; '.join(wrong)}",
                where=self.file,
                remedy="Do not use the file; report the model's config.json.",
            )


def find_parity(model: Path, gguf: Path | None = None) -> Path | None:
    """The report on a model's GGUF files, if there is one.

    It is looked for in the model's folder and in `gguf` within it; beside it, where another model's may lie, one
    counts only if it names this model.

    Args:
        gguf: The folder that it has to be in.
    Raises:
        DataError: if the folder that was named has none.
    """
    if gguf is not None:
        if not (gguf / REPORT).is_file():
            remedy = "Name the folder that `lamforge export gguf` wrote into."
            raise DataError("holds no report on GGUF files", where=gguf, remedy=remedy)
        return gguf / REPORT
    for folder in (model, model / "gguf"):
        if (folder / REPORT).is_file():
            return folder / REPORT
    beside = (model.absolute().parent / name / REPORT for name in (".", "gguf"))
    own = model.absolute().name
    return next((path for path in beside if path.is_file() and read_object(path).get("model") == own), None)


def write_report(path: Path, checks: list[Parity], model_dir: Path, *, engine: str = "xllamacpp") -> None:
    """Leaves what was found beside the files, as JSON; `engine` is the package that ran them."""
    record = {
        "schema": 1,
        "model": model_dir.absolute().name,
        "lamforge": __version__,
        "engine": f"{engine} {importlib.metadata.version(engine)}",
        "reference": f"transformers {importlib.metadata.version('transformers')}, 32-bit floats",
        "compared": "next tokens along the checkpoint's greedy answers",
        "files": [check.as_dict() for check in checks],
    }
    write_atomically(path, json.dumps(record, indent=2) + "\n")
