"""Does a folder that was written say what the checkpoint says? Both run by transformers, all next tokens compared."""

from __future__ import annotations

from pathlib import Path

from lamforge.export.parity import QUESTION, TOOL, sample_prompts
from lamforge.export.parity_report import Parity
from lamforge.export.reference import Answer, Reference
from lamforge.formats import Format
from lamforge.messages import Function, Message, ToolCall


def check_folder(
    model_dir: Path,
    folder: Path,
    prompts: list[str],
    fmt: Format,
    dtype: str,
    max_tokens: int = 96,
    places: int = 32,
    *,
    base: Path | None = None,
) -> Parity:
    """Compares a folder with what it was made of: a checkpoint, or an adapter that PEFT puts on its base.

    One of the two is in memory at a time. Arguments are those of `check_parity`; `dtype` is that of the weights.

    Raises:
        ModelError: if transformers cannot load one of them.
    """
    reference = Reference(model_dir, base)
    prompts = [prompt for prompt in prompts if reference.has_room(prompt, max_tokens)] or sample_prompts(fmt, None, 1)
    answers = [reference.answer(prompt, max_tokens, places, fmt.stop_tokens) for prompt in prompts]
    del reference
    written = Reference(folder)
    parity = Parity(folder, dtype.upper(), prompts=len(prompts))
    for prompt, answer in zip(prompts, answers, strict=True):
        parity.same_tokens += written.tokens(prompt) == answer.prompt
        _compare_places(written, answer, parity)
        calls = fmt.parse(answer.text).tool_calls
        if calls:
            made = fmt.parse(written.answer(prompt, max_tokens, 1, fmt.stop_tokens).text).tool_calls or []
            parity.calling += 1
            parity.same_calls += [call.function for call in made] == [call.function for call in calls]
    parity.divergence /= max(1, parity.places)
    _round_trip(written, fmt, parity)
    return parity


def _compare_places(written: Reference, answer: Answer, parity: Parity) -> None:
    import numpy as np

    found = written.along(answer)
    wanted = answer.logarithms.astype(np.float64)
    apart = (np.exp(wanted) * (wanted - found)).sum(axis=-1).clip(min=0.0)
    parity.places += len(wanted)
    parity.agreeing += int((wanted.argmax(axis=-1) == found.argmax(axis=-1)).sum())
    parity.divergence += float(apart.sum())
    parity.largest = max(parity.largest, float(apart.max(initial=0.0)))


def _round_trip(written: Reference, fmt: Format, parity: Parity) -> None:
    """A call that the folder's own chat template and tokenizer write: it must be the format's bytes, and read back."""
    call = ToolCall(
        id="call_1", function=Function(name=str(TOOL["name"]), arguments={"city": "Rome", "unit": "celsius"})
    )
    messages = [Message(role="user", content=QUESTION), Message(role="assistant", tool_calls=[call])]
    text = written.templated([message.model_dump(exclude_none=True) for message in messages], [TOOL])
    if text != fmt.render(messages, [TOOL]):
        parity.problems.append(f"its chat template writes other bytes than {fmt.id}")
        return
    asked = fmt.render(messages[:1], [TOOL], add_generation_prompt=True)
    said = text[len(asked) :]
    for end in fmt.stop_tokens:
        said = said.partition(end)[0]
    calls = fmt.parse(said, [TOOL]).tool_calls or []
    parity.round_trip = [each.function for each in calls] == [call.function] and not calls[0].problems
    if not parity.round_trip:
        parity.problems.append("a call that its chat template writes does not come back whole")
