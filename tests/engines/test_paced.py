from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from lamforge.engines import ScriptedModel, collect
from lamforge.engines.base import Options
from lamforge.engines.client import Client
from lamforge.engines.paced import PacedModel
from lamforge.errors import EngineError
from lamforge.messages import Function, Message, ToolCall

ANSWER = Message(
    role="assistant",
    content="Let me see.",
    tool_calls=[ToolCall(id="call_0", function=Function(name="find", arguments={"city": "Zürich", "n": 2}))],
)


class Shaky(ScriptedModel):
    """Breaks off once in the middle of each answer."""

    def __init__(self) -> None:
        super().__init__(lambda *_: ANSWER)
        self.broken = False

    async def chat(self, *args: Any, **options: Any) -> AsyncIterator[dict[str, Any]]:
        async for delta in super().chat(*args, **options):
            yield delta
            if not self.broken:
                self.broken = True
                raise EngineError("reset")

    async def continued(self, prompt: str, options: Options) -> AsyncIterator[dict[str, Any]]:
        yield {"content": prompt.upper()}
        yield {"finish_reason": "stop", "usage": {"prompt_tokens": 5, "completion_tokens": options.max_tokens}}


def test_an_answer_that_broke_off_is_asked_for_again_and_arrives_whole_and_counted() -> None:
    client = Client(Shaky(), "agent")
    message, reason, _ = asyncio.run(collect(PacedModel(client).chat([Message(role="user", content="Hi")])))
    assert message.as_dict() == ANSWER.as_dict()
    assert reason == "tool_calls"
    assert client.budget.by_role["agent"].retries == 1


def test_texts_are_continued_through_the_client_where_the_model_can() -> None:
    client = Client(Shaky(), "agent")
    message, reason, usage = asyncio.run(collect(PacedModel(client).continued("abc", Options(max_tokens=7))))
    assert (message.content, reason, usage) == ("ABC", "stop", {"prompt_tokens": 5, "completion_tokens": 7})
    assert client.budget.tokens == 12
    assert not hasattr(PacedModel(Client(ScriptedModel(), "agent")), "continued")
