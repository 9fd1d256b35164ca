"""Random tokens of which pieces are said again: what models learn copying from, and what keeps it.

Nothing in such a row can be foretold but the pieces, and those only by finding where they stood. A few steps over
nothing else teach it ("induction heads", Olsson and others, arXiv 2209.11895); training first on sequences made by a
procedure, then on language, is "pre-pretraining" (Hu and others, arXiv 2502.19249). Language alone asks for it in so
few tokens that weights which can copy lose it; some of it in every batch keeps it. What calls copy is a number among
many numbers, thousands of tokens back: so some pieces are made of few tokens, which several must match to be told
apart, and where a batch has a system block, the row stands behind it and says pieces of it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHORTEST = 16  # tokens of a row
_PIECE = (4, 64)  # tokens of one kind in a row, and of what is said again
_FEW = (4, 48)  # tokens that a piece of few is made of
_LONGEST = 640  # tokens of a row behind a system block


@dataclass(frozen=True)
class Words:
    """What rows are drawn from."""

    all: Any  # tokens [V], each as likely
    digits: Any  # those of them [D] that are one digit; may be none


def words_of(tokenizer: Any) -> Words:
    """The tokens that a tokenizer learnt: without those added to it, which the format has a meaning for."""
    import numpy as np

    known = np.setdiff1d(np.arange(len(tokenizer)), list(tokenizer.added_tokens_decoder))
    digits = {tokenizer.convert_tokens_to_ids(digit) for digit in "0123456789"}
    return Words(known, np.asarray(sorted(digits.intersection(known.tolist())), dtype=known.dtype))


def said_again(words: Words, tokens: int, seed: Sequence[int], before: Sequence[int] = ()) -> list[tuple[Any, bytes]]:
    """Rows of about one length, at most `tokens` together: random tokens, then pieces of them, each with a loss.

    The loss is on each piece without its first token: nothing tells which begins.

    Args:
        tokens: At least SHORTEST, or there are none.
        seed: Of all that is drawn: the length, alike often in each octave, and the tokens.
        before: Tokens that stand before each row: half of the pieces are of them.
    """
    import numpy as np

    if tokens < SHORTEST:
        return []
    random = np.random.default_rng(seed)
    length = _between(random, SHORTEST, min(tokens, _LONGEST) if len(before) else tokens)
    return [_row(random, words, length, before) for _ in range(tokens // length)]


def _row(random: Any, words: Words, length: int, before: Sequence[int]) -> tuple[Any, bytes]:
    """A row, and where it has a loss."""
    import numpy as np

    said = np.concatenate([_piece(random, words) for _ in range(length // (2 * _PIECE[0]))])[: length // 2]
    parts, mask, room = [said], bytearray(len(said)), length - len(said)
    while room > 1:
        source = before if len(before) and random.random() < 0.5 else said
        size = min(_between(random, *_PIECE), len(source), room)
        start = random.integers(len(source) - size + 1)
        parts.append(np.asarray(source[start : start + size]))
        mask += b"\0" + b"\1" * (size - 1)
        room -= size
    return np.concatenate(parts), bytes(mask)


def _piece(random: Any, words: Words) -> Any:
    """Tokens drawn from all, from few of them, or from the digits."""
    kind = random.integers(3)
    few = random.choice(words.all, _between(random, *_FEW))
    return random.choice((words.all, few, words.digits if len(words.digits) else few)[kind], _between(random, *_PIECE))


def _between(random: Any, low: int, high: int) -> int:
    """A whole number, alike often in each octave."""
    return int(low * (high / low) ** random.random())
