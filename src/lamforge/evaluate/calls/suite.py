"""Cases as a suite: each query asked once a trial, and verdicts on what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamforge.domains.speech import asks, asks_to_confirm
from lamforge.evaluate.calls.matching import calls_score
from lamforge.evaluate.calls.records import Checked
from lamforge.evaluate.episodes import MakeAgent, TimedAgent
from lamforge.evaluate.suite import Item, Play, Played, Score
from lamforge.messages import Message, content_id, derived_seed
from lamforge.simulate.episode import ContextOverflow


class CallSuite:
    """Queries with what should come of them."""

    play_version = 1

    def __init__(self, cases: Sequence[Checked], *, seed: int = 0) -> None:
        self.cases = {each.case.id: each for each in cases}
        self._seed = seed

    def items(self) -> list[Item]:
        """The cases as the runner sees them; those with the same tools begin alike."""
        return [
            Item(name, each.digest, each.case.group, prefix=content_id(each.offered, each.case.system))
            for name, each in self.cases.items()
        ]

    def player(self, make_agent: MakeAgent) -> Play:
        """Asks the agent that is made for each trial; what does not fit its context is its own matter."""

        async def play(task_id: str, trial: int) -> Played:
            agent = TimedAgent(make_agent(derived_seed("sampling", self._seed, task_id, trial) % 2**31))
            case, offered = self.cases[task_id].case, self.cases[task_id].offered
            system = [Message(role="system", content=case.system)] if case.system is not None else []
            try:
                said, usage = await agent.respond([*system, Message(role="user", content=case.query)], offered)
            except ContextOverflow as error:
                return Played({"overflow": str(error)[:300]})
            return Played(_record(said), agent.seconds, usage.prompt_tokens, usage.completion_tokens)

        return play

    def score(self, task_id: str, record: dict[str, Any]) -> Score:
        """The verdict on one answer; nothing gets credit that it does not deserve, so the sound score is the same."""
        case, offered = self.cases[task_id].case, self.cases[task_id].offered
        if "overflow" in record:
            return Score(False, False, "too_long", "context", record["overflow"])
        if record["problem"]:
            return Score(False, False, "unparsable", "unparsable", record["problem"][:300])
        if case.calls is not None:
            schemas = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in offered}
            return calls_score(record["calls"], case.calls, schemas)
        if record["calls"]:
            said = ", ".join(call["name"] for call in record["calls"])
            return Score(False, False, "needless_call", "needless call", f"{said} was called"[:300])
        if not record["content"].strip():
            return Score(False, False, "output_missing", "silence", "neither a call nor a word")
        if case.ask is not None and (not asks(record["content"]) or asks_to_confirm(record["content"])):
            return Score(False, False, "output_missing", "no question", f"{', '.join(case.ask)} should be asked for")
        return Score(True, True)


def _record(said: Message) -> dict[str, Any]:
    calls = [
        {"name": call.function.name, "arguments": call.function.arguments, "problems": call.problems}
        for call in said.tool_calls or ()
    ]
    return {"content": said.content or "", "calls": calls, "problem": said.problem or ""}
