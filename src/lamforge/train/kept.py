"""What is made once, by a run's first process in its first sitting: a new tokenizer, and the tokens.

All other processes and sittings load the one and map the others into memory.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.data import Passes, Rows
from lamforge.data.stored import WHOLE, store_passes, stored_passes
from lamforge.train.processes import is_main
from lamforge.train.result import TOKENS

_ASKED = 0.2  # seconds between looks for what the first process makes


def tokens_folder(out: Path, record: dict[str, Any], tokenizer: Any) -> Path:
    """Where the tokens of a run are kept: another place if its recipe, data, tokenizer or this program differ."""
    vocabulary = tokenizer.backend_tokenizer.to_str()
    known = json.dumps([record, vocabulary, tokenizer.chat_template, __version__], sort_keys=True)
    return out / TOKENS / hashlib.sha256(known.encode()).hexdigest()[:16]


def kept_tokenizer(out: Path, make: Callable[[], Any]) -> Any:
    """The run's own tokenizer, trained by the first process if it is not there."""
    from transformers import AutoTokenizer

    folder = out / TOKENS / "tokenizer"
    if is_main() and not folder.exists():
        scratch = folder.with_name(".tokenizer")
        make().save_pretrained(scratch)
        scratch.rename(folder)
    while not folder.exists():
        time.sleep(_ASKED)
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def kept_tokens(folder: Path, make: Callable[[Rows], Passes]) -> Passes:
    """The passes in a folder, made by the first process if they are not there.

    A launcher such as torchrun ends the others if that fails.
    """
    if is_main() and not (folder / WHOLE).exists():
        store_passes(folder, make)
    while not (folder / WHOLE).exists():
        time.sleep(_ASKED)
    return stored_passes(folder)
