"""How a scripted user puts its notes into words: a domain's wording, said in a persona's voice."""

from __future__ import annotations

from typing import Any

from lamforge.domains.speech import is_identifier, is_yes
from lamforge.domains.wording import Wording, fill, slots
from lamforge.simulate.grammar import Voice
from lamforge.simulate.script import Goal

_ASIDE = 0.5  # how often at least something is added to a number that was asked for
_FULL_YES = 0.15  # how often a yes repeats the wish


class Telling:
    """One persona speaking of one domain's things."""

    def __init__(self, wording: Wording, voice: Voice) -> None:
        self._wording = wording
        self._voice = voice
        self.say = voice.say

    def request(self, act: str, question_act: str, goal: Goal, told: dict[str, Any]) -> str:
        """Asks for what a goal is about, with the values that are told at once."""
        if goal.question is not None:
            return self._ask(question_act, "question", self._question(goal, told), told)
        if goal.wish is not None:
            return f"{self._voice.say(act, ask=goal.wish, details='')} {self._voice.say('story')}"
        return self._ask(act, "ask", self._choose(self._wording.ask(goal.tool), told), told)

    def aside(self, goal: Goal, told: dict[str, Any]) -> str:
        """What a goal is about, as something said in addition."""
        return self.request("next", "next_question", goal, told)

    def objection(self, goal: Goal, told: dict[str, Any]) -> str:
        """No, and what is wanted."""
        return self._ask("object", "ask", self._choose(self._wording.ask(goal.tool), told), told)

    def yes(self, goal: Goal, told: dict[str, Any]) -> str:
        """Agrees, at times with the wish itself."""
        if self._voice.random.random() < _FULL_YES and _numbered(told):
            ask = self._fill(self._choose(self._wording.ask(goal.tool), told), told)
            if is_yes(full := self._voice.say("agree_fully", ask=ask)):
                return full
        return self._voice.say("agree")

    def give(self, values: dict[str, Any], hints: dict[str, str]) -> str:
        """Tells values that were asked for, and what it knows instead of those that it does not."""
        said = [self.state("hint", name, hint) for name, hint in hints.items()]
        if len(values) > 1:
            details = " ".join(self.state("detail", name, value) for name, value in values.items())
            said.insert(0, self._voice.say("give_several", details=details))
        for name, value in values.items() if len(values) == 1 else ():
            said.insert(0, self.state("give" if is_identifier(value) else "give_words", name, value, talk=_ASIDE))
        return " ".join(said)

    def state(self, act: str, name: str, value: Any, *, talk: float = 0.0) -> str:
        """One value by name, in an act such as "detail" or "correct"."""
        noun = self._voice.random.choice(self._wording.nouns(name))
        return self._voice.say(act, talk=talk, noun=noun, value=self._phrase(name, value))

    def _question(self, goal: Goal, told: dict[str, Any]) -> str:
        path = goal.question or ""
        known = self._wording.question(goal.tool, path, goal.arguments)
        fitting = [template for template in known if set(slots(template)) <= set(told)]
        return self._choose(fitting or [self._wording.bare_question(path)], told)

    def _ask(self, act: str, slot: str, template: str, told: dict[str, Any]) -> str:
        """A request with its particulars; people who have no number to tell, tell a story."""
        details = "".join(" " + self.state("detail", n, v) for n, v in told.items() if n not in slots(template))
        slot_values: dict[str, Any] = {"details": details, slot: self._fill(template, told)}
        said = self._voice.say(act, **slot_values)
        return said if _numbered(told) else f"{said} {self._voice.say('story')}"

    def _choose(self, templates: list[str], told: dict[str, Any]) -> str:
        """A template whose slots can all be filled, if there is one; best one that tells something."""
        fitting = [template for template in templates if set(slots(template)) <= set(told)]
        telling = [template for template in fitting if slots(template) or not told]
        return self._voice.random.choice(telling or fitting or templates)

    def _fill(self, template: str, values: dict[str, Any]) -> str:
        return fill(template, {name: self._phrase(name, value) for name, value in values.items()})

    def _phrase(self, name: str, value: Any) -> str:
        return self._voice.random.choice(self._wording.phrases(name, value))


def _numbered(told: dict[str, Any]) -> bool:
    """Whether something told is such that hardly anybody else tells it."""
    return any(is_identifier(value) for value in told.values())
