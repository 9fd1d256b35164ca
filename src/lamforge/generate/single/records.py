"""The records of single-turn generation: what is to be written, what was written, what is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

Style = Literal["simple", "multiple", "parallel", "parallel_multiple", "irrelevance", "missing_argument"]
Stage = Literal["format", "execution", "semantic", "duplicate"]

STYLES: tuple[Style, ...] = get_args(Style)
STAGES: tuple[Stage, ...] = get_args(Stage)
ONE_TOOL: tuple[Style, ...] = ("simple", "parallel")  # styles in which one tool is offered
SEVERAL_CALLS: tuple[Style, ...] = ("parallel", "parallel_multiple")
NO_CALL: tuple[Style, ...] = ("irrelevance", "missing_argument")  # styles that words are the right answer to

_WORD = re.compile(r"\w+")
_FILLERS = frozenset("a an the please hi hey hello thanks thank you could can would".split())


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answer(_Strict):
    """One call."""

    name: str = Field(min_length=1, max_length=200)
    arguments: dict[str, Any]


class Pair(_Strict):
    """What a generator writes: a query, its calls, and for the styles without a call what is said instead.

    With "irrelevance" the answers are the calls of the tool that is not offered, with "missing_argument" the call as
    far as the query tells it.
    """

    query: str = Field(min_length=1, max_length=4000)
    answers: list[Answer] = Field(max_length=16)
    reply: str = Field(default="", max_length=2000)
    thought: str = Field(default="", max_length=8000)


@dataclass(frozen=True)
class Assignment:
    """What one batch of pairs is to be.

    Args:
        targets: The tools that the queries are about; with "irrelevance" those that are not offered, or none.
        examples: Items of the seed pool.
        count: Pairs that are asked for.
        seed: Of all randomness in the writing.
    """

    style: Style
    offered: tuple[str, ...]
    targets: tuple[str, ...]
    manner: str
    examples: tuple[dict[str, Any], ...]
    count: int
    seed: int


class Problem(NamedTuple):
    """Why a pair is not kept."""

    stage: Stage
    kind: str  # a short name, for statistics
    detail: str


def rejection(problem: Problem, style: Style, entry: Any, entries: int = 1) -> dict[str, Any]:
    """What `rejected.jsonl` holds of pairs that were not accepted.

    Args:
        entry: What the generator wrote.
        entries: How many pairs it stands for; more than one if a whole batch could not be read.
    """
    stage, kind, detail = problem
    told = {"stage": stage, "kind": kind, "reason": f"{stage}: {kind}", "detail": detail}
    return {**told, "style": style, "entries": entries, "entry": entry}


def normalised(query: str) -> str:
    """A query without case, punctuation and words that say nothing: what no two items may share."""
    return " ".join(word for word in _WORD.findall(query.casefold()) if word not in _FILLERS)
