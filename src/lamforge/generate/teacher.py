"""The scripted teacher: an agent that knows the blueprint and plays it as the policy wants.

It says what it understood, identifies the customer, asks for what is missing, looks records up, works out what the
policy wants to be told, repeats the wish until the customer agrees, acts, and reports. It reads the user's words only;
what it may do is in its `Plan`.
"""

from __future__ import annotations

import random
from typing import Any

from lamforge.domains import Domain
from lamforge.domains.speech import is_yes, withdraws
from lamforge.domains.wording import fill, spoken
from lamforge.generate.hearing import Hearing
from lamforge.generate.mishearing import Mishearing
from lamforge.generate.plan import Plan, Step, ways_to_identify
from lamforge.generate.talking import Play, Talk
from lamforge.messages import Message, Usage, derived_seed
from lamforge.simulate import Goal, Script

_ROUNDS = 4  # questions about one thing before the teacher goes on without an answer


class ScriptedAgent:
    """Plays a plan; a new one is needed for each episode."""

    name = "scripted"

    def __init__(self, script: Script, plan: Plan, domain: Domain, *, mishears: float = 0.0) -> None:
        """`mishears`: how likely it mishears something once; see `mishearing.py`."""
        self._script = script
        self._plan = plan
        self._wording = domain.wording
        self._hearing = Hearing(domain.wording)
        rng = random.Random(derived_seed("agent", domain.digest, script.model_dump_json()))
        self._talk = Talk(self._hearing, rng)
        self._mishearing = Mishearing(script, plan, domain, self._hearing, mishears)
        self._play: Play | None = None
        self._seen = 0

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.episode.Agent`."""
        news, self._seen = messages[self._seen :], len(messages) + 1  # its own answer comes next
        if self._play is None:
            self._play = self._episode(news[-1].content or "")
            return next(self._play), Usage()
        return self._play.send(news), Usage()

    def _episode(self, opening: str) -> Play:
        heard = self._hearing
        heard.texts.append(opening)
        if "before" in self._script.small_talk:
            yield from self._talk.say(self._talk.words("greet"))
        identified = self._plan.identify is None
        for number, (goal, step) in enumerate(zip(self._script.goals, self._plan.steps, strict=True)):
            among = number < self._script.together
            if not (among and number):
                heard.since = len(heard.texts) - 1
            if not identified and goal.wish is None:
                yield from self._identify([goal, *self._script.goals[number + 1 : self._script.together]])
                identified = True
            if among and number == 0:
                yield from self._talk.calls(self._plan.looked_up_at_once(self._script))
            report = yield from self._handle(goal, step, seen=among)
            self._talk.reports.append(report)
            if number + 1 >= self._script.together:
                yield from self._talk.say(self._talk.words("closing"))
        while True:  # whatever the user still says
            yield from self._talk.say(self._talk.words("farewell"))

    def _identify(self, goals: list[Goal]) -> Play:
        facts, wrong = self._script.facts, self._script.mistaken
        told, latest = self._hearing.told, self._hearing.latest
        for _ in range(_ROUNDS):
            missing = [name for name, value in facts.items() if not told(name, [value, wrong.get(name)], 0)]
            if missing:
                ways = self._plan.ways if len(missing) == len(facts) else [missing]
                yield from self._restate("identify", goals, ways=ways_to_identify(ways, self._wording))
                continue
            values = {name: latest(name, [value, wrong.get(name)], 0) for name, value in facts.items()}
            misheard = self._mishearing.facts(self._plan.identify or "", values)
            error = yield from self._talk.call(
                self._plan.identify or "", misheard or values, wrong=misheard is not None
            )
            if error is None:
                return
            yield from self._talk.say(
                self._talk.words("not_identified", ways=ways_to_identify([list(facts)], self._wording))
            )

    def _restate(self, act: str, goals: list[Goal], **slots: str) -> Play:
        """Says what it understood, and asks."""
        right = self._hearing.wanted(goals)
        task = self._mishearing.wish(goals[0]) or right
        yield from self._talk.say(self._talk.words(act, task=task, **slots), wrong=task != right)

    def _handle(self, goal: Goal, step: Step, *, seen: bool) -> Play:
        """Deals with one goal, whose record may have been seen already; returns what to report."""
        if goal.wish is not None:
            return self._talk.words("unserved", offers=", ".join(step.offers[:-1]) + " or " + step.offers[-1])
        yield from self._collect(goal)
        if step.finder is not None:
            yield from self._talk.call(step.finder.tool, step.finder.arguments)
        if step.lookup and step.lookup_key and not seen:
            yield from self._look_up(goal, step, step.lookup, step.lookup_key)
        if goal.question is not None:
            return (yield from self._answer(goal, step, seen))
        if step.refuse is not None:
            return self._talk.words("forbidden", error=step.refuse)
        return (yield from self._act(goal, step))

    def _collect(self, goal: Goal) -> Play:
        """Asks until the user has told each argument."""
        for _ in range(_ROUNDS):
            missing = self._hearing.missing(goal)
            if not missing:
                return
            nouns = " and ".join(f"the {self._wording.nouns(name)[0]}" for name in missing)
            yield from self._restate("collect", [goal], missing=nouns)

    def _look_up(self, goal: Goal, step: Step, tool: str, key: str) -> Play:
        for _ in range(_ROUNDS):
            value = self._hearing.values(goal).get(key, step.action.get(key))
            misheard = self._mishearing.key(tool, key, goal)
            value = value if misheard is None else misheard
            error = yield from self._talk.call(tool, {key: value}, wrong=misheard is not None)
            if error is None or (key not in goal.mistaken and misheard is None):
                return
            noun = self._wording.nouns(key)[0]
            yield from self._talk.say(self._talk.words("not_found", value=spoken(value), noun=noun))

    def _answer(self, goal: Goal, step: Step, seen: bool) -> Play:
        if not step.lookup and not seen:
            error = yield from self._talk.call(goal.tool, step.action)
            if error is not None:
                return self._talk.words("untold", error=error.rstrip("."))
        template = self._wording.answer(goal.tool, goal.question or "", step.action)
        return fill(template, {**step.action, "value": step.answer})

    def _act(self, goal: Goal, step: Step) -> Play:
        """Works out what there is to say, asks for a yes and acts; returns what to report."""
        for _ in range(_ROUNDS):
            told = {**step.action, **self._hearing.values(goal)}
            action = {name: told[name] for name in step.action}
            found, error = yield from self._prepare(step, action)
            if error is None and step.confirm:
                reply = yield from self._confirm(goal, step, found)
                if withdraws(reply):
                    break
                if not is_yes(reply):
                    continue
            if error is None:
                error = yield from self._talk.call(goal.tool, action)
            if error is None:
                return self._wording.done(goal.tool, self._known(goal, step), self._talk.result)
            if not self._hearing.keeps_first_wish(goal):
                return self._talk.words("refused", error=error.rstrip("."))
            yield from self._talk.say(self._talk.words("alternative", error=error.rstrip(".")))
        return self._talk.words("left")

    def _prepare(self, step: Step, action: dict[str, Any]) -> Play:
        """Works out what the policy wants to be told; returns it and what went wrong."""
        found: dict[str, Any] = {}
        for tool, names in step.prepare.items():
            error = yield from self._talk.call(tool, {name: action[name] for name in names})
            if error is not None:
                return found, error
            found |= self._talk.result
        return found, None

    def _confirm(self, goal: Goal, step: Step, found: dict[str, Any]) -> Play:
        known = self._known(goal, step)
        misheard = self._mishearing.summary(goal, known, found)
        text = self._talk.words("confirm", summary=misheard) if misheard else ""
        wrong = bool(text) and self._mishearing.is_objected_to(text, goal)
        if not wrong:
            text = self._talk.words("confirm", summary=self._wording.confirm(goal.tool, known, found))
        return (yield from self._talk.say(text, wrong=wrong))

    def _known(self, goal: Goal, step: Step) -> dict[str, Any]:
        """What user and agent both know of the action: all but what tools alone know."""
        return {**self._hearing.values(goal), **{name: step.action[name] for name in goal.hints}}
