"""A data set held against every rule: how often each is broken, where, and all of it in a file if that is wanted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.data.checking.codes import CODES
from lamforge.data.checking.length import LengthCheck
from lamforge.data.checking.offered import call_faults
from lamforge.data.checking.replaying import ReplayCheck
from lamforge.data.checking.structure import structure_faults
from lamforge.data.files import read_each
from lamforge.data.outputs import prepare_outputs
from lamforge.data.unrendered import unrendered
from lamforge.errors import DataError, bounded
from lamforge.formats import Format
from lamforge.journal import write_atomically
from lamforge.messages import Finding, Trajectory

PLACES = 100  # of one code that are kept; all are counted

_TOLD_EVERY = 100


@dataclass
class Place:
    """Where a code was found."""

    where: str  # file and line
    trajectory: str
    message: int
    detail: str


@dataclass
class Checked:
    """What was found."""

    trajectories: int = 0
    wrong: int = 0  # trajectories with an error
    doubtful: int = 0  # with a warning and no error
    counts: Counter[str] = field(default_factory=Counter)  # findings of each code
    affected: Counter[str] = field(default_factory=Counter)  # trajectories with each code
    replayed: int | None = None  # trajectories whose calls were made again, if that was asked for
    places: dict[str, list[Place]] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Findings that are errors."""
        return sum(count for code, count in self.counts.items() if CODES[code].error)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        found = {
            code: {
                "error": CODES[code].error,
                "meaning": CODES[code].meaning,
                "count": self.counts[code],
                "trajectories": self.affected[code],
                "places": [vars(place) for place in self.places[code]],
            }
            for code in CODES
            if code in self.counts
        }
        counted = {"trajectories": self.trajectories, "wrong": self.wrong, "doubtful": self.doubtful}
        if self.replayed is not None:
            counted["replayed"] = self.replayed
        return {**counted, "errors": self.errors, "codes": found}


def faults(trajectory: Trajectory) -> list[Finding]:
    """What is wrong with a trajectory by itself: its origin, messages, links, tools and calls."""
    benchmark = trajectory.provenance.get("benchmark")
    origin = [Finding(code="benchmark_item", message=0, detail=str(benchmark)[:80])] if benchmark else []
    if trajectory.provenance.get("held_out"):
        origin.append(Finding(code="held_out", message=0, detail=bounded(trajectory.task_id, 80)))
    return [*origin, *structure_faults(trajectory.messages), *call_faults(trajectory.messages, trajectory.tools)]


def check_data(
    paths: list[Path],
    *,
    fmt: Format | None = None,
    length: LengthCheck | None = None,
    replay: ReplayCheck | None = None,
    out: Path | None = None,
    progress: Callable[[int, str], None] | None = None,
) -> Checked:
    """Checks every trajectory of files and folders.

    Args:
        fmt: The format that the conversations are to be written in: what it leaves out is told.
        out: Where all findings go, one JSON line each.
    Raises:
        DataError: if a file cannot be read any further, or there is no trajectory.
    """
    checked = Checked()
    found = _all(paths, checked, fmt, length, replay, progress)
    prepare_outputs(paths, out)
    if out is None:
        for _ in found:
            pass
    else:
        write_atomically(out, (json.dumps(each, ensure_ascii=False) + "\n" for each in found))
    if not checked.trajectories:
        raise DataError("holds no trajectory", where=", ".join(map(str, paths)))
    checked.replayed = replay.replayed if replay else None
    return checked


def _all(
    paths: list[Path],
    checked: Checked,
    fmt: Format | None,
    length: LengthCheck | None,
    replay: ReplayCheck | None,
    progress: Callable[[int, str], None] | None,
) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()  # hashes of ids: of a million they take some 60 MB
    for where, record in ((w, r) for path in paths for w, r in read_each(path)):
        if progress and checked.trajectories % _TOLD_EVERY == 0:
            progress(checked.trajectories, f"{checked.wrong:,} with errors")
        if isinstance(record, DataError):
            name, findings = "", [Finding(code="unreadable", message=0, detail=record.what)]
        else:
            name = record.trajectory_id
            findings = _twin(name, seen) + faults(record)
            findings += unrendered(record, fmt) if fmt else []
            findings += length.faults(record) if length else []
            findings += replay.faults(record) if replay else []
        _count(checked, findings)
        for finding in findings:
            place = Place(where, name, finding.message, finding.detail)
            kept = checked.places.setdefault(finding.code, [])
            if len(kept) < PLACES:
                kept.append(place)
            yield {"code": finding.code, **vars(place)}


def _twin(name: str, seen: set[int]) -> list[Finding]:
    known = hash(name) in seen
    seen.add(hash(name))
    return [Finding(code="duplicate_id", message=0, detail=name[:80])] if known else []


def _count(checked: Checked, findings: list[Finding]) -> None:
    codes = {finding.code for finding in findings}
    wrong = any(CODES[code].error for code in codes)
    checked.trajectories += 1
    checked.wrong += wrong
    checked.doubtful += bool(codes) and not wrong
    checked.counts.update(finding.code for finding in findings)
    checked.affected.update(codes)
