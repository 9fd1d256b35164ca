"""What of a benchmark is in training data: word n-grams of its items, signatures of its tools, ids of its databases.

An item counts as found in a conversation that holds at least half of the item's n-grams. A text of fewer words than
two n-grams must be a message of its own, word for word: half of "I want to find a train" is in many. Of fewer than five
words it says nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lamforge.data.contamination.benchmarks import Benchmark, Signature, identifiers_in, signature
from lamforge.messages import Trajectory, canonical_json
from lamforge.near_duplicates import words_of
from lamforge.tools import bare

Found = Literal["question", "policy", "tool", "identifier"]
KINDS: tuple[Found, ...] = ("question", "policy", "tool", "identifier")

NGRAM = 5  # words; with one word changed 81 % of BFCL's questions are still found, with 8 words 67 %
SHARE = 0.5  # of an item's n-grams, from which it counts as found
FEWEST = 5  # words of an item that is looked for
_IDENTIFIERS = 2  # of one benchmark's databases in one conversation, from which it counts as made of them


@dataclass(frozen=True)
class Hit:
    """Something of a benchmark in a conversation."""

    kind: Found
    benchmark: str
    name: str  # of the item or the tool; of identifiers, how many
    share: float = 1.0  # of the item's n-grams


@dataclass
class Index:
    """Benchmarks, made ready to be looked for.

    Args:
        ngram: Words of an n-gram.
        share: Share of an item's n-grams in one conversation, from which it counts as found.
    """

    benchmarks: Sequence[Benchmark]
    ngram: int = NGRAM
    share: float = SHARE
    too_short: int = 0  # items of so few words that they are not looked for
    _grams: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # n-gram -> items with it
    _short: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # whole text -> items
    _sizes: list[int] = field(default_factory=list)  # distinct n-grams of each item
    _items: list[tuple[str, Found, str]] = field(default_factory=list)  # benchmark, kind, name
    _tools: dict[Signature, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _last: tuple[list[str], list[Hit]] = field(default=([], []))  # a system message and what is found in it

    def __post_init__(self) -> None:
        for benchmark in self.benchmarks:
            for item in benchmark.items:
                self._add(benchmark.name, item.kind, item.name, words_of(item.text))
            for known, name in benchmark.tools.items():
                self._tools[known].append((benchmark.name, name))

    def _add(self, benchmark: str, kind: Found, name: str, words: list[str]) -> None:
        if len(words) < FEWEST:
            self.too_short += 1
            return
        number = len(self._items)
        self._items.append((benchmark, kind, name))
        if len(words) < 2 * self.ngram:
            self._short[" ".join(words)].append(number)
            self._sizes.append(1)
            return
        grams = set(_grams(words, self.ngram))
        self._sizes.append(len(grams))
        for gram in grams:
            self._grams[gram].append(number)

    def hits(self, trajectory: Trajectory) -> list[Hit]:
        """What is found in a conversation, with every item of which it holds at least one n-gram."""
        return [*self._of_items(trajectory), *self._of_tools(trajectory), *self._of_databases(trajectory)]

    def counts(self, hit: Hit) -> bool:
        """Whether a hit makes the conversation one that must not be trained on."""
        return hit.share >= self.share

    def _of_items(self, trajectory: Trajectory) -> list[Hit]:
        """Questions in what the user says, policies in the system message."""
        system = [m.content for m in trajectory.messages if m.role == "system" and m.content]
        if system != self._last[0]:  # conversations of one domain share it
            self._last = system, self._hits_in(system, "policy")
        said = [m.content for m in trajectory.messages if m.role == "user" and m.content]
        return [*self._hits_in(said, "question"), *self._last[1]]

    def _hits_in(self, texts: list[str], kind: Found) -> list[Hit]:
        messages = [words_of(text) for text in texts]
        shared: Counter[int] = Counter()
        for gram in {gram for words in messages for gram in _grams(words, self.ngram)}:
            shared.update(self._grams.get(gram, ()))
        for whole in {" ".join(words) for words in messages if len(words) < 2 * self.ngram}:
            shared.update(self._short.get(whole, ()))
        named = ((self._items[number], round(count / self._sizes[number], 3)) for number, count in shared.items())
        return [Hit(kind, benchmark, name, share) for (benchmark, its_kind, name), share in named if its_kind == kind]

    def _of_tools(self, trajectory: Trajectory) -> Iterator[Hit]:
        for tool in map(bare, trajectory.tools):
            parameters = tool.get("parameters")
            properties = parameters.get("properties") if isinstance(parameters, dict) else None
            mine = signature(str(tool.get("name")), properties if isinstance(properties, dict) else ())
            for benchmark, name in self._tools.get(mine, ()):
                yield Hit("tool", benchmark, name)

    def _of_databases(self, trajectory: Trajectory) -> Iterator[Hit]:
        if not any(benchmark.identifiers for benchmark in self.benchmarks):
            return
        mine = {each for text in _all_texts(trajectory) for each in identifiers_in(text)}
        for benchmark in self.benchmarks:
            if (count := len(mine & benchmark.identifiers)) >= _IDENTIFIERS:
                yield Hit("identifier", benchmark.name, f"{count} ids")


def _grams(words: list[str], size: int) -> Iterable[str]:
    return (" ".join(words[start : start + size]) for start in range(len(words) - size + 1))


def _all_texts(trajectory: Trajectory) -> Iterator[str]:
    for message in trajectory.messages:
        if message.content:
            yield message.content
        for call in message.tool_calls or ():
            yield canonical_json(call.function.arguments)


def as_dict(hit: Hit) -> dict[str, Any]:
    """The hit as plain JSON."""
    return {"kind": hit.kind, "benchmark": hit.benchmark, "name": hit.name, "share": hit.share}
