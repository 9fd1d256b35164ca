"""Random tokens said twice: what a new model learns copying from, and what keeps it from forgetting it.

Nothing in a random sequence can be foretold but its second saying, and that only by finding the first. A few steps over
nothing else teach it ("induction heads", Olsson and others, arXiv 2209.11895); training first on sequences made by a
procedure, then on language, is "pre-pretraining" (Hu and others, arXiv 2502.19249). Language alone asks for it in so
few tokens that weights which can copy lose it; some of it in every batch keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SHORTEST = 8  # tokens that are said twice
LONGEST = 192


def said_twice(words: Any, tokens: int, seed: Sequence[int]) -> list[tuple[Any, bytes]]:
    """Sequences of one length, at most `tokens` together, that say the same twice.

    The loss is on the second saying, without its first token: nothing tells that it begins.

    Args:
        words: The tokens [V] that they are drawn from, each as likely.
        tokens: At least 2 * SHORTEST, or there are none.
        seed: Of what is drawn: the length, alike often in each octave, and the tokens.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    longest = min(LONGEST, tokens // 2)
    if longest < SHORTEST:
        return []
    length = int(SHORTEST * (longest / SHORTEST) ** random.random())
    said = random.choice(words, (tokens // (2 * length), length))
    mask = bytes(length + 1) + b"\1" * (length - 1)
    return [(np.concatenate([each, each]), mask) for each in said]


def words_of(tokenizer: Any) -> Any:
    """The tokens [V] that a tokenizer learnt: without those added to it, which the format has a meaning for."""
    import numpy as np

    return np.setdiff1d(np.arange(len(tokenizer)), list(tokenizer.added_tokens_decoder))
