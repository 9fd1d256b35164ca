"""Training speed beside TRL's `SFTTrainer` on the same conversations, in one run: trained tokens a second.

The conversations are the bundled store's, tokenised once. The model is a small Qwen2 with random weights, fp32. TRL is
given the same tokens and the same loss masks, packs them by best fit to rows of the same size, and takes as many tokens
a step; and once more one sample for each assistant message, as ActionStudio and APIGen-MT train.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from lamforge.data import copied_words, make_rows, rendered_texts
from lamforge.domains import load_domain
from lamforge.formats import get_format
from lamforge.generate import generate_multi
from lamforge.train import load_recipe, require_train_extra, train
from lamforge.train.objectives import whole_row
from lamforge.train.tokenizer import train_tokenizer

CONVERSATIONS, CAPACITY, WIDTH, LAYERS, VOCABULARY = 12, 8192, 256, 4, 4096


def model() -> Any:
    """Random weights of the shape of the scratch recipe."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=3 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=32_768,
    )
    return Qwen2ForCausalLM(config)


def ours(data: list[Path], folder: Path) -> float:
    """Seconds of one epoch by lamforge, the model written at the end included."""
    overrides = ["training.prefix_growth=0", "training.batching=packed", "training.optimizer=adamw"]
    overrides += ["training.epochs=1", f"training.batch_tokens={CAPACITY}", "training.precision=fp32"]
    overrides += ["model.initial_weights=random", "model.context_length=32768", f"tokenizer.vocab_size={VOCABULARY}"]
    return train("sft", load_recipe("scratch", overrides), data, folder).seconds


def theirs(samples: list[dict[str, Any]], folder: Path, tokenizer: Any, *, packing: bool) -> float:
    """Seconds of one epoch by TRL."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    config = SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        num_train_epochs=1,
        max_length=CAPACITY,
        packing=packing,
        packing_strategy="bfd",
        report_to="none",
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        learning_rate=1e-3,
    )
    trainer = SFTTrainer(
        model=model(), args=config, train_dataset=Dataset.from_list(samples), processing_class=tokenizer
    )
    start = time.perf_counter()
    trainer.train()
    return time.perf_counter() - start


def main() -> None:
    """Prints tokens a second of each way, and the ratios."""
    require_train_extra("the benchmark")
    torch.set_num_threads(1)
    fmt = get_format("xlam-qwen/always")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate_multi(load_domain("store"), folder / "data", tasks=CONVERSATIONS, test_tasks=1, seed=1)
        data = [folder / "data" / "trajectories.jsonl"]
        tokenizer = train_tokenizer(rendered_texts(data, fmt), fmt, VOCABULARY, 32_768, copied_words(data))
        rows = make_rows(data, fmt, tokenizer, 32_768)
        seconds = ours(data, folder / "ours")
        tokens, count = rows.conversation_tokens, len(rows.rows)
        print(f"{count} conversations, {tokens:,} tokens, {rows.trained_tokens:,} of them trained")
        print(f"lamforge, packed:                 {seconds:6.1f} s, {tokens / seconds:7,.0f} tokens/s")
        try:
            import trl  # noqa: F401
        except ImportError:
            print("TRL is not installed: nothing to compare with")
            return
        whole = [whole_row(rows, index) for index in range(count)]
        samples = [{"input_ids": list(ids), "completion_mask": list(mask)} for ids, mask in whole]
        packed = theirs(samples, folder / "trl", tokenizer, packing=True)
        print(f"TRL, packed:                      {packed:6.1f} s, {tokens / packed:7,.0f} tokens/s")
        each = []
        for ids, mask in whole[: max(1, count // 4)]:  # a quarter is enough: it takes long
            ends = [i + 1 for i, on in enumerate(mask) if on and (i + 1 == len(mask) or not mask[i + 1])]
            for end in ends:
                begin = max(i for i in range(end) if mask[i] and not (i and mask[i - 1]))
                masked = [0] * begin + [1] * (end - begin)
                each.append({"input_ids": list(ids[:end]), "completion_mask": masked})
        split = theirs(each, folder / "split", tokenizer, packing=False)
        seen = sum(len(sample["input_ids"]) for sample in each)
        shown = max(1, count // 4)
        print(f"TRL, a sample each message:       {split:6.1f} s, {seen / split:7,.0f} tokens/s, {shown} conversations")
        print(f"ratio per token: {packed / seconds:.2f} to TRL packed")
        print(f"ratio per conversation: {split / shown / (seconds / count):.1f} to a sample each message")


if __name__ == "__main__":
    sys.exit(main())
