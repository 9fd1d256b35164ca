"""The journal of a run in progress as the final files would have it; of things that are alike the first is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.generate.single.records import normalised
from lamforge.generate.twins import number_of, twins
from lamforge.journal import read_journal

Lines = Iterator[tuple[str, dict[str, Any]]]  # (name of the final file, record)


def lines_of(path: Path, job: str, problems: list[str]) -> Lines:
    """The lines of all final files.

    Args:
        job: Which verb of `generate` writes the journal.
        problems: Gets a sentence if the journal cannot be read to its end.
    """
    return (_singles if job == "single" else _multis)(path, problems)


def _multis(path: Path, problems: list[str]) -> Lines:
    alike = twins(_read(path, problems))
    for record in _read(path, []):
        task, split = record["task"], record["split"]
        yield from (("rejected.jsonl", each) for each in record["rejected"])
        yield from (("reasons", {"reason": each}) for each in record["reasons"])
        if number_of(record) in alike:
            yield "rejected.jsonl", {"stage": "duplicate", "reason": "duplicate", "task": task}
            yield "reasons", {"reason": "duplicate"}
        elif task is not None:
            yield f"tasks-{split}.jsonl", task
            yield from (("trajectories.jsonl", each) for each in record["trajectories"] if split == "train")
        if not record.get("draw"):
            yield "done", {}


def _singles(path: Path, problems: list[str]) -> Lines:
    first: dict[str, tuple[int, int, int]] = {}  # query -> where it stands first
    for record in _read(path, problems):
        for number, each in enumerate(record["items"]):
            query, place = normalised(each["item"]["query"]), (record["strand"], record["round"], number)
            first[query] = min(place, first.get(query, place))
    for record in _read(path, []):
        yield from (("rejected.jsonl", each) for each in record["rejected"])
        for number, each in enumerate(record["items"]):
            place = record["strand"], record["round"], number
            if place > first.get(normalised(each["item"]["query"]), place):  # none yet if it was written just now
                told = {"stage": "duplicate", "reason": "duplicate: query", "detail": "another has the same query"}
                yield "rejected.jsonl", {**told, "style": each["item"]["style"], "entry": each["item"]}
            else:
                yield "items.jsonl", each["item"]
                yield "trajectories.jsonl", each["trajectory"]
            yield "done", {}


def _read(path: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    try:
        yield from read_journal(path)
    except DataError as error:
        problems.append(f"{error.where} {error.what}")
