"""Which conversations are wanted: plain criteria, each with the reason it gives for leaving one out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lamforge.data.rating.rules import CEILINGS
from lamforge.errors import UsageError, bounded
from lamforge.messages import Trajectory, canonical_json
from lamforge.tools import spaced

Part = Literal["format", "execution", "policy", "state", "outputs"]
Judged = Annotated[Literal["1", "0", "unjudged"], BeforeValidator(str)]

_WORD = re.compile(r"[^\W_]+")
UNRATED = "it is not rated"
KEEP_AT = 4.0  # of 5: AgentOhana's threshold (arXiv 2402.15506)


class Criteria(BaseModel):
    """All of them must hold; what is left empty is not looked at."""

    model_config = ConfigDict(extra="forbid")

    min_score: float | None = Field(default=None, ge=0, le=5)  # of `lamforge data rate`; unrated ones are left out
    without: list[str] = []  # codes of findings; unrated ones are left out
    reward: list[Judged] = []  # one of these
    verdict: list[Part] = []  # parts that must have been checked and found right
    domain: list[str] = []  # one of these
    ended: list[str] = []  # one of these
    calls: list[str] = []  # a tool of these is called
    calls_none: list[str] = []  # no tool of these is called
    offers: list[str] = []  # a tool of these is offered
    words_none: list[str] = []  # none of these is said or stands in a tool, in singular or plural
    min_turns: int | None = Field(default=None, ge=0)  # messages of the user
    max_turns: int | None = Field(default=None, ge=0)
    min_calls: int | None = Field(default=None, ge=0)
    max_calls: int | None = Field(default=None, ge=0)
    max_characters: int | None = Field(default=None, ge=1)  # of all messages, without the tools

    def check(self) -> None:
        """Raises UsageError if a code is none."""
        for code in self.without:
            if code not in CEILINGS:
                raise UsageError(f"{bounded(code)} is the code of no rule", remedy=f"Codes are: {', '.join(CEILINGS)}.")

    def why_not(self, trajectory: Trajectory) -> str | None:
        """The first reason to leave a conversation out; None if it is wanted. The same reasons have the same words."""
        return next(
            (why for why in (*self._quality(trajectory), *self._kind(trajectory), *self._size(trajectory))), None
        )

    def _quality(self, trajectory: Trajectory) -> Iterator[str]:
        judged = "unjudged" if trajectory.reward is None else str(trajectory.reward)
        if self.reward and judged not in self.reward:
            yield "it is not judged" if trajectory.reward is None else f"its reward is {judged}"
        for part in self.verdict:
            if (right := getattr(trajectory.verdict, part)) is not True:
                yield f"{part} was not checked" if right is None else f"{part} is wrong"
        rating = trajectory.rating
        if rating is None:
            if self.min_score is not None or self.without:
                yield UNRATED
            return
        if self.min_score is not None and rating.score < self.min_score:
            yield f"its score is below {self.min_score:g}"
        found = {finding.code for finding in rating.findings}
        yield from (f"it has {code}" for code in self.without if code in found)

    def _kind(self, trajectory: Trajectory) -> Iterator[str]:
        if self.domain and trajectory.domain not in self.domain:
            yield "it is of another domain"
        if self.ended and trajectory.ended not in self.ended:
            yield f"it ended otherwise: {bounded(trajectory.ended, 40)}"
        called = {call.function.name for message in trajectory.messages for call in message.tool_calls or ()}
        if self.calls and not called & set(self.calls):
            yield "it calls none of the tools"
        for name in self.calls_none:
            if name in called:
                yield f"it calls {name}"
        if self.offers and not self.offers_any(trajectory):
            yield "it offers none of the tools"

        yield from (f"it has the word {bounded(word, 40)}" for word in self._unwanted_words(trajectory))

    def _unwanted_words(self, trajectory: Trajectory) -> list[str]:
        if not self.words_none:
            return []
        texts = [canonical_json(trajectory.tools), *(canonical_json(m.as_dict()) for m in trajectory.messages)]
        said = f" {' '.join(_WORD.findall(spaced(' '.join(texts)).lower()))} "
        return [word for word in self.words_none if f" {word.lower()} " in said or f" {word.lower()}s " in said]

    def offers_any(self, trajectory: Trajectory) -> bool:
        """Whether one of `offers` is among a conversation's tools."""
        return any((tool.get("function") or tool).get("name") in self.offers for tool in trajectory.tools)

    def _size(self, trajectory: Trajectory) -> Iterator[str]:
        turns = sum(message.role == "user" for message in trajectory.messages)
        calls = sum(len(message.tool_calls or ()) for message in trajectory.messages)
        for name, size, least, most in (
            ("turns", turns, self.min_turns, self.max_turns),
            ("calls", calls, self.min_calls, self.max_calls),
        ):
            if least is not None and size < least:
                yield f"it has fewer than {least} {name}"
            if most is not None and size > most:
                yield f"it has more than {most} {name}"
        if self.max_characters is not None:
            size = sum(len(message.content or "") for message in trajectory.messages)
            if size > self.max_characters:
                yield f"it has more than {self.max_characters:,} characters"


class Selection:
    """Divides a stream by criteria, and counts.

    Attributes:
        kept: How many were wanted so far.
        dropped: Reason -> how many were left out for it.
    """

    def __init__(self, criteria: Criteria) -> None:
        criteria.check()
        self.criteria = criteria
        self.kept = 0
        self.dropped: Counter[str] = Counter()

    def wanted(self, trajectories: Iterable[Trajectory]) -> Iterator[Trajectory]:
        """Those that are wanted."""
        return (trajectory for trajectory, why in self.divide(trajectories) if why is None)

    def divide(self, trajectories: Iterable[Trajectory]) -> Iterator[tuple[Trajectory, str | None]]:
        """(trajectory, why it is left out), and counts."""
        for trajectory in trajectories:
            why = self.criteria.why_not(trajectory)
            if why is None:
                self.kept += 1
            else:
                self.dropped[why] += 1
            yield trajectory, why
