"""Token rows in files that are mapped into memory: they need none of it, however many processes read them.

A folder holds the tokens and the masks of all rows end to end, where each row begins, and what passes take.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, overload

from lamforge.data.passes import Passes
from lamforge.data.rows import Dropped, Row, Rows
from lamforge.errors import OutputError
from lamforge.journal import write_atomically

WHOLE = "whole.json"  # written last: a folder that has it is complete


class StoredRows(Sequence[Row]):
    """Rows that are appended to files, and read from them when they are asked for.

    Args:
        folder: One to begin, or with `whole` one that holds rows.
    """

    def __init__(self, folder: Path, *, whole: bool = False) -> None:
        self._folder = folder
        self._ends, self._prefixes = array("q"), array("q")  # of each row
        self._tokens: Any = None
        self._trained: Any = None
        if whole:
            self._ends, self._prefixes = _read(folder / "ends"), _read(folder / "prefixes")
        else:
            self._files = [(folder / name).open("wb") for name in ("tokens", "trained")]

    def __iadd__(self, rows: Iterable[Row]) -> StoredRows:
        for row in rows:
            for file, content in zip(self._files, (row.tokens.tobytes(), row.trained), strict=True):
                file.write(content)
            self._ends.append((self._ends[-1] if self._ends else 0) + len(row.tokens))
            self._prefixes.append(row.prefix)
        self._tokens = None  # what is mapped is too short now
        return self

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self._tokens is None:
            self._map()
        start, end = self._ends[index - 1] if index else 0, self._ends[index]
        return Row(
            self._prefixes[index], array("i", self._tokens[start:end].tobytes()), self._trained[start:end].tobytes()
        )

    def _map(self) -> None:
        import numpy as np

        for file in getattr(self, "_files", ()):
            file.flush()
        kinds = (("tokens", np.int32), ("trained", np.uint8))
        size = bool(self._ends and self._ends[-1])
        found = [np.memmap(self._folder / name, kind, "r") if size else np.empty(0, kind) for name, kind in kinds]
        self._tokens, self._trained = found

    def finish(self) -> None:
        """Closes the files and writes where the rows are."""
        for file in self._files:
            file.close()
        _write(self._folder / "ends", self._ends)
        _write(self._folder / "prefixes", self._prefixes)


def store_passes(folder: Path, make: Callable[[Rows], Passes]) -> None:
    """Keeps in a folder what `make` tokenises into the rows that it is given; it is whole or says that it is not.

    Raises:
        OutputError: if the disk does not take it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WHOLE).unlink(missing_ok=True)
        stored = StoredRows(folder)
        passes = make(Rows(rows=stored))
        stored.finish()
        for number, taken in enumerate(passes.passes):
            _write(folder / f"pass-{number}", taken)
        rows = passes.rows
        record = {
            "prefixes": [list(prefix) for prefix in rows.prefixes],
            "taught": sorted(rows.taught),
            "dropped": [each._asdict() for each in rows.dropped],
            "split": rows.split,
            "unrendered": rows.unrendered,
            "passes": len(passes.passes),
        }
        write_atomically(folder / WHOLE, json.dumps(record))
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", where=folder, remedy="Make room on the disk."
        ) from error


def stored_passes(folder: Path) -> Passes:
    """What `store_passes` left in a folder that is whole."""
    record = json.loads((folder / WHOLE).read_text(encoding="utf-8"))
    rows = Rows(
        prefixes=[array("i", prefix) for prefix in record["prefixes"]],
        taught=set(record["taught"]),
        rows=StoredRows(folder, whole=True),
        dropped=[Dropped(**each) for each in record["dropped"]],
        split=record["split"],
        unrendered=record["unrendered"],
    )
    return Passes(rows, [_read(folder / f"pass-{number}") for number in range(record["passes"])])


def _write(path: Path, numbers: Sequence[int]) -> None:
    path.write_bytes(array("q", numbers).tobytes())


def _read(path: Path) -> array[int]:
    return array("q", path.read_bytes())
