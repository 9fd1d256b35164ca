"""The model that an evaluation asks: opened, paced by what it can take, counted; shared by all verbs of `eval`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
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
    from lamforge.evaluate import Options
    from lamforge.evaluate.episodes import MakeAgent

_UNHEARD = 15.0  # seconds after which an endpoint that never answered is given up
_MOST = 64  # requests at a time that an endpoint gets at most, unless the user knows better

OutFolder = Annotated[Path, typer.Option(help="Folder of the result; the same command resumes it.")]
TaskIds = Annotated[list[str] | None, typer.Option(help="Only the tasks of these ids; may be given several times.")]
Temperature = Annotated[float, typer.Option(min=0.0, max=2.0)]
Concurrency = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Requests at a time at most; by default what the model can take.")
]
RetryErrors = Annotated[
    bool, typer.Option("--retry-errors", help="Try again what ended with an error of the engine or the endpoint.")
]
PriceInput = Annotated[float, typer.Option(min=0, help="Of a million tokens read, in any currency.")]
PriceOutput = Annotated[float, typer.Option(min=0, help="Of a million tokens written.")]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Ceiling of this command, in the currency of the prices.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]


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
    max_tools: int | None = None

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

        model: Any = open_model(
            self.spec,
            format=self.format,
            slots=self.concurrency,
            constrained=self.constrained,
            max_tools=self.max_tools,
        )
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


async def scored(
    asked: Asked,
    evaluate: Callable[[MakeAgent, Options], Awaitable[Any]],
    sampling: dict[str, Any],
    update: Callable[..., None],
    **chosen: Any,
) -> Any:
    """What an evaluation of agents finds that are this model.

    Args:
        sampling: Of each of their messages.
        chosen: The other fields of `Options`.
    """
    from lamforge.simulate.client_agent import ClientAgent

    async with asked.open() as (model, client, room):
        options = options_of(model, client, room, update, sampling, **chosen)
        return await evaluate(lambda seed: ClientAgent(client, seed=seed, **sampling), options)


def options_of(
    model: Model,
    client: Client,
    room: int | Callable[[], int],
    update: Callable[..., None],
    sampling: dict[str, Any],
    **chosen: Any,
) -> Options:
    """How a suite is run with a model that was opened."""
    from lamforge.evaluate import Options

    return Options(
        model=model.name,
        identity={**model.describe(), **sampling},
        concurrency=room,
        price=client.price,
        progress=_noted(update, client),
        **chosen,
    )


def _noted(update: Callable[..., None], client: Client) -> Callable[[int, int, float], None]:
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
