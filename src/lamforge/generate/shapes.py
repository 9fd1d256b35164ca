"""The shapes of dialogues: how frequent each is, what it is made of, and which a domain allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from lamforge.domains import Domain
from lamforge.domains.speech import words
from lamforge.errors import UsageError, bounded
from lamforge.generate.habits import Habits

Shape = Literal[
    "information",
    "action",
    "actions",
    "missing",
    "refusal",
    "change",
    "recovery",
    "mixed",
    "search",
    "parallel",
    "alternative",
    "withdrawal",
    "unserved",
    "transfer",
    "small_talk",
]
Kind = Literal["question", "write", "refusal", "found", "transfer", "unserved", "withdrawn"]

SHAPES: dict[Shape, int] = {  # relative frequencies
    "information": 13,  # the user asks for something that a tool knows
    "action": 18,
    "actions": 10,  # several goals, one after the other
    "missing": 14,  # something has to be asked for
    "refusal": 10,  # the policy or a tool forbids it
    "change": 8,  # the user changes its mind when asked to confirm
    "recovery": 8,  # the user says something wrong and corrects it when nothing is found
    "mixed": 5,
    "search": 5,  # the user does not know an id; a tool finds it
    "parallel": 4,  # several things asked for at once, looked up in one message
    "alternative": 3,  # a tool refuses the first choice; the second works
    "withdrawal": 3,  # the user gives up when asked to confirm: nothing may change
    "unserved": 3,  # no tool does what is wanted
    "transfer": 3,  # a person takes over
    "small_talk": 3,
}
KINDS: dict[Shape, list[list[Kind]]] = {  # what goals a shape has; shapes without a change have something to be said
    "information": [["question"], ["question"], ["question", "question"]],
    "action": [["write"]],
    "actions": [["write", "write"], ["write", "write"], ["write", "write", "write"]],
    "missing": [["write"]],
    "refusal": [["refusal"]],
    "change": [["write"]],
    "recovery": [["write"], ["question"]],
    "mixed": [["question", "write"], ["write", "question"], ["refusal", "write"], ["write", "refusal"]],
    "search": [["found"]],
    "parallel": [["question", "question"], ["write", "write"], ["question", "question", "write"]],
    "alternative": [["write"]],
    "withdrawal": [["withdrawn", "question"], ["question", "withdrawn"], ["withdrawn", "write"]],
    "unserved": [["unserved", "question"], ["unserved", "write"], ["write", "unserved"], ["question", "unserved"]],
    "transfer": [["transfer"], ["refusal", "transfer"], ["unserved", "transfer"], ["question", "transfer"]],
    "small_talk": [["question"], ["write"]],
}
TOGETHER = 2  # goals that are told at once in the shape "parallel"
_TRANSFER = {"transfer", "escalate", "handover", "forward"}
_TO = {"human", "person", "agent", "colleague", "nurse", "staff", "operator", "representative", "supervisor", "support"}


def transfers(domain: Domain, writes: list[str]) -> list[str]:
    """The write tools that hand the user over to a person, by their names and descriptions."""
    found = []
    for name in writes:
        tool = domain.tool(name)
        assert tool is not None
        said = set(words(f"{name.replace('_', ' ')} {tool.schema['function'].get('description', '')}"))
        handed = {"hand", "over"} <= said or bool(said & _TRANSFER)
        if handed and (said & _TO or said & {"escalate"}):
            found.append(name)
    return found


def possible(
    domain: Domain, habits: Habits, finders: bool, wanted: Mapping[str, float] | None = None
) -> dict[Shape, float]:
    """The shapes that can be drawn for a domain, with their frequencies.

    Args:
        wanted: Frequencies of those that are wanted; all by default.
    Raises:
        UsageError: if a shape is not known, or the domain allows none that is wanted.
    """
    lacking: set[Shape] = set()
    if not habits.confirmed:
        lacking |= {"withdrawal", "change"}
    if not transfers(domain, habits.writes):
        lacking.add("transfer")
    if not finders:
        lacking.add("search")
    if not habits.writes:
        lacking |= {shape for shape, kinds in KINDS.items() if all({"write", "refusal"} & set(kind) for kind in kinds)}
        lacking |= {"withdrawal", "alternative", "change", "recovery"}
    if not habits.questions:
        lacking |= {"information", "withdrawal"}
    allowed = [shape for shape in SHAPES if shape not in lacking]
    if not wanted:
        return {shape: SHAPES[shape] for shape in allowed}
    if unknown := [name for name in wanted if name not in SHAPES]:
        raise UsageError(f"no shape {bounded(unknown[0])}", where="shapes", remedy=f"There are {', '.join(SHAPES)}.")
    if not any(wanted.get(shape) for shape in allowed):
        raise UsageError("no shape is left", where="shapes", remedy=f"The domain allows {', '.join(allowed)}.")
    return {shape: wanted[shape] for shape in allowed if wanted.get(shape)}
