"""From trajectories to rows of tokens with an exact loss mask.

Nothing is ever cut inside a turn: a conversation that is too long is left out and counted, or split where a user speaks
(`windows`). Plain texts are cut where a row is full.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from lamforge.data.encoding import Encoded, Encoder, Spans
from lamforge.data.rows import Dropped, Row, Rows, conversation
from lamforge.data.unrendered import unrendered
from lamforge.data.windows import Window, cut_windows
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Message, Trajectory

TooLong = Literal["drop", "split"]


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
        self._known: dict[tuple[str, bool], int] = {}

    def add_text(self, text: str) -> None:
        """Appends the rows of a plain text and the token that ends it, all with a loss: more than one if it is long."""
        tokens = self._encoder.tokens(text)
        if not tokens:
            return
        tokens.append(self._ending)
        pieces = [tokens[start : start + self.limit] for start in range(0, len(tokens), self.limit)]
        self.data.split += len(pieces) > 1
        prefix = self._prefix("")
        self.data.add([Row(prefix, piece, b"\1" * len(piece)) for piece in pieces])

    def add(
        self, found: Iterable[tuple[str, Trajectory]], loss: Literal["all", "assistant"] = "assistant"
    ) -> list[list[Row]]:
        """Appends the rows of each (place, trajectory) to `data`, and returns them; none for one that is too long."""
        if loss == "all":
            wholes = [self._whole(where, each) for where, each in found]
            for rows in wholes:
                self.data.add(rows)
            return wholes
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

    def _whole(self, where: str, trajectory: Trajectory) -> list[Row]:
        """A conversation that is read as a text: its system block and users' words have a loss, too."""
        messages, tools = self._checked(trajectory)
        before, after = self._parts(messages, tools)
        shared, name = self._prefix(before, taught=True), trajectory.trajectory_id
        tokens, trained = self._all(after, self._mistakes(messages, tools, len(before)), name)
        system = self.data.prefixes[shared]
        self._encoder.check_beginning(system + tokens, trajectory.trajectory_id)
        if len(system) + len(tokens) <= self.limit:
            return [Row(shared, tokens, trained)]
        prefix = self._prefix("")
        rows: list[Row] = []
        for window, first_new in self._windows(where, trajectory, len(system) + len(tokens), self.limit - len(system)):
            text = self._format.render(window, tools)
            known = len(self._format.render(window[:first_new], tools)) if rows else 0
            old = self._encoder.tokens(text[:known])
            new, trained = self._all(text[known:], self._mistakes(window, tools, known), name)
            rows.append(Row(prefix, old + new, bytes(len(old)) + trained))
        return rows

    def _all(self, text: str, mistakes: Spans, name: str) -> Encoded:
        """A text of which all has a loss but what is not to be learned."""
        [encoded] = self._encoder.encode([text], [mistakes], [name])
        return Encoded(encoded.tokens, bytes(1 - each for each in encoded.trained))

    def _mistakes(self, messages: list[Message], tools: list[dict[str, Any]], start: int) -> Spans:
        """Where messages of weight 0 stand behind a place of the text."""
        if all(message.weight != 0 for message in messages):
            return []
        wrong = [s for s in self._format.spans(messages, tools) if messages[s.message_index].weight == 0]
        return [(s.start - start, s.end - start) for s in wrong if s.start >= start]

    def _rows(self, where: str, trajectory: Trajectory, prefix: int, encoded: Encoded) -> list[Row]:
        system = len(self.data.prefixes[prefix])
        if system + len(encoded.tokens) <= self.limit:
            return [Row(prefix, *encoded)]
        rows = []
        for messages, first_new in self._windows(where, trajectory, system + len(encoded.tokens), self.limit - system):
            if not any(_is_taught(message) for message in messages[first_new:]):
                continue
            part = trajectory.model_copy(update={"messages": messages})
            _, text, spans = self._text(part, first_new)
            rows.append(Row(prefix, *self._encoder.encode([text], [spans], [trajectory.trajectory_id])[0]))
        return rows

    def _windows(self, where: str, trajectory: Trajectory, tokens: int, room: int) -> list[Window]:
        """What becomes of a conversation with too many tokens; `room`: what the system block leaves of a row."""
        messages, tools = conversation(trajectory, self._format)
        windows: list[Window] = []
        whole = False
        if self._too_long == "split":
            windows, whole = cut_windows(
                messages, room, lambda some: len(self._encoder.tokens(self._parts(some, tools)[1]))
            )
        if not whole:
            self.data.dropped.append(Dropped(trajectory.trajectory_id, tokens, where))
        self.data.split += len(windows) > 0
        return windows

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

    def _prefix(self, text: str, *, taught: bool = False) -> int:
        """The index of a prefix; with `taught` its own tokens have a loss, too."""
        if (text, taught) not in self._known:
            self._known[text, taught] = len(self.data.prefixes)
            if taught:
                self.data.taught.add(len(self.data.prefixes))
            self.data.prefixes.append(self._encoder.tokens(text))
        return self._known[text, taught]

    def _parts(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[str, str]:
        """What stands before a conversation's first turn, its tools with or without a policy, and the text after it."""
        text = self._format.render(messages, tools)
        prefix = self._format.render(messages[:1] if messages[0].role == "system" else [], tools)
        return prefix, text[len(prefix) :]

    def _text(self, trajectory: Trajectory, first_new: int = 0) -> tuple[int, str, Spans]:
        """The index of the prefix, the text after it, and what in that is trained: all from message `first_new` on."""
        messages, tools = self._checked(trajectory)
        if not any(map(_is_taught, messages)):
            raise DataError("no assistant message to learn", where=f"trajectory {trajectory.trajectory_id}")
        prefix, rest = self._parts(messages, tools)
        spans = self._format.spans(messages, tools)
        taught = [s for s in spans if s.message_index >= first_new and _is_taught(messages[s.message_index])]
        shifted = [(s.start - len(prefix), s.end - len(prefix)) for s in taught]
        return self._prefix(prefix), rest, shifted


def _is_taught(message: Message) -> bool:
    """Whether a message is an assistant's, and not one of its mistakes."""
    return message.role == "assistant" and message.weight != 0
