"""`lamforge generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table
from lamforge.errors import UsageError

app = typer.Typer(
    no_args_is_help=True, help="Write verified training data for a domain.", rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Write verified training data for a domain."""


Shard = Annotated[str, typer.Option(help="i/n: make each n-th task only, from the i-th on, counted from 0.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]


@app.command()
def multi(
    domain: Annotated[str, typer.Option(help="A bundled domain's name, or your folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; the same command resumes it.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Win over --roles, such as agent.engine=nano.")
    ] = None,
    tasks: Annotated[int, typer.Option(min=1, max=1_000_000, help="Training tasks to make.")] = 1000,
    test_tasks: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Held-out tasks; by default a tenth, 20 to 100.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    roles: Annotated[
        Path | None, typer.Option(help="YAML: which model plays which part; by default the scripted teacher plays all.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Ceiling, in the currency of the prices.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=0, help="Ceiling of all tokens, read and written.")] = None,
    shard: Shard = "0/1",
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(help="Of the cluster, such as auto or ray://host:10001; by default this machine is one."),
    ] = None,
    sandbox: Annotated[
        Literal["strict", "process"] | None, typer.Option(help="Run the code of a stranger's domain confined so far.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what it may cost, and ask no model.")] = False,
    json: Json = False,
) -> None:
    """Write verified multi-turn tasks and conversations (APIGen-MT)."""
    from lamforge.domains import load_domain
    from lamforge.engines.budget import Budget
    from lamforge.generate import generate_multi, load_roles

    cast = load_roles(roles, overrides)
    held_out = min(100, max(20, tasks // 10)) if test_tasks is None else test_tasks
    loaded = load_domain(domain, sandbox=sandbox)
    if dry_run:
        _show_estimate(loaded, cast, tasks, held_out, json=json)
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
            shard=_shard(shard),
            ray=_ray(engine, ray_address),
            progress=update,
        )
    _show(made, json=json)


@app.command()
def merge(
    shards: Annotated[list[Path], typer.Argument(help="The folders of all shards of one run.")],
    out: Annotated[Path, typer.Option(help="Folder of the whole run.")],
    json: Json = False,
) -> None:
    """Join the shards of a run."""
    from lamforge.generate import merge_runs

    _show(merge_runs(shards, out), json=json)


def _shard(text: str) -> tuple[int, int]:
    number, separator, count = text.partition("/")
    if not (separator and number.isdecimal() and count.isdecimal() and int(number) < int(count)):
        raise UsageError(f"{text!r} is no shard", remedy="Write i/n with i from 0 to n-1, such as 0/4.")
    return int(number), int(count)


def _ray(engine: str, address: str | None) -> str | None:
    if engine not in ("local", "ray"):
        raise UsageError(f"--engine {engine!r} is unknown", remedy="Use local or ray.")
    if engine == "local" and address is not None:
        raise UsageError("--ray-address needs --engine ray")
    return None if engine == "local" else address or "local"


def _show_estimate(domain: Any, cast: Any, tasks: int, held_out: int, *, json: bool) -> None:
    import asyncio

    from lamforge.generate import estimate

    found = asyncio.run(estimate(domain, cast, tasks, held_out))
    if json:
        print_json({role: vars(each) for role, each in found.items()})
        return
    rows = [
        (role, f"{e.requests:,} requests, {e.prompt_tokens:,} + {e.completion_tokens:,} tokens, cost {e.cost:.2f}")
        for role, e in found.items()
    ]
    total = sum(each.cost for each in found.values())
    summary_table("estimate: nothing was asked yet", [*rows, ("in all", f"{total:.2f}, in the currency of the prices")])


def _show(made: Any, *, json: bool) -> None:
    if json:
        print_json({**vars(made), "out": str(made.out)})
        return
    rejected = sum(made.rejected.values())
    rows: list[tuple[str, object]] = [
        ("training tasks", made.train),
        ("held-out tasks", made.test),
        ("conversations", made.trajectories),
        ("messages", f"{made.messages:,} ({made.messages / max(made.trajectories, 1):.1f} a conversation)"),
        ("tool calls", f"{made.calls:,} ({made.calls / max(made.trajectories, 1):.1f} a conversation)"),
        ("rejected", f"{rejected:,} ({rejected / max(rejected + made.made, 1):.0%}), in rejected.jsonl"),
        ("shapes", ", ".join(f"{shape} {count}" for shape, count in sorted(made.shapes.items()))),
        ("folder", made.out),
    ]
    spent = made.spent.items()
    rows += [(role, f"{each['requests']:,} requests, {each['cost']:.2f}") for role, each in spent]
    if made.made < made.asked:
        rows.append(("note", f"{made.asked - made.made} fewer than asked; rejected.jsonl says why"))
    rows += [("tool not used", f"{tool}: {reason}") for tool, reason in made.unused_tools.items()]
    summary_table("generate multi", rows)
    next_step(f"lamforge train sft --data {made.out}/trajectories.jsonl --out {made.out}/model")
