"""A byte-level BPE tokenizer trained on the data, with Qwen2.5's pre-tokenizer: digits stand one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lamforge.formats import Format

# Qwen2.5's pattern (tokenizer.json of Qwen/Qwen2.5-0.5B); llama.cpp knows it as "qwen2".
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train_tokenizer(texts: Iterable[str], fmt: Format, vocab_size: int, context_length: int) -> Any:
    """A fast Hugging Face tokenizer whose end-of-text is the format's end of turn; the same texts give the same one.

    Args:
        vocab_size: Entries, special tokens included.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=list(fmt.special_tokens),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_plain(texts, fmt), trainer)
    end, pad = fmt.stop_tokens[0], fmt.stop_tokens[1]
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=end,
        pad_token=pad,
        extra_special_tokens=list(fmt.special_tokens),
        clean_up_tokenization_spaces=False,
        model_max_length=context_length,
    )
    fast.chat_template = fmt.chat_template
    return fast


def _plain(texts: Iterable[str], fmt: Format) -> Iterator[str]:
    """The texts between special tokens, which must not be learned as ordinary words."""
    special = re.compile("|".join(re.escape(token) for token in fmt.special_tokens))
    for text in texts:
        yield from (part for part in special.split(text) if part)
