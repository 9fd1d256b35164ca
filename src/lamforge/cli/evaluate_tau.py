"""`lamforge eval tau`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import err, progress_bar
from lamforge.cli.evaluated import Asked, MaxCost, PriceInput, PriceOutput, RetryErrors, noted, show_result


def tau(
    domain: Annotated[str, typer.Option(help="Whose desk the agent works at: retail or airline.")],
    out: Annotated[Path, typer.Option(help="Folder of the result; the same command resumes it.")],
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
    task: Annotated[
        list[str] | None, typer.Option(help="Only the tasks of these ids; may be given several times.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Conversations per task.")] = 4,
    format: Annotated[
        str | None, typer.Option(help="Of a GGUF that does not name its own, such as xlam-qwen/hf.")
    ] = None,
    constrain: Annotated[bool, typer.Option(help="Let a GGUF write no call that is wrong by its schema.")] = True,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of the agent.")] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one message of the agent.")] = 1024,
    user_temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of a model that plays the user.")] = 0.0,
    max_turns: Annotated[int | None, typer.Option(min=1, help="Instead of the rules' own limit, in its unit.")] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Requests at a time at most; by default what the model can take."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sampling of agent and user.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    max_cost: MaxCost = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Play tau-bench's or tau2-bench's tasks: pass^k by their rules, a report, and results that their tools read."""
    process, read, loaded = _opened(domain, data, rules, split, adapter, tau2_dir)
    tasks = read.split(split or ("test" if read.layout == "tau-bench" else "base"))
    if task:
        tasks = [each for each in tasks if each.task_id in task]
    asked = Asked(model, format, constrain, concurrency, price_input, price_output, max_cost)
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    options = {"trials": trials, "retry_errors": retry_errors}
    players = _Players(user, user_temperature, max_cost)
    try:
        with progress_bar("evaluate", "conversations") as update:
            summary = asyncio.run(
                _score(asked, players, sampling, options, out, update, read, loaded, tasks[:limit], seed, max_turns)
            )
    finally:
        if process is not None:
            process.close()
    show_result("tau", summary, out, json)


def _opened(
    domain: str, data: Path | None, rules: Any, split: str | None, adapter: str | None, tau2_dir: Path | None
) -> tuple[Any, Any, Any]:
    """(the official process if there is one, the data, the domain)."""
    from lamforge.errors import UsageError
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


class _Players:
    """The users, as the command line names them."""

    def __init__(self, spec: str, temperature: float, max_cost: float | None) -> None:
        self.spec = spec
        self._temperature = temperature
        self._max_cost = max_cost

    async def open(self, stack: AsyncExitStack, data: Any, domain: Any, tasks: list[Any], seed: int) -> Any:
        """What makes them."""
        from lamforge.evaluate.tau.suite import Users
        from lamforge.evaluate.tau.users import HumanUser, ModelUser, PlainUser
        from lamforge.messages import content_id

        if self.spec == "scripted":
            return Users({"kind": "scripted"}, lambda task, trial, seed: PlainUser(task))
        if self.spec == "human":
            briefing = "You are the customer. Write ###STOP### when you are done.\n\n"
            return Users({"kind": "human"}, lambda task, trial, seed: HumanUser(_asked, briefing + task.instruction))
        if self.spec.startswith("replay:"):
            return _replayed(Path(self.spec.removeprefix("replay:")), domain.book, tasks)
        model, client, _ = await stack.enter_async_context(Asked(self.spec, max_cost=self._max_cost).open())
        declared = {
            "kind": "model",
            "model": model.name,
            "prompt": content_id(*(data.user_prompt(task.instruction) for task in tasks)),
            "temperature": self._temperature,
            "seed": seed,
        }
        return Users(
            declared,
            lambda task, trial, seed: ModelUser(
                client, data.user_prompt(task.instruction), temperature=self._temperature, seed=seed
            ),
        )


def _replayed(path: Path, book: Any, tasks: list[Any]) -> Any:
    from lamforge.errors import DataError
    from lamforge.evaluate.tau import ReplayUser, read_recorded
    from lamforge.evaluate.tau.suite import Users
    from lamforge.messages import file_sha256

    lines: dict[str, list[list[str]]] = {}
    for each in read_recorded(path, book):
        lines.setdefault(each.task_id, []).append(each.user_lines)
    if missing := [task.task_id for task in tasks if task.task_id not in lines]:
        remedy = "Name the tasks that it has with --task."
        raise DataError(f"has no conversation on task {missing[0]}", where=path, remedy=remedy)

    def make(task: Any, trial: int, seed: int) -> Any:
        return ReplayUser(lines[task.task_id][trial % len(lines[task.task_id])])

    return Users({"kind": "replay", "recorded_sha256": file_sha256(path)}, make)


def _asked(text: str) -> str | None:
    err.print(f"\n{text}")
    try:
        return input("> ")
    except EOFError:
        return None


async def _score(
    asked: Asked,
    players: _Players,
    sampling: dict[str, Any],
    options: dict[str, Any],
    out: Path,
    update: Any,
    data: Any,
    domain: Any,
    tasks: list[Any],
    seed: int,
    max_turns: int | None,
) -> Any:
    from lamforge.evaluate import Options
    from lamforge.evaluate.tau.suite import TauSuite, evaluate_tau
    from lamforge.simulate.client_agent import ClientAgent

    async with AsyncExitStack() as stack:
        model, client, room = await stack.enter_async_context(asked.open())
        users = await players.open(stack, data, domain, tasks, seed)
        suite = TauSuite(domain, tasks, users, seed=seed, max_turns=max_turns)
        chosen = Options(
            model=model.name,
            out=out,
            identity={**model.describe(), **sampling},
            concurrency=1 if players.spec == "human" else room,
            price=client.price,
            progress=noted(update, client),
            **options,
        )
        return await evaluate_tau(
            suite, data, users, lambda seed: ClientAgent(client, seed=seed, **sampling), chosen, seed=seed
        )
