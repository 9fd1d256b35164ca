"""The scripted user: follows its script, reacts to what the agent says, and never invents anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

from lamforge.domains import Domain, Task
from lamforge.domains.speech import asks_to_confirm
from lamforge.messages import Message, derived_seed
from lamforge.simulate.grammar import Voice
from lamforge.simulate.listening import asked_for, contradicts, deals_with, declines, finds_nothing, means_oneself
from lamforge.simulate.script import Goal, script_of
from lamforge.simulate.telling import Telling

PATIENCE = 3  # replies that lead nowhere before the user leaves
_HINTED = 0.5  # how often it says at once what it knows of something whose id it does not know


class ScriptedUser:
    """Plays a task's script against any agent.

    It answers what it is asked, gives what it withheld, corrects its mistakes when the agent does not find something,
    agrees when the agent repeats its wish rightly and objects when not, takes another choice when its first cannot be
    had, and leaves when its goals are dealt with.

    Args:
        seed: Chooses its words; what it wants depends on the task alone.
        held_out: Speak in words that no training conversation was written with.
        coin: Makes up words that mean nothing; see `Voice`.
    """

    name = "scripted"

    def __init__(
        self,
        task: Task,
        domain: Domain,
        *,
        seed: int,
        held_out: bool = False,
        coin: Callable[[Random], str] | None = None,
    ) -> None:
        self._script = script_of(task, domain)
        self._facts = self._script.facts
        self._mistaken = dict(self._script.mistaken)
        self._goals = self._script.goals
        self._answers = task.outputs  # by which it knows that its questions were answered
        self._domain = domain
        words = domain.held_out_wording if held_out else domain.wording
        self._wording = domain.wording.heard_as(words) if held_out else words
        self._voice = Voice(task.persona, derived_seed("user", task.task_id, seed), held_out=held_out, coin=coin)
        self._telling = Telling(words, self._voice)
        self._current = -1
        self._told: dict[int, set[str]] = defaultdict(set)  # goal -> its arguments that were told
        self._facts_said: set[str] = set()
        self._wish_changed = False
        self._patience = PATIENCE
        self._talks_after = "after" in self._script.small_talk

    async def reply(self, messages: list[Message]) -> str | None:
        """See `lamforge.simulate.episode.User`."""
        if messages[-1].role != "assistant" and "before" in self._script.small_talk:
            return self._telling.say("small_talk")
        if self._current < 0:
            return self._open()
        if self._current >= len(self._goals):
            return None
        return self._react(messages[-1].content or "")

    @property
    def _goal(self) -> Goal:
        return self._goals[self._current]

    @property
    def _said(self) -> set[str]:
        return self._told[self._current]

    def _open(self) -> str:
        """Tells the first goal, or the first ones together."""
        self._current = 0
        said = [self._request("open", "ask_question")]
        for other in range(1, self._script.together):
            self._current = other
            said.append(self._request("next", "next_question"))
        self._current = 0
        return " ".join(said)

    def _react(self, text: str) -> str | None:
        if finds_nothing(text) and (corrected := self._correct()):
            return corrected
        if declines(text) and self._first_wish_stands():
            return self._change()
        asked, facts, hints = self._asked(text)
        unsaid = {n: v for n, v in asked.items() if n not in self._said}
        unsaid |= {n: v for n, v in facts.items() if n not in self._facts_said}
        hints = {n: hint for n, hint in hints.items() if n not in self._said}
        if unsaid or hints:
            return self._give(unsaid, hints)
        if asks_to_confirm(text):
            return self._judge(text)
        if "anything else" in text.lower() or "?" not in text:
            return self._move_on(text)
        return self._give({**asked, **facts}, {}) if (asked or facts) and self._lose_patience() else self._stuck()

    def _request(self, act: str, question_act: str) -> str:
        """Asks for the current goal with what is not withheld."""
        goal = self._goal
        told = {n: v for n, v in goal.values(self._wish_changed).items() if n not in goal.withheld}
        said = self._telling.request(act, question_act, goal, told)
        self._said.update(told)
        for name, hint in goal.hints.items():
            if self._voice.random.random() < _HINTED:
                self._said.add(name)
                said += " " + self._telling.state("hint", name, hint)
        return said

    def _asked(self, text: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """The arguments, facts and hints that a text asks for; where a name is of both kinds, the likelier one."""
        arguments = asked_for(text, self._goal.values(self._wish_changed), self._wording)
        facts = asked_for(text, {**self._facts, **self._mistaken}, self._wording)
        for name in arguments.keys() & facts.keys():
            alone = name in self._facts_said or not (means_oneself(text, name, self._wording) or len(facts) > 1)
            del (facts if alone else arguments)[name]
        return arguments, facts, asked_for(text, self._goal.hints, self._wording)

    def _give(self, values: dict[str, Any], hints: dict[str, str]) -> str:
        own = set(values) & set(self._facts) - self._facts_said
        own -= {
            n for n in own if n in self._goal.arguments and values[n] not in (self._facts[n], self._mistaken.get(n))
        }
        self._facts_said |= own
        self._said.update(*((set(values) & set(self._goal.arguments)) - own, hints))
        return self._telling.give(values, hints)

    def _correct(self) -> str | None:
        """Tells the right value for something told wrongly, if there is such a thing."""
        for wrong, right, said in (
            (self._mistaken, self._facts, self._facts_said),
            (self._goal.mistaken, self._goal.arguments, self._said),
        ):
            for name in list(wrong):
                if name in said:
                    del wrong[name]
                    return self._telling.state("correct", name, right[name])
        return None

    def _first_wish_stands(self) -> bool:
        return bool(self._goal.first_wish) and not self._wish_changed and self._said >= set(self._goal.first_wish)

    def _change(self) -> str:
        """Tells the values that it wants instead of those of its first wish."""
        self._wish_changed = True
        changes = {name: self._goal.arguments[name] for name in self._goal.first_wish}
        return " ".join(self._telling.state("change", name, value) for name, value in changes.items())

    def _judge(self, text: str) -> str | None:
        """Agrees to a summary of a goal, changes a wish, takes it back, or objects."""
        if self._contradicts(text):
            self._turn_to_the_one_meant(text)
        goal = self._goal
        if goal.wish is not None:
            return self._telling.say("decline")
        if goal.first_wish and not goal.insists and not self._wish_changed:
            return self._change()
        told = goal.values(self._wish_changed)
        if self._contradicts(text):
            self._said.update(told)
            return self._telling.objection(goal, told) if self._lose_patience() else None
        return self._telling.say("withdraw") if goal.withdrawn else self._telling.yes(goal, told)

    def _contradicts(self, text: str) -> bool:
        return contradicts(text, self._goal.tool, self._goal.values(self._wish_changed), self._domain)

    def _turn_to_the_one_meant(self, text: str) -> None:
        """Of goals told together, goes on with the one that an agent asks about."""
        for number in range(self._current + 1, self._script.together):
            goal = self._goals[number]
            if not contradicts(text, goal.tool, goal.arguments, self._domain):
                self._current = number
                return

    def _move_on(self, text: str) -> str | None:
        self._current += 1
        while self._current < self._script.together and deals_with(text, self._goal, self._answers):
            self._current += 1
        if self._current >= len(self._goals):
            return self._telling.say("farewell") if self._talks_after else None
        self._wish_changed, self._patience = False, PATIENCE
        return self._request("next", "next_question")

    def _lose_patience(self) -> bool:
        self._patience -= 1
        return self._patience > 0

    def _stuck(self) -> str | None:
        return self._telling.say("unknown") if self._lose_patience() else None
