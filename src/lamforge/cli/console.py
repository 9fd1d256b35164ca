"""What verbs share: where text goes, progress bars, tables, and `--json`.

Progress and tables go to stderr when `--json` is given, so that stdout holds the JSON alone. What models and files say
is shown and never obeyed: no escape sequence of theirs reaches the terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from lamforge.printable import printable

_WIDE = 130  # characters of a line that have room for all


class _Terminal(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(printable(each) if isinstance(each, str) else each for each in objects), **options)


err = _Terminal(stderr=True, highlight=False, markup=False)
out = _Terminal(highlight=False, markup=False)


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Any]:
    """A bar with rate and time left; yields `update(done, total, note="")`. In a narrow terminal notes are broken."""
    narrow = err.width < _WIDE
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=8 if narrow else 30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        *(() if narrow else (TimeElapsedColumn(),)),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False, table_column=Column()),
    )
    with Progress(*columns, console=err, transient=not err.is_terminal) as bar:
        task = bar.add_task(title, total=None, rate="", note="")

        def update(done: int, total: int, note: str = "") -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{done / elapsed:.1f} {unit}/s" if elapsed > 0.5 else ""
            bar.update(task, completed=done, total=total, rate=rate, note=printable(note))

        yield update


def summary_table(title: str, rows: Sequence[tuple[str, object]], *, to_stderr: bool = False) -> None:
    """A table of two columns at the end of a long job."""
    table = Table(title=title, show_header=False, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name, value in rows:
        table.add_row(Text(name, style="dim"), Text(printable(str(value))))
    (err if to_stderr else out).print(table)


def table(title: str, header: list[str], rows: list[list[str]]) -> None:
    """A table with a header; all columns but the first are numbers."""
    grid = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for number, name in enumerate(header):
        grid.add_column(Text(name, style="dim"), justify="right" if number else "left")
    for row in rows:
        grid.add_row(*(Text(printable(value)) for value in row))
    out.print(grid)


def next_step(command: str, *, to_stderr: bool = False) -> None:
    """The command to type next."""
    (err if to_stderr else out).print("\nnext:", Text(command, style="bold"), soft_wrap=True)


def show_notes(model: Any) -> None:
    """What a user should know of how a model was opened."""
    for note in model.notes:
        err.print(f"{model.name}: {note}", style="dim")


def print_json(value: Any) -> None:
    """Machine-readable results, alone, on stdout."""
    typer.echo(printable(json.dumps(value, ensure_ascii=False, indent=2)))
