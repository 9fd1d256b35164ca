"""What a job has spent, and a ceiling that it never breaks through."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import NamedTuple

from lamforge.errors import LamforgeError
from lamforge.messages import Usage

_CHARACTERS = 3.5  # of English and JSON a token, where nothing is measured
_MILLION = 1_000_000


class BudgetError(LamforgeError):
    """The next request could cost more than is left; everything made so far is kept."""

    exit_code = 13


@dataclass(frozen=True)
class Price:
    """Of a million tokens, in the currency that the ceiling is in."""

    input: float = 0.0
    output: float = 0.0

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """The cost of so many tokens."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / _MILLION


@dataclass
class Spent:
    """Tokens and money of one role."""

    requests: int = 0
    retries: int = 0  # requests that had to be sent again
    cached: int = 0  # answers that an earlier run had paid for
    prompt_tokens: int = 0
    completion_tokens: int = 0
    wasted_tokens: int = 0  # of answers that broke off, estimated
    cost: float = 0.0


class Reservation(NamedTuple):
    """What is set aside for one request."""

    cost: float
    tokens: int
    prompt: int  # tokens of its prompt, as they were estimated; at least 1


@dataclass
class Budget:
    """Shared by all roles of a job. A request reserves the most that it can cost, then settles what it did cost."""

    max_cost: float | None = None
    max_tokens: int | None = None
    cost: float = 0.0
    tokens: int = 0
    by_role: dict[str, Spent] = field(default_factory=dict)
    _reserved_cost: float = 0.0
    _reserved_tokens: int = 0
    _flying: int = 0  # requests that something is set aside for
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)  # for one of them to be settled
    _longer: float = 1.0  # the most that a prompt has had of what was estimated, of all so far

    async def reserve(self, price: Price, prompt_tokens: int, max_tokens: int) -> Reservation:
        """Sets aside what a request may cost at most, as far as its prompt is no longer than others were.

        Waits for requests on their way if what they have set aside could still be left.

        Args:
            prompt_tokens: Estimated.
        Raises:
            BudgetError: if that is more than is left.
        """
        while True:
            likely = math.ceil(prompt_tokens * self._longer)
            cost, tokens = price.of(likely, max_tokens), likely + max_tokens
            lacking = self._lacking(cost, tokens)
            if lacking is None:
                self._flying += 1
                self._reserved_cost += cost
                self._reserved_tokens += tokens
                return Reservation(cost, tokens, prompt_tokens)
            if not self._flying:
                raise lacking
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled

    def _lacking(self, cost: float, tokens: int) -> BudgetError | None:
        if self.max_cost is not None and self.cost + self._reserved_cost + cost > self.max_cost:
            return BudgetError(
                f"the next request may cost {cost:.4f}; {self.cost:.4f} of {self.max_cost:.4f} are spent",
                remedy="Raise --max-cost; the same command goes on where this run stopped.",
            )
        if self.max_tokens is not None and self.tokens + self._reserved_tokens + tokens > self.max_tokens:
            return BudgetError(
                f"the next request may take {tokens:,} tokens; {self.tokens:,} of {self.max_tokens:,} are used",
                remedy="Raise --max-tokens; the same command goes on where this run stopped.",
            )
        return None

    def book_earlier(self, role: str, price: Price, usage: Usage) -> None:
        """Books what an earlier process of the same job has paid for; it counts towards the ceilings."""
        self.by_role.setdefault(role, Spent()).requests += usage.model_calls
        self._book(role, price, usage.prompt_tokens, usage.completion_tokens)

    def add(self, by_role: dict[str, Spent]) -> None:
        """Books what another process of the same job has spent."""
        for role, spent in by_role.items():
            total = self.by_role.setdefault(role, Spent())
            for name, value in vars(spent).items():
                setattr(total, name, getattr(total, name) + value)
            self.cost += spent.cost
            self.tokens += spent.prompt_tokens + spent.completion_tokens

    def settle(self, reserved: Reservation, role: str, price: Price, prompt: int, completion: int) -> None:
        """Books what a request did cost, and learns from it how long prompts are."""
        self._flying -= 1
        self._reserved_cost = self._reserved_cost - reserved.cost if self._flying else 0.0  # no rounding adds up
        self._reserved_tokens -= reserved.tokens
        self._longer = max(self._longer, prompt / reserved.prompt)
        self._book(role, price, prompt, completion)
        waiting, self._waiting = self._waiting, []
        for settled in waiting:
            if not settled.done():
                settled.set_result(None)

    def _book(self, role: str, price: Price, prompt: int, completion: int) -> None:
        cost = price.of(prompt, completion)
        self.cost += cost
        self.tokens += prompt + completion
        spent = self.by_role.setdefault(role, Spent())
        spent.prompt_tokens += prompt
        spent.completion_tokens += completion
        spent.cost += cost


def estimated_tokens(characters: int) -> int:
    """About how many tokens a text has, where no tokenizer is at hand."""
    return int(characters / _CHARACTERS) + 1
