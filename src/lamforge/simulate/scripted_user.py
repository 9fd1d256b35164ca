"""The scripted user: follows its script, reacts to what the agent says, and never invents anything."""

from __future__ import annotations

from typing import Any

from lamforge.domains import Domain, Task
from lamforge.domains.speech import asks_to_confirm, is_identifier, is_yes, mentions
from lamforge.domains.wording import fill, slots
from lamforge.messages import Message, derived_seed
from lamforge.simulate.grammar import Voice
from lamforge.simulate.script import Goal, script_of

PATIENCE = 3  # replies that lead nowhere before the user leaves
_STORY = 0.9  # how often a reason is told when a wish comes without particulars
_FULL_YES = 0.2  # how often a yes repeats the wish

_NOT_FOUND = (
    "not found",
    "could not find",
    "couldn't find",
    "cannot find",
    "can't find",
    "no such",
    "unknown",
    "check",
)
_REQUEST = ("?", "please", "need your", "need the", "provide")


class ScriptedUser:
    """Plays a task's script against any agent.

    It answers what it is asked, gives what it withheld, corrects its mistakes when the agent does not find something,
    agrees when the agent repeats its wish rightly and objects when not, and leaves when its goals are dealt with.

    Args:
        seed: Chooses its words; what it wants depends on the task alone.
    """

    name = "scripted"

    def __init__(self, task: Task, domain: Domain, *, seed: int) -> None:
        script = script_of(task, domain)
        self._facts = script.facts
        self._mistaken = dict(script.mistaken)
        self._goals = script.goals
        self._domain = domain
        self._wording = domain.wording
        self._voice = Voice(task.persona, derived_seed("user", task.task_id, seed))
        self._current = 0
        self._said: set[str] = set()  # arguments of the current goal that were told
        self._facts_said: set[str] = set()
        self._wish_changed = False
        self._patience = PATIENCE

    async def reply(self, messages: list[Message]) -> str | None:
        """See `lamforge.simulate.episode.User`."""
        if messages[-1].role != "assistant":
            return self._request("open", "ask_question")
        return self._react(messages[-1].content or "")

    @property
    def _goal(self) -> Goal:
        return self._goals[self._current]

    def _react(self, text: str) -> str | None:
        lowered = text.lower()
        if any(phrase in lowered for phrase in _NOT_FOUND) and (corrected := self._correct()):
            return corrected
        asked = self._asked_for(lowered)
        unsaid = {name: value for name, value in asked.items() if name not in self._said | self._facts_said}
        if unsaid:
            return self._give(unsaid)
        if asks_to_confirm(text):
            return self._judge(text)
        if "anything else" in lowered or "?" not in text:
            return self._move_on()
        return self._give(asked) if asked and self._lose_patience() else self._stuck()

    def _request(self, act: str, question_act: str) -> str:
        """Asks for the current goal with what is not withheld."""
        goal = self._goal
        told = {n: v for n, v in self._values(goal).items() if n not in goal.withheld}
        self._said |= set(told)
        if goal.question is not None:
            templates = self._wording.questions.get(goal.tool, {}).get(goal.question)
            noun = goal.question.replace("_", " ").replace(".", " ")
            template = self._choose([*(templates or ()), f"What is the {noun}?"], told)
            return self._voice.say(
                question_act,
                talk=self._talk(told),
                question=self._fill(template, told),
                details=self._details(template, told),
            )
        template = self._choose(self._wording.ask(goal.tool), told)
        return self._voice.say(
            act, talk=self._talk(told), ask=self._fill(template, told), details=self._details(template, told)
        )

    def _talk(self, told: dict[str, Any]) -> float:
        """People who have no particulars to tell, tell a story."""
        return 0.0 if told else _STORY

    def _choose(self, templates: list[str], told: dict[str, Any]) -> str:
        """A template whose slots can all be filled, if there is one."""
        fitting = [template for template in templates if set(slots(template)) <= set(told)]
        telling = [template for template in fitting if slots(template) or not told]
        return self._voice.random.choice(telling or fitting or templates)

    def _fill(self, template: str, values: dict[str, Any]) -> str:
        return fill(template, {name: self._phrase(name, value) for name, value in values.items()})

    def _phrase(self, name: str, value: Any) -> str:
        return self._voice.random.choice(self._wording.phrases(name, value))

    def _details(self, template: str, told: dict[str, Any]) -> str:
        rest = {name: value for name, value in told.items() if name not in slots(template)}
        return "".join(" " + self._state("detail", name, value) for name, value in rest.items())

    def _state(self, act: str, name: str, value: Any) -> str:
        noun = self._voice.random.choice(self._wording.nouns(name))
        return self._voice.say(act, noun=noun, value=self._phrase(name, value))

    def _values(self, goal: Goal) -> dict[str, Any]:
        """The goal's values as the user tells them now."""
        wish = {} if self._wish_changed else goal.first_wish
        return {**goal.arguments, **wish, **goal.mistaken}

    def _asked_for(self, lowered: str) -> dict[str, Any]:
        """The facts and arguments that a text asks for, with the values to give."""
        if not any(sign in lowered for sign in _REQUEST):
            return {}
        known = {**self._facts, **self._mistaken, **self._values(self._goal)}
        return {
            name: value
            for name, value in known.items()
            if any(mentions(lowered, noun) for noun in self._wording.nouns(name))
        }

    def _give(self, values: dict[str, Any]) -> str:
        self._said |= set(values) & set(self._goal.arguments)
        self._facts_said |= set(values) & set(self._facts)
        if len(values) > 1:
            details = " ".join(self._state("detail", name, value) for name, value in values.items())
            return self._voice.say("give_several", details=details)
        [(name, value)] = values.items()
        return self._state("give" if is_identifier(value) else "give_words", name, value)

    def _correct(self) -> str | None:
        """Tells the right value for something told wrongly, if there is such a thing."""
        for wrong, right in ((self._mistaken, self._facts), (self._goal.mistaken, self._goal.arguments)):
            for name in list(wrong):
                if name in self._said | self._facts_said:
                    del wrong[name]
                    return self._state("correct", name, right[name])
        return None

    def _judge(self, text: str) -> str | None:
        """Agrees to a summary of the current goal, changes a wish, or objects."""
        goal = self._goal
        if goal.first_wish and not self._wish_changed:
            self._wish_changed = True
            changes = {name: goal.arguments[name] for name in goal.first_wish}
            return " ".join(self._state("change", name, value) for name, value in changes.items())
        if self._contradicts(text):
            return self._object() if self._lose_patience() else None
        return self._agree()

    def _agree(self) -> str:
        if self._voice.random.random() < _FULL_YES:
            told = self._values(self._goal)
            ask = self._fill(self._choose(self._wording.ask(self._goal.tool), told), told)
            if is_yes(full := self._voice.say("agree_fully", ask=ask)):
                return full
        return self._voice.say("agree")

    def _contradicts(self, text: str) -> bool:
        parameters = self._domain.tool(self._goal.tool)
        properties = parameters.parameters["properties"] if parameters else {}
        for name, value in self._values(self._goal).items():
            for element in value if isinstance(value, list) else [value]:
                if is_identifier(element) and not mentions(text, element):
                    return True
            others = [other for other in properties.get(name, {}).get("enum", ()) if other != value]
            if any(mentions(text, other) for other in others) and not mentions(text, value):
                return True
        return False

    def _object(self) -> str:
        told = self._values(self._goal)
        self._said |= set(told)
        template = self._choose(self._wording.ask(self._goal.tool), told)
        return self._voice.say("object", ask=self._fill(template, told), details=self._details(template, told))

    def _move_on(self) -> str | None:
        self._current += 1
        if self._current >= len(self._goals):
            return None
        self._said, self._wish_changed, self._patience = set(), False, PATIENCE
        return self._request("next", "next_question")

    def _lose_patience(self) -> bool:
        self._patience -= 1
        return self._patience > 0

    def _stuck(self) -> str | None:
        return self._voice.say("unknown") if self._lose_patience() else None
