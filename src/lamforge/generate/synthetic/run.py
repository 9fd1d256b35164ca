"""A run of `generate synthetic`: parts that appear whole, joined at the end, and what is in them.

Record n depends on the seed, the shares and n alone. A shard makes each n-th part; a run that was stopped goes on
behind the last part that is there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.generate.run_folder import claim, write_lines, write_manifest
from lamforge.generate.synthetic.conversation import conversation
from lamforge.generate.synthetic.shares import Shares
from lamforge.journal import write_atomically
from lamforge.near_duplicates import masked, near_duplicates, words_of

PART = 1000  # records that are written at once
_SAMPLE = 10_000  # first requests that are compared with each other


@dataclass
class Synthetic:
    """What a run left behind."""

    out: Path
    asked: int
    records: int = 0
    exchanges: int = 0
    calls: int = 0
    kinds: dict[str, int] = field(default_factory=dict)  # of exchanges
    tools: int = 0  # different ones: name and names of parameters
    offered: int = 0  # tools of all conversations
    queries: int = 0  # different texts of users
    asked_for: int = 0  # texts of users
    compared: int = 0
    near_duplicates: int = 0  # of those that were compared
    characters: int = 0  # of tools and messages


def generate_synthetic(
    out: Path,
    *,
    items: int,
    seed: int = 0,
    shares: Shares | None = None,
    shard: tuple[int, int] = (0, 1),
    progress: Callable[..., None] | None = None,
) -> Synthetic:
    """Writes `trajectories.jsonl` into a folder; the same call goes on with a run that was stopped.

    Args:
        items: Records of all shards together.
        shard: (i, n): each n-th thousand, counted from i.
    Raises:
        UsageError: if the folder holds another run.
        OutputError: if it cannot be written.
    """
    chosen = shares or Shares()
    number, count = shard
    config = {
        "job": "synthetic",
        "items": items,
        "seed": seed,
        "shares": chosen.model_dump(),
        "shard": f"{number}/{count}",
    }
    if (done := claim(out, config)) is not None:
        return Synthetic(out, **done)
    starts = range(number * PART, items, count * PART)
    wanted = sum(min(PART, items - start) for start in starts)
    parts = out / "parts"
    parts.mkdir(exist_ok=True)
    made = 0
    for start in starts:
        here = min(PART, items - start)
        path = parts / f"{start:09d}.jsonl"
        if not path.exists():
            write_atomically(path, _lines(seed, start, here, chosen))
        made += here
        if progress is not None:
            progress(made, wanted)
    counting = _Counting(Synthetic(out, items))
    records = counting.passing(_records(parts / f"{start:09d}.jsonl" for start in starts))
    hashes = {"trajectories.jsonl": write_lines(out / "trajectories.jsonl", records)}
    summary = counting.done()
    write_manifest(out, config, {k: v for k, v in vars(summary).items() if k != "out"}, hashes, complete=True)
    for path in parts.iterdir():
        path.unlink()
    parts.rmdir()
    return summary


def _lines(seed: int, start: int, count: int, shares: Shares) -> Iterator[str]:
    for number in range(start, start + count):
        yield json.dumps(conversation(seed, number, shares), ensure_ascii=False) + "\n"


def _records(parts: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in parts:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


class _Counting:
    """Counts records as they come by."""

    def __init__(self, summary: Synthetic) -> None:
        self._summary = summary
        self._kinds: Counter[str] = Counter()
        self._tools: set[int] = set()
        self._queries: set[int] = set()
        self._first: list[list[str]] = []

    def passing(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The same records, each counted."""
        for record in records:
            self._add(record)
            yield record

    def _add(self, record: dict[str, Any]) -> None:
        summary = self._summary
        summary.records += 1
        kinds = record["provenance"]["kinds"]
        summary.exchanges += len(kinds)
        self._kinds.update(kinds)
        for tool in record["tools"]:
            function = tool["function"]
            summary.offered += 1
            summary.characters += len(json.dumps(function))
            self._tools.add(hash((function["name"], *sorted(function["parameters"]["properties"]))))
        said = [each["content"] for each in record["messages"] if each["role"] == "user"]
        summary.asked_for += len(said)
        self._queries.update(hash(text.casefold()) for text in said)
        summary.calls += sum(len(each.get("tool_calls") or ()) for each in record["messages"])
        summary.characters += sum(
            len(str(each.get("content") or each.get("tool_calls"))) for each in record["messages"]
        )
        if len(self._first) < _SAMPLE and kinds[0] != "small_talk":
            self._first.append(masked(words_of(said[0])))

    def done(self) -> Synthetic:
        """The summary; near-duplicates are looked for now."""
        summary = self._summary
        summary.kinds = dict(self._kinds.most_common())
        summary.tools, summary.queries = len(self._tools), len(self._queries)
        summary.compared = len(self._first)
        summary.near_duplicates = sum(each is not None for each in near_duplicates(self._first))
        return summary
