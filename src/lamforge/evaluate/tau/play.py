"""One conversation by tau's rules: who speaks first, what a message may do, and when it ends."""

from __future__ import annotations

from lamforge.domains import Task, result_text
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.judge import reward_of
from lamforge.evaluate.tau.rules import GREETING
from lamforge.messages import Message, Trajectory, Usage, content_id
from lamforge.simulate import Agent, User
from lamforge.simulate.episode import ContextOverflow


async def play(
    agent: Agent,
    user: User,
    domain: TauDomain,
    task: Task,
    *,
    seed: int,
    attempt: int = 0,
    max_turns: int | None = None,
) -> Trajectory:
    """Plays one task in a fresh environment and judges it.

    The trajectory's `ended` is "stop" if the conversation came to its end, the only one that can be rewarded; or
    "max_turns", "errors" (too many refused calls), "empty" (the agent said nothing) or "context".

    Args:
        max_turns: Instead of the rule book's own limit, in its unit.
    Raises:
        EngineError: if the agent's or the user's engine failed.
    """
    talk = _Talk(agent, user, domain, task, max_turns or domain.book.max_turns)
    try:
        ended = await (talk.by_v1() if domain.book.name == "v1" else talk.by_tau2())
    except ContextOverflow:
        ended = "context"
    finally:
        talk.environment.close()  # its state stays
    verdict = domain.verdict(talk.messages, task, ended)
    return Trajectory(
        trajectory_id=content_id(task.task_id, seed, attempt, [message.as_dict() for message in talk.messages]),
        task_id=task.task_id,
        domain=domain.name,
        messages=talk.messages,
        tools=domain.tools,
        reward=reward_of(verdict, ended),
        verdict=verdict,
        state_diff=talk.environment.diff(),
        agent=agent.name,
        user=user.name,
        seed=seed,
        attempt=attempt,
        ended=ended,
        usage=talk.usage,
    )


class _Talk:
    """A conversation in progress."""

    def __init__(self, agent: Agent, user: User, domain: TauDomain, task: Task, limit: int) -> None:
        self.environment = domain.environment_of(task)
        self.messages = [Message(role="system", content=domain.policy)]
        self.usage = Usage()
        self._agent = agent
        self._user = user
        self._rules = domain.book
        self._tools = domain.tools
        self._limit = limit
        self._errors = 0

    async def by_v1(self) -> str:
        """tau-bench: so many messages of the agent, each an answer to the user or one call."""
        await self._listen()
        for _ in range(self._limit):
            message = await self._respond()
            if message.tool_calls:
                if self._execute(message):
                    return "stop"
            elif await self._listen():
                return "stop"
        return "max_turns"

    async def by_tau2(self) -> str:
        """tau2-bench: the agent greets; every message and every round of calls is a step."""
        self.messages.append(Message(role="assistant", content=GREETING))
        steps = 0
        while True:
            left = await self._listen()
            steps += 1
            if over := self._over(steps) or ("stop" if left else ""):
                return over
            while True:
                message = await self._respond()
                if not message.tool_calls and not (message.content or "").strip():
                    return "empty"
                steps += 1
                if message.tool_calls:
                    self._execute(message)
                    steps += 1
                if over := self._over(steps):
                    return over
                if not message.tool_calls:
                    break

    def _over(self, steps: int) -> str:
        if self._rules.max_errors is not None and self._errors >= self._rules.max_errors:
            return "errors"
        return "max_turns" if steps >= self._limit else ""

    async def _listen(self) -> bool:
        """Lets the user speak; whether it leaves with that."""
        words = await self._user.reply(self.messages)
        self.messages.append(Message(role="user", content=self._rules.stops[0] if words is None else words))
        return words is None or any(stop in words for stop in self._rules.stops)

    async def _respond(self) -> Message:
        message, spent = await self._agent.respond(self.messages, self._tools)
        self.usage.prompt_tokens += spent.prompt_tokens
        self.usage.completion_tokens += spent.completion_tokens
        self.usage.model_calls += 1
        if message.tool_calls and self._rules.one_call:
            message.tool_calls = message.tool_calls[:1]
        self.messages.append(message)
        return message

    def _execute(self, message: Message) -> bool:
        """Makes a message's calls; whether one of them ends the conversation."""
        position = len(self.messages) - 1
        made = sum(earlier.role == "tool" for earlier in self.messages)
        ends = False
        for number, call in enumerate(message.tool_calls or (), made):
            call.id = f"call_{number}"
            done = self.environment.execute(call.function.name, call.function.arguments, position)
            self._errors += not done.ok
            self.messages.append(Message(role="tool", tool_call_id=call.id, content=result_text(done)))
            ends = ends or call.function.name in self._rules.ends
        return ends
