"""The cast of a run: a client for each role, with one account for all and one pace for each engine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lamforge.engines import Model, open_model
from lamforge.engines.budget import Budget, Price
from lamforge.engines.client import Client, Store
from lamforge.engines.endpoint import EndpointModel
from lamforge.engines.traffic import Traffic
from lamforge.engines.upstream import UpstreamModel
from lamforge.generate.roles import Role, Roles, check_prices
from lamforge.messages import Usage
from lamforge.simulate.prompting import PLAYING, Prompts
from lamforge.simulate.simulated_user import Player

_PROMPTS = Path(__file__).parent / "prompts"
_SINGLE = "single"  # the folder of `generate single`'s prompts, in the package's and in the user's


@dataclass(frozen=True)
class Cast:
    """Who plays what in one run."""

    roles: Roles
    clients: dict[str, Client]
    prompts: Prompts
    budget: Budget

    def for_task(self, store: Store) -> Cast:
        """The same cast, whose answers are kept in a task's own store."""
        clients = {name: replace(client, store=store) for name, client in self.clients.items()}
        return replace(self, clients=clients)

    @property
    def judges(self) -> list[Client]:
        """The committee."""
        return [client for name, client in self.clients.items() if name.startswith("judge-")]

    @property
    def player(self) -> Player:
        """How the human is played."""
        role = self.roles.user
        return Player(
            self.clients["user"],
            self.clients["critic"],
            self.prompts,
            best_of=self.roles.best_of,
            temperature=role.temperature,
        )

    def book_earlier(self, paid: dict[str, Usage]) -> None:
        """Books what earlier processes of the run have paid, by role; it counts towards the ceilings."""
        for role, usage in paid.items():
            self.budget.book_earlier(role, self.clients[role].price, usage)

    def describe(self) -> dict[str, Any]:
        """Which models and which versions of the prompts a result was made with."""
        models = {name: {"name": client.model.name, **client.made} for name, client in self.clients.items()}
        return {"models": models, "prompts": self.prompts.hashes()}


async def open_cast(roles: Roles, budget: Budget, stack: AsyncExitStack) -> Cast:
    """The cast of `generate multi`: the models of all roles that are not scripted; the stack closes them.

    Raises:
        UsageError, ModelError: if an engine cannot be opened.
        EngineError: if an endpoint does not tell its model's name and none is given.
    """
    prompts = Prompts(PLAYING, _PROMPTS, own=roles.prompts)
    return Cast(roles, await open_clients(roles.engines(), budget, stack), prompts, budget)


async def open_authors(roles: Roles, budget: Budget, stack: AsyncExitStack) -> Cast:
    """The cast of `generate single`: generator and judges, as far as models play them; raises as `open_cast` does."""
    return Cast(roles, await open_clients(roles.authors(), budget, stack), single_prompts(roles), budget)


def single_prompts(roles: Roles) -> Prompts:
    """The prompts of `generate single`: the package's, and those in the folder `single` of the user's."""
    own = roles.prompts / _SINGLE if roles.prompts and (roles.prompts / _SINGLE).is_dir() else None
    return Prompts(_PROMPTS / _SINGLE, own=own)


async def open_clients(parts: dict[str, Role], budget: Budget, stack: AsyncExitStack) -> dict[str, Client]:
    """A client for each part that is not scripted, with one account for all.

    Parts with the same engine share its pace, and its connections if they speak the same format to it.

    Raises:
        UsageError: as `open_cast` does, and if there is a ceiling of cost that a part without a price could not reach.
        ModelError, EngineError: as `open_cast` does.
    """
    played = {name: role for name, role in parts.items() if not role.scripted}
    check_prices(played, budget.max_cost)
    models: dict[tuple[str, str | None], Model] = {}
    traffic: dict[str, Traffic] = {}
    clients = {}
    for name, role in played.items():
        sharing = [other for other in played.values() if other.engine == role.engine]
        key = role.engine, role.format
        if key not in models:
            silence = max(other.silence for other in sharing)
            model = models[key] = open_model(role.engine, format=role.format, silence=silence)
            stack.push_async_callback(model.aclose)
            if isinstance(model, (EndpointModel, UpstreamModel)):
                await model.resolve()
        if role.engine not in traffic:
            traffic[role.engine] = Traffic(min(other.concurrency for other in sharing))
        price = Price(role.price.input, role.price.output)
        clients[name] = Client(models[key], name, budget, traffic[role.engine], price)
    return clients
