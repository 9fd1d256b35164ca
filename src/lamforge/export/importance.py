"""How much each column of a matrix matters: the mean square of what it is multiplied with, over calibration texts.

llama.cpp calls this an importance matrix (imatrix); its files are read, and written in its newer form.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.engines.gguf_header import read_header
from lamforge.engines.gguf_names import PARTS
from lamforge.errors import DataError, OutputError, bounded
from lamforge.export.reference import Reference
from lamforge.formats import Format

_SUM, _COUNTS = ".in_sum2", ".counts"
_MOST_ENTRIES, _MOST_NAME, _MOST_VALUES = 100_000, 1000, 1 << 22
_TOKENS = 512  # of a text that are looked at: what llama.cpp calls a chunk


def read_importance(path: Path) -> dict[str, Any]:
    """Columns' importance by the tensor's name in a GGUF file.

    Raises:
        DataError: if it is no importance matrix.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            found = _read_gguf(path) if magic == b"GGUF" else _read_old(file, magic)
    except (OSError, ValueError, struct.error) as error:
        raise DataError(
            f"is no importance matrix: {error}", where=path, remedy="Make it with llama-imatrix."
        ) from error
    if not found:
        raise DataError("is an importance matrix without entries", where=path)
    return found


def _read_gguf(path: Path) -> dict[str, Any]:
    import gguf

    header = read_header(path)
    if header.metadata.get("general.type") != "imatrix":
        raise ValueError("general.type is not imatrix")
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    found = {}
    for name, sums in tensors.items():
        counts = tensors.get(name.removesuffix(_SUM) + _COUNTS)
        if name.endswith(_SUM) and counts is not None and counts.size == 1:
            found[name.removesuffix(_SUM)] = sums.reshape(-1) / max(1.0, float(counts.reshape(-1)[0]))
    return found


def _read_old(file: BinaryIO, first: bytes) -> dict[str, Any]:
    """The .dat form: a count, then for each tensor its name, the number of calls, and numbers times that."""
    import numpy

    def number(data: bytes | None = None) -> int:
        return int(struct.unpack("<i", data if data is not None else file.read(4))[0])

    entries, found = number(first), {}
    if not 0 < entries <= _MOST_ENTRIES:
        raise ValueError(f"it claims {entries} entries")
    for _ in range(entries):
        length = number()
        if not 0 < length <= _MOST_NAME:
            raise ValueError(f"a name claims {length} bytes")
        name = file.read(length).decode("utf-8", errors="replace")
        calls, size = number(), number()
        if not 0 < size <= _MOST_VALUES:
            raise ValueError(f"{bounded(name)} claims {size} numbers")
        data = file.read(4 * size)
        if len(data) < 4 * size:
            raise ValueError(f"it breaks off in {bounded(name)}")
        found[name] = numpy.frombuffer(data, dtype="<f4") / max(1, calls)
    return found


def measure_importance(
    model_dir: Path, data: Path, fmt: Format, texts: int = 64, base: Path | None = None
) -> tuple[dict[str, Any], int]:
    """Importance over the beginnings of conversations, as transformers computes them, and how many these were.

    Raises:
        DataError: if there is no conversation.
    """
    reference = Reference(model_dir, base)
    sums: dict[str, Any] = {}
    hooks = [
        module.register_forward_pre_hook(_adder(name, sums))
        for path, module in reference.linear_layers()
        if (name := _tensor_name(path)) is not None
    ]
    seen = 0
    for trajectory in read_trajectories(data):
        if seen == texts:
            break
        reference.read(fmt.render(*conversation(trajectory, fmt)), _TOKENS)
        seen += 1
    for hook in hooks:
        hook.remove()
    if not seen:
        raise DataError("holds no conversation to calibrate on", where=data)
    return {name: (total / tokens).numpy() for name, (total, tokens) in sums.items()}, seen


def _adder(name: str, sums: dict[str, Any]) -> Any:
    def add(module: Any, inputs: tuple[Any, ...]) -> None:
        rows = inputs[0].detach().reshape(-1, inputs[0].shape[-1]).double()
        total, tokens = sums.get(name, (0.0, 0))
        sums[name] = (total + (rows**2).sum(0), tokens + rows.shape[0])

    return add


def _tensor_name(path: str) -> str | None:
    """A module's tensor in a GGUF file; None for what is quantised without importance, as llama.cpp does."""
    parts = path.replace("base_model.model.", "").removesuffix(".base_layer").split(".")
    if len(parts) == 5 and parts[:2] == ["model", "layers"] and (name := PARTS.get(f"{parts[3]}.{parts[4]}")):
        return f"blk.{parts[2]}.{name}.weight"
    return None


def write_importance(path: Path, importance: dict[str, Any], data: str, texts: int) -> None:
    """Writes llama.cpp's form, for use with its own tools.

    Raises:
        OutputError: if it cannot be written.
    """
    import gguf
    import numpy

    scratch = path.with_name(f".{path.name}.partial")
    try:
        writer = gguf.GGUFWriter(str(scratch), "imatrix")
        writer.add_string("general.type", "imatrix")
        writer.add_array("imatrix.datasets", [data])
        writer.add_uint32("imatrix.chunk_count", texts)
        writer.add_uint32("imatrix.chunk_size", _TOKENS)
        for name, values in sorted(importance.items()):
            writer.add_tensor(name + _SUM, numpy.ascontiguousarray(values, dtype=numpy.float32).reshape(1, -1))
            writer.add_tensor(name + _COUNTS, numpy.ones((1, 1), dtype=numpy.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        scratch.replace(path)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=path, remedy="Choose another --out.") from error
    finally:
        scratch.unlink(missing_ok=True)
