"""What each pass over the data learns: everything is tokenised once, and a pass is a list of rows.

A file gives all that it holds to every pass. A mix gives each pass its own conversations and texts: see `Mix.places`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lamforge.data.documents import Document, document_files, holds_conversations, read_documents
from lamforge.data.learnable import learnable_places
from lamforge.data.mixture import Mix, is_mix
from lamforge.data.mixture.mix import Loss
from lamforge.data.mixture.shelf import Item
from lamforge.data.row_maker import RowMaker, TooLong
from lamforge.data.rows import Rows
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Trajectory

_TOGETHER = 64  # conversations that are tokenised at a time

Wanted = Callable[[Trajectory], bool]


@dataclass
class Passes:
    """Rows, and which of them each pass takes; the last pass stands for all that follow."""

    rows: Rows
    passes: list[array[int]]

    def taken(self, number: int) -> array[int]:
        """The rows of a pass, from 0; a row may stand there several times."""
        return self.passes[min(number, len(self.passes) - 1)]


def succeeded(trajectory: Trajectory) -> bool:
    """Whether a conversation may be learnt as it is: what failed is not."""
    return trajectory.reward != 0


def make_rows(
    paths: list[Path],
    fmt: Format,
    tokenizer: Any,
    max_length: int,
    *,
    too_long: TooLong = "drop",
    wanted: Wanted = succeeded,
) -> Rows:
    """The rows of one pass over conversations: see `make_passes`."""
    return make_passes(paths, RowMaker(fmt, tokenizer, max_length, too_long), wanted=wanted).rows


def make_passes(
    paths: list[Path],
    maker: RowMaker,
    *,
    loss: Loss = "assistant",
    wanted: Wanted = succeeded,
    epochs: float = 1.0,
    tokens: int | None = None,
) -> Passes:
    """Tokenises what the passes need, each conversation and text once.

    Args:
        loss: What has a loss where a mix does not say it; plain texts are read with `all` alone.
        wanted: By default all conversations but those with reward 0.
        epochs: Passes.
        tokens: As many passes as have so many tokens, in place of `epochs`.
    Raises:
        DataError: if a file is wrong or holds an item of a benchmark, a conversation has no assistant message, begins
            twice or lacks a stop token, a token straddles what the assistant wrote, or nothing is left.
    """
    rows = maker.data.rows
    for path in paths:
        if not is_mix(path):
            _add(maker, read_items(path, texts=loss == "all"), loss, wanted)
    always = array("q", range(len(rows)))
    mixes = [_Mixed(Mix(path), maker, loss, wanted) for path in paths if is_mix(path)]
    passes: list[array[int]] = []
    seen = 0
    while True:
        taken = array("q", always)
        for mixed in mixes:
            taken.extend(mixed.rows_of(len(passes)))
        if not taken:
            raise _nothing(maker, paths, loss)
        passes.append(taken)
        seen += sum(maker.data.length(rows[index]) for index in taken) if tokens else 0
        enough = len(passes) >= epochs if tokens is None else seen >= tokens
        if enough or not mixes:
            return Passes(maker.data, passes)


class _Mixed:
    """A mix whose conversations and texts become rows when a pass first takes them."""

    def __init__(self, mix: Mix, maker: RowMaker, loss: Loss, wanted: Wanted) -> None:
        self._mix, self._maker, self._loss, self._wanted = mix, maker, loss, wanted
        self._known: dict[int, range] = {}  # place -> its rows

    def rows_of(self, epoch: int) -> Iterator[int]:
        """The rows of a pass in its order."""
        places = self._mix.places(epoch)
        for place in sorted(set(places) - self._known.keys()):
            item, loss = self._mix.item(place)
            first = len(self._maker.data.rows)
            _add(self._maker, [(self._mix.where(place), item)], loss or self._loss, self._wanted)
            self._known[place] = range(first, len(self._maker.data.rows))
        return (row for place in places for row in self._known[place])


def read_items(path: Path, *, texts: bool) -> Iterator[tuple[str, Item]]:
    """(place, what stands there) of a file, a folder or a mix's first pass: conversations; with `texts` those, too."""
    if not texts:
        yield from learnable_places(path)
        return
    if is_mix(path):
        mix = Mix(path)
        yield from ((mix.where(place), mix.item(place)[0]) for place in mix.places(0))
        return
    for file in document_files(path):
        if holds_conversations(file):
            yield from learnable_places(file)
        else:
            yield from ((str(file), Document(text)) for text in read_documents(file))


def _add(maker: RowMaker, found: Iterable[tuple[str, Item]], loss: Loss, wanted: Wanted) -> None:
    items = iter(found)
    while batch := list(islice(items, _TOGETHER)):
        for where, item in batch:
            if isinstance(item, Document):
                if loss == "assistant":
                    raise DataError("is a text, which `train pretrain` alone reads", where=where)
                maker.add_text(item.text)
        maker.add(((w, each) for w, each in batch if isinstance(each, Trajectory) and wanted(each)), loss)


def _nothing(maker: RowMaker, paths: list[Path], loss: Loss) -> DataError:
    count = len(maker.data.dropped)
    reason = (
        f"all {count} conversations are longer than {maker.limit} tokens"
        if count
        else f"no {'text, and no ' if loss == 'all' else ''}conversation but failed ones (reward 0)"
    )
    return DataError(f"nothing to train on: {reason}", where=", ".join(str(path) for path in paths))
