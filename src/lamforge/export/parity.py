"""Does the engine say what the checkpoint says? Next tokens of both, along the checkpoint's own answers.

The engine is asked for its likeliest tokens only, so what is left counts as one: the divergence is of that coarser
choice, and the true one is at least as large. Activations are rounded in the engine, even with exact weights.
"""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.engines import collect, open_model
from lamforge.export.parity_report import Parity
from lamforge.export.reference import Answer, Reference
from lamforge.formats import Format
from lamforge.messages import Message

_ROOM = 1024  # tokens of context beside a prompt and its answer
_LIKELIEST = 512  # tokens that the engine is asked for at each place
TOOL = {
    "name": "get_weather",
    "description": "Weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "enum": ["Rome", "Paris", "Tokyo"]},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}
QUESTION = "What is the weather in Rome, in degrees Celsius?"


def sample_prompts(fmt: Format, data: Path | None, count: int) -> list[str]:
    """Prompts with tools up to an assistant's turn: from trajectories, or one made up if there are none."""
    if data is None:
        question = [Message(role="user", content=QUESTION)]
        return [fmt.render(question, [TOOL], add_generation_prompt=True)]
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


def check_parity(
    model_dir: Path,
    files: list[Path],
    prompts: list[str],
    fmt: Format,
    max_tokens: int = 96,
    places: int = 32,
    *,
    base: Path | None = None,
    under: Path | None = None,
) -> list[Parity]:
    """Compares each file with the checkpoint, along the checkpoint's greedy answers.

    Prompts that leave no room for an answer in the model's context are left out.

    Args:
        max_tokens: Of an answer; a call that is longer is not compared.
        places: Of an answer's beginning where all next tokens are compared.
        base: The folder of an adapter's base.
        under: The base's GGUF file, if the files are adapters.

    Raises:
        EngineError: if the engine cannot run a file.
    """
    reference = Reference(model_dir, base)
    prompts = [prompt for prompt in prompts if reference.has_room(prompt, max_tokens)] or sample_prompts(fmt, None, 1)
    answers = [reference.answer(prompt, max_tokens, places, fmt.stop_tokens) for prompt in prompts]
    return [asyncio.run(_compare(file, prompts, answers, fmt, under)) for file in files]


async def _compare(file: Path, prompts: list[str], answers: list[Answer], fmt: Format, under: Path | None) -> Parity:
    longest = max((len(answer.prompt) + len(answer.tokens) for answer in answers), default=0)
    spec = f"{under}#lora={file}" if under else str(file)
    model: Any = open_model(spec, format=fmt.id, slots=1, context=longest + _ROOM)
    parity = Parity(file, file.stem.removesuffix("-LoRA").rpartition("-")[2], prompts=len(prompts))
    try:
        for prompt, answer in zip(prompts, answers, strict=True):
            parity.same_tokens += await model.tokens(prompt) == answer.prompt
            await _compare_places(model, answer, parity)
            await _compare_calls(model, prompt, answer, fmt, parity)
        parity.divergence /= max(1, parity.places)
        await _round_trip(model, parity)
    finally:
        await model.aclose()
    return parity


async def _compare_places(model: Any, answer: Answer, parity: Parity) -> None:
    for place, logarithms in enumerate(answer.logarithms):
        rows = await model.likeliest(answer.prompt + answer.tokens[:place], _LIKELIEST)
        apart = divergence(logarithms, rows)
        parity.places += 1
        parity.agreeing += rows[0][0] == int(logarithms.argmax())
        parity.divergence += apart
        parity.largest = max(parity.largest, apart)


def divergence(logarithms: Any, rows: list[tuple[int, float]]) -> float:
    """Kullback-Leibler divergence in nats of what the engine says from what the checkpoint says.

    Args:
        logarithms: The checkpoint's log-probabilities of all tokens.
        rows: The engine's (token, log-probability) of some; the others count as one.
    """
    total, mine, theirs = 0.0, 0.0, 0.0
    for token, theirs_here in rows:
        mine_here = float(logarithms[token])
        total += math.exp(mine_here) * (mine_here - max(theirs_here, -60.0))
        mine += math.exp(mine_here)
        theirs += math.exp(theirs_here)
    rest = max(0.0, 1.0 - mine)
    if rest > 1e-6:
        total += rest * (math.log(rest) - math.log(max(1.0 - theirs, 1e-9)))
    return max(0.0, total)


async def _compare_calls(model: Any, prompt: str, answer: Answer, fmt: Format, parity: Parity) -> None:
    """Whether calls that the checkpoint makes are made by the file, too, when it writes by itself."""
    calls = fmt.parse(answer.text).tool_calls
    if not calls:
        return
    parity.calling += 1
    made = fmt.parse(await model.greedy_text(prompt, len(answer.tokens) + 8)).tool_calls or []
    parity.same_calls += [call.function for call in made] == [call.function for call in calls]


async def _round_trip(model: Any, parity: Parity) -> None:
    """A call that the engine writes, whatever the model is worth: grammar, text and parser must fit together."""
    question = [Message(role="user", content=QUESTION)]
    stream = model.chat(question, tools=[{"type": "function", "function": TOOL}], tool_choice="get_weather")
    message, reason, _ = await collect(stream)
    calls = message.tool_calls or []
    parity.round_trip = len(calls) == 1 and calls[0].function.name == "get_weather" and not calls[0].problems
    if not parity.round_trip:
        parity.problems.append(f"a call that was asked for does not come back whole ({reason})")
