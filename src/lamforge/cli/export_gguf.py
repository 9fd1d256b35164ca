"""`lamforge export gguf`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamforge.cli.console import err, next_step, print_json, progress_bar, table

if TYPE_CHECKING:
    from lamforge.export import Parity
    from lamforge.formats import Format

Model = Annotated[Path, typer.Argument(help="A model's folder, such as `lamforge train` writes, or a LoRA adapter's.")]
Base = Annotated[Path | None, typer.Option(help="Folder of an adapter's base model; by default the one that it names.")]
FormatOption = Annotated[
    str | None, typer.Option(help="That the model was trained in, such as xlam-qwen/hf; by default found out.")
]
Check = Annotated[Path | None, typer.Option(help="trajectories.jsonl whose prompts what is written is checked on.")]
Prompts = Annotated[int, typer.Option(min=1, max=1000, help="Prompts of the check.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]
Name = Annotated[str | None, typer.Option(help="Of the model, instead of the one in its recipe or its folder's.")]


def gguf(
    model: Model,
    out: Annotated[Path | None, typer.Option(help="Folder for the files; by default MODEL/gguf.")] = None,
    type: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            help="f32, bf16, f16, q8_0, q6_k, q5_k_m, q4_k_m, q3_k_m or q2_k; may be given several times, "
            "f16 and q8_0 if not at all.",
        ),
    ] = None,
    check: Check = None,
    prompts: Prompts = 8,
    imatrix: Annotated[
        Path | None, typer.Option(help="Importance matrix for the K types: llama.cpp's .gguf or .dat.")
    ] = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="trajectories.jsonl to measure one on; it is kept as imatrix.gguf.")
    ] = None,
    adapter: Annotated[
        bool, typer.Option("--adapter", help="Write a LoRA adapter alone, for use on its base's GGUF file.")
    ] = False,
    base: Base = None,
    format: FormatOption = None,
    name: Name = None,
    version: Annotated[str | None, typer.Option(help="Such as v1.2, in names and metadata.")] = None,
    finetune: Annotated[str | None, typer.Option(help="What it was tuned for, in names and metadata.")] = None,
    json: Json = False,
) -> None:
    """Write GGUF files and check that the engine says what the checkpoint says."""
    from lamforge.export import DEFAULT_TYPES, export_gguf, model_format
    from lamforge.train import require_train_extra

    require_train_extra("exporting")
    folder = out or model / "gguf"
    who = named(model, name=name, version=version, finetune=finetune)
    if adapter:
        checks = _adapters(model, folder, type or ["f16"], check, prompts, base, format, who)
    else:
        fmt = model_format(model, format, base)
        importance = _importance(model, imatrix, calibrate, folder, fmt, base)
        types = tuple(type) if type else DEFAULT_TYPES
        with progress_bar("write", "weights") as update:
            options: dict[str, Any] = {"base": base, "format": fmt.id, "identity": who, "importance": importance}
            files = export_gguf(model, folder, types, progress=update, **options)
        checks = _checked(model, folder, files, check, prompts, fmt, base)
    if json:
        print_json([parity.as_dict() | {"file": str(parity.file)} for parity in checks])
    else:
        show_parity("export gguf", checks)
        next_step(f"lamforge chat --model {'BASE.gguf#lora=' if adapter else ''}{checks[-1].file}")
    for parity in checks:
        parity.require()


def named(model: Path, **options: str | None) -> Any:
    """Who the model is, as its folder says and the options that are given."""
    from dataclasses import replace

    from lamforge.export import read_identity

    return replace(read_identity(model), **{key: value for key, value in options.items() if value is not None})


def _checked(
    model: Path,
    folder: Path,
    files: list[Path],
    data: Path | None,
    prompts: int,
    fmt: Format,
    base: Path | None,
    under: Path | None = None,
) -> list[Parity]:
    from lamforge.export import check_parity, sample_prompts, write_report

    err.print(f"checking {len(files)} files against the checkpoint ...", style="dim")
    checks = check_parity(model, files, sample_prompts(fmt, data, prompts), fmt, base=base, under=under)
    write_report(folder / ("parity-lora.json" if under else "parity.json"), checks, model)
    return checks


def _adapters(
    model: Path,
    folder: Path,
    types: list[str],
    data: Path | None,
    prompts: int,
    base: Path | None,
    format: str | None,
    who: Any,
) -> list[Parity]:
    """The adapter's files, checked on a file of the base that is made for it."""
    from lamforge.export import export_adapter, export_gguf, model_format
    from lamforge.export.adapter import base_folder, read_adapter

    files = [export_adapter(model, folder, kind, base=base, identity=who) for kind in types]
    fmt, under = model_format(model, format, base), base or base_folder(read_adapter(model))
    with tempfile.TemporaryDirectory() as scratch:
        (whole,) = export_gguf(under, Path(scratch), ("f16",), format=fmt.id)
        return _checked(model, folder, files, data, prompts, fmt, base, whole)


def _importance(
    model: Path, imatrix: Path | None, calibrate: Path | None, folder: Path, fmt: Format, base: Path | None
) -> dict[str, Any] | None:
    from lamforge.errors import OutputError, UsageError
    from lamforge.export.importance import measure_importance, read_importance, write_importance

    if imatrix is not None and calibrate is not None:
        raise UsageError("--imatrix and --calibrate are two sources of the same thing", remedy="Give one.")
    if imatrix is not None:
        return read_importance(imatrix)
    if calibrate is None:
        return None
    err.print(f"measuring what matters on {calibrate} ...", style="dim")
    found, texts = measure_importance(model, calibrate, fmt, base=base)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=folder) from error
    write_importance(folder / "imatrix.gguf", found, calibrate.name, texts)
    return found


def same_calls(parity: Parity) -> str:
    """Of the prompts that the checkpoint answers with calls, how many get the same ones."""
    return f"{parity.same_calls} of {parity.calling}" if parity.calling else "no prompt was answered with a call"


def parity_rows(parity: Parity) -> list[tuple[str, object]]:
    """How a folder answers beside the checkpoint, as lines of a table."""
    return [
        ("same next token", f"{parity.agreement:.1%} of {parity.places:,}"),
        ("KL", f"{parity.divergence:.6f} nats"),
        ("same calls", same_calls(parity)),
        ("call read back", "yes" if parity.round_trip else "NO"),
    ]


def show_parity(title: str, checks: list[Parity]) -> None:
    """One line a file: its size, and how it answers beside the checkpoint."""
    rows = [
        [
            each.file.name,
            f"{each.file.stat().st_size / 1e6:.1f}",
            f"{each.agreement:.1%}",
            f"{each.divergence:.4f}",
            same_calls(each),
            "yes" if each.round_trip else "NO",
        ]
        for each in checks
    ]
    table(title, ["file", "MB", "same next token", "KL, nats", "same calls", "call read back"], rows)
