"""Tokens that are computed for each token of a conversation, and the time to say which conversations share a row.

Peers in the same run: TRL's best-fit packing of the same lengths (`trl.data_utils`), and one sample for each assistant
message with all that stands before it, as ActionStudio and APIGen-MT train. Conversations are the bundled store's.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lamforge.data import copied_words, forward_tokens, make_batches, make_rows, pack, rendered_texts
from lamforge.domains import load_domain
from lamforge.formats import get_format
from lamforge.generate import generate_multi
from lamforge.train.tokenizer import train_tokenizer

CONVERSATIONS, CAPACITY, ROWS = 150, 8192, 50_000


def best(function: Callable[[], Any], times: int = 3) -> float:
    """Median seconds."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def tokens_computed() -> None:
    """Tokens of each way to train the same conversations."""
    fmt = get_format("xlam-qwen/always")
    with tempfile.TemporaryDirectory() as folder:
        generate_multi(load_domain("store"), Path(folder), tasks=CONVERSATIONS, test_tasks=1, seed=1)
        data = [Path(folder) / "trajectories.jsonl"]
        tokenizer = train_tokenizer(rendered_texts(data, fmt), fmt, 4096, 32_768, copied_words(data))
        start = time.perf_counter()
        rows = make_rows(data, fmt, tokenizer, 32_768)
        took = time.perf_counter() - start
    unique = rows.conversation_tokens
    packed = forward_tokens(rows, make_batches(rows, CAPACITY, 0))
    shared = forward_tokens(rows, make_batches(rows, 4096, 0, "shared_prefix"), "shared_prefix")
    split = 0
    for row in rows.rows:
        ends = [
            i + 1 for i, on in enumerate(row.trained) if on and (i + 1 == len(row.trained) or not row.trained[i + 1])
        ]
        split += sum(len(rows.prefixes[row.prefix]) + end for end in ends)
    filled = len(make_batches(rows, CAPACITY, 0)) * CAPACITY
    print(f"{len(rows.rows)} conversations of the store, {unique:,} tokens, tokenised and masked in {took:.2f} s")
    print(f"computed per conversation token: packed {packed / unique:.3f} (rows filled up: {filled / unique:.3f})")
    print(f"  behind a shared prefix {shared / unique:.3f}, one sample per assistant message {split / unique:.2f}")
    assert packed / unique <= 1.02


def packing_speed() -> None:
    """Seconds to pack the same lengths."""
    lengths = np.clip(np.random.default_rng(0).lognormal(7.3, 0.6, ROWS).astype(int), 64, CAPACITY)
    ours = best(lambda: pack(lengths.tolist(), CAPACITY, 0))
    rows = len(pack(lengths.tolist(), CAPACITY, 0))
    print(f"{ROWS:,} lengths into rows of {CAPACITY:,}: {ours:.3f} s, {lengths.sum() / rows / CAPACITY:.2%} full")
    try:
        import pyarrow as pa
        from trl.data_utils import _pack_bfd
    except ImportError:
        print("TRL is not installed: nothing to compare with")
        return
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]))
    values = pa.array(np.zeros(int(lengths.sum()), dtype=np.int32))
    table = pa.table({"input_ids": pa.LargeListArray.from_arrays(offsets, values)})
    theirs = best(lambda: _pack_bfd(table, CAPACITY), 1)
    copied = best(lambda: _gathered(pack(lengths.tolist(), CAPACITY, 0), offsets.to_numpy(), values.to_numpy()), 1)
    print(f"TRL: {theirs:.2f} s with the tokens copied, {len(_pack_bfd(table, CAPACITY)):,} rows to our {rows:,}")
    print(f"ratio {theirs / ours:.0f}; with the tokens copied by us, too ({copied:.2f} s): {theirs / copied:.1f}")
    assert copied <= theirs


def _gathered(rows: list[list[int]], offsets: Any, values: Any) -> list[Any]:
    return [np.concatenate([values[offsets[index] : offsets[index + 1]] for index in row]) for row in rows]


if __name__ == "__main__":
    tokens_computed()
    packing_speed()
