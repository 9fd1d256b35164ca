"""What `lamforge generate` is told and what it prints: shards, estimates, summaries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import next_step, print_json, summary_table, table
from lamforge.errors import UsageError

Shard = Annotated[str, typer.Option(help="i/n: make each n-th fifty of the tasks only, counted from 0.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]
Out = Annotated[Path, typer.Option(help="Folder of the run; the same command resumes it.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Win over --roles, such as generator.engine=nano.")
]
Seed = Annotated[int, typer.Option(help="Same seed, same bytes.")]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Ceiling, in the currency of the prices.")]
MaxTokens = Annotated[int | None, typer.Option(min=0, help="Ceiling of all tokens, read and written.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what it may cost, and ask no model.")]
SandboxLevel = Annotated[
    Literal["strict", "process"] | None, typer.Option(help="Run the code of a stranger's domain confined so far.")
]


def parse_shard(text: str) -> tuple[int, int]:
    """(i, n) of "i/n"."""
    number, separator, count = text.partition("/")
    if not (separator and number.isdecimal() and count.isdecimal() and int(number) < int(count)):
        raise UsageError(f"{text!r} is no shard", remedy="Write i/n with i from 0 to n-1, such as 0/4.")
    return int(number), int(count)


def show_estimate(found: dict[str, Any], *, json: bool) -> None:
    """What each role may cost."""
    if json:
        print_json({role: vars(each) for role, each in found.items()})
        return
    rows = [
        (role, f"{e.requests:,} requests, {e.prompt_tokens:,} + {e.completion_tokens:,} tokens, cost {e.cost:.2f}")
        for role, e in found.items()
    ]
    total = sum(each.cost for each in found.values())
    summary_table("estimate: nothing was asked yet", [*rows, ("in all", f"{total:.2f}, in the currency of the prices")])


def show_multi(made: Any, *, json: bool) -> None:
    """The summary of `generate multi`."""
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
        ("rejected", f"{rejected:,} ({rejected / max(rejected + made.made, 1):.0%}); the report says why"),
        ("shapes", ", ".join(f"{shape} {count}" for shape, count in sorted(made.shapes.items()))),
        ("folder", made.out),
        ("report", f"lamforge report {made.out}"),
    ]
    rows += [(role, _bill(each)) for role, each in made.spent.items()]
    if made.made < made.asked:
        rows.append(("note", f"{made.asked - made.made} fewer than asked; the report says why"))
    if not made.rules:
        rows.append(("note", "the domain has no rules: nothing checks that policy.md is kept"))
    rows += [("note", note) for note in made.notes]
    rows += [("tool not used", f"{tool}: {reason}") for tool, reason in made.unused_tools.items()]
    summary_table("generate multi", rows)
    next_step(f"lamforge train sft --data {made.out}/trajectories.jsonl --out {made.out}/model")


def show_domains(made: Any, *, json: bool) -> None:
    """The summary of `generate domains`."""
    if json:
        print_json({**vars(made), "out": str(made.out)})
        return
    rows: list[tuple[str, object]] = [
        ("domains", f"{made.domains:,} of {len(made.kinds)} businesses"),
        ("tools", f"{made.tools:,} ({made.tools / max(made.domains, 1):.1f} a domain)"),
        ("folder", made.out),
    ]
    summary_table("generate domains", rows)
    next_step(f"lamforge generate multi --domain {made.out} --tasks 30 --out {made.out}-conversations")


def show_single(made: Any, *, json: bool) -> None:
    """The table of `generate single`: what became of everything that was written, by style."""
    if json:
        print_json({**vars(made), "out": str(made.out)})
        return
    columns = ["verified", "format", "execution", "semantic", "duplicate"]
    lines = [
        [style, *(f"{row[column]:,}" for column in columns), f"{row['pass_rate']:.1%}"]
        for style, row in made.table.items()
    ]
    header = ["", "verified", "format", "execution", "semantic", "twins", "pass rate"]
    table("generate single: how many items passed, and how many failed where", header, lines)
    calls = sum(made.tools.values())
    rows: list[tuple[str, object]] = [
        ("items", f"{made.items:,}, {made.executed:,} executed, {made.judged:,} judged"),
        ("calls", f"{calls:,} of {len(made.tools)} tools"),
        ("folder", made.out),
        ("report", f"lamforge report {made.out}"),
    ]
    rows += [(role, _bill(each)) for role, each in made.spent.items()]
    if made.items < made.asked:
        rows.append(("note", f"{made.asked - made.items} fewer than asked; rejected.jsonl says why"))
    summary_table("", [*rows, *(("note", note) for note in made.notes)])
    next_step(f"lamforge train sft --data {made.out}/trajectories.jsonl --out {made.out}/model")


def show_synthetic(made: Any, *, json: bool) -> None:
    """The summary of `generate synthetic`."""
    if json:
        print_json({**vars(made), "out": str(made.out)})
        return
    share = made.near_duplicates / max(made.compared, 1)
    rows: list[tuple[str, object]] = [
        ("conversations", f"{made.records:,}"),
        ("exchanges", f"{made.exchanges:,} ({made.exchanges / max(made.records, 1):.1f} a conversation)"),
        *((f"  {kind}", f"{count:,}, {count / made.exchanges:.1%}") for kind, count in made.kinds.items()),
        ("calls", f"{made.calls:,}"),
        ("tools", f"{made.tools:,} different ones, {made.offered:,} offered"),
        ("user texts", f"{made.queries:,} different ones of {made.asked_for:,}"),
        ("near-duplicates", f"{made.near_duplicates:,} of {made.compared:,} first requests, {share:.1%}"),
        ("characters", f"{made.characters / max(made.records, 1):,.0f} a conversation, tools included"),
        ("folder", made.out),
    ]
    summary_table("generate synthetic", rows)
    next_step(f"lamforge train sft --data {made.out}/trajectories.jsonl --out {made.out}/model")


def _bill(spent: dict[str, Any]) -> str:
    tokens = spent["prompt_tokens"] + spent["completion_tokens"]
    cost = f", cost {spent['cost']:.2f}" if spent["cost"] else ""
    return f"{spent['requests']:,} requests, {tokens:,} tokens{cost}"
