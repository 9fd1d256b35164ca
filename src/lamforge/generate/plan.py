"""How the scripted teacher is to play a script: what it may do, and what it knows that the user does not."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lamforge.domains.wording import Wording
from lamforge.simulate import Script


class Finder(BaseModel):
    """A read tool that leads from what the user knows to an id that it does not."""

    model_config = ConfigDict(extra="forbid")

    tool: str
    arguments: dict[str, Any]


class Step(BaseModel):
    """How the teacher handles one goal."""

    model_config = ConfigDict(extra="forbid")

    action: dict[str, Any] = Field(default_factory=dict)  # all arguments, those that the user does not know included
    finder: Finder | None = None
    lookup: str | None = None  # read tool that shows the record, called with the goal's own id
    lookup_key: str | None = None
    prepare: dict[str, list[str]] = Field(default_factory=dict)  # read tool, such as a quote -> arguments it shares
    confirm: bool = True
    refuse: str | None = None  # sentences of the policy: do not act, say them
    answer: Any = None  # for a question: the value to say
    offers: list[str] = Field(default_factory=list)  # for a wish that no tool serves: what can be done


class Plan(BaseModel):
    """How the teacher plays a whole script."""

    model_config = ConfigDict(extra="forbid")

    identify: str | None = None  # read tool called with the script's facts
    ways: list[list[str]] = Field(default_factory=list)  # what else customers may identify themselves with
    steps: list[Step] = Field(default_factory=list)

    def looked_up_at_once(self, script: Script) -> list[tuple[str, dict[str, Any]]]:
        """(tool, arguments): the different look-ups for the goals that are told together."""
        wanted = []
        for goal, step in list(zip(script.goals, self.steps, strict=True))[: script.together]:
            if goal.question is not None and not step.lookup:
                wanted.append((goal.tool, step.action))
            elif step.lookup and step.lookup_key:
                wanted.append((step.lookup, {step.lookup_key: step.action[step.lookup_key]}))
        return [each for number, each in enumerate(wanted) if each not in wanted[:number]]


def ways_to_identify(ways: list[list[str]], wording: Wording) -> str:
    """What customers are asked for: "your e-mail address, or your full name and your zip code"."""
    return ", or ".join(" and ".join(f"your {wording.nouns(name)[0]}" for name in way) for way in ways)
