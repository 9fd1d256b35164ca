"""From a trained model to files that others run: GGUF, checked against the checkpoint."""

from lamforge.export.gguf_file import TYPES, export_gguf
from lamforge.export.parity import Parity, check_parity, sample_prompts

__all__ = ["TYPES", "Parity", "check_parity", "export_gguf", "sample_prompts"]
