"""The model that an evaluation asks: opened, paced by what it can take, counted; shared by all verbs of `eval`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamforge.cli.console import show_notes
from lamforge.errors import UsageError

if TYPE_CHECKING:
    from lamforge.engines import Model
    from lamforge.engines.budget import Budget
    from lamforge.engines.client import Client

_UNHEARD = 15.0  # seconds after which an endpoint that never answered is given up
_MOST = 64  # requests at a time that an endpoint gets at most, unless the user knows better

RetryErrors = Annotated[
    bool, typer.Option("--retry-errors", help="Try again what ended with an error of the engine or the endpoint.")
]
PriceInput = Annotated[float, typer.Option(min=0, help="Of a million tokens read, in any currency.")]
PriceOutput = Annotated[float, typer.Option(min=0, help="Of a million tokens written.")]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Ceiling of this command, in the currency of the prices.")]


def refuse_ignored(context: typer.Context, heeded: set[str], because: str) -> None:
    """Does nothing if only options were given that have a meaning here; others would be ignored in silence.

    Raises:
        UsageError: naming the first of the others.
    """
    given = [p for p in context.command.params if context.get_parameter_source(p.name or "").name == "COMMANDLINE"]  # type: ignore[union-attr]
    if ignored := [p.opts[0] for p in given if p.name not in heeded]:
        raise UsageError(f"{ignored[0]} means nothing {because}", remedy="Leave it out.")


@dataclass
class Asked:
    """A model under evaluation."""

    spec: str  # as open_model takes it
    format: str | None = None
    constrained: bool = True
    concurrency: int | None = None  # requests at a time at most
    price_input: float = 0.0
    price_output: float = 0.0
    max_cost: float | None = None

    @asynccontextmanager
    async def open(
        self, role: str = "agent", budget: Budget | None = None
    ) -> AsyncIterator[tuple[Model, Client, Callable[[], int]]]:
        """The model, a client that paces and counts its requests, and how many tasks may be in flight now.

        Args:
            budget: That it is paid from, if not from one of its own.
        """
        from lamforge.engines import open_model
        from lamforge.engines.budget import Budget, Price
        from lamforge.engines.client import Client
        from lamforge.engines.traffic import Traffic

        model: Any = open_model(self.spec, format=self.format, slots=self.concurrency, constrained=self.constrained)
        show_notes(model)
        try:
            if hasattr(model, "resolve"):
                await model.resolve()  # an endpoint's own name for its model
            most = self.concurrency or (_MOST if hasattr(model, "resolve") else model.slots)
            traffic = Traffic(most, unheard=_UNHEARD)
            price = Price(self.price_input, self.price_output)
            client = Client(model, role, budget or Budget(self.max_cost), traffic, price)
            yield model, client, lambda: min(most, int(traffic.limit) + 1)
        finally:
            await model.aclose()


def noted(update: Callable[..., None], client: Client) -> Callable[[int, int, float], None]:
    """A runner's progress on a bar: what it cost so far stands behind the rate and the time left."""

    def progress(done: int, total: int, rate: float) -> None:
        budget = client.budget
        cost = f"{budget.cost:.4f} spent, " if budget.cost else ""
        update(done, total, f"{cost}{budget.tokens:,} tokens")

    return progress


def show_result(verb: str, summary: Any, out: Path, json: bool) -> None:
    """The end of an evaluation: a table or JSON, the report, the next command; exits with 11 if it is incomplete."""
    from lamforge.cli.console import next_step, print_json, summary_table

    if json:
        print_json(summary.as_dict())
    else:
        summary_table(f"eval {verb}", [*summary.rows(), ("report", str(out / "report.html"))])
        next_step(f"open {out / 'report.html'}")
    summary.require_complete()
