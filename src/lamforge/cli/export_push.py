"""`lamforge export push`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import err, next_step, print_json, progress_bar, summary_table
from lamforge.cli.export_gguf import Json


def push(
    folder: Annotated[Path, typer.Argument(help="A model's folder with its card, or a folder of data.")],
    repository: Annotated[str, typer.Argument(help="OWNER/NAME on the Hugging Face hub.")],
    dataset: Annotated[bool, typer.Option("--dataset", help="Push data: .jsonl and .parquet files.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Everyone may see it; otherwise only you.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Send a model, its GGUF files or data to the Hugging Face hub; large files that arrived are not sent again.

    The account is that of the environment's HF_TOKEN. The hub shows nothing before all is there.
    """
    from lamforge.export import plan_push, read_identity, unmet_duties
    from lamforge.export import push as send

    pieces = plan_push(folder, repository, dataset=dataset)
    size = sum(piece.size for piece in pieces)
    for piece in pieces:
        err.print(f"{piece.size / 1e6:>12,.1f} MB  {piece.name}", style="dim")
    for duty in [] if dataset else unmet_duties(read_identity(folder), repository):
        err.print(f"note: {duty}", style="yellow")
    seen = "everyone sees" if public else "only you see"
    if dry_run:
        if json:
            print_json({"repository": repository, "files": [piece.name for piece in pieces], "bytes": size})
        return
    if not yes:
        question = f"Send {len(pieces)} files, {size / 1e6:,.1f} MB, to {repository}, which {seen} if it is new?"
        typer.confirm(question, abort=True, err=True)
    with progress_bar("push", "bytes") as update:
        done = send(folder, repository, dataset=dataset, private=not public, progress=update)
    if json:
        print_json({"url": done.url, "commit": done.commit, "files": done.files, "bytes": done.bytes})
        return
    summary_table("export push", [("repository", done.url), ("commit", done.commit), ("files", len(done.files))])
    if not dataset and any(name.endswith(".gguf") for name in done.files):
        next_step(f"lamforge chat --model hf:{repository}")
