"""Models without weights: a function or a list of answers. They serve tests, baselines and replays."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

from lamforge.engines.base import Delta
from lamforge.engines.calls import checked, strict_field
from lamforge.errors import DataError, EngineError, SchemaError
from lamforge.formats import get_format
from lamforge.messages import Message, as_dicts, file_sha256

Reply = Callable[[list[dict[str, Any]], list[dict[str, Any]]], Message]

SENTENCE = "I understand. Is there anything else I can help you with?"


class ScriptedModel:
    """See `lamforge.engines.base.Model`; answers with what `reply(messages, tools)` returns.

    Args:
        made: What `describe` tells of it.
    """

    def __init__(
        self, reply: Reply | None = None, *, name: str = "scripted", made: dict[str, Any] | None = None
    ) -> None:
        self.name = name
        self.format = get_format("xlam-qwen/always")
        self.notes: list[str] = []
        self.slots = 8
        self._made = made or {}
        self._reply = reply or (lambda messages, tools: Message(role="assistant", content=SENTENCE))

    async def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> AsyncIterator[Delta]:
        """See `lamforge.engines.base.Model.chat`."""
        message = self._reply(as_dicts(messages), list(tools or ()))
        deltas = [delta async for delta in checked(_deltas(message), tools)]
        wrong = [why for delta in deltas for piece in delta.get("tool_calls", ()) for why in piece.get("problems", ())]
        if wrong and (strict := strict_field(tools)):
            raise SchemaError(f"is not kept by the script: {wrong[0]}", where=strict, remedy="Leave it out.")
        for delta in deltas:
            yield delta

    def describe(self) -> dict[str, Any]:
        """See `lamforge.engines.base.Model.describe`."""
        return dict(self._made)

    async def aclose(self) -> None:
        """Nothing to free."""


async def _deltas(message: Message) -> AsyncGenerator[Delta, None]:
    if message.content:
        yield {"content": message.content}
    for index, call in enumerate(message.tool_calls or ()):
        arguments = json.dumps(call.function.arguments, ensure_ascii=False)
        function = {"name": call.function.name, "arguments": arguments}
        yield {"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]}
    yield {"finish_reason": "tool_calls" if message.tool_calls else "stop", "usage": {}}


def _no_answer(path: Path, line: int) -> DataError:
    remedy = 'Each line is a JSON object with "content" or "tool_calls".'
    return DataError("is no assistant message", where=f"{path}:{line}", remedy=remedy)


def replayed(path: Path) -> ScriptedModel:
    """A model that gives the assistant messages of a JSONL file, one a line, in order.

    Raises:
        DataError: naming the line that is no assistant message.
    """
    answers: list[Message] = []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DataError(f"cannot be read: {reason}", where=path, remedy="Pass scripted:FILE.jsonl.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            answer = Message.from_wire({"role": "assistant", **json.loads(line)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _no_answer(path, number) from error
        if answer.role != "assistant":
            raise _no_answer(path, number)
        answers.append(answer)
    left = iter(answers)

    def reply(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Message:
        answer = next(left, None)
        if answer is None:
            raise EngineError(f"all {len(answers)} recorded answers are used up", where=path)
        return answer

    return ScriptedModel(reply, name=f"scripted:{path.name}", made={"model_sha256": file_sha256(path)})
