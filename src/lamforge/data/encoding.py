"""Text to tokens with a mask: which tokens lie in spans that have a loss. Knows tokenizers, not conversations."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from lamforge.errors import DataError, TrainingError

Spans = Sequence[tuple[int, int]]  # characters, in order, none overlapping


class Encoded(NamedTuple):
    """Tokens of a text; `trained` has a 1 for each that lies in a span."""

    tokens: array[int]
    trained: bytes


class Encoder:
    """A fast Hugging Face tokenizer that adds no special token of its own: the text has all of them.

    Args:
        ends: The tokens of which one ends every span.
    Raises:
        TrainingError: if the tokenizer cannot say where its tokens lie in the text.
    """

    def __init__(self, tokenizer: Any, ends: Sequence[str]) -> None:
        if not getattr(tokenizer, "is_fast", False):
            remedy = "The model's folder must have a tokenizer.json."
            raise TrainingError("its tokenizer does not say where tokens lie in the text", remedy=remedy)
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        self._ends = {tokenizer.convert_tokens_to_ids(end) for end in ends}
        self._begin = tokenizer.bos_token_id

    def tokens(self, text: str) -> array[int]:
        """The tokens of a text without a mask."""
        return array("i", self._backend.encode(text, add_special_tokens=False).ids)

    def encode(self, texts: list[str], spans: list[Spans], names: list[str]) -> list[Encoded]:
        """Tokens and masks of many texts at a time.

        Raises:
            DataError: with the name of the text of which a token lies partly in a span, or a span has no end token.
        """
        encodings = self._backend.encode_batch(texts, add_special_tokens=False)
        return [self._masked(*each) for each in zip(encodings, spans, names, strict=True)]

    def _masked(self, encoding: Any, spans: Spans, name: str) -> Encoded:
        trained = bytearray(len(encoding.ids))
        for start, end in spans:
            first, last = encoding.char_to_token(start), encoding.char_to_token(end - 1)
            if first is None or last is None:
                raise _straddles(start, end, name)
            if encoding.token_to_chars(first)[0] != start or encoding.token_to_chars(last)[1] != end:
                raise _straddles(start, end, name)
            if encoding.ids[last] not in self._ends:
                raise DataError(
                    f"what the assistant wrote at characters {start}-{end} has no stop token: a model would never end",
                    where=f"trajectory {name}",
                    remedy="The format must be one of the tokenizer's family.",
                )
            trained[first : last + 1] = b"\1" * (last + 1 - first)
        return Encoded(array("i", encoding.ids), bytes(trained))

    def check_beginning(self, tokens: array[int], name: str) -> None:
        """Refuses a conversation that begins twice: the token stands once, at the start, or nowhere.

        Raises:
            DataError: naming the trajectory.
        """
        if self._begin is not None and self._begin in tokens[1:]:
            raise DataError(
                "begins twice: the text and the tokenizer both put the beginning-of-text token there",
                where=f"trajectory {name}",
                remedy="Use the format of the base model's family, and a tokenizer as it was released.",
            )


def _straddles(start: int, end: int, name: str) -> DataError:
    return DataError(
        f"a token lies partly in what the assistant wrote at characters {start}-{end}",
        where=f"trajectory {name}",
        remedy="The tokenizer must treat the format's special tokens as single tokens.",
    )
