"""Does the engine say what the checkpoint says? Greedy tokens of both, on prompts with tools.

The engine rounds activations to 16 bits, and Q8_0 weights to 8: where the checkpoint itself finds two tokens almost
equally likely, either may win. A difference is an error if the checkpoint clearly prefers its own token.
"""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.engines import open_model
from lamforge.errors import ModelError
from lamforge.formats import get_format
from lamforge.messages import Message

CLEARLY = {"F16": 0.1, "Q8_0": 1.0}  # nats by which the checkpoint prefers its token


@dataclass
class Parity:
    """How often a GGUF file continues a prompt as the checkpoint does."""

    file: Path
    prompts: int = 0
    equal: int = 0  # prompts whose whole continuation is the same
    tokens: int = 0  # of the checkpoint's continuations
    agreeing: int = 0  # tokens before the first difference
    differences: list[str] = field(default_factory=list)
    largest_gap: float = 0.0  # nats by which the checkpoint prefers its token, where they differ first

    def require(self) -> None:
        """Accepts equal answers, and differences that the file's precision explains.

        Raises:
            ModelError: if the file says something else than the checkpoint.
        """
        kind = self.file.stem.rpartition("-")[2]
        if self.largest_gap > CLEARLY.get(kind, 0.0):
            raise ModelError(
                f"differs from the checkpoint by more than {kind} explains: {'; '.join(self.differences)}",
                where=self.file,
                remedy="Do not use the file; report the model's config.json.",
            )


def sample_prompts(model_dir: Path, data: Path | None, count: int) -> list[str]:
    """Prompts with tools up to an assistant's turn: from trajectories, or one made up if there are none."""
    fmt = get_format(json.loads((model_dir / "lamforge.json").read_text(encoding="utf-8"))["format"])
    if data is None:
        tool = {
            "name": "get_weather",
            "description": "Weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        }
        return [
            fmt.render(
                [Message(role="user", content="What is the weather in Rome?")], [tool], add_generation_prompt=True
            )
        ]
    prompts: list[str] = []
    for trajectory in read_trajectories(data):
        messages, tools = conversation(trajectory, fmt)
        turns = [index for index, message in enumerate(messages) if message.role == "assistant"]
        if not turns:
            continue
        turn = turns[len(prompts) % len(turns)]
        prompts.append(fmt.render(messages[:turn], tools, add_generation_prompt=True))
        if len(prompts) == count:
            break
    return prompts


def check_parity(model_dir: Path, file: Path, prompts: list[str], max_tokens: int = 32) -> Parity:
    """Compares greedy continuations of transformers and of the engine.

    Raises:
        EngineError: if the engine cannot run the file.
    """
    checkpoint = _Checkpoint(model_dir)
    expected = [checkpoint.continuation(prompt, max_tokens) for prompt in prompts]
    made = asyncio.run(_engine_tokens(file, prompts, max_tokens))
    parity = Parity(file, prompts=len(prompts))
    for number, (want, got) in enumerate(zip(expected, made, strict=True)):
        same = next(
            (i for i, pair in enumerate(zip(want, got, strict=False)) if pair[0] != pair[1]), min(len(want), len(got))
        )
        parity.tokens += len(want)
        parity.agreeing += same
        parity.equal += want == got
        if want != got:
            gap = checkpoint.gap(prompts[number], want[:same], want[same:], got[same:])
            parity.largest_gap = max(parity.largest_gap, gap)
            parity.differences.append(
                f"prompt {number}: equal for {same} of {len(want)} tokens, then by {gap:.2f} nats"
            )
    return parity


class _Checkpoint:
    """The trained model, run by transformers."""

    def __init__(self, folder: Path) -> None:
        import transformers
        from transformers import AutoModelForCausalLM, AutoTokenizer

        transformers.logging.disable_progress_bar()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()

    def continuation(self, prompt: str, max_tokens: int) -> list[int]:
        """The greedy tokens, the stop token that ends them included."""
        import torch

        inputs = self._tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
        with torch.inference_mode():
            output = self._model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
        return list(output[0, inputs["input_ids"].shape[1] :].tolist())

    def gap(self, prompt: str, shared: list[int], mine: list[int], other: list[int]) -> float:
        """Nats by which the checkpoint prefers its next token after `shared`; infinite if either side has none."""
        import torch

        if not mine or not other:
            return math.inf
        ids = self._tokenizer(prompt, add_special_tokens=False)["input_ids"] + shared
        with torch.inference_mode():
            logits = self._model(input_ids=torch.tensor([ids])).logits[0, -1]
        return float(logits[mine[0]] - logits[other[0]])


async def _engine_tokens(file: Path, prompts: list[str], max_tokens: int) -> list[list[int]]:
    model: Any = open_model(str(file), slots=1)
    try:
        return [await model.greedy_tokens(prompt, max_tokens) for prompt in prompts]
    finally:
        await model.aclose()
