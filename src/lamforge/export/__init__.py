"""From a trained model to files that others run, checked against the checkpoint; and to the hub."""

from lamforge.export.adapter import is_adapter, model_format
from lamforge.export.adapter_file import export_adapter
from lamforge.export.card import Sources, unmet_duties, write_card
from lamforge.export.encodings import TYPES
from lamforge.export.folder_parity import check_folder
from lamforge.export.gguf_file import DEFAULT_TYPES, export_gguf
from lamforge.export.hf_folder import export_hf
from lamforge.export.identity import Identity, read_identity
from lamforge.export.parity import check_parity, sample_prompts
from lamforge.export.parity_report import FOLDER_REPORT, Parity, find_parity, write_report
from lamforge.export.push import Pushed, plan_push, push

__all__ = [
    "DEFAULT_TYPES",
    "FOLDER_REPORT",
    "TYPES",
    "Identity",
    "Parity",
    "Pushed",
    "Sources",
    "check_folder",
    "check_parity",
    "export_adapter",
    "export_gguf",
    "export_hf",
    "find_parity",
    "is_adapter",
    "model_format",
    "plan_push",
    "push",
    "read_identity",
    "sample_prompts",
    "unmet_duties",
    "write_card",
    "write_report",
]
