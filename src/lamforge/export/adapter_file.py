"""A LoRA adapter as a GGUF file of its own, for use on its base's GGUF file."""

from __future__ import annotations

from pathlib import Path

from lamforge.errors import ModelError, OutputError, UsageError
from lamforge.export.adapter import Adapter, MergedCheckpoint, is_adapter, open_checkpoint
from lamforge.export.checkpoint import Checkpoint
from lamforge.export.encodings import Encoding, find_encoding
from lamforge.export.identity import Identity, read_identity, size_label
from lamforge.export.layout import check_config, reordered, tensors
from lamforge.export.metadata import write_general, write_own
from lamforge.export.quantizer import encoded


def export_adapter(
    folder: Path, out: Path, kind: str = "f16", *, base: Path | None = None, identity: Identity | None = None
) -> Path:
    """Writes an adapter alone as a GGUF file, for `open_model("base.gguf#lora=FILE")` and llama.cpp's --lora.

    Args:
        kind: f32, f16, bf16 or q8_0.
    Raises:
        UsageError: if the type is another.
        ModelError: if it is no adapter, or does not fit its base.
        OutputError: if the file cannot be written.
    """
    encoding = find_encoding(kind)
    if encoding.base not in ("F32", "F16", "BF16", "Q8_0"):
        raise UsageError(f"adapters are not written as {encoding.name}", remedy="Use f32, f16, bf16 or q8_0.")
    if not is_adapter(folder):
        raise ModelError("holds no LoRA adapter", where=folder, remedy="Export the whole model instead.")
    merged = open_checkpoint(folder, base)
    identity = identity or read_identity(folder)
    check_config(merged.config, folder)
    assert isinstance(merged, MergedCheckpoint) and merged.adapter is not None
    target = out / identity.file_name(size_label(merged.parameters), encoding.name, adapter=True)
    scratch = target.with_suffix(".partial")
    try:
        out.mkdir(parents=True, exist_ok=True)
        try:
            _write(scratch, merged, merged.adapter, encoding, identity)
            scratch.replace(target)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=out, remedy="Choose another --out.") from error
    return target


def _write(path: Path, merged: Checkpoint, adapter: Adapter, encoding: Encoding, identity: Identity) -> None:
    import gguf

    writer = gguf.GGUFWriter(str(path), merged.config["model_type"])
    write_general(writer, identity, size_label(merged.parameters))
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_file_type(gguf.LlamaFileType[encoding.file_type])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", adapter.scale * adapter.rank)  # llama.cpp divides by the rank
    write_own(writer, merged.format.id)
    for row in tensors(merged):
        if row.source not in adapter.names:
            continue
        a, b = adapter.parts(row.source)
        for part, end in ((a, "lora_a"), (reordered(b, row.heads) if row.heads else b, "lora_b")):
            base = "F16" if encoding.base == "Q8_0" and part.shape[1] % 32 else encoding.base
            data = encoded(part, base, row.source)
            writer.add_tensor(f"{row.name}.{end}", data, raw_dtype=gguf.GGMLQuantizationType[base])
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
