"""What simulated users took, apart from the agent that is measured: time, tokens and money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lamforge.engines.budget import Price
from lamforge.evaluate.scores import median_and_p95


@dataclass(frozen=True)
class UserEffort:
    """Seconds of one reply; tokens and money of one conversation, unless it is the total."""

    reply_seconds: dict[str, float]  # median, p95
    tokens: dict[str, float]  # mean per conversation: prompt, completion, messages
    cost: dict[str, float]  # total, and mean per conversation

    def __str__(self) -> str:
        tokens = f"{self.tokens['prompt']:,.0f} read, {self.tokens['completion']:,.0f} written per episode"
        money = f", cost {self.cost['total']:.4f}" if self.cost["total"] else ""
        return f"{self.reply_seconds['median']:.2f} s median, {tokens}{money}"


def user_effort(spent: Iterable[dict[str, Any]], price: Price) -> UserEffort | None:
    """What users took that are models; None if none was.

    Args:
        spent: Of each conversation: prompt_tokens, completion_tokens, and the seconds of each reply.
    """
    each = list(spent)
    if not each:
        return None
    prompt, completion = (sum(one[key] for one in each) for key in ("prompt_tokens", "completion_tokens"))
    seconds = [second for one in each for second in one["seconds"]]
    cost = price.of(prompt, completion)
    tokens = {"prompt": prompt, "completion": completion, "messages": len(seconds)}
    return UserEffort(
        reply_seconds=median_and_p95(seconds),
        tokens={name: value / len(each) for name, value in tokens.items()},
        cost={"total": cost, "per_episode": cost / len(each)},
    )
