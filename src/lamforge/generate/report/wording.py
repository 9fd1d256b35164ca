"""How much the simulated users repeat each other: near-duplicates among their turns."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from lamforge.messages import Trajectory
from lamforge.near_duplicates import masked, near_duplicates, words_of

LONG = 5  # words that make a turn which is to be unlike others; "Yes, please." or a bare e-mail address is no fault
_SHOWN = 10


@dataclass(frozen=True)
class Turns:
    """Some of the users' turns, and how many are like one before them, as written and with ids and numbers masked."""

    name: str
    turns: int
    near: int
    near_masked: int

    @property
    def share(self) -> float:
        """The near-duplicates among them, as a fraction of 1."""
        return self.near / self.turns if self.turns else 0.0


@dataclass(frozen=True)
class Wording:
    """The near-duplicates of a run. `most_repeated` holds long turns with the number of those that are like them."""

    long: Turns
    opening: Turns
    all: Turns
    by_kind: list[Turns]  # of the long ones, by shape or style
    by_manner: list[Turns]  # by persona or manner
    most_repeated: list[tuple[str, int]]


@dataclass
class TurnCollection:
    """The users' turns of kept conversations, in their order."""

    _texts: list[str] = field(default_factory=list)
    _labels: list[tuple[bool, str, str]] = field(default_factory=list)  # (opening, kind, manner)

    def add(self, talk: Trajectory, kind: str, manner: str) -> None:
        """Takes the turns of a conversation."""
        turns = [message.content or "" for message in talk.messages if message.role == "user"]
        self._texts += turns
        self._labels += [(number == 0, kind, manner) for number in range(len(turns))]

    def result(self) -> Wording:
        """Compares them."""
        words = [words_of(text) for text in self._texts]
        like = near_duplicates(words)
        like_masked = near_duplicates([masked(each) for each in words])

        def turns(name: str, places: list[int]) -> Turns:
            near, hidden = (sum(each[place] is not None for place in places) for each in (like, like_masked))
            return Turns(name, len(places), near, hidden)

        long = [n for n, each in enumerate(words) if len(each) >= LONG and len(self._texts[n].split()) > 1]
        groups: dict[tuple[int, str], list[int]] = defaultdict(list)
        for place in long:
            for which in (1, 2):
                groups[which, str(self._labels[place][which])].append(place)
        repeated = Counter(model for place in long if (model := like[place]) is not None)
        return Wording(
            long=turns(f"of {LONG} words or more", long),
            opening=turns("opening a conversation", [n for n, label in enumerate(self._labels) if label[0]]),
            all=turns("all", list(range(len(words)))),
            by_kind=[turns(name, places) for (which, name), places in sorted(groups.items()) if which == 1],
            by_manner=[turns(name, places) for (which, name), places in sorted(groups.items()) if which == 2],
            most_repeated=[(self._texts[place], n) for place, n in repeated.most_common(_SHOWN)],
        )
