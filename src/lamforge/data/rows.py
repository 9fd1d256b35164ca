"""From trajectories to rows of tokens with an exact loss mask.

A row is split where its system block ends: conversations of one domain share that block to the letter, and training
can compute it once for many of them. Nothing is ever cut inside a turn: a conversation that is too long is left out and
counted, or split where a user speaks (`windows`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lamforge.data.encoding import Encoded, Encoder, Spans
from lamforge.data.learnable import learnable_places
from lamforge.data.unrendered import unrendered
from lamforge.data.windows import Window, cut_windows
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Message, Trajectory

TooLong = Literal["drop", "split"]

_TOGETHER = 64  # conversations that are tokenised at a time


@dataclass
class Row:
    """One conversation, or a window of it: the tokens after its prefix, and a 1 for each that has a loss."""

    prefix: int  # index into `Rows.prefixes`
    tokens: array[int]
    trained: bytes


class Dropped(NamedTuple):
    """A conversation that is too long, wholly or in part."""

    trajectory_id: str
    tokens: int
    where: str


@dataclass
class Rows:
    """A data set ready for training."""

    prefixes: list[array[int]] = field(default_factory=list)  # tokens of each distinct system block
    rows: list[Row] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    split: int = 0  # conversations that became several rows
    unrendered: int = 0  # conversations with texts that the format does not write

    @property
    def trained_tokens(self) -> int:
        """Tokens with a loss."""
        return sum(sum(row.trained) for row in self.rows)

    @property
    def unique_tokens(self) -> int:
        """Tokens of all rows, each distinct prefix counted once."""
        return sum(len(prefix) for prefix in self.prefixes) + sum(len(row.tokens) for row in self.rows)

    @property
    def conversation_tokens(self) -> int:
        """Tokens of all rows, each with its prefix: what one forward pass over each conversation computes."""
        return sum(self.length(row) for row in self.rows)

    def length(self, row: Row) -> int:
        """Tokens of a row with its prefix."""
        return len(self.prefixes[row.prefix]) + len(row.tokens)


def conversation(trajectory: Trajectory, fmt: Format) -> tuple[list[Message], list[dict[str, Any]]]:
    """The messages, and the tools in the shape in which the format's models see them."""
    return trajectory.messages, fmt.offered(trajectory.tools)


def make_rows(
    paths: list[Path],
    fmt: Format,
    tokenizer: Any,
    max_length: int,
    *,
    too_long: TooLong = "drop",
    wanted: Callable[[Trajectory], bool] = lambda trajectory: trajectory.reward != 0,
) -> Rows:
    """Tokenises the trajectories that are wanted, by default all but those with reward 0: what failed is not learnt.

    Args:
        tokenizer: A fast Hugging Face tokenizer.
        max_length: Tokens of a whole conversation, prefix included.
        too_long: What becomes of a longer one: it is dropped, or split where a user speaks; never cut.
    Raises:
        DataError: if a file is wrong or holds an item of a benchmark, a conversation has no assistant message, begins
            twice or lacks a stop token, a token straddles what the assistant wrote, or nothing is left.
    """
    maker = RowMaker(fmt, tokenizer, max_length, too_long)
    read = (each for path in paths for each in learnable_places(path) if wanted(each[1]))
    while batch := list(islice(read, _TOGETHER)):
        maker.add(batch)
    data = maker.data
    if not data.rows:
        reason = (
            f"all {len(data.dropped)} conversations are longer than {max_length} tokens"
            if data.dropped
            else "no conversation but failed ones (reward 0)"
        )
        raise DataError(f"nothing to train on: {reason}", where=", ".join(str(path) for path in paths))
    return data


class RowMaker:
    """Turns trajectories to rows of `data`; prefixes are tokenised once."""

    def __init__(self, fmt: Format, tokenizer: Any, max_length: int, too_long: TooLong = "drop") -> None:
        self.data = Rows()
        self._format, self._limit, self._too_long = fmt, max_length, too_long
        self._encoder = Encoder(tokenizer, fmt.stop_tokens)
        self._known: dict[str, int] = {}

    def add(self, found: Iterable[tuple[str, Trajectory]]) -> list[list[Row]]:
        """Appends the rows of each (place, trajectory) to `data`, and returns them; none for one that is too long."""
        items = [(where, each, *self._text(each)) for where, each in found]
        texts, spans = [text for *_, text, _ in items], [spans for *_, spans in items]
        names = [each.trajectory_id for _, each, *_ in items]
        made = []
        for (where, trajectory, prefix, _, _), encoded in zip(
            items, self._encoder.encode(texts, spans, names), strict=True
        ):
            self._encoder.check_beginning(self.data.prefixes[prefix] + encoded.tokens, trajectory.trajectory_id)
            made.append(self._rows(where, trajectory, prefix, encoded))
            self.data.rows += made[-1]
            self.data.unrendered += bool(made[-1] and unrendered(trajectory, self._format))
        return made

    def _rows(self, where: str, trajectory: Trajectory, prefix: int, encoded: Encoded) -> list[Row]:
        room = self._limit - len(self.data.prefixes[prefix])
        if len(encoded.tokens) <= room:
            return [Row(prefix, *encoded)]
        windows: list[Window] = []
        whole = False
        if self._too_long == "split":
            windows, whole = cut_windows(trajectory.messages, room, lambda messages: self._length(trajectory, messages))
        if not whole:
            tokens = len(self.data.prefixes[prefix]) + len(encoded.tokens)
            self.data.dropped.append(Dropped(trajectory.trajectory_id, tokens, where))
        self.data.split += len(windows) > 0
        rows = []
        for messages, first_new in windows:
            part = trajectory.model_copy(update={"messages": messages})
            _, text, spans = self._text(part, first_new)
            rows.append(Row(prefix, *self._encoder.encode([text], [spans], [trajectory.trajectory_id])[0]))
        return rows

    def _length(self, trajectory: Trajectory, messages: list[Message]) -> int:
        """Tokens of some of a trajectory's messages behind its prefix."""
        return len(self._encoder.tokens(self._text(trajectory.model_copy(update={"messages": messages}), 0)[1]))

    def _text(self, trajectory: Trajectory, first_new: int = 0) -> tuple[int, str, Spans]:
        """The index of the prefix, the text after it, and what in that is trained: all from message `first_new` on."""
        messages, tools = conversation(trajectory, self._format)
        if not any(message.role == "assistant" for message in messages):
            raise DataError("no assistant message to train on", where=f"trajectory {trajectory.trajectory_id}")
        said = trajectory.model_dump_json(include={"messages", "tools"})
        if forged := [token for token in self._format.special_tokens if token in said]:
            raise DataError(
                f"its text holds {forged[0]}, which a tokenizer takes for the end or the start of a turn",
                where=f"trajectory {trajectory.trajectory_id}",
                remedy="Take the conversation out of the data, or the token out of its text.",
            )
        text = self._format.render(messages, tools)
        prefix = self._format.render(messages[:1], tools) if messages[0].role == "system" else ""
        if prefix not in self._known:
            self._known[prefix] = len(self.data.prefixes)
            self.data.prefixes.append(self._encoder.tokens(prefix))
        spans = self._format.spans(messages, tools)
        shifted = [(s.start - len(prefix), s.end - len(prefix)) for s in spans if s.message_index >= first_new]
        return self._known[prefix], text[len(prefix) :], shifted
