"""`lamforge export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import err, next_step, print_json, progress_bar, table

if TYPE_CHECKING:
    from lamforge.export import Parity

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
    format: Annotated[
        str | None, typer.Option(help="That the model was trained in, such as xlam-qwen/hf; by default found out.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="trajectories.jsonl whose prompts the files are checked on.")
    ] = None,
    prompts: Annotated[int, typer.Option(min=1, max=1000, help="Prompts of the check.")] = 8,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Write GGUF files and check that the engine says what the checkpoint says."""
    from lamforge.export import DEFAULT_TYPES, check_parity, export_gguf, model_format, sample_prompts, write_report
    from lamforge.train import require_train_extra

    require_train_extra("exporting")
    folder = out or model / "gguf"
    with progress_bar("write", "weights") as update:
        files = export_gguf(model, folder, tuple(type) if type else DEFAULT_TYPES, format=format, progress=update)
    fmt = model_format(model, format)
    err.print(f"checking {len(files)} files against the checkpoint ...", style="dim")
    checks = check_parity(model, files, sample_prompts(fmt, check, prompts), fmt)
    write_report(folder / "parity.json", checks, model)
    if json:
        print_json([parity.as_dict() | {"file": str(parity.file)} for parity in checks])
    else:
        show_parity("export gguf", checks)
        next_step(f"lamforge chat --model {files[-1]}")
    for parity in checks:
        parity.require()


def show_parity(title: str, checks: list[Parity]) -> None:
    """One line a file: its size, and how it answers beside the checkpoint."""
    rows = [
        [
            each.file.name,
            f"{each.file.stat().st_size / 1e6:.1f}",
            f"{each.agreement:.1%}",
            f"{each.divergence:.4f}",
            f"{each.same_calls} of {each.calling}",
            "yes" if each.round_trip else "NO",
        ]
        for each in checks
    ]
    table(title, ["file", "MB", "same next token", "KL, nats", "same calls", "call read back"], rows)


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
