"""Answers that must have a shape: JSON inside <answer>, read strictly, asked for once more, and never guessed."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lamforge.engines.client import Client
from lamforge.errors import bounded
from lamforge.messages import Message

Shape = TypeVar("Shape", bound=BaseModel)

_OPEN, _CLOSE = "<answer>", "</answer>"
_FENCE = "```"


class UnreadableError(Exception):
    """A model's answer has not the shape that was asked for, and had it no more when it was asked again."""


async def ask_strictly(
    client: Client, prompt: str | list[Message], shape: type[Shape], *, seed: int, **options: Any
) -> Shape:
    """The answer to a prompt as a record.

    An answer that cannot be read is shown to the model once with what is wrong with it.

    Raises:
        UnreadableError: if the second cannot be read either.
        LamforgeError: as `Client.ask` does.
    """
    messages = [Message(role="user", content=prompt)] if isinstance(prompt, str) else list(prompt)
    said = _text((await client.ask(messages, seed=seed, **options)).message.content)
    try:
        return read_strictly(said, shape)
    except UnreadableError as error:
        wrong = f"That cannot be read: {error}. Answer again, with nothing but the JSON inside {_OPEN}{_CLOSE}."
    messages += [Message(role="assistant", content=said or "(nothing)"), Message(role="user", content=wrong)]
    return read_strictly(_text((await client.ask(messages, seed=seed, **options)).message.content), shape)


def _text(content: str | None) -> str:
    """What can be sent back: half surrogates are replaced."""
    return (content or "").encode(errors="replace").decode()


def read_strictly(text: str, shape: type[Shape]) -> Shape:
    """The record in the last <answer> of a text, or in the whole text if it has none.

    Raises:
        UnreadableError: saying what is wrong.
    """
    inner = text.rpartition(_OPEN)[2].partition(_CLOSE)[0].strip()
    if inner.startswith(_FENCE) and inner.endswith(_FENCE):
        inner = inner.strip("`").removeprefix("json").strip()
    try:
        value = json.loads(inner)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # no half surrogates, no infinities
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UnreadableError(f"{place or 'the answer'}: {first['msg']}, got {bounded(first['input'])}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no JSON ({error}): {bounded(inner)}") from error
