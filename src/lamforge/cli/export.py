"""`lamforge export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import err, next_step, print_json, summary_table

app = typer.Typer(
    no_args_is_help=True,
    help="Turn a trained model into files that others run.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def _group() -> None:
    """Turn a trained model into files that others run."""


@app.command()
def gguf(
    model: Annotated[Path, typer.Argument(help="A folder that `lamforge train` wrote.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the files; by default MODEL/gguf.")] = None,
    type: Annotated[
        list[str] | None, typer.Option("--type", help="Such as f16, q8_0 or q4_k_m; may be given several times.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="trajectories.jsonl whose prompts the files are checked on.")
    ] = None,
    prompts: Annotated[int, typer.Option(min=1, max=1000, help="Prompts of the check.")] = 8,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Write GGUF files and check that the engine says what the checkpoint says."""
    from lamforge.export import DEFAULT_TYPES, check_parity, export_gguf, sample_prompts
    from lamforge.train import require_train_extra

    require_train_extra("exporting")
    files = export_gguf(model, out or model / "gguf", tuple(type) if type else DEFAULT_TYPES)
    texts = sample_prompts(model, check, prompts)
    checks = []
    for file in files:
        err.print(f"checking {file.name} on {len(texts)} prompts ...", style="dim")
        checks.append(check_parity(model, file, texts))
    if json:
        print_json([{**vars(parity), "file": str(parity.file)} for parity in checks])
    rows: list[tuple[str, object]] = []
    for parity in checks:
        size = parity.file.stat().st_size / 1e6
        answers = f"{parity.equal} of {parity.prompts} answers equal to the checkpoint's"
        rows.append((parity.file.name, f"{size:.1f} MB, {answers}, {parity.agreeing} of {parity.tokens} tokens"))
    if not json:
        summary_table("export gguf", rows)
        next_step(f"lamforge chat --model {files[-1]}")
    for parity in checks:
        parity.require()


@app.command()
def template(
    format: Annotated[str, typer.Argument(help="Such as xlam-qwen/always.")],
    out: Annotated[Path | None, typer.Option(help="File to write; by default it is printed.")] = None,
) -> None:
    """Write a format's chat template for vLLM's --chat-template and llama-server's --chat-template-file."""
    from lamforge.formats import get_format
    from lamforge.formats.served import served_template
    from lamforge.journal import write_atomically

    text = served_template(get_format(format))
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_atomically(out, text)
