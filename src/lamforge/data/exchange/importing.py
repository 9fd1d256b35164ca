"""Others' records to trajectories: a stream in, a file out, and beside it what could not be converted, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.data.exchange.converted import TOLD_EVERY, Converted, Progress, Rejections
from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.registry import Form, form_named, form_of
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.files import check_suffix, write_trajectories
from lamforge.data.outputs import prepare_files
from lamforge.data.record_files import source_files
from lamforge.errors import DataError, bounded
from lamforge.messages import Trajectory


def import_data(
    source: Path,
    out: Path,
    *,
    form: str | None = None,
    domain: str | None = None,
    tools: list[dict[str, Any]] | None = None,
    progress: Progress | None = None,
) -> Converted:
    """Writes the trajectories of others' records to a file; what cannot be converted goes to a file beside it.

    Args:
        form: The name of the source's form; unless given, the first records tell.
        domain: What to call the domain of all of them; unless given, the source's own name for it.
        tools: What was offered in conversations that do not say it.
    Raises:
        DataError: if the source cannot be read, its form cannot be told, or nothing of it can be converted.
        UsageError: if the form is unknown or `out` does not say what to write.
    """
    check_suffix(out)
    chosen = form_named(form) if form else form_of(source)
    prepare_files(source_files(source), out)
    result = Converted(source, chosen.name, out)
    offered = tools_of(json.dumps(tools)) if tools else []
    with Rejections(result) as rejections:
        trajectories = _trajectories(chosen, result, rejections, offered, domain, progress)
        result.converted = write_trajectories(out, trajectories)
    return result


def _trajectories(
    form: Form,
    result: Converted,
    rejections: Rejections,
    offered: list[dict[str, Any]],
    domain: str | None,
    progress: Progress | None,
) -> Iterator[Trajectory]:
    found = False
    for number, (where, row) in enumerate(form.records(result.source)):
        if progress and number % TOLD_EVERY == 0:
            progress(number, f"{result.left_out:,} left out")
        try:
            draft = drafted(form, row)
            draft.tools = draft.tools or offered
            trajectory = draft.trajectory(form.name, domain)
        except Unconvertible as error:
            rejections.add(where, error)
            continue
        result.notes.update(draft.notes)
        result.without_tools += not draft.tools and any(message.tool_calls for message in draft.messages)
        found = True
        yield trajectory
    if not found:
        told = (
            f"nothing of it can be read as {form.title}: {rejections.first}" if rejections.first else "has no records"
        )
        raise DataError(told, where=result.source, remedy="If it is in another format, say --format.")


def drafted(form: Form, row: Any) -> Draft:
    """What a form reads in a record, whatever that is.

    Raises:
        Unconvertible: and nothing else.
    """
    if isinstance(row, DataError):
        raise Unconvertible("unreadable", row.what)
    if not isinstance(row, dict):
        raise Unconvertible("shape", f"is no object: {bounded(row, 80)}")
    try:
        return form.read(row)
    except RecursionError as error:
        raise Unconvertible("shape", "is nested too deep") from error
    except ValueError as error:  # such as a name where pydantic wants text
        raise Unconvertible("shape", str(error).replace("\n", " ")[:200]) from error
