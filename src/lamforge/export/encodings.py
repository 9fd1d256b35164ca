"""Which tensor gets which type in a file of a given encoding.

The mixtures are llama.cpp's (its `llama-quant.cpp`), so that a file named Q4_K_M has the size and the quality that
people expect of that name: the output, attention's values and `ffn_down` get more bits than the rest.
"""

from __future__ import annotations

from typing import NamedTuple

from lamforge.errors import UsageError, bounded


class Encoding(NamedTuple):
    """What a whole file is called after."""

    name: str  # as in a file's name, such as "Q4_K_M"
    base: str  # the type that most tensors get
    file_type: str  # in gguf.LlamaFileType


ENCODINGS = {
    encoding.name.lower(): encoding
    for encoding in (
        Encoding("F32", "F32", "ALL_F32"),
        Encoding("F16", "F16", "MOSTLY_F16"),
        Encoding("BF16", "BF16", "MOSTLY_BF16"),
        Encoding("Q8_0", "Q8_0", "MOSTLY_Q8_0"),
        Encoding("Q6_K", "Q6_K", "MOSTLY_Q6_K"),
        Encoding("Q5_K_M", "Q5_K", "MOSTLY_Q5_K_M"),
        Encoding("Q4_K_M", "Q4_K", "MOSTLY_Q4_K_M"),
        Encoding("Q3_K_M", "Q3_K", "MOSTLY_Q3_K_M"),
        Encoding("Q2_K", "Q2_K", "MOSTLY_Q2_K"),
    )
}
TYPES = tuple(ENCODINGS)
_BLOCK = {"Q8_0": 32, "Q4_0": 32, "Q5_0": 32, "Q5_1": 32}  # weights of one block; 256 for the K types
_FALLBACK = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
_PLAIN = ("F32", "F16", "BF16")
_LARGE = 80  # layers; where many heads share their values, those are small and get more bits


class Shape(NamedTuple):
    """What the mixtures depend on."""

    layers: int
    sharing: int  # query heads for each key-value head
    tied: bool  # the embeddings are the output, too


def find_encoding(name: str) -> Encoding:
    """The encoding of a name in any case.

    Raises:
        UsageError: naming those that exist.
    """
    if (found := ENCODINGS.get(name.lower())) is None:
        raise UsageError(f"GGUF type {bounded(name)} is unknown", remedy=f"Use one of: {', '.join(TYPES)}.")
    return found


def tensor_type(encoding: Encoding, name: str, shape: tuple[int, ...], model: Shape) -> str:
    """The type of one tensor, named as in GGUF; one whose rows do not fill its type's blocks gets the next that fits.

    Args:
        name: Such as "blk.0.attn_v.weight".
        shape: Rows and columns.
    """
    if len(shape) < 2 or name.endswith("_norm.weight"):
        return "F32"
    if encoding.base in _PLAIN:
        return encoding.base
    columns = shape[-1]
    wanted = _mixed(encoding, name, columns, model)
    if columns % _block(wanted) and wanted in _FALLBACK:
        wanted = _FALLBACK[wanted]
    return "F16" if columns % _block(wanted) else wanted


def _block(kind: str) -> int:
    return _BLOCK.get(kind, 256)


def _mixed(encoding: Encoding, name: str, columns: int, model: Shape) -> str:
    base = encoding.base
    if name == "output.weight" or (model.tied and name == "token_embd.weight"):
        return "Q8_0" if base == "Q8_0" or columns % _block(base) else "Q6_K"
    if not name.startswith("blk."):
        return base
    _, number, part, _ = name.split(".", 3)
    chosen = _of_layer(encoding.name, part, int(number), model) or base
    if part == "attn_v" and model.layers == _LARGE and chosen in ("Q3_K", "Q4_K"):
        return "Q5_K"
    return chosen


def _of_layer(encoding: str, part: str, layer: int, model: Shape) -> str | None:
    """What a part of a layer gets instead of the base type, if so."""
    layers = model.layers
    if part == "attn_v":
        if encoding == "Q2_K":
            return "Q4_K" if model.sharing >= 4 else "Q3_K"
        if encoding == "Q3_K_M":
            return "Q5_K" if layer < 2 else "Q4_K"
    if part == "ffn_down":
        if encoding == "Q2_K":
            return "Q3_K"
        if encoding == "Q3_K_M":
            return "Q5_K" if layer < layers // 16 else "Q4_K"
    if part == "attn_output":
        return {"Q2_K": "Q3_K", "Q3_K_M": "Q4_K"}.get(encoding)
    if part in ("attn_v", "ffn_down") and encoding in ("Q4_K_M", "Q5_K_M") and _weighty(layer, layers):
        return "Q6_K"
    return None


def _weighty(layer: int, layers: int) -> bool:
    """The first and the last eighth of the layers, and every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2
