"""`lamforge generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import progress_bar
from lamforge.cli.generate_synthetic import domains, recall, synthetic
from lamforge.cli.generated import (
    DryRun,
    Json,
    MaxCost,
    MaxTokens,
    Out,
    Overrides,
    SandboxLevel,
    Seed,
    Shard,
    parse_shard,
    show_estimate,
    show_multi,
    show_single,
)
from lamforge.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="Write verified training data for a domain or for any tools.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def _group() -> None:
    """Write verified training data for a domain or for any tools."""


@app.command()
def multi(
    domain: Annotated[str, typer.Option(help="A bundled domain's name, your folder, or a folder of such folders.")],
    out: Out,
    overrides: Overrides = None,
    tasks: Annotated[int, typer.Option(min=1, max=1_000_000, help="Training tasks to make, for each domain.")] = 1000,
    test_tasks: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Held-out tasks; by default a tenth, 20 to 100.")
    ] = None,
    seed: Seed = 0,
    roles: Annotated[
        Path | None, typer.Option(help="YAML: which model plays which part; by default the scripted teacher plays all.")
    ] = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    shard: Shard = "0/1",
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(help="Of the cluster, such as auto or ray://host:10001; by default this machine is one."),
    ] = None,
    sandbox: SandboxLevel = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write verified multi-turn tasks and conversations (APIGen-MT)."""
    import asyncio

    from lamforge.domains import load_domain
    from lamforge.engines.budget import Budget
    from lamforge.generate import domain_folders, estimate, generate_many, generate_multi, load_roles

    cast = load_roles(roles, overrides)
    held_out = min(100, max(20, tasks // 10)) if test_tasks is None else test_tasks
    if folders := domain_folders(Path(domain)):
        if dry_run or engine != "local":
            raise UsageError(f"{domain} holds {len(folders)} domains", remedy="Name one of them.")
        options: dict[str, Any] = {"tasks": tasks, "test_tasks": held_out, "seed": seed, "sandbox": sandbox}
        with progress_bar("generate", "domains") as update:
            many = generate_many(folders, out, **options, roles=cast, shard=parse_shard(shard), progress=update)
        show_multi(many, json=json)
        return
    loaded = load_domain(domain, sandbox=sandbox)
    if dry_run:
        show_estimate(asyncio.run(estimate(loaded, cast, tasks, held_out)), json=json)
        return
    with progress_bar("generate", "tasks") as update:
        made = generate_multi(
            loaded,
            out,
            tasks=tasks,
            test_tasks=held_out,
            seed=seed,
            roles=cast,
            budget=Budget(max_cost, max_tokens),
            shard=parse_shard(shard),
            ray=_ray(engine, ray_address),
            progress=update,
        )
    show_multi(made, json=json)


@app.command()
def single(
    out: Out,
    overrides: Overrides = None,
    tools: Annotated[
        Path | None, typer.Option(help="JSON file with a list of tools; they are described and not executed.")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="A bundled domain's name, or your folder: executable.")] = None,
    items: Annotated[int, typer.Option(min=1, max=10_000_000, help="Verified items to make.")] = 1000,
    seed: Seed = 0,
    roles: Annotated[
        Path | None, typer.Option(help="YAML: who writes, who judges, which styles; by default all is scripted.")
    ] = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    shard: Annotated[str, typer.Option(help="i/n: make each n-th fifty of the items only, counted from 0.")] = "0/1",
    sandbox: SandboxLevel = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write verified single-turn queries and calls for any tools (APIGen)."""
    from lamforge.domains import load_domain
    from lamforge.engines.budget import Budget
    from lamforge.generate import Toolbox, estimate_single, generate_single, load_roles
    from lamforge.tools import load_tools

    if tools is None and domain is None:
        raise UsageError("there are no tools", remedy="Name --tools FILE, --domain NAME, or both.")
    cast = load_roles(roles, overrides)
    described = load_tools(tools) if tools is not None else []
    loaded = load_domain(domain, sandbox=sandbox) if domain is not None else None
    toolbox = Toolbox(described, loaded, name=tools.stem if tools is not None else "tools")
    if dry_run:
        show_estimate(estimate_single(toolbox, cast, items), json=json)
        return
    with progress_bar("generate", "items") as update:
        made = generate_single(
            toolbox,
            out,
            items=items,
            seed=seed,
            roles=cast,
            budget=Budget(max_cost, max_tokens),
            shard=parse_shard(shard),
            progress=update,
        )
    show_single(made, json=json)


app.command()(domains)
app.command()(synthetic)
app.command()(recall)


@app.command()
def merge(
    shards: Annotated[list[Path], typer.Argument(help="The folders of all shards of one run.")],
    out: Annotated[Path, typer.Option(help="Folder of the whole run.")],
    json: Json = False,
) -> None:
    """Join the shards of a run."""
    from lamforge.generate import Singles, merge_runs

    made = merge_runs(shards, out)
    (show_single if isinstance(made, Singles) else show_multi)(made, json=json)


def _ray(engine: str, address: str | None) -> str | None:
    if engine not in ("local", "ray"):
        raise UsageError(f"--engine {engine!r} is unknown", remedy="Use local or ray.")
    if engine == "local" and address is not None:
        raise UsageError("--ray-address needs --engine ray")
    return None if engine == "local" else address or "local"
