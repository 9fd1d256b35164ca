"""Recorded answers of servers: one JSON line for each new answer, so that a run can be repeated without the servers.

A line holds the digest of what was asked, which asking it was (`ordinal`, from 0), and the outcome. The n-th asking of
the same thing gets the answer of the last line whose ordinal is at most n. No header and no credential is recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from lamforge.errors import DataError, OutputError, bounded
from lamforge.messages import canonical_json
from lamforge.tools.refusal import ToolError

Mode = Literal["off", "record", "replay"]
Outcome = dict[str, Any]  # {"result": ...} or {"refused": message}


class Cassette:
    """The recordings of one file.

    Args:
        mode: "record" asks the servers and writes what is new; "replay" never asks.
    Raises:
        DataError: if the file cannot be read, or is missing in replay.
    """

    def __init__(self, path: Path, mode: Literal["record", "replay"]) -> None:
        self._path = path
        self._mode = mode
        self._lines: dict[str, list[tuple[int, Outcome]]] = defaultdict(list)
        self._asked: dict[str, int] = defaultdict(int)
        if path.exists():
            self._read()
        elif mode == "replay":
            raise DataError("is missing", where=path, remedy="Make it with recording: record.")

    def outcome(self, asked: Any, ask: Callable[[], Any], *, context: str = "") -> Any:
        """What `ask` returns, or returned when it was recorded.

        Args:
            asked: Plain JSON that says what is asked.
            context: What else the answer depends on, such as the changes made before.
        Raises:
            ToolError: if the recorded or the real answer was a refusal.
            DataError: in replay, if nothing was recorded for it.
        """
        digest = hashlib.sha256(canonical_json([context, asked]).encode()).hexdigest()[:32]
        ordinal = self._asked[digest]
        self._asked[digest] += 1
        if self._mode == "replay":
            return _replayed(self._known(digest, ordinal, asked))
        try:
            outcome: Outcome = {"result": ask()}
        except ToolError as refusal:
            outcome = {"refused": str(refusal)}
        self._keep(digest, ordinal, asked, outcome)
        return _replayed(outcome)

    def _known(self, digest: str, ordinal: int, asked: Any) -> Outcome:
        reached = [outcome for number, outcome in self._lines[digest] if number <= ordinal]
        if not reached:
            remedy = "Record again: the tools, the state or the seed are not the recorded ones."
            raise DataError(f"has no answer to {bounded(asked)}", where=self._path, remedy=remedy)
        return reached[-1]

    def _keep(self, digest: str, ordinal: int, asked: Any, outcome: Outcome) -> None:
        known = [(number, each) for number, each in self._lines[digest] if number <= ordinal]
        if known and known[-1][1] == outcome:
            return
        later = [(number, each) for number, each in self._lines[digest] if number > ordinal]
        self._lines[digest] = [*known, (ordinal, outcome), *later]
        line = json.dumps({"request": digest, "ordinal": ordinal, "asked": asked, **outcome}, ensure_ascii=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", where=self._path) from error

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"cannot be read: {error}", where=self._path) from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                outcome = {key: row[key] for key in ("result", "refused") if key in row}
                self._lines[str(row["request"])].append((int(row["ordinal"]), outcome))
                if len(outcome) != 1:
                    raise ValueError("neither a result nor a refusal")
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                remedy = "Take the line out, or record again."
                raise DataError(f"is no recording: {error!r}", where=f"{self._path}:{number}", remedy=remedy) from error
        for rows in self._lines.values():
            rows.sort(key=lambda row: row[0])


def _replayed(outcome: Outcome) -> Any:
    if "refused" in outcome:
        raise ToolError(outcome["refused"])
    return outcome["result"]
