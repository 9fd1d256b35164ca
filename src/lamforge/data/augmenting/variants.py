"""Variants of one conversation: drawn by its id, checked, and with a record of how they were made.

What makes no difference (order, names, descriptions, distractors) is drawn together; in place of a call a refusal or a
question makes a conversation of another kind, which is then put into another order, too.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lamforge.data.augmenting.arranging import Pool, distracted, shuffled
from lamforge.data.augmenting.asking import asking
from lamforge.data.augmenting.framing import framed, unframed
from lamforge.data.augmenting.refusing import refusing
from lamforge.data.augmenting.renaming import Renaming, draw_renaming, renamed
from lamforge.data.augmenting.rewording import reworded
from lamforge.data.rating.rules import find_faults
from lamforge.formats import get_format
from lamforge.messages import Message, Trajectory, canonical_json, content_id, derived_seed

_READER = get_format("xlam-qwen")  # the calls' notation is the same in every variant

Share = float


class Augmentation(BaseModel):
    """How variants are made; each share is the part of them that gets it."""

    model_config = ConfigDict(extra="forbid")

    copies: int = Field(default=1, ge=0, le=100)  # variants of each conversation in which the same is right
    order: Share = Field(default=1.0, ge=0, le=1)  # of tools, their fields and parameters
    names: Share = Field(default=0.5, ge=0, le=1)  # of tools and parameters
    descriptions: Share = Field(default=0.5, ge=0, le=1)
    distractors: Share = Field(default=0.5, ge=0, le=1)  # tools more
    query: Share = Field(default=0.0, ge=0, le=1)  # marks around what users say
    refuse: Share = Field(default=0.2, ge=0, le=1)  # of the conversations: once more without the tool, if that works
    ask: Share = Field(default=0.2, ge=0, le=1)  # of the conversations: once more without a value, if that works
    seed: int = 0


@dataclass
class Tally:
    """What was made, and what was not."""

    made: Counter[str] = field(default_factory=Counter)  # kind of change -> variants with it
    failed: Counter[str] = field(default_factory=Counter)  # why a variant was not kept -> how often


@dataclass
class Variants:
    """Makes variants."""

    settings: Augmentation
    pool: Pool
    tally: Tally = field(default_factory=Tally)

    def of(self, trajectory: Trajectory) -> Iterator[Trajectory]:
        """The variants of a conversation that hold; none of one that has faults itself, or failed."""
        if trajectory.reward == 0:
            self.tally.failed["the conversation failed (reward 0)"] += 1
            return
        if faults := find_faults(trajectory):
            self.tally.failed[f"the conversation has {faults[0].code}"] += 1
            return
        for number in range(self.settings.copies):
            rng = self._rng(trajectory, number)
            yield from self._kept(trajectory, trajectory, rng, [], number)
        for kind, share, make in (("refuse", self.settings.refuse, refusing), ("ask", self.settings.ask, asking)):
            rng = self._rng(trajectory, kind)
            if rng.random() < share:
                made = make(trajectory, rng)
                if made is None:
                    self.tally.failed[f"{kind}: no call of it can be replaced for certain"] += 1
                else:
                    yield from self._kept(trajectory, made, rng, [kind], kind)

    def _rng(self, trajectory: Trajectory, which: int | str) -> random.Random:
        return random.Random(derived_seed("augment", self.settings.seed, trajectory.trajectory_id, which))

    def _kept(
        self, original: Trajectory, base: Trajectory, rng: random.Random, by: list[str], which: int | str
    ) -> Iterator[Trajectory]:
        """The base with what makes no difference, if it holds."""
        made, renaming, kinds = self._arranged(base, rng)
        by = by + kinds
        if not by:
            return
        if why := _why_not(base, made, renaming):
            self.tally.failed[why] += 1
            return
        self.tally.made.update(by)
        record: dict[str, Any] = {"from": original.trajectory_id, "by": by, "seed": self.settings.seed, "copy": which}
        if "names" in by:
            record["renamed"] = renaming.as_dict()
        name = content_id("augmented", original.trajectory_id, [m.as_dict() for m in made.messages], made.tools)
        provenance = {**original.provenance, "augmented": record}
        yield made.model_copy(update={"trajectory_id": name, "provenance": provenance})

    def _arranged(self, base: Trajectory, rng: random.Random) -> tuple[Trajectory, Renaming, list[str]]:
        kinds: list[str] = []
        made, renaming = base, Renaming()
        settings = self.settings
        if rng.random() < settings.distractors and (more := distracted(made, rng, self.pool)) is not None:
            made, kinds = more, [*kinds, "distractors"]
        if rng.random() < settings.names and (drawn := draw_renaming(made, rng)) is not None:
            made, renaming, kinds = renamed(made, drawn), drawn, [*kinds, "names"]
        if rng.random() < settings.descriptions and (said := reworded(made, rng)) is not None:
            made, kinds = said, [*kinds, "descriptions"]
        if settings.query and rng.random() < settings.query and (marked := framed(made, rng)) is not None:
            made, kinds = marked, [*kinds, "query"]
        if rng.random() < settings.order and (other := shuffled(made, rng)).tools != made.tools:
            made, kinds = other, [*kinds, "order"]
        return made, renaming, kinds


def _why_not(base: Trajectory, made: Trajectory, renaming: Renaming) -> str | None:
    """Why a variant does not hold: a fault, or something that the assistant is to learn is not what it was."""
    plain = unframed(made)
    if faults := find_faults(plain):
        return f"it would have {faults[0].code}"
    back = renamed(plain, renaming.inverse())
    if [_learnt(m) for m in back.messages] != [_learnt(m) for m in base.messages]:
        return "its calls or texts are not those of the conversation"
    for message in made.messages:
        if message.tool_calls and not _is_read_again(message):
            return "a call cannot be read again"
    return None


def _learnt(message: Message) -> str:
    return canonical_json(message.as_dict())


def _is_read_again(message: Message) -> bool:
    calls = [{"name": c.function.name, "arguments": c.function.arguments} for c in message.tool_calls or ()]
    read = _READER.parse(canonical_json(calls)).tool_calls or []
    return [{"name": c.function.name, "arguments": c.function.arguments} for c in read] == calls
