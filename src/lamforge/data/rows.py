"""From trajectories to rows of tokens with an exact loss mask.

A row is split where its system block ends: conversations of one domain share that block to the letter, and training
can compute it once for many of them. Nothing is ever cut inside a turn: a conversation that is too long is left out and
counted, or split where a user speaks (`windows`).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from lamforge.data.encoding import Encoded, Encoder, Spans
from lamforge.data.unrendered import unrendered
from lamforge.data.windows import Window, cut_windows
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Message, Trajectory

TooLong = Literal["drop", "split"]


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
    rows: Sequence[Row] = field(default_factory=list)  # a list, or rows in files: see `lamforge.data.stored`
    dropped: list[Dropped] = field(default_factory=list)
    split: int = 0  # conversations that became several rows
    unrendered: int = 0  # conversations with texts that the format does not write

    def add(self, rows: list[Row]) -> None:
        """Appends rows."""
        self.rows += rows  # type: ignore[operator]

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


class RowMaker:
    """Turns trajectories to rows of `data`; prefixes are tokenised once."""

    def __init__(
        self, fmt: Format, tokenizer: Any, max_length: int, too_long: TooLong = "drop", data: Rows | None = None
    ) -> None:
        """`data`: where rows are appended. `max_length`: tokens of a row, prefix included.

        `too_long`: what becomes of a longer conversation.
        """
        self.data = Rows() if data is None else data
        self.limit = max_length
        self._format, self._too_long = fmt, too_long
        self._encoder = Encoder(tokenizer, fmt.stop_tokens)
        self._ending = tokenizer.convert_tokens_to_ids(fmt.stop_tokens[1])
        self._known: dict[str, int] = {}

    def add_text(self, text: str) -> None:
        """Appends the rows of a plain text and the token that ends it, all with a loss: more than one if it is long."""
        tokens = self._encoder.tokens(text)
        if tokens:
            tokens.append(self._ending)
            self._read(tokens)

    def add(
        self, found: Iterable[tuple[str, Trajectory]], loss: Literal["all", "assistant"] = "assistant"
    ) -> list[list[Row]]:
        """Appends the rows of each (place, trajectory) to `data`, and returns them; none for one that is too long."""
        if loss == "all":
            return [self._whole(where, each) for where, each in found]
        items = [(where, each, *self._text(each)) for where, each in found]
        texts, spans = [text for *_, text, _ in items], [spans for *_, spans in items]
        names = [each.trajectory_id for _, each, *_ in items]
        made = []
        for (where, trajectory, prefix, _, _), encoded in zip(
            items, self._encoder.encode(texts, spans, names), strict=True
        ):
            self._encoder.check_beginning(self.data.prefixes[prefix] + encoded.tokens, trajectory.trajectory_id)
            made.append(self._rows(where, trajectory, prefix, encoded))
            self.data.add(made[-1])
            self.data.unrendered += bool(made[-1] and unrendered(trajectory, self._format))
        return made

    def _read(self, tokens: array[int]) -> list[Row]:
        """Appends tokens that all have a loss, in as many rows as they need."""
        starts = range(0, len(tokens), self.limit)
        self.data.split += len(starts) > 1
        prefix = self._prefix("")
        rows = [
            Row(prefix, piece, b"\1" * len(piece)) for start in starts for piece in [tokens[start : start + self.limit]]
        ]
        self.data.add(rows)
        return rows

    def _whole(self, where: str, trajectory: Trajectory) -> list[Row]:
        """Appends a conversation that is read as a text: its system block and users' words have a loss, too."""
        messages, tools = self._checked(trajectory)
        tokens = self._encoder.tokens(self._format.render(messages, tools))
        if len(tokens) > self.limit and self._too_long == "drop":
            self.data.dropped.append(Dropped(trajectory.trajectory_id, len(tokens), where))
            return []
        return self._read(tokens)

    def _rows(self, where: str, trajectory: Trajectory, prefix: int, encoded: Encoded) -> list[Row]:
        room = self.limit - len(self.data.prefixes[prefix])
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

    def _checked(self, trajectory: Trajectory) -> tuple[list[Message], list[dict[str, Any]]]:
        """Messages and tools of a conversation that can be rendered for training; raises DataError."""
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
        return messages, tools

    def _prefix(self, text: str) -> int:
        """The index of a prefix."""
        if text not in self._known:
            self._known[text] = len(self.data.prefixes)
            self.data.prefixes.append(self._encoder.tokens(text))
        return self._known[text]

    def _text(self, trajectory: Trajectory, first_new: int = 0) -> tuple[int, str, Spans]:
        """The index of the prefix, the text after it, and what in that is trained: all from message `first_new` on."""
        messages, tools = self._checked(trajectory)
        text = self._format.render(messages, tools)
        prefix = self._format.render(messages[:1], tools) if messages[0].role == "system" else ""
        spans = self._format.spans(messages, tools)
        shifted = [(s.start - len(prefix), s.end - len(prefix)) for s in spans if s.message_index >= first_new]
        return self._prefix(prefix), text[len(prefix) :], shifted
