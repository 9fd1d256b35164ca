"""A byte-level BPE tokenizer trained on the data, with Qwen2.5's pre-tokenizer: digits stand one by one.

A small model copies names and ids letter by letter or not at all, so the same word must be the same tokens wherever it
stands: after a space in what a user says, after a quote in a call. Merges are therefore learned in two steps: words
without the character before them, then that character joined to the commonest words that never occur in a call's
arguments. The runtime's algorithm is plain BPE, in llama.cpp too; only the choice of merges differs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from lamforge.formats import Format

# Qwen2.5's pattern (tokenizer.json of Qwen/Qwen2.5-0.5B); llama.cpp knows it as "qwen2".
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_BEGIN, _FILL = "<|begin_of_text|>", "<|finetune_right_pad_id|>"  # Llama 3's
_JOINED = 5  # one of this many entries is kept for words joined to the character before them


def train_tokenizer(
    texts: Iterable[str], fmt: Format, vocab_size: int, context_length: int, copied: Collection[str] = ()
) -> Any:
    """A fast Hugging Face tokenizer whose end-of-text is the format's end of turn; the same texts give the same one.

    Args:
        vocab_size: Entries, special tokens included; fewer if the texts give no more.
        copied: Words that occur in calls' arguments; they stay apart from the character before them.
    """
    # Each message counts once: a system block that all conversations share would drown them.
    parts = list(dict.fromkeys(unicodedata.normalize("NFC", part) for text in texts for part in _plain(text, fmt)))
    vocabulary, merges = _words(parts, fmt, vocab_size - vocab_size // _JOINED)
    _join(parts, set(copied), vocabulary, merges, vocab_size)
    return make_tokenizer(vocabulary, merges, fmt, context_length)


def make_tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]], fmt: Format, context_length: int) -> Any:
    """The fast tokenizer of a vocabulary that holds the format's special tokens."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens(list(fmt.special_tokens))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=_BEGIN if _BEGIN in fmt.special_tokens else None,
        eos_token=fmt.stop_tokens[0],
        pad_token=pad_token(fmt),
        extra_special_tokens=list(fmt.special_tokens),
        clean_up_tokenization_spaces=False,
        model_max_length=context_length,
    )
    fast.chat_template = fmt.chat_template
    return fast


def pad_token(fmt: Format) -> str:
    """The family's token for filling up, which ends nothing: Llama 3 has one, Qwen uses its end of text."""
    return _FILL if _FILL in fmt.special_tokens else fmt.stop_tokens[1]


def _plain(text: str, fmt: Format) -> Iterator[str]:
    """The text between special tokens, which must not be learned as ordinary words."""
    return (part for part in re.split("|".join(map(re.escape, fmt.special_tokens)), text) if part)


def _pre_tokenizer(*more: Any) -> Any:
    from tokenizers import Regex, pre_tokenizers

    split = pre_tokenizers.Split(Regex(_PATTERN), behavior="isolated")
    return pre_tokenizers.Sequence([split, *more, _bytes()])


def _bytes() -> Any:
    from tokenizers import pre_tokenizers

    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def _words(parts: list[str], fmt: Format, size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges, learned with the character before a word split off."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer(pre_tokenizers.Split(Regex(r"\p{L}+"), behavior="isolated"))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=list(fmt.special_tokens),
        show_progress=False,
    )
    tokenizer.train_from_iterator(parts, trainer)
    learned = json.loads(tokenizer.to_str())["model"]
    return learned["vocab"], [(first, second) for first, second in learned["merges"]]


def _join(
    parts: list[str],
    copied: set[str],
    vocabulary: dict[str, int],
    merges: list[tuple[str, str]],
    size: int,
) -> None:
    """Appends merges of a character and a whole word after it, commonest first; ties in alphabetical order."""
    encode = _bytes().pre_tokenize_str
    split = _pre_tokenizer().pre_tokenize_str
    counts = Counter(part[begin:end] for part in parts for _, (begin, end) in split(part))
    for piece, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if len(vocabulary) >= size:
            break
        if len(piece) < 2 or piece[0].isalpha() or not piece[1].isalpha() or piece[1:] in copied:
            continue
        head, rest = encode(piece[0])[0][0], encode(piece[1:])[0][0]
        if head in vocabulary and rest in vocabulary and head + rest not in vocabulary:
            merges.append((head, rest))
            vocabulary[head + rest] = len(vocabulary)
