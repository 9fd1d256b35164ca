"""Starting weights that can already look back and copy, for Qwen2 models trained from nothing on little data.

Calls are made of identifiers that stand somewhere earlier in the conversation. Networks learn to copy late: the
circuit (a head that carries the previous token, then one that finds where the same tokens stood before and repeats what
followed: "induction heads", Olsson et al., arXiv 2209.11895) must appear as a whole before it helps. Here both layers
are set up by construction, for matches of three tokens, and trained from there like all other weights; the idea of
starting from the structure that training would find is "mimetic initialisation" (Trockman and Kolter, arXiv
2305.09828).
"""

from __future__ import annotations

import math
from typing import Any

LOOK_BACK = 3  # tokens whose sketches the first layer carries forward
EMBEDDING = 0.1  # standard deviation of the embeddings; with a slow rate they keep telling rare tokens apart
_SHARPNESS = 7.0  # bias of queries and keys per frequency: the look-back heads hardly see other places
_CARRIED = 1.5  # size of a carried sketch relative to the embedding
_MATCH = 6.0  # attention logit of one matching token
_NOISE = 0.006  # standard deviation of the weights that are not set
_REACH = 600.0  # tokens; content is matched in frequencies that turn by less than a radian over it


def start_copying(model: Any) -> None:
    """Overwrites the first two layers' attention and the embeddings of a Qwen2 model, in place.

    The first layer's heads 1 to 3 attend exactly 1, 2 and 3 places back, by their biases under rotary positions alone,
    and write a sketch of the token there. The second layer's heads compare the last three tokens with the three before
    each place and copy the token at that place. Needs as many key-value heads as heads, at least 4, and 2 layers.
    """
    import torch

    config = model.config
    width, heads = config.hidden_size, config.num_attention_heads
    size = width // heads
    half = size // 2
    frequency = model.model.rotary_emb.inv_freq.float().cpu()
    layers = model.model.layers

    def noise(rows: int) -> Any:
        return torch.randn(rows, width) * _NOISE

    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(0.0, EMBEDDING)
        for layer in layers:  # the residual stream must not drown in the untrained layers' noise
            layer.self_attn.o_proj.weight.div_(math.sqrt(2 * len(layers)))
            layer.mlp.down_proj.weight.div_(math.sqrt(2 * len(layers)))
        sketch = _orthonormal(width, size).T
        places = _orthonormal(width, LOOK_BACK * size).split(size, dim=1)
        _look_back(layers[0].self_attn, sketch, places, frequency, noise)
        scale = math.sqrt(1 + LOOK_BACK * _CARRIED**2 * size / width)  # of the residual after the first layer
        slow = (frequency * _REACH < 1).nonzero()[:, 0]
        slow = slow if len(slow) >= half // 4 else torch.arange(half - half // 4, half)
        dims = torch.cat([slow, slow + half])
        strength = math.sqrt(_MATCH / math.sqrt(size)) * scale
        basis = _orthonormal(width, width)
        attention = layers[1].self_attn
        for head in range(heads):
            rows = slice(head * size, (head + 1) * size)
            mixes = [torch.randn(len(dims), size) / math.sqrt(len(dims)) for _ in range(LOOK_BACK)]
            query, key = noise(size), noise(size)
            query[dims] += strength * mixes[0] @ sketch
            for mix, place in zip(mixes[1:], places, strict=False):
                query[dims] += strength / _CARRIED * mix @ place.T
            for mix, place in zip(mixes, places, strict=True):
                key[dims] += strength / _CARRIED * mix @ place.T
            attention.q_proj.weight[rows], attention.k_proj.weight[rows] = query, key
            attention.v_proj.weight[rows] = basis[rows]
            attention.o_proj.weight[:, rows] = EMBEDDING * scale * basis[rows].T


def _look_back(attention: Any, sketch: Any, places: Any, frequency: Any, noise: Any) -> None:
    """Heads that attend a fixed number of places back and write that token's sketch into a place of its own."""
    import torch

    size = sketch.shape[0]
    half = size // 2
    fast = frequency > 0.02  # slower ones cannot tell neighbours apart
    for number, place in enumerate(places):
        rows = slice(number * size, (number + 1) * size)
        turn = frequency[fast] * (number + 1)
        query, key = torch.zeros(size), torch.zeros(size)
        query[:half][fast] = _SHARPNESS
        key[:half][fast] = _SHARPNESS * torch.cos(turn)
        key[half:][fast] = _SHARPNESS * torch.sin(turn)
        attention.q_proj.weight[rows], attention.k_proj.weight[rows] = noise(size), noise(size)
        attention.q_proj.bias[rows], attention.k_proj.bias[rows] = query, key
        attention.v_proj.weight[rows] = sketch
        attention.o_proj.weight[:, rows] = _CARRIED * EMBEDDING * place


def _orthonormal(rows: int, columns: int) -> Any:
    """A random matrix with orthonormal columns."""
    import torch

    return torch.linalg.qr(torch.randn(rows, columns))[0]
