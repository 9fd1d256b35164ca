"""`lamforge data show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lamforge.cli.console import out, print_json, printable, summary_table

if TYPE_CHECKING:
    from lamforge.messages import Message, Trajectory

_COLOURS = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "yellow"}
_LINES = 12  # of one message, unless all of it is asked for
_WIDTH = 400  # characters of one line, likewise


def show(
    data: Annotated[Path, typer.Argument(help="Trajectories: .jsonl, .jsonl.gz, .parquet, or a folder of them.")],
    which: Annotated[str, typer.Argument(help="A number from 0, or the id of a trajectory or of its task.")] = "0",
    full: Annotated[bool, typer.Option("--full", help="Show long messages whole, and the tools.")] = False,
    mask: Annotated[
        Path | None, typer.Option(help="A model's folder: show token by token what it would be trained on.")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Of --mask, such as xlam-qwen/hf; by default what the model was trained in.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the record as JSON, alone, on stdout.")] = False,
) -> None:
    """Show one conversation as people read it, or as a model is trained on it."""
    from lamforge.data import find_trajectory

    place, trajectory = find_trajectory(data, which)
    if mask is not None:
        from lamforge.cli.masked import show_mask

        show_mask(place, trajectory, mask, format, json)
        return
    if json:
        print_json(trajectory.as_dict())
        return
    summary_table(place, _heading(trajectory))
    if full:
        from lamforge.cli.console import out as terminal
        from lamforge.tools import bare

        for tool in trajectory.tools:
            terminal.print(Text(f"\ntool {bare(tool).get('name')}", style="bold"))
            terminal.print(bare(tool), soft_wrap=True)
    for message in trajectory.messages:
        _print(message, full)


def _heading(trajectory: Trajectory) -> list[tuple[str, object]]:
    from lamforge.tools import bare

    names = [str(bare(tool).get("name")) for tool in trajectory.tools]
    rows: list[tuple[str, object]] = [
        ("trajectory", trajectory.trajectory_id),
        ("task", f"{trajectory.task_id} of {trajectory.domain}"),
        ("reward", "not judged" if trajectory.reward is None else trajectory.reward),
        ("ended", trajectory.ended),
        ("agent, user", f"{trajectory.agent}, {trajectory.user}"),
        (f"{len(names)} tools", ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")),
    ]
    rows += [("failure", failure) for failure in trajectory.verdict.failures]
    if trajectory.rating is not None:
        rows.append(("rating", f"{trajectory.rating.score:g} of 5"))
        rows += [(f"rule {each.code}", f"message {each.message}: {each.detail}") for each in trajectory.rating.findings]
        rows += [(f"rater {each.rater}", f"{each.score:g}: {each.explanation}") for each in trajectory.rating.opinions]
    return rows


def _print(message: Message, full: bool) -> None:
    from lamforge.pages import message_text

    shown = message_text(message)
    colour = _COLOURS[message.role]
    name = f"{message.role} {message.name}" if message.name else message.role
    name += ", a mistake that is not learned" if message.weight == 0 else ""
    out.print(Text(f"\n{printable(name)}", style=f"bold {colour}"), soft_wrap=True)
    for text in (shown["text"], *shown["calls"]):
        if text:
            out.print(Text(printable(text if full else _short(text)), style=colour if text in shown["calls"] else ""))


def _short(text: str) -> str:
    """The first lines of a text, and how many more there are."""
    lines = text.split("\n")
    kept = [
        line if len(line) <= _WIDTH else f"{line[:_WIDTH]} … and {len(line) - _WIDTH:,} characters" for line in lines
    ]
    more = len(lines) - _LINES
    return "\n".join(kept[:_LINES] + ([f"… and {more} more lines (--full shows them)"] if more > 0 else []))
