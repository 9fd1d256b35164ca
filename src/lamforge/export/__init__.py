"""From a trained model to files that others run: GGUF, checked against the checkpoint."""

from lamforge.export.checkpoint import model_format
from lamforge.export.encodings import TYPES
from lamforge.export.gguf_file import DEFAULT_TYPES, export_gguf
from lamforge.export.identity import Identity
from lamforge.export.parity import Parity, check_parity, sample_prompts, write_report

__all__ = [
    "DEFAULT_TYPES",
    "TYPES",
    "Identity",
    "Parity",
    "check_parity",
    "export_gguf",
    "model_format",
    "sample_prompts",
    "write_report",
]
