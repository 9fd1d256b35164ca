"""`lamforge eval tau`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import err, progress_bar
from lamforge.cli.evaluated import (
    AsJson,
    Asked,
    Concurrency,
    OutFolder,
    PriceInput,
    PriceOutput,
    RetryErrors,
    TaskIds,
    options_of,
    show_result,
)
from lamforge.cli.model_options import Constrain, FormatName
from lamforge.errors import UsageError


def tau(
    domain: Annotated[str, typer.Option(help="Whose desk the agent works at: retail or airline.")],
    out: OutFolder,
    model: Annotated[str, typer.Option(help="nano, a .gguf file, or an http(s):// endpoint.")] = "nano",
    user: Annotated[
        str,
        typer.Option(help="Who plays the customer: a model as in --model, scripted, human, or replay:FILE."),
    ] = "scripted",
    data: Annotated[
        Path | None,
        typer.Option(
            help="A checkout of tau-bench or tau2-bench, or the inspect-evals wheel; by default fetched by pip."
        ),
    ] = None,
    adapter: Annotated[
        Literal["tau2"] | None, typer.Option(help="Let tau2-bench's own code run the environment and judge.")
    ] = None,
    tau2_dir: Annotated[Path | None, typer.Option(help="With --adapter tau2: a checkout with its .venv.")] = None,
    rules: Annotated[
        Literal["v1", "tau2"] | None, typer.Option(help="tau-bench's or tau2-bench's; by default the data's own.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="By default test of tau-bench, base of tau2-bench.")] = None,
    task: TaskIds = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Conversations per task.")] = 4,
    format: FormatName = None,
    constrain: Constrain = True,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of the agent.")] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one message of the agent.")] = 1024,
    user_temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of a model that plays the user.")] = 0.0,
    max_turns: Annotated[int | None, typer.Option(min=1, help="Instead of the rules' own limit, in its unit.")] = None,
    concurrency: Concurrency = None,
    seed: Annotated[int, typer.Option(help="Of the sampling of agent and user.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    user_price_input: Annotated[
        float, typer.Option(min=0, help="Of a million tokens that a model reads that plays the user.")
    ] = 0.0,
    user_price_output: Annotated[float, typer.Option(min=0, help="Of a million tokens that it writes.")] = 0.0,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Ceiling of this command, agent and user together.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Play tau-bench's or tau2-bench's tasks: pass^k by their rules, a report, and results that their tools read."""
    process, read, loaded = _opened(domain, data, rules, split, adapter, tau2_dir)
    asked = Asked(model, format, constrain, concurrency, price_input, price_output, max_cost)
    player = Asked(user, price_input=user_price_input, price_output=user_price_output)
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    options = {"out": out, "trials": trials, "retry_errors": retry_errors}
    try:
        tasks, options["part"] = read.chosen(split, task, limit)
        played = {"split": split, "seed": seed, "max_turns": max_turns}
        with progress_bar("evaluate", "conversations") as update:
            summary = asyncio.run(
                _score(asked, player, sampling, user_temperature, options, played, read, loaded, tasks, update)
            )
    finally:
        if process is not None:
            process.close()
    show_result("tau", summary, out, json)


def _opened(
    domain: str, data: Path | None, rules: Any, split: str | None, adapter: str | None, tau2_dir: Path | None
) -> tuple[Any, Any, Any]:
    """(the official process if there is one, the data, the domain)."""
    from lamforge.evaluate.tau import DOMAINS, fetched_wheel, load_tau_domain, read_data, rules_of

    if adapter is not None:
        from lamforge.evaluate.tau.adapter.domain import open_tau2
        from lamforge.evaluate.tau.adapter.process import Tau2Process

        if tau2_dir is None or data is not None or rules is not None:
            raise UsageError("--adapter tau2 takes --tau2-dir, and neither --data nor --rules")
        process = Tau2Process(tau2_dir)
        try:
            return process, *open_tau2(process, domain, split)
        except BaseException:
            process.close()
            raise
    if domain not in DOMAINS:
        remedy = "Choose retail or airline; --adapter tau2 --tau2-dir DIR runs others with tau2-bench's own code."
        raise UsageError(f"there are no tools for {domain!r}", remedy=remedy)
    read = read_data(data or fetched_wheel(), domain)
    return None, read, load_tau_domain(read, rules_of(read, rules))


async def _users(stack: AsyncExitStack, player: Asked, agent: Any, temperature: float, played: Any, given: Any) -> Any:
    """Who plays the customers; a model among them is paid from the agent's budget."""
    from lamforge.evaluate.tau import players

    data, domain, tasks = given
    if player.spec == "scripted":
        return players.scripted()
    if player.spec == "human":
        return players.human(_asked)
    if player.spec.startswith("replay:"):
        file, split = Path(player.spec.removeprefix("replay:")), played["split"] or "test"
        return players.replayed(file, domain.book, tasks, split)
    try:
        return await _modelled(stack, player, agent, temperature, data, played["seed"])
    except UsageError as error:
        if "names no model" not in error.what:
            raise
        remedy = f"{error.remedy.removesuffix('.') if error.remedy else 'Name a model'}; or human, or replay:FILE."
        raise UsageError(f"--user: {error.what}", remedy=remedy) from error


async def _modelled(stack: AsyncExitStack, player: Asked, agent: Any, temperature: float, data: Any, seed: int) -> Any:
    from lamforge.evaluate.tau import players

    _, client, _ = await stack.enter_async_context(player.open("user", agent.budget))
    return players.modelled(client, data, temperature=temperature, seed=seed)


def _asked(text: str) -> str | None:
    err.print(f"\n{text}")
    try:
        return input("> ")
    except EOFError:
        return None


async def _score(
    asked: Asked,
    player: Asked,
    sampling: dict[str, Any],
    user_temperature: float,
    options: dict[str, Any],
    played: dict[str, Any],
    data: Any,
    domain: Any,
    tasks: list[Any],
    update: Any,
) -> Any:
    from lamforge.evaluate.tau.adapter.domain import OfficialDomain
    from lamforge.evaluate.tau.adapter.suite import OfficialSuite
    from lamforge.evaluate.tau.suite import TauSuite, evaluate_tau
    from lamforge.simulate.client_agent import ClientAgent

    async with AsyncExitStack() as stack:
        model, client, room = await stack.enter_async_context(asked.open())
        users = await _users(stack, player, client, user_temperature, played, (data, domain, tasks))
        kind = OfficialSuite if isinstance(domain, OfficialDomain) else TauSuite
        suite = kind(domain, tasks, users, seed=played["seed"], max_turns=played["max_turns"])
        at_once = 1 if player.spec == "human" else room
        chosen = options_of(model, client, at_once, update, sampling, **options)

        def agent(seed: int) -> ClientAgent:
            return ClientAgent(client, seed=seed, **sampling)

        return await evaluate_tau(suite, data, users, agent, chosen, split=played["split"], seed=played["seed"])
