"""`lamforge doctor`."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
import sys
from typing import Annotated

import typer

from lamforge.cli.console import print_json, summary_table
from lamforge.errors import ModelError

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_ROUND_TRIP = "a call written and read back"
_TRAINING = ("torch", "transformers", "accelerate", "tokenizers", "safetensors")


@app.command()
def doctor(
    model: Annotated[str | None, typer.Option(help="A model to open and ask once.")] = None,
    format: Annotated[str | None, typer.Option(help="Of a GGUF that does not name its own.")] = None,
    domain: Annotated[str | None, typer.Option(help="A domain to load and look at.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, alone, on stdout.")] = False,
) -> None:
    """Check this installation, and a model or a domain if you name one."""
    rows = _installation()
    if domain is not None:
        rows += _domain(domain)
    if model is not None:
        rows += asyncio.run(_model(model, format))
    if json:
        print_json(_grouped(rows))
    else:
        summary_table("doctor", rows)
    if (_ROUND_TRIP, "DIFFERENT") in rows:
        raise ModelError("its format does not read a call as it wrote it", where=model, remedy="Name another --format.")


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
        ("rules", len(domain.rules)),
        ("identify first", ", ".join(sorted(found.identified)) or "no tool needs it"),
        ("confirm first", ", ".join(sorted(found.confirmed)) or "no tool needs it"),
    ]
    return rows + [("tool not used", f"{tool}: {reason}") for tool, reason in found.unused.items()]


async def _model(spec: str, format: str | None) -> list[tuple[str, object]]:
    from lamforge.engines import collect, open_model
    from lamforge.messages import Function, Message, ToolCall

    model = open_model(spec, format=format)
    try:
        call = ToolCall(function=Function(name="lookup", arguments={"id": 'a "b" [{é}]', "n": [1, {"x": None}]}))
        message = Message(role="assistant", tool_calls=[call])
        written = model.format.render([Message(role="user", content="x"), message])
        span = model.format.spans([Message(role="user", content="x"), message])[0]
        read = model.format.parse(written[span.start : span.end])
        whole = read.tool_calls is not None and read.tool_calls[0].function == call.function
        answer, reason, usage = await collect(model.chat([Message(role="user", content="Hello")], max_tokens=32))
        return [
            ("model", model.name),
            ("format", model.format.id),
            *(("note", note) for note in model.notes),
            (_ROUND_TRIP, "equal" if whole else "DIFFERENT"),
            ("answers", f"{usage.get('completion_tokens', 0)} tokens ({reason}): {(answer.content or '')[:80]!r}"),
        ]
    finally:
        await model.aclose()
