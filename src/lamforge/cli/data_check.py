"""`lamforge data check`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import err, next_step, print_json, progress_bar, summary_table, table
from lamforge.cli.generate import SandboxLevel
from lamforge.errors import DataError

if TYPE_CHECKING:
    from lamforge.data.checking import Checked, LengthCheck

_SHOWN = 3  # places of each code


def check(
    data: Annotated[list[Path], typer.Argument(help="Trajectories: .jsonl, .jsonl.gz, .parquet, or folders of them.")],
    format_: Annotated[
        str, typer.Option("--format", help="How conversations are to be rendered.")
    ] = "xlam-qwen/always",
    tokenizer: Annotated[
        Path | None, typer.Option(help="A model's folder or tokenizer.json: tokens are counted.")
    ] = None,
    context: Annotated[
        int | None, typer.Option(min=1, help="The most tokens; else what the model's config.json says.")
    ] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Make the calls again, where the domain is known.")] = False,
    domain: Annotated[
        list[str] | None, typer.Option(help="A domain's folder, for --replay; bundled ones are known.")
    ] = None,
    sandbox: SandboxLevel = None,
    tasks: Annotated[
        list[Path] | None, typer.Option(help="Tasks of the conversations, for --replay; those of a run are known.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file for all findings, one JSON line each.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, alone, on stdout.")] = False,
) -> None:
    """Hold every trajectory against all structural rules; ends with exit code 5 if there is an error."""
    from lamforge.data.checking import ReplayCheck, check_data
    from lamforge.formats import get_format

    length = _length(format_, tokenizer, context)
    replaying = None
    if replay or domain or tasks:
        replaying = ReplayCheck(domain or [], [*(tasks or []), *_of_runs(data)], sandbox=sandbox)
    with progress_bar("check", "records") as update:
        checked = check_data(
            data,
            fmt=get_format(format_),
            length=length,
            replay=replaying,
            out=out,
            progress=lambda done, note: update(done, None, note),
        )
    if json:
        print_json(checked.as_dict())
    else:
        _tell(checked)
    if checked.wrong:
        raise DataError(
            f"{checked.wrong:,} of {checked.trajectories:,} trajectories have errors",
            where=", ".join(map(str, data)),
            remedy=_remedy(checked, data),
        )
    if not json:
        next_step(f"lamforge data stats {data[0]}")


def _remedy(checked: Checked, data: list[Path]) -> str:
    told = "docs/data.md explains each code; --out FILE lists all places."
    if "duplicate_id" not in checked.counts:
        return told
    files = " ".join(shlex.quote(str(path)) for path in data)
    return f"`lamforge data dedup {files} --exact --out FILE` leaves one of each that stands there twice; {told}"


def _length(format_: str, tokenizer: Path | None, context: int | None) -> LengthCheck | None:
    from lamforge.data.checking import LengthCheck
    from lamforge.errors import UsageError
    from lamforge.formats import get_format

    if tokenizer is None:
        if context is not None:
            raise UsageError("--context needs --tokenizer", remedy="Name the folder of the model.")
        return None
    return LengthCheck(get_format(format_), tokenizer, context)


def _of_runs(data: list[Path]) -> list[Path]:
    """The tasks that lie beside the trajectories of a run."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in data)
    return [file for folder in folders for file in sorted(folder.glob("tasks*.jsonl"))]


def _replayed(checked: Checked) -> list[tuple[str, str]]:
    if checked.replayed is None:
        return []
    return [("replayed", f"{checked.replayed:,}" if checked.replayed else "nothing: no domain of theirs is at hand")]


def _tell(checked: Checked) -> None:
    from lamforge.data.checking import CODES

    summary_table(
        "data check",
        [
            ("trajectories", f"{checked.trajectories:,}"),
            ("with errors", f"{checked.wrong:,}"),
            ("with warnings only", f"{checked.doubtful:,}"),
            *_replayed(checked),
        ],
    )
    if not checked.counts:
        return
    found = [code for code in CODES if code in checked.counts]
    rows = [[code, f"{checked.counts[code]:,}", f"{checked.affected[code]:,}", CODES[code].meaning] for code in found]
    table("", ["code", "found", "trajectories", "meaning"], rows)
    for code in found:
        colour = "red" if CODES[code].error else "yellow"
        for place in checked.places[code][:_SHOWN]:
            err.print(f"{code}: {place.where}, message {place.message}: {place.detail}", style=colour, soft_wrap=True)
