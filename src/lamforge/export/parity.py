"""Does the engine say what the checkpoint says? Greedy tokens of both, on prompts with tools."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.engines import open_model
from lamforge.formats import get_format
from lamforge.messages import Message


@dataclass
class Parity:
    """How often a GGUF file continues a prompt as the checkpoint does."""

    file: Path
    prompts: int = 0
    equal: int = 0  # prompts whose whole continuation is the same
    tokens: int = 0  # of the checkpoint's continuations
    agreeing: int = 0  # tokens before the first difference
    differences: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether every continuation is the same."""
        return self.equal == self.prompts


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
        messages, tools = conversation(trajectory)
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
    expected = _transformers_tokens(model_dir, prompts, max_tokens)
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
            parity.differences.append(f"prompt {number}: equal for {same} of {len(want)} tokens")
    return parity


def _transformers_tokens(model_dir: Path, prompts: list[str], max_tokens: int) -> list[list[int]]:
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer

    transformers.logging.disable_progress_bar()
    tokenizer: Any = AutoTokenizer.from_pretrained(model_dir)
    model: Any = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32).eval()
    answers = []
    for prompt in prompts:
        inputs = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
        answers.append(output[0, inputs["input_ids"].shape[1] :].tolist())
    return answers


async def _engine_tokens(file: Path, prompts: list[str], max_tokens: int) -> list[list[int]]:
    model: Any = open_model(str(file), slots=1)
    try:
        return [await model.greedy_tokens(prompt, max_tokens) for prompt in prompts]
    finally:
        await model.aclose()
