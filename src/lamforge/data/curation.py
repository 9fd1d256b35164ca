"""From files to files: what is wanted, and what is left when near-duplicates are gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lamforge.data.duplicates import Duplicates, find_duplicates
from lamforge.data.files import check_suffix, write_trajectories
from lamforge.data.outputs import prepare_outputs
from lamforge.data.selection import UNRATED, Criteria, Selection
from lamforge.data.streams import noted, read_all
from lamforge.errors import DataError
from lamforge.messages import Trajectory
from lamforge.near_duplicates import THRESHOLD

_REASONS = 3  # for leaving conversations out, that an error names


def filter_files(paths: list[Path], out: Path, criteria: Criteria, rejected: Path | None = None) -> Selection:
    """Writes what is wanted into `out`, and into `rejected` the others, with why as `left_out` in their provenance.

    Raises:
        UsageError: if a criterion or the name of a file cannot be used.
        DataError: if a file is wrong or nothing is wanted; OutputError if one cannot be written.
    """
    selection = Selection(criteria)
    _check_outputs(paths, out, rejected)
    write_trajectories(out, _some(selection, paths))
    if rejected is not None:
        others = ((each, why) for each, why in Selection(criteria).divide(read_all(paths)) if why is not None)
        write_trajectories(rejected, (noted(each, left_out=why) for each, why in others))
    return selection


def dedup_files(
    paths: list[Path],
    out: Path,
    removed: Path | None = None,
    *,
    threshold: float | None = THRESHOLD,
    mask: bool = False,
) -> Duplicates:
    """Writes what stays into `out`, and into `removed` the others, with `duplicate_of` in their provenance.

    Args:
        threshold: See `find_duplicates`; None finds those alone that are the very same.
    Raises: as `filter_files` and `find_duplicates` do.
    """
    _check_outputs(paths, out, removed)
    found = find_duplicates(read_all(paths), threshold=threshold, mask=mask)
    pairs = zip(read_all(paths), found.keepers, strict=True)
    write_trajectories(out, (trajectory for trajectory, keeper in pairs if keeper is None))
    if removed is not None:
        wanted = {keeper for keeper in found.keepers if keeper is not None}
        ids = {place: each.trajectory_id for place, each in enumerate(read_all(paths)) if place in wanted}
        pairs = zip(read_all(paths), found.keepers, strict=True)
        gone = (noted(each, duplicate_of=ids[keeper]) for each, keeper in pairs if keeper is not None)
        write_trajectories(removed, gone)
    return found


def _some(selection: Selection, paths: list[Path]) -> Iterator[Trajectory]:
    """What is wanted; raises DataError at the end if that is nothing, so that no empty file is written."""
    yield from selection.wanted(read_all(paths))
    if not selection.kept:
        why = ", ".join(f"{reason} ({count:,})" for reason, count in selection.dropped.most_common(_REASONS))
        remedy = "`lamforge data rate` gives scores." if UNRATED in selection.dropped else "Ask for less."
        where = ", ".join(map(str, paths))
        raise DataError(f"no conversation is wanted: {why or 'there is none'}", where=where, remedy=remedy)


def _check_outputs(paths: list[Path], *outputs: Path | None) -> None:
    for output in outputs:
        if output is not None:
            check_suffix(output)
    prepare_outputs(paths, *outputs)
