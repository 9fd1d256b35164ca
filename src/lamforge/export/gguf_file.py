"""GGUF files of a model's folder, tensor by tensor.

Layout and keys: ggml's docs/gguf.md. Beside the standard ones a file carries `lamforge.format`, the id of the format
that it was trained in, so that whoever opens it renders and parses the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lamforge.errors import OutputError
from lamforge.export.adapter import open_checkpoint
from lamforge.export.checkpoint import Checkpoint
from lamforge.export.encodings import Encoding, find_encoding, tensor_type
from lamforge.export.identity import Identity, read_identity, size_label
from lamforge.export.layout import Tensor, check_config, model_shape, reordered, tensors
from lamforge.export.metadata import write_general, write_own, write_rope, write_shape
from lamforge.export.quantizer import encoded, row_bytes
from lamforge.export.rope import rope_factors
from lamforge.export.vocabulary import write_vocabulary

DEFAULT_TYPES = ("f16", "q8_0")
_PIECE = 1 << 24  # weights that are converted at once
_ROPE_FACTORS = "rope_freqs.weight"

Progress = Callable[[int, int, str], None]  # (weights written, weights of all files, file)
Importance = Mapping[str, Any]  # of each tensor's columns, by the tensor's name in the file


def export_gguf(
    model_dir: Path,
    out: Path,
    types: tuple[str, ...] = DEFAULT_TYPES,
    *,
    base: Path | None = None,
    format: str | None = None,
    identity: Identity | None = None,
    importance: Importance | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Writes one GGUF file for each type into the folder `out`, each whole or not at all.

    Args:
        model_dir: A Hugging Face folder of a Qwen2 or Llama model, such as `lamforge train` writes; or of a LoRA
            adapter, which is merged into its base on the way.
        base: The folder of an adapter's base; by default the one that it names.
        types: Of `TYPES`, in any case.
        format: The id of the format it was trained in, if its files do not say.
        identity: Name, version and licence; by default what the folder says.
        importance: Of columns, for the K types; see `lamforge.export.importance`.
    Returns:
        The files, named <BaseName>-<SizeLabel>-<FineTune>-<Version>-<Encoding>.gguf.
    Raises:
        UsageError: if a type or the format is unknown.
        ModelError: if the folder holds no whole model, or one that llama.cpp does not compute as transformers does.
        OutputError: if a file cannot be written.
    """
    encodings = list(dict.fromkeys(find_encoding(kind) for kind in types))
    identity = identity or read_identity(model_dir)
    checkpoint = open_checkpoint(model_dir, base, format)
    check_config(checkpoint.config, model_dir)
    rows = tensors(checkpoint)
    total, files = checkpoint.parameters * len(encodings), []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, encoding in enumerate(encodings):
            target = out / identity.file_name(size_label(checkpoint.parameters), encoding.name)
            scratch = target.with_suffix(".partial")

            def told(done: int, before: int = checkpoint.parameters * number, file: Path = target) -> None:
                if progress is not None:
                    progress(before + done, total, file.name)

            try:
                _write(scratch, encoding, checkpoint, rows, identity, importance or {}, told)
                scratch.replace(target)
            finally:
                scratch.unlink(missing_ok=True)
            files.append(target)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=out, remedy="Choose another --out.") from error
    return files


def _write(
    path: Path,
    encoding: Encoding,
    checkpoint: Checkpoint,
    rows: list[Tensor],
    identity: Identity,
    importance: Importance,
    told: Callable[[int], None],
) -> None:
    import gguf
    import numpy

    config = checkpoint.config
    writer = gguf.GGUFWriter(str(path), config["model_type"])
    write_general(writer, identity, size_label(checkpoint.parameters))
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_file_type(gguf.LlamaFileType[encoding.file_type])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if importance:
        writer.add_uint32("quantize.imatrix.entries_count", len(importance))
    write_shape(writer, config)
    write_rope(writer, config)
    write_vocabulary(writer, checkpoint)
    write_own(writer, checkpoint.format.id)
    shape, factors = model_shape(config, checkpoint.tied), rope_factors(config)
    kinds = {row.name: tensor_type(encoding, row.name, row.shape, shape) for row in rows}
    if factors is not None:
        writer.add_tensor_info(_ROPE_FACTORS, factors.shape, factors.dtype, factors.nbytes)
    for row in rows:
        size = row_bytes(kinds[row.name], row.shape[-1])
        bytes_shape = (*row.shape[:-1], size)
        kind = gguf.GGMLQuantizationType[kinds[row.name]]
        writer.add_tensor_info(row.name, bytes_shape, numpy.dtype(numpy.uint8), _product(bytes_shape), raw_dtype=kind)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        if factors is not None:
            writer.write_tensor_data(factors)
        done = 0
        for row in rows:
            writer.write_tensor_data(_data(checkpoint, row, kinds[row.name], importance.get(row.name)))
            told(done := done + _product(row.shape))
    finally:
        writer.close()


def _data(checkpoint: Checkpoint, row: Tensor, kind: str, importance: Any) -> Any:
    """A tensor's bytes; its weights are read piece by piece unless their order changes."""
    import numpy

    if row.heads or len(row.shape) == 1:
        weights = checkpoint.weights(row.source)
        return encoded(reordered(weights, row.heads) if row.heads else weights, kind, row.source, importance)
    made = numpy.empty((row.shape[0], row_bytes(kind, row.shape[1])), dtype=numpy.uint8)
    step = max(1, _PIECE // row.shape[1])
    for start in range(0, row.shape[0], step):
        stop = min(start + step, row.shape[0])
        made[start:stop] = encoded(checkpoint.weights(row.source, start, stop), kind, row.source, importance)
    return made


def _product(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
