"""Models that rate whole conversations, 0 to 5, as AgentOhana's AgentRater does (arXiv 2402.15506, section 3.3)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lamforge.engines.base import ContextError
from lamforge.engines.budget import Budget, Price, estimated_tokens
from lamforge.engines.client import Client, Store
from lamforge.errors import UsageError
from lamforge.generate.cast import open_clients
from lamforge.generate.roles import Role
from lamforge.messages import Finding, Opinion, Trajectory, derived_seed
from lamforge.settings import load_settings
from lamforge.simulate.prompting import Prompts
from lamforge.simulate.strict import UnreadableError, ask_strictly
from lamforge.tools import described

_PROMPTS = Path(__file__).parent / "prompts"
_ANSWER = 512  # tokens of an opinion
_TYPICAL_ANSWER = 120


class Rater(Role):
    """A model that rates; it is asked for the likeliest answer."""

    engine: str = Field(min_length=1)
    temperature: float = Field(default=0.0, ge=0, le=2)


class Raters(BaseModel):
    """Who rates; with nobody the rules alone do."""

    model_config = ConfigDict(extra="forbid")

    raters: list[Rater] = []
    prompts: Path | None = None  # folder with a rater.md that goes before the package's
    in_flight: int = Field(default=64, ge=1, le=4096)  # conversations that are rated at the same time

    def named(self) -> dict[str, Role]:
        """The raters by the names they have in accounts."""
        return {f"rater-{number}": rater for number, rater in enumerate(self.raters, 1)}


class _Said(BaseModel):
    """What a rater must write."""

    explanation: str
    score: float = Field(ge=0, le=5)


def load_raters(path: Path | None, engines: list[str] | None = None) -> Raters:
    """The raters of a YAML file, and one with the defaults for each engine that is named besides.

    Raises:
        UsageError: naming the file and the key that is wrong.
    """
    raters = load_settings(Raters, path)
    raters.raters += [Rater(engine=engine) for engine in engines or ()]
    if any(rater.scripted for rater in raters.raters):
        raise UsageError("a rater cannot be scripted", where=path or "--rater", remedy="Leave it out: the rules rate.")
    if len({rater.engine for rater in raters.raters}) < len(raters.raters):
        raise UsageError("two raters are the same engine", where=path or "--rater", remedy="Name each once.")
    return raters


@dataclass
class Panel:
    """The raters of one job, ready to be asked."""

    raters: list[tuple[Rater, Client]]
    prompts: Prompts

    @property
    def version(self) -> str:
        """Which version of the prompt it asks with."""
        return self.prompts.hashes()["rater"]

    def keep_answers_in(self, store: Store) -> None:
        """From now on answers are kept there."""
        for _, client in self.raters:
            client.store = store

    def book_earlier(self, paid: dict[str, Any]) -> None:
        """Books what earlier processes of the job have paid, by rater."""
        for _, client in self.raters:
            if client.role in paid:
                client.budget.book_earlier(client.role, client.price, paid[client.role])

    async def opinions(self, trajectory: Trajectory, findings: list[Finding]) -> list[Opinion]:
        """What each rater thinks; what one has said before of the same conversation, asked the same way, is kept.

        Raises:
            EngineError, BudgetError: as `Client.ask` does, but for a conversation that does not fit.
        """
        before = {each.rater: each for each in _earlier(trajectory) if each.readable and each.prompt == self.version}
        prompt = rating_prompt(self.prompts, trajectory, findings)
        found = []
        for rater, client in self.raters:
            name = client.model.name
            found.append(before.get(name) or await self._ask(rater, client, prompt))
        return found

    async def _ask(self, rater: Rater, client: Client, prompt: str) -> Opinion:
        name, version = client.model.name, self.version
        seed = derived_seed("rate", client.role, prompt) % 2**31
        options: dict[str, Any] = {"temperature": rater.temperature, "max_tokens": min(rater.max_tokens, _ANSWER)}
        try:
            said = await ask_strictly(client, prompt, _Said, seed=seed, **options)
        except (UnreadableError, ContextError) as error:
            return Opinion(rater=name, score=0, explanation=str(error), prompt=version, readable=False)
        return Opinion(rater=name, score=said.score, explanation=said.explanation, prompt=version)


def _earlier(trajectory: Trajectory) -> list[Opinion]:
    return trajectory.rating.opinions if trajectory.rating is not None else []


def rating_prompts(raters: Raters) -> Prompts:
    """The raters' prompt: the package's, or the user's."""
    return Prompts(_PROMPTS, own=raters.prompts)


def rating_prompt(prompts: Prompts, trajectory: Trajectory, findings: list[Finding]) -> str:
    """What a rater is asked."""
    return prompts.render(
        "rater",
        tools=[described(tool) for tool in trajectory.tools],
        messages=[message.as_dict() for message in trajectory.messages],
        findings=findings,
    )


async def open_panel(raters: Raters, budget: Budget, stack: AsyncExitStack) -> Panel:
    """The raters' models; the stack closes them.

    Raises:
        UsageError, ModelError, EngineError: if one cannot be opened.
    """
    clients = await open_clients(raters.named(), budget, stack)
    return Panel(list(zip(raters.raters, clients.values(), strict=True)), rating_prompts(raters))


@dataclass
class RatingEstimate:
    """What one rater may cost."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


def estimate_rating(raters: Raters, prompts: list[int]) -> dict[str, RatingEstimate]:
    """What each rater may cost; no model is asked.

    Args:
        prompts: Characters of the prompt of each conversation.
    """
    read = sum(map(estimated_tokens, prompts))
    written = len(prompts) * _TYPICAL_ANSWER
    return {
        name: RatingEstimate(len(prompts), read, written, Price(r.price.input, r.price.output).of(read, written))
        for name, r in raters.named().items()
    }
