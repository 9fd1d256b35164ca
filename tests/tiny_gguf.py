"""A Qwen2 GGUF with random weights, a few hundred kilobytes: real files for the real engine."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from lamforge.formats import get_format


def _byte_alphabet() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(256 + rest.index(byte)) for byte in range(256)]


def write_tiny_gguf(
    path: Path,
    *,
    width: int = 64,
    layers: int = 2,
    context: int = 2048,
    seed: int = 0,
    add_bos: bool = False,
    more_tokens: int = 0,
) -> Path:
    """Writes a byte-level model. Its answers are endless printable noise, the same noise for the same seed.

    `more_tokens` makes the vocabulary larger, with words that no text is split into but that can be written.
    """
    fmt = get_format("xlam-qwen/always")
    random = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzĠ"))  # Ġ is a blank
    words = {"".join(random.choice(letters, random.integers(2, 8))) for _ in range(2 * more_tokens)}
    tokens = [*_byte_alphabet(), *fmt.special_tokens, *sorted(words)[:more_tokens]]
    heads, feed_forward = 4, width * 2
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.NORMAL] * more_tokens
    )
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(258)
    writer.add_pad_token_id(256)
    writer.add_bos_token_id(256)
    writer.add_add_bos_token(add_bos)
    writer.add_chat_template(fmt.chat_template)
    writer.add_string("lamforge.format", fmt.id)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, (random.standard_normal(shape) * 0.4 / np.sqrt(shape[-1])).astype(np.float32))

    add("token_embd.weight", len(tokens), width)
    printable = np.array(
        [
            1.0 if all(33 <= ord(letter) < 127 for letter in token) and token not in fmt.special_tokens else 0.0
            for token in tokens
        ]
    )
    output = random.standard_normal((len(tokens), width)) * printable[:, None] * 5 / np.sqrt(width)
    writer.add_tensor("output.weight", output.astype(np.float32))
    writer.add_tensor("output_norm.weight", np.ones(width, dtype=np.float32))
    for layer in range(layers):
        prefix = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{prefix}.{norm}.weight", np.ones(width, dtype=np.float32))
        for name, rows in (("q", width), ("k", width // 2), ("v", width // 2)):
            add(f"{prefix}.attn_{name}.weight", rows, width)
            add(f"{prefix}.attn_{name}.bias", rows)
        add(f"{prefix}.attn_output.weight", width, width)
        add(f"{prefix}.ffn_gate.weight", feed_forward, width)
        add(f"{prefix}.ffn_up.weight", feed_forward, width)
        add(f"{prefix}.ffn_down.weight", width, feed_forward)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
