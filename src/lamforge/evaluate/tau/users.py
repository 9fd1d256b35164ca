"""Who plays the customer: a model, the words of a recorded conversation, a script, or a person. Always declared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from lamforge.domains import Task
from lamforge.domains.speech import asks_to_confirm
from lamforge.engines.client import Client
from lamforge.errors import EngineError
from lamforge.evaluate.tau.rules import GREETING
from lamforge.messages import Message, Usage, derived_seed
from lamforge.simulate import User

STOP = "###STOP###"
MAX_TOKENS = 1024  # of one reply of a model
MakeUser = Callable[[Task, int, int], User]  # given the task, the trial and a seed
_PATIENCE = 3  # questions that the script has no answer to before it leaves


class ModelUser:
    """A model that has the benchmark's own instructions and sees what is said, but no calls and no results.

    Args:
        prompt: What the benchmark tells a simulated user of this task.
        seed: The sampling of each message is derived from it.
    """

    def __init__(
        self, client: Client, prompt: str, *, temperature: float = 0.0, max_tokens: int = MAX_TOKENS, seed: int = 0
    ) -> None:
        self.name = client.model.name
        self.usage = Usage()
        self._client = client
        self._prompt = prompt
        self._options: dict[str, Any] = {"temperature": temperature, "max_tokens": max_tokens}
        self._seed = seed

    async def reply(self, messages: list[Message]) -> str | None:
        """What it says next.

        Raises:
            EngineError: if its engine failed, or it said nothing: that says nothing about the agent.
        """
        spoken = _from_the_other_side(messages)
        if not spoken or spoken[0].role != "user":
            spoken.insert(0, Message(role="user", content=GREETING))
        seed = derived_seed(self._seed, len(messages)) % 2**31
        answer = await self._client.ask(
            [Message(role="system", content=self._prompt), *spoken], seed=seed, **self._options
        )
        self.usage.prompt_tokens += answer.usage.prompt_tokens
        self.usage.completion_tokens += answer.usage.completion_tokens
        self.usage.model_calls += 1
        words = (answer.message.content or "").strip()
        if not words:
            raise EngineError("the simulated user said nothing", where=self.name)
        return words


class TimedUser:
    """A user with a watch."""

    def __init__(self, user: User) -> None:
        self.name = user.name
        self.seconds: list[float] = []
        self._user = user

    async def reply(self, messages: list[Message]) -> str | None:
        """See `lamforge.simulate.User`."""
        started = time.perf_counter()
        try:
            return await self._user.reply(messages)
        finally:
            self.seconds.append(round(time.perf_counter() - started, 6))


class ReplayUser:
    """Says what a recorded user said, line by line, whatever it is asked."""

    name = "replay"

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = iter(lines)

    async def reply(self, messages: list[Message]) -> str | None:
        """The next line; None when there is none left."""
        return next(self._lines, None)


class PlainUser:
    """A script without a model: tells all at once, agrees to what it is asked to confirm, and leaves when it is stuck.

    Its scores compare agents with one another, never with published ones.
    """

    name = "scripted"

    def __init__(self, task: Task) -> None:
        self._instruction = task.instruction
        self._unanswered = 0
        self._told = False

    async def reply(self, messages: list[Message]) -> str | None:
        """What it says next."""
        if not self._told:
            self._told = True
            return f"This is what I was asked to see to:\n{self._instruction}"
        said = messages[-1].content or ""
        if asks_to_confirm(said):
            return "Yes, please go ahead."
        self._unanswered += 1
        if "?" not in said or self._unanswered > _PATIENCE:
            return STOP
        return "That is all I know. Please do what you think is right."


class HumanUser:
    """A person at the terminal.

    Args:
        ask: Shows a text and returns what the person typed; None when they leave.
        briefing: What the person is told first.
    """

    name = "human"

    def __init__(self, ask: Callable[[str], str | None], briefing: str) -> None:
        self._ask = ask
        self._briefing = briefing

    async def reply(self, messages: list[Message]) -> str | None:
        """What the person says."""
        first = not any(message.role == "user" for message in messages)
        text = self._briefing if first else messages[-1].content or ""
        return await asyncio.to_thread(self._ask, text)


def _from_the_other_side(messages: list[Message]) -> list[Message]:
    """What was said, as it comes to the user: the agent's words are to be answered."""
    flipped = {"assistant": "user", "user": "assistant"}
    return [
        Message.model_validate({"role": flipped[message.role], "content": message.content})
        for message in messages
        if message.role in flipped and message.content and not message.tool_calls
    ]
