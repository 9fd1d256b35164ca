"""`lamforge doctor`."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import out, print_json, summary_table
from lamforge.errors import ModelError, bounded

if TYPE_CHECKING:
    from lamforge.engines.diagnosis import Diagnosis

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_ROUND_TRIP = "a call written and read back"
_TRAINING = ("torch", "transformers", "accelerate", "tokenizers", "safetensors")


@app.command()
def doctor(
    model: Annotated[
        str | None, typer.Argument(help="A GGUF file or a Hugging Face folder: will calling tools work with it?")
    ] = None,
    format: Annotated[str | None, typer.Option(help="To render its prompts in, instead of what it names.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Also open the model and ask it once.")] = False,
    domain: Annotated[str | None, typer.Option(help="A domain to load and look at.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, alone, on stdout.")] = False,
) -> None:
    """Check this installation, and a model or a domain if you name one.

    Of a model's files it says in which format lamforge talks to it, whether that gives the same bytes as its own chat
    template, and in one line whether calling tools will work. Nothing in them is executed but the template, in a
    sandbox. An endpoint or scripted is asked once.
    """
    rows = _installation()
    if domain is not None:
        rows += _domain(domain)
    diagnosis = None
    if model is not None and (model.endswith(".gguf") or Path(model).is_dir()):
        from lamforge.engines.diagnosis import diagnose

        diagnosis = diagnose(Path(model), format)
        rows += _files(diagnosis, json)
    if model is not None and (ask or diagnosis is None):
        rows += asyncio.run(_model(model, format))
    if json:
        print_json(_grouped(rows))
    else:
        from lamforge.formats.foreign import printable

        summary_table("doctor", [(name, printable(str(value))) for name, value in rows])
        if diagnosis is not None:
            out.print(f"\ntool calling: {printable(str(diagnosis.verdict))}", soft_wrap=True)
    if diagnosis is not None and not diagnosis.verdict.works:
        raise typer.Exit(ModelError.exit_code)


def _grouped(rows: list[tuple[str, object]]) -> dict[str, object]:
    """The findings by name; a list where several have the same name."""
    values: dict[str, list[object]] = {}
    for name, value in rows:
        values.setdefault(name, []).append(value)
    return {name: found if len(found) > 1 else found[0] for name, found in values.items()}


def _installation() -> list[tuple[str, object]]:
    from lamforge import __version__

    missing = [name for name in _TRAINING if importlib.util.find_spec(name) is None]
    training = "ready" if not missing else f"missing {', '.join(missing)}: pip install 'lamforge[train]'"
    return [
        ("lamforge", __version__),
        ("python", f"{sys.version.split()[0]} on {platform.platform()}"),
        ("cores", os.cpu_count()),
        ("engine", f"xllamacpp {importlib.metadata.version('xllamacpp')}"),
        ("training", training),
    ]


def _domain(name: str) -> list[tuple[str, object]]:
    from lamforge.domains import load_domain
    from lamforge.generate import survey

    domain = load_domain(name)
    found = survey(domain)
    records = ", ".join(f"{len(records)} {table}" for table, records in domain.base.tables.items())
    rows: list[tuple[str, object]] = [
        ("domain", f"{domain.name}: {domain.description}"),
        ("state", records),
        ("tools", f"{len(domain.tools)}, {len(found.writes)} of them for tasks that change something"),
        ("rules", len(domain.rules) or "0: nothing checks that policy.md is kept"),
        ("identify first", ", ".join(sorted(found.identified)) or "no tool needs it"),
        ("confirm first", ", ".join(sorted(found.confirmed)) or "no tool needs it"),
    ]
    return rows + [("tool not used", f"{tool}: {reason}") for tool, reason in found.unused.items()]


def _files(diagnosis: Diagnosis, as_json: bool) -> list[tuple[str, object]]:
    if as_json:
        return [("model", diagnosis.as_dict())]
    claims, compared = diagnosis.claims, diagnosis.compared
    lacking, templates = ", ".join(diagnosis.missing_tokens), list(claims.templates.items())[:4]
    rows: list[tuple[str, object]] = [
        ("model", f"{diagnosis.path} ({claims.kind}, {claims.architecture[:40] or 'unknown architecture'})"),
        ("names its format", (claims.format or "no")[:80]),
        ("prompts are", diagnosis.format.id if diagnosis.format else "not known"),
        ("special tokens", f"lacks {lacking}" if lacking else ", ".join(claims.tokens.values())[:200] or "none named"),
        ("own template", ", ".join(f"{bounded(name)}, {len(text)} characters" for name, text in templates) or "none"),
    ]
    for row in compared.formats if compared else []:
        first = row.first
        where = f"; first different in {first.conversation!r}, character {first.at}" if first else ""
        if row.equal or (diagnosis.format and row.format == diagnosis.format.id):
            rows.append((f"beside {row.format}", f"equal in {row.equal} of {row.conversations} conversations{where}"))
    rows += _first_difference(diagnosis)
    if diagnosis.format:
        rows.append((_ROUND_TRIP, "DIFFERENT" if diagnosis.misread else "equal, wherever the text is cut"))
    return rows


def _first_difference(diagnosis: Diagnosis) -> list[tuple[str, object]]:
    """Both sides of where lamforge's prompts and the template part."""
    from lamforge.engines.diagnosis import nearest

    if diagnosis.compared is None:
        return []
    rows = [row for row in diagnosis.compared.formats if diagnosis.format and row.format == diagnosis.format.id]
    row = rows[0] if rows else nearest(diagnosis.compared)
    if row.first is None:
        return []
    theirs = row.first.theirs if row.first.failed else repr(row.first.theirs)
    return [(f"{row.format} writes", repr(row.first.ours)), ("its template writes", theirs)]


async def _model(spec: str, format: str | None) -> list[tuple[str, object]]:
    from lamforge.engines import collect, open_model
    from lamforge.messages import Message

    model = open_model(spec, format=format)
    try:
        answer, reason, usage = await collect(model.chat([Message(role="user", content="Hello")], max_tokens=32))
        return [
            ("asked", model.name),
            *(("note", note) for note in model.notes),
            ("answers", f"{usage.get('completion_tokens', 0)} tokens ({reason}): {(answer.content or '')[:80]!r}"),
        ]
    finally:
        await model.aclose()
