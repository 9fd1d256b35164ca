"""`lamforge generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table

app = typer.Typer(
    no_args_is_help=True, help="Write verified training data for a domain.", rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Write verified training data for a domain."""


@app.command()
def multi(
    domain: Annotated[str, typer.Option(help="A bundled domain's name, or your folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; the same command resumes it.")],
    tasks: Annotated[int, typer.Option(min=1, max=1_000_000, help="Training tasks to make.")] = 1000,
    test_tasks: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Held-out tasks; by default a tenth, 20 to 100.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Write verified multi-turn tasks and conversations (APIGen-MT) with the scripted teacher."""
    from lamforge.domains import load_domain
    from lamforge.generate import generate_multi

    held_out = min(100, max(20, tasks // 10)) if test_tasks is None else test_tasks
    with progress_bar("generate", "tasks") as update:
        made = generate_multi(load_domain(domain), out, tasks=tasks, test_tasks=held_out, seed=seed, progress=update)
    if json:
        print_json({**vars(made), "out": str(made.out)})
        return
    rejected = sum(made.rejected.values())
    rows: list[tuple[str, object]] = [
        ("training tasks", made.train),
        ("held-out tasks", made.test),
        ("messages", f"{made.messages:,} ({made.messages / max(made.train, 1):.1f} a conversation)"),
        ("tool calls", f"{made.calls:,} ({made.calls / max(made.train, 1):.1f} a conversation)"),
        ("draws rejected", f"{rejected:,} ({rejected / max(rejected + made.made, 1):.0%})"),
        ("shapes", ", ".join(f"{shape} {count}" for shape, count in sorted(made.shapes.items()))),
        ("folder", made.out),
    ]
    if made.made < made.asked:
        rows.append(("note", f"{made.asked - made.made} fewer than asked: the state gave no more distinct tasks"))
    rows += [("tool not used", f"{tool}: {reason}") for tool, reason in made.unused_tools.items()]
    summary_table("generate multi", rows)
    next_step(f"lamforge train sft --data {out}/trajectories.jsonl --out {out}/model")
