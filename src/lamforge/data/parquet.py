"""Parquet, in rows. Tools and arguments stand in it as JSON strings: as columns of their own they would fill every call
with the arguments of all others, as nulls.

`messages` has OpenAI's wire shape, and `tools` is one JSON string, which `datasets` and TRL read as they are.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lamforge.data.strict_json import read_json
from lamforge.errors import DataError, MissingExtraError
from lamforge.messages import Trajectory

_BATCH = 256  # trajectories in memory at a time
_TEXTS = ("trajectory_id", "task_id", "domain", "agent", "user", "ended")
_JSON = (
    "tools",
    "verdict",
    "state_diff",
    "usage",
    "rating",
    "provenance",
    "seed",
)  # a seed may have more bits than a column


def parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file with their JSON strings read, as far as they are those of a trajectory.

    Raises:
        DataError: if it cannot be read.
        MissingExtraError: without pyarrow.
    """
    for row in plain_rows(path):
        yield {name: _read(name, value) for name, value in row.items()}


def plain_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of any Parquet file as they are; raises as `parquet_rows` does."""
    _, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                yield from batch.to_pylist()
    except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
        raise DataError(f"cannot be read as Parquet: {error}", where=path) from error


def parquet_bytes(trajectories: Iterable[Trajectory]) -> Iterator[bytes]:
    """The pieces of a Parquet file; raises MissingExtraError without pyarrow."""
    arrow, parquet = _pyarrow()
    schema = trajectory_schema(arrow)
    sink = _Sink()
    stream = iter(trajectories)
    with parquet.ParquetWriter(arrow.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while rows := [_row(each) for each in islice(stream, _BATCH)]:
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
            yield sink.drained()
    yield sink.drained()


def _read(name: str, value: Any) -> Any:
    """A column's value as a record holds it; what is no JSON stays as it is and is complained of as that."""
    if name == "messages" and isinstance(value, list):
        return [_message(each) for each in value]
    if name in _JSON and isinstance(value, str):
        return _parsed(value)
    return value


def _message(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    found = {key: value for key, value in row.items() if value is not None}
    for call in found.get("tool_calls") or ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            function["arguments"] = _parsed(function["arguments"])
    return found


def _parsed(text: str) -> Any:
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return text


def _row(trajectory: Trajectory) -> dict[str, Any]:
    whole = trajectory.as_dict()
    row = {
        name: json.dumps(whole.get(name), ensure_ascii=False) if name in _JSON else value
        for name, value in whole.items()
    }
    row.setdefault("provenance", "{}")
    row["messages"] = [message.to_wire(weight=True) for message in trajectory.messages]
    return row


def trajectory_schema(arrow: Any) -> Any:
    text = arrow.string()
    function = arrow.struct([("name", text), ("arguments", text)])
    call = arrow.struct([("id", text), ("type", text), ("function", function)])
    message = [(name, text) for name in ("role", "content", "tool_call_id", "name")]
    message = [*message[:2], ("tool_calls", arrow.list_(call)), *message[2:], ("weight", arrow.int8())]
    fields = [("messages", arrow.list_(arrow.struct(message))), ("schema", arrow.int32())]
    fields += [(name, text) for name in (*_TEXTS, *_JSON)]
    return arrow.schema([*fields, ("reward", arrow.int8()), ("attempt", arrow.int32())])


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(
            "Parquet files need pyarrow", remedy="Install it with `pip install 'lamforge[data]'`, or use JSON lines."
        ) from error
    return pyarrow, pyarrow.parquet


class _Sink(io.RawIOBase):
    """What is written to it can be taken away before the end."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        written = bytes(piece)
        self._pieces.append(written)
        self._place += len(written)
        return len(written)

    def tell(self) -> int:
        return self._place

    def drained(self) -> bytes:
        pieces, self._pieces = b"".join(self._pieces), []
        return pieces
