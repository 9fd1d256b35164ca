"""A tokenizer's place in a GGUF file: tokens, their kinds, merges, and how llama.cpp splits text before them."""

from __future__ import annotations

from typing import Any

from lamforge.errors import ModelError, bounded
from lamforge.export.checkpoint import Checkpoint

_TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_PATTERNS = {  # what tokenizer.json splits by (Qwen2.5's and Llama 3.1's), and llama.cpp's name for it
    _HEAD + r"\p{N}" + _TAIL: "qwen2",
    _HEAD + r"\p{N}{1,3}" + _TAIL: "llama-bpe",
}


def write_vocabulary(writer: Any, checkpoint: Checkpoint) -> None:
    """Adds the tokenizer's keys.

    Raises:
        ModelError: if llama.cpp has no such tokenizer, or the vocabulary does not fit the weights.
    """
    import gguf

    tokenizer, settings, fmt = checkpoint.tokenizer, checkpoint.settings, checkpoint.format
    ids = vocabulary(checkpoint)
    tokens, kinds = _listed(checkpoint, ids, gguf.TokenType)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer(checkpoint))
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_eos_token_id(ids[fmt.stop_tokens[0]])
    writer.add_eot_token_id(ids[fmt.stop_tokens[0]])
    pad = _text(settings.get("pad_token"))
    writer.add_pad_token_id(ids.get(pad or "", ids[fmt.stop_tokens[-1]]))
    if (bos := _text(settings.get("bos_token"))) in ids:
        writer.add_bos_token_id(ids[str(bos)])
    writer.add_add_bos_token(_adds_bos(tokenizer))
    writer.add_chat_template(checkpoint.chat_template or fmt.chat_template)


def vocabulary(checkpoint: Checkpoint) -> dict[str, int]:
    """The id of every token.

    Raises:
        ModelError: if the format's own tokens are missing, or there are more tokens than rows of embeddings.
    """
    ids: dict[str, int] = dict(checkpoint.tokenizer["model"]["vocab"])
    ids |= {token["content"]: token["id"] for token in checkpoint.tokenizer["added_tokens"]}
    if missing := [token for token in checkpoint.format.special_tokens if token not in ids]:
        raise ModelError(
            f"its tokenizer lacks {', '.join(missing)}, which {checkpoint.format.id} needs",
            where=checkpoint.folder / "tokenizer.json",
            remedy="Name the format that it was trained in with --format.",
        )
    largest, rows = max(ids.values()), checkpoint.config["vocab_size"]
    if largest >= rows:
        raise ModelError(
            f"its tokenizer has a token number {largest}, its embeddings {rows} rows", where=checkpoint.folder
        )
    return ids


def pre_tokenizer(checkpoint: Checkpoint) -> str:
    """llama.cpp's name for how the tokenizer splits text.

    Raises:
        ModelError: if it has none.
    """
    found = list(_regexes(checkpoint.tokenizer.get("pre_tokenizer")))
    name = _PATTERNS.get(found[0]) if len(found) == 1 else None
    if name is None:
        raise ModelError(
            f"its tokenizer splits text in a way that is neither Qwen2.5's nor Llama 3.1's: {bounded(found)}",
            where=checkpoint.folder / "tokenizer.json",
        )
    return name


def _regexes(node: Any) -> list[str]:
    """The patterns of a pre-tokenizer and those inside it."""
    if not isinstance(node, dict):
        return []
    pattern = node.get("pattern")
    own = [pattern["Regex"]] if isinstance(pattern, dict) and isinstance(pattern.get("Regex"), str) else []
    inner = node.get("pretokenizers")
    return own + [one for part in (inner if isinstance(inner, list) else []) for one in _regexes(part)]


def _listed(checkpoint: Checkpoint, ids: dict[str, int], kinds: Any) -> tuple[list[str], list[int]]:
    """Tokens by their ids and what kind each is; rows of the embeddings without a token get a name that is no text."""
    rows = checkpoint.config["vocab_size"]
    tokens, types = [f"[UNUSED{number}]" for number in range(rows)], [kinds.UNUSED] * rows
    for token, number in ids.items():
        tokens[number], types[number] = token, kinds.NORMAL
    for added in checkpoint.tokenizer["added_tokens"]:
        types[added["id"]] = kinds.CONTROL if added.get("special") else kinds.USER_DEFINED
    return tokens, types


def _adds_bos(tokenizer: dict[str, Any]) -> bool:
    """Whether the tokenizer itself puts a token before a text, as Llama's does."""
    post = tokenizer.get("post_processor") or {}
    steps = post.get("processors") if post.get("type") == "Sequence" else [post]
    return any(
        "SpecialToken" in (step.get("single") or [{}])[0]
        for step in steps or ()
        if isinstance(step, dict) and step.get("type") == "TemplateProcessing"
    )


def _text(token: Any) -> str | None:
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else None
