"""Who plays which part of generation: one YAML file, with values that `key=value` overrides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lamforge.errors import UsageError
from lamforge.settings import load_settings

SCRIPTED = "scripted"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RolePrice(_Section):
    """Of a million tokens, in any one currency."""

    input: float = Field(default=0.0, ge=0)
    output: float = Field(default=0.0, ge=0)


class Role(_Section):
    """A part and the model that plays it."""

    engine: str = SCRIPTED  # as open_model takes it: http(s)://host/v1#model=NAME, FILE.gguf, nano; or scripted
    format: str | None = None  # see open_model
    temperature: float = Field(default=0.7, ge=0, le=2)
    max_tokens: int = Field(default=2048, ge=16, le=131_072)  # of one answer
    concurrency: int = Field(default=64, ge=1, le=4096)  # requests at a time at most, of all roles with the same engine
    silence: float = Field(default=120.0, gt=0)  # seconds without a piece of an answer after which it is lost
    price: RolePrice = RolePrice()

    @property
    def scripted(self) -> bool:
        """Whether no model plays it."""
        return self.engine == SCRIPTED


class Styles(_Section):
    """Relative frequencies of the kinds of single-turn items (APIGen, arXiv 2406.18518); 0 leaves one out."""

    simple: float = Field(default=24, ge=0)  # one tool is offered and called once
    multiple: float = Field(default=24, ge=0)  # several are offered, one is called
    parallel: float = Field(default=14, ge=0)  # one is offered and called several times
    parallel_multiple: float = Field(default=14, ge=0)  # several are offered and called
    irrelevance: float = Field(default=14, ge=0)  # none that is offered fits: no call
    missing_argument: float = Field(default=10, ge=0)  # a required value is not said: a question


class Manners(_Section):
    """Relative frequencies of the ways in which queries are written."""

    plain: float = Field(default=24, ge=0)
    polite: float = Field(default=12, ge=0)
    terse: float = Field(default=12, ge=0)
    chatty: float = Field(default=10, ge=0)
    formal: float = Field(default=8, ge=0)
    hurried: float = Field(default=8, ge=0)
    lowercase: float = Field(default=8, ge=0)
    misspelled: float = Field(default=8, ge=0)
    ambiguous: float = Field(default=5, ge=0)
    indirect: float = Field(default=5, ge=0)


class Single(_Section):
    """What single-turn items are like."""

    styles: Styles = Styles()
    manners: Manners = Manners()
    tools: Literal["rare", "uniform"] = "rare"  # rare: tools that were drawn seldom so far come first
    batch: int = Field(default=5, ge=1, le=50)  # items that a generator is asked for at a time
    examples: int = Field(default=3, ge=0, le=20)  # of the seed pool that a generator is shown at most
    seeds: Path | None = None  # items.jsonl that the seed pool starts with
    system: str | None = Field(default=None, max_length=100_000)  # message that begins each conversation


class Roles(_Section):
    """A cast and the rules of its play; the defaults are the paper's where it says (arXiv 2504.03601)."""

    generator: Role = Role()  # proposes tasks and single-turn items
    judges: list[Role] = []  # review them; different models, an odd number is best
    reviewer: Role | None = None  # sums the judges' feedback up; the generator's model if not given
    user: Role = Role()  # plays the human
    critic: Role | None = None  # chooses among the user's candidates; the user's model if not given
    agent: Role = Role()  # answers with policy and tools

    revisions: int = Field(default=3, ge=0, le=20)  # rounds of feedback on one task
    passing: int = Field(default=3, ge=1, le=4)  # metrics of four that a majority of judges must grant
    best_of: int = Field(default=4, ge=1, le=16)  # candidates for each message of the user
    attempts: int = Field(default=3, ge=1, le=20)  # conversations for one task
    recombined: float = Field(default=0.25, ge=0, le=0.9)  # share of the tasks that are made of two others
    shapes: dict[str, float] = {}  # of the scripted generator's dialogues, how frequent; by default all, as it has them
    mishears: float = Field(default=0.3, ge=0, le=1)  # how often the scripted agent mistakes something, if it can
    strange_words: float = Field(default=0.3, ge=0, le=1)  # how many scripted users say words that mean nothing
    in_flight: int = Field(default=64, ge=1, le=4096)  # tasks that are worked on at the same time
    max_turns: int = Field(default=30, ge=1, le=1000)  # messages of the agent in one conversation
    prompts: Path | None = None  # folder of prompts that go before the package's
    single: Single = Single()  # for `generate single` alone

    def authors(self) -> dict[str, Role]:
        """Who writes and who reviews, judges numbered: all that `generate single` needs."""
        return {"generator": self.generator, **{f"judge-{n}": judge for n, judge in enumerate(self.judges, 1)}}

    def engines(self) -> dict[str, Role]:
        """Every role of `generate multi` by its name."""
        return {
            **self.authors(),
            "reviewer": self.reviewer or self.generator,
            "user": self.user,
            "critic": self.critic or self.user,
            "agent": self.agent,
        }

    @property
    def scripted(self) -> bool:
        """Whether no model plays any part."""
        return all(role.scripted for role in self.engines().values())


def load_roles(path: Path | None = None, overrides: list[str] | None = None) -> Roles:
    """The roles of a YAML file; overrides such as "agent.engine=nano" win. Without either all are scripted.

    Raises:
        UsageError: naming the file and the key that is wrong.
    """
    roles = load_settings(Roles, path, overrides)
    if any(judge.scripted for judge in roles.judges):
        remedy = "Leave it out: the checks judge in any case."
        raise UsageError("a judge cannot be scripted", where=path or "roles", remedy=remedy)
    return roles


def check_players(roles: Roles) -> None:
    """Sees that a cast can play `generate multi`.

    Raises:
        UsageError: saying who is missing.
    """
    if roles.agent.scripted and not roles.generator.scripted:
        raise UsageError(
            "a scripted agent knows the plans of the scripted generator alone",
            where="roles",
            remedy="Name an engine for the agent, or leave the generator scripted.",
        )
    if roles.judges and (roles.reviewer or roles.generator).scripted:
        raise UsageError("judges need a reviewer", where="roles", remedy="Name an engine for the reviewer.")


def notes_on(roles: Roles) -> list[str]:
    """What a reader of a run should know of its cast: that one model has the committee's majority."""
    models = Counter(judge.engine.rpartition("#model=")[2] for judge in roles.judges)
    model, seats = models.most_common(1)[0] if models else ("", 0)
    if seats < 2 or seats <= len(roles.judges) // 2:
        return []
    return [f"{seats} of {len(roles.judges)} judges are one model, {model}: they err together"]


def check_prices(played: dict[str, Role], max_cost: float | None) -> None:
    """Sees that a ceiling of cost counts what endpoints cost.

    Args:
        played: The roles that models play, by name.
    Raises:
        UsageError: naming a role whose endpoint has no price.
    """
    for name, role in played.items() if max_cost is not None else ():
        if role.engine.startswith("http") and not (role.price.input or role.price.output):
            remedy = "Write price: {input: ..., output: ...}, of a million tokens; or use --max-tokens."
            raise UsageError(f"{name} has no price, so a ceiling of cost would not hold", where="roles", remedy=remedy)
