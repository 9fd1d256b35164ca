"""What the trainer costs beyond a loop: seconds of processor time a step of `train pretrain`, beside bare PyTorch.

The model is a Qwen2 of 10.6M weights with a vocabulary of 8,192, rows have 2,048 tokens of several texts. The bare loop
takes the same rows with the same attention, and once more as rows whose tokens see all before them in the row. One
thread and processor time, so that other work on the machine does not count.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from lamforge.data import Passes, RowMaker, make_passes
from lamforge.formats import get_format
from lamforge.train import Recipe, require_train_extra, train
from lamforge.train.attention import attention_of
from lamforge.train.objectives import Packed

TEXTS, CAPACITY, VOCABULARY, WARM = 160, 2048, 8192, 3


def recipe(precision: str) -> Recipe:
    """The shape of the model, and one pass over the texts."""
    shape = {"hidden_size": 320, "intermediate_size": 960, "num_hidden_layers": 6, "initial_weights": "random"}
    heads = {"num_attention_heads": 5, "num_key_value_heads": 5, "context_length": CAPACITY}
    training = {"precision": precision, "batch_tokens": CAPACITY, "save_minutes": 60}
    tokenizer = {"vocab_size": VOCABULARY}
    return Recipe.model_validate({"model": shape | heads, "training": training, "tokenizer": tokenizer})


def ours(settings: Recipe, data: Path, out: Path) -> float:
    """Seconds a step of lamforge."""
    marks: list[float] = []
    train("pretrain", settings, [data], out, progress=lambda *_: marks.append(time.process_time()))
    return median(later - earlier for earlier, later in zip(marks[WARM:], marks[WARM + 1 :], strict=False))


def bare(settings: Recipe, passes: Passes, model: Any, *, whole: bool) -> float:
    """Seconds a step of a loop that does nothing else."""
    objective = Packed(passes, settings.training, [])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    seconds = []
    for batch in objective.batches(0):
        start = time.process_time()
        made = objective.collate(batch, 1.0)
        ids = made["input_ids"]
        known = {} if whole else {"trees": made["trees"], "position_ids": made["position_ids"]}
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.training.precision == "bf16"):
            logits = model(input_ids=ids, use_cache=False, **known).logits[0, :-1]
        cross_entropy(logits.float(), ids[0, 1:]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.process_time() - start)
    return median(seconds[WARM:])


def main() -> None:
    """Prints tokens a second of each, and the ratios."""
    require_train_extra("the benchmark")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    fmt, draw = get_format("xlam-qwen/always"), random.Random(0)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 7))) for _ in range(3000)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = [" ".join(draw.choices(words, k=draw.randint(100, 500))) for _ in range(TEXTS)]
        (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        for precision in ("bf16", "fp32"):
            settings, out = recipe(precision), folder / precision
            found = {"lamforge": ours(settings, folder / "texts.jsonl", out)}
            tokenizer = AutoTokenizer.from_pretrained(out)
            passes = make_passes([folder / "texts.jsonl"], RowMaker(fmt, tokenizer, CAPACITY), loss="all")
            for way, attention in (("bare", attention_of(settings.training)), ("bare, whole rows", "sdpa")):
                model = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32, attn_implementation=attention)
                found[way] = bare(settings, passes, model.train(), whole=attention == "sdpa")
            for way, seconds in found.items():
                ratio = seconds / found["lamforge"]
                print(f"{precision} {way:17} {CAPACITY / seconds:6,.0f} tokens/s; lamforge over it: {ratio:.2f}")


if __name__ == "__main__":
    sys.exit(main())
