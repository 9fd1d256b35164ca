"""`lamforge export hf`, `merge` and `card`: folders as the hub has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import err, next_step, print_json, progress_bar, summary_table
from lamforge.cli.export_gguf import Base, Check, FormatOption, Json, Model, Name, Prompts, named, parity_rows
from lamforge.errors import UsageError

Out = Annotated[Path, typer.Option(help="Folder to write; it is whole or not there.")]
Dtype = Annotated[str, typer.Option(help="Of the weights: bf16, f16 or f32.")]
Data = Annotated[list[Path] | None, typer.Option(help="Trajectories it was trained on; may be given several times.")]
Mix = Annotated[Path | None, typer.Option(help="YAML of the mix of data.")]
Decontamination = Annotated[Path | None, typer.Option(help="Report of `lamforge data decontaminate`, .md or .json.")]
Results = Annotated[list[Path] | None, typer.Option(help="--out of `lamforge eval`; may be given several times.")]
Datasets = Annotated[
    list[str] | None, typer.Option("--dataset", help="OWNER/NAME of its data on the hub; may be given several times.")
]


def hf(
    model: Model,
    out: Out,
    dtype: Dtype = "bf16",
    base: Base = None,
    format: FormatOption = None,
    name: Name = None,
    check: Check = None,
    prompts: Prompts = 8,
    json: Json = False,
) -> None:
    """Write a folder for transformers, vLLM and the hub: safetensors, tokenizer, chat template, card."""
    _write("hf", model, out, dtype, base, format, name, check, prompts, json)


def merge(
    model: Annotated[Path, typer.Argument(help="A LoRA adapter's folder.")],
    out: Out,
    dtype: Dtype = "bf16",
    base: Base = None,
    format: FormatOption = None,
    name: Name = None,
    check: Check = None,
    prompts: Prompts = 8,
    json: Json = False,
) -> None:
    """Merge a LoRA adapter into its base: a model's folder of its own."""
    from lamforge.export import is_adapter

    if not is_adapter(model):
        raise UsageError("holds no LoRA adapter", where=model, remedy=f"lamforge export hf {model} --out {out}")
    _write("merge", model, out, dtype, base, format, name, check, prompts, json)


def card(
    model: Annotated[Path, typer.Argument(help="A model's folder; README.md is written into it.")],
    data: Data = None,
    mix: Mix = None,
    decontamination: Decontamination = None,
    results: Results = None,
    gguf: Annotated[
        Path | None, typer.Option(help="Folder of its GGUF files; by default looked for in the model's and beside it.")
    ] = None,
    datasets: Datasets = None,
    repository: Annotated[str | None, typer.Option(help="OWNER/NAME it will have on the hub.")] = None,
    name: Name = None,
    base: Annotated[str | None, typer.Option(help="OWNER/NAME of the model it was trained from.")] = None,
    format: FormatOption = None,
    json: Json = False,
) -> None:
    """Write a model's card: data, mix, decontamination, results, and what the base's licence asks for."""
    from lamforge.export import Sources, find_parity, model_format, unmet_duties, write_card

    sources = Sources(
        data=data or [],
        mix=mix,
        decontamination=decontamination,
        results=results or [],
        parity=find_parity(model, gguf),
        datasets=datasets or [],
    )
    who = named(model, name=name, base=base)
    path = write_card(model, who, model_format(model, format).id, sources, repository)
    unmet = unmet_duties(who, repository or who.name)
    if json:
        print_json({"card": str(path), "unmet": unmet})
        return
    summary_table("export card", [("card", path), *(("to do", duty) for duty in unmet)])
    next_step(f"lamforge export push {model} {repository or 'OWNER/NAME'}")


def _write(
    verb: str,
    model: Path,
    out: Path,
    dtype: str,
    base: Path | None,
    format: str | None,
    name: str | None,
    check: Path | None,
    prompts: int,
    json: bool,
) -> None:
    from lamforge.export import (
        FOLDER_REPORT,
        Sources,
        check_folder,
        export_hf,
        model_format,
        sample_prompts,
        write_card,
        write_report,
    )
    from lamforge.train import require_train_extra

    require_train_extra("exporting")
    with progress_bar("write", "weights") as update:
        export_hf(model, out, base=base, format=format, dtype=dtype, progress=update)
    fmt = model_format(out)
    err.print("checking the folder against the checkpoint ...", style="dim")
    parity = check_folder(model, out, sample_prompts(fmt, check, prompts), fmt, dtype, base=base)
    write_report(out / FOLDER_REPORT, [parity], model, engine="transformers")
    write_card(out, named(model, name=name), fmt.id, Sources())
    files = sorted(path.name for path in out.iterdir())
    size = sum(path.stat().st_size for path in out.iterdir() if path.is_file())
    if json:
        print_json({"out": str(out), "files": files, "bytes": size, "parity": parity.as_dict()})
    else:
        told = [("folder", out), ("files", ", ".join(files)), ("size", f"{size / 1e6:,.1f} MB")]
        summary_table(f"export {verb}", [*told, *parity_rows(parity)])
        next_step(f"lamforge export card {out} --data DATA --results EVALUATION --gguf FOLDER")
    parity.require()
