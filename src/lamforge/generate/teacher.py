"""The scripted teacher: an agent that knows the blueprint and plays it as the policy wants.

It identifies the customer, asks for what is missing, looks records up, works out what the policy wants to be told,
repeats the wish until the customer agrees, acts, and reports. It reads the user's words only; what it may do is in its
`Plan`.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lamforge.domains import Domain
from lamforge.domains.speech import is_yes, mentions
from lamforge.domains.wording import fill, spoken
from lamforge.messages import Function, Message, ToolCall, Usage
from lamforge.simulate import Goal, Script

CLOSING = "Is there anything else I can help you with?"
_ROUNDS = 4  # questions about one thing before the teacher goes on without an answer

Play = Generator[Message, list[Message], Any]  # yields an assistant message, is sent what came back


class Step(BaseModel):
    """How the teacher handles one goal."""

    model_config = ConfigDict(extra="forbid")

    action: dict[str, Any]  # all arguments of the goal's call, those that the user does not know included
    lookup: str | None = None  # read tool that shows the record, called with the goal's own id
    lookup_key: str | None = None
    prepare: dict[str, list[str]] = Field(default_factory=dict)  # read tool, such as a quote -> arguments it shares
    confirm: bool = True
    refuse: str | None = None  # a sentence of the policy: do not act, say it
    answer: Any = None  # for a question: the value to say


class Plan(BaseModel):
    """How the teacher plays a whole script."""

    model_config = ConfigDict(extra="forbid")

    identify: str | None = None  # read tool called with the script's facts
    ways: list[list[str]] = Field(default_factory=list)  # what else customers may identify themselves with
    steps: list[Step] = Field(default_factory=list)


class ScriptedAgent:
    """Plays a plan; a new one is needed for each episode."""

    name = "scripted"

    def __init__(self, script: Script, plan: Plan, domain: Domain) -> None:
        self._script = script
        self._plan = plan
        self._wording = domain.wording
        self._heard: list[str] = []
        self._result: dict[str, Any] = {}  # of the last call, if it was an object
        self._since = 0  # index in `_heard` of the current goal's first words
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
        self._heard.append(opening)
        identified = self._plan.identify is None
        for goal, step in zip(self._script.goals, self._plan.steps, strict=True):
            self._since = len(self._heard) - 1
            if not identified:
                yield from self._identify()
                identified = True
            text = yield from self._handle(goal, step)
            yield from self._say(f"{text} {CLOSING}")
        while True:  # whatever the user still says
            yield from self._say(CLOSING)

    def _say(self, text: str) -> Play:
        news = yield Message(role="assistant", content=text)
        self._heard.append(news[-1].content or "")
        return self._heard[-1]

    def _call(self, tool: str, arguments: dict[str, Any]) -> Play:
        """Calls a tool; returns the text of its error, or None."""
        news = yield Message(role="assistant", tool_calls=[ToolCall(function=Function(name=tool, arguments=arguments))])
        content = news[-1].content or ""
        self._result = _object(content)
        return content.removeprefix("Error: ") if content.startswith("Error: ") else None

    def _identify(self) -> Play:
        facts, wrong = self._script.facts, self._script.mistaken
        for _ in range(_ROUNDS):
            missing = [name for name, value in facts.items() if not self._told(name, [value, wrong.get(name)], 0)]
            if missing:
                ways = self._plan.ways if len(missing) == len(facts) else [missing]
                yield from self._say(f"I can help with that. Could you please tell me {self._ways(ways)}?")
                continue
            values = {name: self._latest(name, [value, wrong.get(name)], 0) for name, value in facts.items()}
            error = yield from self._call(self._plan.identify or "", values)
            if error is None:
                return
            yield from self._say(
                f"I'm sorry, I could not find you with that. Could you please check {self._ways([list(facts)])}?"
            )

    def _ways(self, ways: list[list[str]]) -> str:
        """ "your e-mail address, or your full name and your zip code" """
        return ", or ".join(" and ".join(f"your {self._wording.nouns(name)[0]}" for name in way) for way in ways)

    def _handle(self, goal: Goal, step: Step) -> Play:
        """Deals with one goal; returns what to report."""
        yield from self._collect(goal)
        if step.lookup and step.lookup_key:
            yield from self._look_up(goal, step, step.lookup, step.lookup_key)
        if goal.question is not None:
            return (yield from self._answer(goal, step))
        if step.refuse is not None:
            return f"I'm sorry, but I can't do that. {step.refuse}"
        if declined := (yield from self._agree(goal, step)):
            return declined
        error = yield from self._call(goal.tool, self._action(goal, step))
        return self._refused(error) if error else self._wording.done(goal.tool, self._values(goal), self._result)

    def _refused(self, error: str) -> str:
        return f"I'm sorry, but I can't do that: {error.rstrip('.')}."

    def _action(self, goal: Goal, step: Step) -> dict[str, Any]:
        """The arguments of the goal's call with what the user told last."""
        values = {**step.action, **self._values(goal)}
        return {name: values[name] for name in step.action}

    def _collect(self, goal: Goal) -> Play:
        """Asks until the user has told each argument."""
        for _ in range(_ROUNDS):
            missing = [n for n in goal.arguments if not self._told(n, self._candidates(goal, n), self._since)]
            if not missing:
                return
            nouns = " and the ".join(self._wording.nouns(name)[0] for name in missing)
            yield from self._say(f"Could you please tell me the {nouns}?")

    def _look_up(self, goal: Goal, step: Step, tool: str, key: str) -> Play:
        for _ in range(_ROUNDS):
            value = self._values(goal).get(key, step.action.get(key))
            error = yield from self._call(tool, {key: value})
            if error is None or key not in goal.mistaken:
                return
            noun = self._wording.nouns(key)[0]
            yield from self._say(f"I'm sorry, I could not find {spoken(value)}. Could you please check the {noun}?")

    def _answer(self, goal: Goal, step: Step) -> Play:
        if not step.lookup:
            error = yield from self._call(goal.tool, step.action)
            if error is not None:
                return f"I'm sorry, but I can't tell you that: {error.rstrip('.')}."
        template = self._wording.answers.get(goal.tool, {}).get(goal.question or "")
        noun = (goal.question or "").replace("_", " ").replace(".", " ")
        return fill(template or f"The {noun} is {{value}}.", {**step.action, "value": step.answer})

    def _agree(self, goal: Goal, step: Step) -> Play:
        """Works out what there is to say and asks for a yes; returns why nothing is done, or None."""
        for _ in range(_ROUNDS):
            action = self._action(goal, step)
            found: dict[str, Any] = {}
            for tool, names in step.prepare.items():
                error = yield from self._call(tool, {name: action[name] for name in names})
                if error is not None:
                    return self._refused(error)
                found |= self._result
            if not step.confirm:
                return None
            summary = self._wording.confirm(goal.tool, self._values(goal), found)
            reply = yield from self._say(f"Just to confirm: you want to {summary}. Shall I go ahead? (yes/no)")
            if is_yes(reply):
                return None
        return "All right, I have left everything as it is."

    def _candidates(self, goal: Goal, name: str) -> list[Any]:
        """What the user may have said for an argument."""
        return [goal.arguments[name], goal.first_wish.get(name), goal.mistaken.get(name)]

    def _values(self, goal: Goal) -> dict[str, Any]:
        """Each argument as the user told it last."""
        return {name: self._latest(name, self._candidates(goal, name), self._since) for name in goal.arguments}

    def _told(self, name: str, candidates: list[Any], since: int) -> bool:
        return any(self._says(text, name, c) for text in self._heard[since:] for c in candidates if c is not None)

    def _latest(self, name: str, candidates: list[Any], since: int) -> Any:
        for text in reversed(self._heard[since:]):
            for candidate in candidates:
                if candidate is not None and self._says(text, name, candidate):
                    return candidate
        return candidates[0]

    def _says(self, text: str, name: str, value: Any) -> bool:
        elements = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
        return all(any(mentions(text, p) for p in self._wording.phrases(name, element)) for element in elements)


def _object(content: str) -> dict[str, Any]:
    """A tool's answer, if it is a JSON object."""
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
