"""Trajectories to others' records: only those that say the same there; the others are listed with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.data.exchange.converted import TOLD_EVERY, Converted, Progress, Rejections
from lamforge.data.exchange.draft import Unconvertible
from lamforge.data.exchange.registry import FORMS, OURS, Form, form_named
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import linked
from lamforge.data.files import packed, read_each, write_trajectories
from lamforge.data.outputs import prepare_outputs
from lamforge.errors import DataError, UsageError, bounded
from lamforge.journal import write_atomically
from lamforge.messages import Message, Trajectory

_NAMES = (".jsonl", ".jsonl.gz", ".json")


def writable() -> list[str]:
    """The names of the forms that are written."""
    return [OURS, *(form.name for form in FORMS.values() if form.write)]


def export_data(source: Path, out: Path, form: str, progress: Progress | None = None) -> Converted:
    """Writes trajectories in another form; those that would lose something go, with the reason, to a file beside it.

    Args:
        out: .jsonl, .jsonl.gz, or .json for one list; our own records may be .parquet.
        form: Its name, or "lamforge" for our own records.
    Raises:
        DataError: if the source cannot be read or nothing can be written.
        UsageError: if nothing is written in this form, or `out` does not say what to write.
    """
    prepare_outputs([source], out)
    result = Converted(source, form, out)
    with Rejections(result) as rejections:
        readable = _readable(result, rejections, progress)
        if form == OURS:
            result.converted = write_trajectories(out, (each for _, each in readable))
        else:
            _write(out, _rows(_chosen(form, out), result, rejections, readable))
    return result


def _chosen(name: str, out: Path) -> Form:
    form = form_named(name)
    if form.write is None:
        raise UsageError(f"nothing is written as {name}", remedy=f"Choose one of: {', '.join(writable())}.")
    if not out.name.endswith(_NAMES):
        remedy = f"Choose a name that ends in one of {', '.join(_NAMES)}."
        raise UsageError(f"{bounded(out.name)} does not say what to write", remedy=remedy)
    return form


def _readable(result: Converted, rejections: Rejections, progress: Progress | None) -> Iterator[tuple[str, Trajectory]]:
    for number, (where, found) in enumerate(read_each(result.source)):
        if progress and number % TOLD_EVERY == 0:
            progress(number, f"{result.left_out:,} left out")
        if isinstance(found, DataError):
            rejections.add(where, Unconvertible("unreadable", found.what))
        else:
            yield where, found


def _rows(
    form: Form, result: Converted, rejections: Rejections, readable: Iterator[tuple[str, Trajectory]]
) -> Iterator[str]:
    for where, trajectory in readable:
        try:
            if benchmark := trajectory.provenance.get("benchmark"):
                raise Unconvertible("benchmark", f"is an item of {bounded(benchmark, 40)}, and would no longer say so")
            if trajectory.provenance.get("held_out"):
                raise Unconvertible("held_out", "was played on a held-out task, and would no longer say so")
            row = json.dumps(lossless(form, trajectory), ensure_ascii=False)
        except Unconvertible as error:
            rejections.add(where, error)
            continue
        result.converted += 1
        yield row
    if not result.converted:
        told = f"nothing of it can be written as {form.title}: {rejections.first}" if rejections.first else "is empty"
        raise DataError(told, where=result.source)


def _write(out: Path, rows: Iterator[str]) -> None:
    if out.name.endswith(".json"):
        write_atomically(out, _list(rows))
        return
    lines = (f"{row}\n" for row in rows)
    write_atomically(out, packed(lines) if out.name.endswith(".gz") else lines)


def _list(rows: Iterator[str]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield f"{before}{row}"
        before = ",\n"
    yield "\n]\n"


def lossless(form: Form, trajectory: Trajectory) -> dict[str, Any]:
    """A trajectory in a form that gives the same messages and tools back.

    Ids of calls may differ, an empty text is none, and what belongs to no message (reward, verdict) is not asked for.

    Raises:
        Unconvertible: if it does not.
    """
    if form.write is None:
        raise Unconvertible("form", f"nothing is written as {form.title}")
    try:
        row = form.write(trajectory)
        back = form.read(json.loads(json.dumps(row)))
        tools = tools_of(trajectory.tools)
    except (RecursionError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unconvertible("shape", f"cannot be written: {error!r}"[:200]) from error
    if _closed(back.tools) != _closed(tools):
        raise Unconvertible("tools", f"{form.title} cannot say all of what their schemas say")
    if said(back.messages) != said(trajectory.messages):
        raise Unconvertible("messages", f"{form.title} cannot say all of what they say")
    return row


def _closed(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tools without the note that they take no other arguments, which some forms take for granted."""
    found = []
    for tool in tools:
        function = tool["function"]
        parameters = {k: v for k, v in function["parameters"].items() if (k, v) != ("additionalProperties", False)}
        if parameters.get("required") == []:
            del parameters["required"]
        found.append({**function, "parameters": parameters})
    return found


def said(messages: list[Message]) -> list[Any]:
    """What messages say, whatever the ids of their calls are."""
    numbers: dict[str | None, int] = {}
    found = []
    for message in linked([each.model_copy(deep=True) for each in messages], {}):
        calls = [
            (numbers.setdefault(call.id, len(numbers)), call.function.name, call.function.arguments)
            for call in message.tool_calls or ()
        ]
        answers = numbers.get(message.tool_call_id) if message.role == "tool" else None
        found.append((message.role, message.content or "", calls, answers, message.weight != 0))
    return found
