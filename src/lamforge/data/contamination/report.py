"""The decontamination report: numbers that can be quoted, and a page of Markdown that can go into a model card.

It names what was found by ids and shares, and repeats no text of a benchmark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from lamforge.data.contamination.benchmarks import Benchmark
from lamforge.data.contamination.overlap import FEWEST, KINDS, Found, Hit, Index, as_dict
from lamforge.messages import Trajectory

_MOST_HITS = 200  # that a report lists
_STEPS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)  # of the largest share of an item in a conversation


@dataclass
class Leak:
    """What of one kind was found."""

    conversations: int = 0
    items: int = 0  # different items, tools or databases of the benchmark
    of: int = 0


@dataclass
class Contamination:
    """The numbers of a report."""

    data: list[str]
    benchmarks: list[dict[str, Any]]
    ngram: int
    share: float
    dropped_for: list[str]  # kinds for which conversations are taken out
    conversations: int = 0
    contaminated: int = 0
    removed: int = 0  # contaminated ones that are not in the new file
    too_short: int = 0  # items of so few words that they are not looked for
    leaks: dict[str, dict[str, Leak]] = field(default_factory=dict)  # benchmark -> kind -> what was found
    largest_shares: dict[str, int] = field(default_factory=dict)  # "0.25 to 0.5" -> conversations
    hits: list[dict[str, Any]] = field(default_factory=list)  # the first ones that count

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return asdict(self)


class Scan:
    """Looks at conversations one by one, and counts."""

    def __init__(self, index: Index, data: Sequence[Path], kinds: Sequence[Found] = KINDS) -> None:
        self._index, self._kinds = index, set(kinds)
        self.report = Contamination(
            [str(path) for path in data],
            [_described(benchmark) for benchmark in index.benchmarks],
            index.ngram,
            index.share,
            [kind for kind in KINDS if kind in self._kinds],
            too_short=index.too_short,
        )
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._shares: Counter[int] = Counter()
        for benchmark in index.benchmarks:
            self.report.leaks[benchmark.name] = {kind: Leak(of=_size(benchmark, kind)) for kind in KINDS}

    def clean(self, trajectories: Iterable[Trajectory]) -> Iterator[Trajectory]:
        """The conversations in which nothing counts of the kinds that are asked for."""
        for trajectory in trajectories:
            counted = self._look(trajectory)
            if any(hit.kind in self._kinds for hit in counted):
                self.report.removed += 1
            else:
                yield trajectory

    def _look(self, trajectory: Trajectory) -> list[Hit]:
        hits = self._index.hits(trajectory)
        counted = [hit for hit in hits if self._index.counts(hit)]
        report = self.report
        report.conversations += 1
        report.contaminated += bool(counted)
        largest = max((hit.share for hit in hits if hit.kind == "question"), default=0.0)
        self._shares[sum(largest > step for step in _STEPS)] += 1
        for benchmark, kind in {(hit.benchmark, hit.kind) for hit in counted}:
            report.leaks[benchmark][kind].conversations += 1
        for hit in counted:
            seen = self._seen.setdefault((hit.benchmark, hit.kind), set())
            seen.add(hit.name if hit.kind != "identifier" else "")
            report.leaks[hit.benchmark][hit.kind].items = len(seen)
            if len(report.hits) < _MOST_HITS:
                report.hits.append({"trajectory": trajectory.trajectory_id, **as_dict(hit)})
        return counted

    def finished(self) -> Contamination:
        """The report once all conversations have passed."""
        steps = enumerate(pairwise(_STEPS), 1)
        named = {0: "none"} | {number: f"{low:g} to {high:g}" for number, (low, high) in steps}
        self.report.largest_shares = {name: self._shares[number] for number, name in named.items()}
        return self.report


def _described(benchmark: Benchmark) -> dict[str, Any]:
    counts: dict[str, Any] = {kind: _size(benchmark, kind) for kind in KINDS}
    return {"name": benchmark.name, "sha256": benchmark.sha256, **counts}


def _size(benchmark: Benchmark, kind: Found) -> int:
    if kind == "tool":
        return len(set(benchmark.tools.values()))
    if kind == "identifier":
        return int(bool(benchmark.identifiers))
    return sum(item.kind == kind for item in benchmark.items)


_WORDS = {
    "question": "questions and task instructions",
    "policy": "policies",
    "tool": "tools, by name and parameters",
    "identifier": "databases, by the ids in them",
}


def render_markdown(report: Contamination) -> str:
    """The report for a model card."""
    clean = report.conversations - report.removed
    lines = ["## Decontamination", "", _verdict(report, clean), ""]
    lines.append("| benchmark | what was looked for | there are | found | in conversations |")
    lines.append("| --- | --- | ---: | ---: | ---: |")
    for benchmark, leaks in report.leaks.items():
        for kind, leak in leaks.items():
            if leak.of:
                cells = [benchmark, _WORDS[kind], f"{leak.of:,}", f"{leak.items:,}", f"{leak.conversations:,}"]
                lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Largest share of one question's n-grams in a conversation:", ""]
    lines += ["| share | conversations |", "| --- | ---: |"]
    lines += [f"| {share} | {count:,} |" for share, count in report.largest_shares.items()]
    lines += ["", _method(report), ""]
    lines += [f"- {each['name']}: SHA-256 of the files read `{each['sha256']}`" for each in report.benchmarks]
    return "\n".join(lines) + "\n"


def _verdict(report: Contamination, clean: int) -> str:
    if not report.contaminated:
        return f"None of the {report.conversations:,} training conversations holds anything of the benchmarks."
    kept = report.contaminated - report.removed
    said = f"Of {report.conversations:,} conversations {report.contaminated:,} hold something of the benchmarks. "
    said += f"{report.removed:,} of them were taken out, which leaves {clean:,} for training."
    return said + (f" {kept:,} stay, for what they hold was not asked to be taken out." if kept else "")


def _method(report: Contamination) -> str:
    return (
        f"A question or a policy counts as found where one conversation's user, or its system message, says at least "
        f"{report.share:.0%} of its word {report.ngram}-grams (lower case, without punctuation); a text of fewer than "
        f"{2 * report.ngram} words where it is a message of its own. {report.too_short:,} texts of fewer than {FEWEST} "
        "words are not looked for. A tool counts as found where name and parameters are the same, a database where two "
        "of its ids stand in one conversation. Paraphrases are not found."
    )
