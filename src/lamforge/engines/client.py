"""Whole answers for jobs of thousands of requests: paced, tried again, counted, and kept so that none is paid twice."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from lamforge.engines.base import BusyError, ContextError, GivenUpError, Model, Options, RefusalError, collect
from lamforge.engines.budget import Budget, Price, Spent, estimated_tokens
from lamforge.engines.timed import Timed
from lamforge.engines.traffic import Traffic
from lamforge.errors import EngineError
from lamforge.messages import Message, Usage, as_dicts, content_id
from lamforge.printable import printable

_log = logging.getLogger(__name__)
_TRIES = 6  # at one request, those that the endpoint was too busy for not counted
_BUSY_TRIES = 50
_BACK_OFF = 0.25  # seconds before the second try; doubles, with jitter, up to
_LONGEST = 20.0


class Store(Protocol):
    """Answers by the content of their requests; a run's folder has one."""

    def get(self, key: str) -> dict[str, Any] | None:
        """What was put under the key."""
        ...

    def put(self, key: str, answer: dict[str, Any]) -> None:
        """Keeps an answer."""
        ...

    def waste(self, role: str, usage: Usage) -> None:
        """Keeps what was paid for an answer that broke off."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a model said."""

    message: Message
    reason: str  # "stop", "length" or "tool_calls"
    usage: Usage


@dataclass(frozen=True)
class _Request:
    """What is asked: how an answer is begun, the characters of the prompt, the most tokens of the answer."""

    start: Callable[[], Any]
    size: int
    max_tokens: int


@dataclass
class Client:
    """One role's way to its model.

    A request that fails is sent again where that is safe: after a refused connection, a 429, a server's error, silence,
    a broken stream or an answer that is no answer. A request that the endpoint refuses is not.

    Args:
        role: Whose requests these are, in accounts and in the store.
        store: Where answers are kept; an answer with the same role, model, conversation and options comes from there.
    """

    model: Model
    role: str
    budget: Budget = field(default_factory=Budget)
    traffic: Traffic = field(default_factory=Traffic)
    price: Price = field(default_factory=Price)
    store: Store | None = None
    made: dict[str, Any] = field(init=False)  # what the model is; a part of each answer's key

    def __post_init__(self) -> None:
        self.made = self.model.describe()

    async def ask(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> Answer:
        """The model's answer; the arguments are those of `lamforge.engines.base.Model.chat`.

        Raises:
            ContextError: if the conversation does not fit.
            RefusalError: if the endpoint does not take the request.
            GivenUpError: if it failed again and again, does not take the key, or has not answered for long.
            BudgetError: if the request could cost more than is left.
        """

        def start() -> Any:
            return self.model.chat(messages, tools=tools, tool_choice=tool_choice, **options)

        size = sum(_written(message) for message in messages) + len(str(tools or ""))
        request = _Request(start, size, options.get("max_tokens", 512))
        if self.store is None:
            return await self._tried(request)
        key = content_id(self.role, self.made, as_dicts(messages), tools, tool_choice, options)
        if (kept := self.store.get(key)) is not None:
            self._spent.cached += 1
            return Answer(Message.model_validate(kept["message"]), kept["reason"], Usage(**kept["usage"]))
        answer = await self._tried(request)
        kept = {"message": answer.message.as_dict(), "reason": answer.reason, "usage": answer.usage.model_dump()}
        self.store.put(key, {**kept, "role": self.role})
        return answer

    async def continue_text(self, prompt: str, options: Options) -> Answer:
        """The text that the model continues a prompt with, for models that give completions; raises as `ask` does."""
        continued: Any = self.model
        return await self._tried(
            _Request(lambda: continued.continued(prompt, options), len(prompt), options.max_tokens)
        )

    @property
    def _spent(self) -> Spent:
        return self.budget.by_role.setdefault(self.role, Spent())

    async def _tried(self, request: _Request) -> Answer:
        failures = busy = 0
        while True:
            try:
                return await self._once(request)
            except (ContextError, RefusalError, GivenUpError):
                raise
            except BusyError:
                busy += 1
                if busy >= _BUSY_TRIES:
                    raise
            except EngineError as error:
                failures += 1
                if self.traffic.failed(error.what):
                    _log.warning("requests fail one after the other and are held back: %s", printable(str(error)))
                if failures >= _TRIES:
                    raise GivenUpError.of(error) from error
                await asyncio.sleep(min(_LONGEST, _BACK_OFF * 2.0**failures) * random.uniform(0.5, 1.0))
            self._spent.retries += 1

    async def _once(self, request: _Request) -> Answer:
        prompt = estimated_tokens(request.size)
        async with self.traffic.turn():
            reserved = await self.budget.reserve(self.price, prompt, request.max_tokens)
            stream = Timed(request.start())
            used: tuple[int, int] = (0, 0)
            try:
                self._spent.requests += 1
                message, reason, usage = await collect(stream.deltas())
                used = (
                    usage.get("prompt_tokens") or prompt,
                    usage.get("completion_tokens") or estimated_tokens(stream.size),
                )
            except RefusalError:
                raise
            except BusyError as error:
                self.traffic.busy(stream.began, error.retry_after)
                raise
            except BaseException:
                if stream.size:  # it was paid for
                    used = (prompt, estimated_tokens(stream.size))
                    self._spent.wasted_tokens += sum(used)
                    if self.store is not None:
                        self.store.waste(self.role, Usage(prompt_tokens=used[0], completion_tokens=used[1]))
                raise
            finally:
                self.budget.settle(reserved, self.role, self.price, *used)
            self.traffic.succeeded(stream.first)
            return Answer(message, reason, Usage(prompt_tokens=used[0], completion_tokens=used[1], model_calls=1))


def _written(message: Any) -> int:
    """About how many characters of a prompt a message is."""
    fields = message.as_dict() if isinstance(message, Message) else message
    return len(str(fields.get("content") or "")) + len(str(fields.get("tool_calls") or ""))
