"""What the scripted teacher takes from words: which of the values that may be said were said last, a tool's answer."""

from __future__ import annotations

import json
import re
from typing import Any

from lamforge.domains.speech import mentions
from lamforge.domains.wording import Wording, fill, slots
from lamforge.simulate import Goal

_TURNED = {"i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself"}
_OF_ONESELF = re.compile(r"\b(?:I|me|my|mine|myself)\b")
_TO_THE_AGENT = re.compile(r"\byou(?:r|rs)?\b|\bI'|\bI (?:am|was)\b", re.IGNORECASE)


class Hearing:
    """All that a user said, in order."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self.texts: list[str] = []
        self.since = 0  # index in `texts` of the current goal's first words

    def told(self, name: str, candidates: list[Any], since: int) -> bool:
        """Whether one of the candidates was said as the value of a name."""
        return any(self._says(text, name, c) for text in self.texts[since:] for c in candidates if c is not None)

    def latest(self, name: str, candidates: list[Any], since: int) -> Any:
        """The candidate that was said last; the first one if none was."""
        for text in reversed(self.texts[since:]):
            for candidate in candidates:
                if candidate is not None and self._says(text, name, candidate):
                    return candidate
        return candidates[0]

    def values(self, goal: Goal) -> dict[str, Any]:
        """Each argument of a goal as the user told it last."""
        return {name: self.latest(name, _candidates(goal, name), self.since) for name in goal.arguments}

    def wanted(self, goals: list[Goal]) -> str:
        """What the user wants that tools do, as far as it was heard: said at once, it is near when it is done later."""
        return ", and to ".join(self.request(goal, self.heard(goal)) for goal in goals if goal.wish is None)

    def request(self, goal: Goal, heard: dict[str, Any]) -> str:
        """The agent's own verb phrase once all of it is heard; until then that of the user's which says most of it."""
        wording = self._wording
        if goal.question is not None:
            return f"find out the {wording.field(goal.question)}" + wording.details(heard)
        known = wording.tools.get(goal.tool)
        phrases = [known.confirm] if known and known.confirm else []
        phrases += turned(wording.ask(goal.tool))
        fitting = [phrase for phrase in phrases if heard.keys() >= set(slots(phrase))]
        phrase = max(fitting, key=lambda each: len(slots(each)), default=goal.tool.replace("_", " "))
        unsaid = {name: value for name, value in heard.items() if name not in slots(phrase)}
        return fill(phrase, heard) + wording.details(unsaid)

    def heard(self, goal: Goal) -> dict[str, Any]:
        """Those arguments of a goal that the user told."""
        told = {name for name in goal.arguments if self.told(name, _candidates(goal, name), self.since)}
        return {name: value for name, value in self.values(goal).items() if name in told}

    def missing(self, goal: Goal) -> list[str]:
        """The arguments of a goal that were not told, and those for which no hint was."""
        unsaid = [n for n in goal.arguments if not self.told(n, _candidates(goal, n), self.since)]
        heard = self.texts[self.since :]
        return unsaid + [n for n, hint in goal.hints.items() if not any(mentions(text, hint) for text in heard)]

    def keeps_first_wish(self, goal: Goal) -> bool:
        """Whether the user still wants what it wanted at first, and would take something else."""
        values = self.values(goal)
        return bool(goal.first_wish) and all(values[name] == value for name, value in goal.first_wish.items())

    def _says(self, text: str, name: str, value: Any) -> bool:
        elements = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
        return all(any(mentions(text, p) for p in self._wording.phrases(name, element)) for element in elements)


def _candidates(goal: Goal, name: str) -> list[Any]:
    """What the user may have said for an argument."""
    return [goal.arguments[name], goal.first_wish.get(name), goal.mistaken.get(name)]


def turned(phrases: list[str]) -> list[str]:
    """What a user says of itself, as an agent says it: "cancel my order" becomes "cancel your order".

    Phrases that only a user can say, such as "speak with your staff", are left out.
    """
    fitting = [phrase for phrase in phrases if not _TO_THE_AGENT.search(phrase)]
    return [_OF_ONESELF.sub(lambda found: _TURNED[found[0].lower()], phrase) for phrase in fitting]


def object_of(content: str) -> dict[str, Any]:
    """A tool's answer, if it is a JSON object."""
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
