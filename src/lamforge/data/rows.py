"""From trajectories to rows of tokens with an exact loss mask.

A row is split where its system block ends: conversations of one domain share that block to the letter, and training
computes it once for many of them. Nothing is ever cut: a row that is too long is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.data.files import read_trajectories
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Message, Trajectory, file_sha256

_WORD = re.compile(r"[^\W\d_]+")


@dataclass
class Row:
    """One conversation: the tokens after its prefix, and which of them the assistant wrote."""

    prefix: int  # index into `Rows.prefixes`
    tokens: list[int]
    trained: list[bool]


@dataclass
class Rows:
    """A data set ready for training."""

    prefixes: list[list[int]] = field(default_factory=list)  # tokens of each distinct system block
    rows: list[Row] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # trajectory ids that are longer than `max_length`

    @property
    def trained_tokens(self) -> int:
        """Tokens with a loss."""
        return sum(sum(row.trained) for row in self.rows)

    @property
    def unique_tokens(self) -> int:
        """Tokens of all rows, each distinct prefix counted once."""
        return sum(len(prefix) for prefix in self.prefixes) + sum(len(row.tokens) for row in self.rows)


def conversation(trajectory: Trajectory, fmt: Format) -> tuple[list[Message], list[dict[str, Any]]]:
    """The messages, and the tools in the shape in which the format's models see them."""
    return trajectory.messages, fmt.offered(trajectory.tools)


def make_rows(paths: list[Path], fmt: Format, tokenizer: Any, max_length: int) -> Rows:
    """Tokenises trajectories, but for those with reward 0: what failed is not learnt.

    Args:
        tokenizer: A fast Hugging Face tokenizer.
        max_length: Tokens of a whole conversation, prefix included; longer ones are dropped, never cut.
    Raises:
        DataError: if a file is wrong, a conversation has no assistant message, a token straddles what the assistant
            wrote, or nothing is left.
    """
    data = Rows()
    known: dict[str, int] = {}
    for path in paths:
        for trajectory in read_trajectories(path):
            if trajectory.reward == 0:
                continue
            _add(data, known, trajectory, fmt, tokenizer, max_length)
    if not data.rows:
        reason = (
            f"all {len(data.dropped)} conversations are longer than {max_length} tokens"
            if data.dropped
            else "no conversation but failed ones (reward 0)"
        )
        raise DataError(f"nothing to train on: {reason}", where=", ".join(str(path) for path in paths))
    return data


def _add(data: Rows, known: dict[str, int], trajectory: Trajectory, fmt: Format, tokenizer: Any, limit: int) -> None:
    messages, tools = conversation(trajectory, fmt)
    if not any(message.role == "assistant" for message in messages):
        raise DataError("no assistant message to train on", where=f"trajectory {trajectory.trajectory_id}")
    text = fmt.render(messages, tools)
    prefix = fmt.render(messages[:1], tools) if messages[0].role == "system" else ""
    if prefix not in known:
        known[prefix] = len(data.prefixes)
        data.prefixes.append(tokenizer(prefix, add_special_tokens=False)["input_ids"])
    encoded = tokenizer(text[len(prefix) :], add_special_tokens=False, return_offsets_mapping=True)
    spans = [(span.start - len(prefix), span.end - len(prefix)) for span in fmt.spans(messages, tools)]
    trained = _mask(encoded["offset_mapping"], spans, trajectory.trajectory_id)
    index = known[prefix]
    if len(data.prefixes[index]) + len(encoded["input_ids"]) > limit:
        data.dropped.append(trajectory.trajectory_id)
    else:
        data.rows.append(Row(index, encoded["input_ids"], trained))


def _mask(offsets: list[tuple[int, int]], spans: list[tuple[int, int]], name: str) -> list[bool]:
    """For each token whether it lies in a span."""
    mask, place = [], 0
    for start, end in offsets:
        while place < len(spans) and spans[place][1] <= start:
            place += 1
        inside = place < len(spans) and start >= spans[place][0]
        straddles = place < len(spans) and start < spans[place][0] < end
        if straddles or (inside and end > spans[place][1]):
            raise DataError(
                f"a token at characters {start}-{end} lies partly in what the assistant wrote",
                where=f"trajectory {name}",
                remedy="The tokenizer must treat the format's special tokens as single tokens.",
            )
        mask.append(inside)
    return mask


def rendered_texts(paths: list[Path], fmt: Format) -> Iterator[str]:
    """The conversations as text, for training a tokenizer."""
    for path in paths:
        for trajectory in read_trajectories(path):
            messages, tools = conversation(trajectory, fmt)
            yield fmt.render(messages, tools)


def copied_words(paths: list[Path]) -> set[str]:
    """The words (runs of letters) in the arguments of the calls: what a model must copy from its context."""
    words: set[str] = set()
    for path in paths:
        for trajectory in read_trajectories(path):
            for message in trajectory.messages:
                for call in message.tool_calls or ():
                    for text in _strings(call.function.arguments):
                        words.update(_WORD.findall(text))
    return words


def _strings(value: Any) -> Iterator[str]:
    """The strings in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def data_hash(paths: list[Path]) -> dict[str, str]:
    """File name -> SHA-256, for the record of a run."""
    hashes = {}
    for path in paths:
        try:
            hashes[str(path)] = file_sha256(path)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=path) from error
    return hashes
