"""How a scripted user puts its notes into words: a domain's wording, said in a persona's voice."""

from __future__ import annotations

from typing import Any

from lamforge.domains.speech import is_identifier, is_yes
from lamforge.domains.wording import Wording, fill, slots
from lamforge.simulate.grammar import Voice
from lamforge.simulate.script import Goal

_STORY = 0.9  # how often a reason is told when a wish comes without particulars
_FULL_YES = 0.2  # how often a yes repeats the wish


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
            return self._voice.say(act, ask=goal.wish, details="")
        return self._ask(act, "ask", self._choose(self._wording.ask(goal.tool), told), told)

    def aside(self, goal: Goal, told: dict[str, Any]) -> str:
        """What a goal is about, as something said in addition."""
        return self.request("next", "next_question", goal, told)

    def objection(self, goal: Goal, told: dict[str, Any]) -> str:
        """No, and what is wanted."""
        return self._ask("object", "ask", self._choose(self._wording.ask(goal.tool), told), told)

    def yes(self, goal: Goal, told: dict[str, Any]) -> str:
        """Agrees, at times with the wish itself."""
        if self._voice.random.random() < _FULL_YES and goal.wish is None:
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
            said.insert(0, self.state("give" if is_identifier(value) else "give_words", name, value))
        return " ".join(said)

    def state(self, act: str, name: str, value: Any) -> str:
        """One value by name, in an act such as "detail" or "correct"."""
        noun = self._voice.random.choice(self._wording.nouns(name))
        return self._voice.say(act, noun=noun, value=self._phrase(name, value))

    def _question(self, goal: Goal, told: dict[str, Any]) -> str:
        path = goal.question or ""
        plain = self._wording.question(goal.tool, path, ())
        return self._choose([*self._wording.question(goal.tool, path, goal.arguments), *plain], told)

    def _ask(self, act: str, slot: str, template: str, told: dict[str, Any]) -> str:
        """A request with its particulars; people who have none to tell, tell a story."""
        details = "".join(" " + self.state("detail", n, v) for n, v in told.items() if n not in slots(template))
        talk = 0.0 if told else _STORY
        return self._voice.say(act, talk=talk, details=details, **{slot: self._fill(template, told)})

    def _choose(self, templates: list[str], told: dict[str, Any]) -> str:
        """A template whose slots can all be filled, if there is one; best one that tells something."""
        fitting = [template for template in templates if set(slots(template)) <= set(told)]
        telling = [template for template in fitting if slots(template) or not told]
        return self._voice.random.choice(telling or fitting or templates)

    def _fill(self, template: str, values: dict[str, Any]) -> str:
        return fill(template, {name: self._phrase(name, value) for name, value in values.items()})

    def _phrase(self, name: str, value: Any) -> str:
        return self._voice.random.choice(self._wording.phrases(name, value))
