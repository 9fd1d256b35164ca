"""Decontamination of files: what is clean goes into a new one, and a report says what was found."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from lamforge.data.contamination.benchmarks import Benchmark
from lamforge.data.contamination.overlap import KINDS, NGRAM, SHARE, Found, Index
from lamforge.data.contamination.report import Contamination, Scan, render_markdown
from lamforge.data.files import check_suffix, write_trajectories
from lamforge.data.outputs import prepare_outputs
from lamforge.data.streams import read_all
from lamforge.errors import UsageError, bounded
from lamforge.journal import write_atomically


def decontaminate(
    paths: list[Path],
    benchmarks: Sequence[Benchmark],
    out: Path | None = None,
    report: Path | None = None,
    *,
    kinds: Sequence[Found] = KINDS,
    ngram: int = NGRAM,
    share: float = SHARE,
) -> Contamination:
    """Looks for benchmarks in the data; writes what holds nothing of them into `out`, if it is given.

    Args:
        report: A .md or a .json file.
        kinds: What makes a conversation one that is left out of `out`; all else is reported alone.
    Raises:
        UsageError: if no benchmark is given, or a file's name does not say what to write.
        DataError: if a file is wrong; OutputError if one cannot be written.
    """
    if not benchmarks:
        raise UsageError("there is no benchmark to look for", remedy="Name --bfcl, --tau, or both.")
    if report is not None and report.suffix not in (".md", ".json"):
        raise UsageError(f"{bounded(report.name)} does not say what to write", remedy="End it in .md or .json.")
    if out is not None:
        check_suffix(out)
    prepare_outputs(paths, out, report)
    scan = Scan(Index(benchmarks, ngram, share), paths, kinds)
    clean = scan.clean(read_all(paths))
    if out is not None:
        write_trajectories(out, clean)
    else:
        deque(clean, maxlen=0)
    found = scan.finished()
    if out is None:
        found.removed = 0
    if report is not None:
        text = json.dumps(found.as_dict(), indent=1) + "\n" if report.suffix == ".json" else render_markdown(found)
        write_atomically(report, text)
    return found
