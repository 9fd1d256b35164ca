"""One episode: an agent talks with a user and acts on an environment; the conversation becomes a trajectory."""

from __future__ import annotations

from typing import Any, Protocol

from lamforge.domains import Domain, Task, result_text
from lamforge.messages import Message, Trajectory, Usage, content_id
from lamforge.simulate.verify import reward, verify

MAX_TURNS = 30  # assistant messages in one episode, the limit of tau-bench (arXiv 2406.12045)


class Agent(Protocol):
    """Answers a conversation: with text for the user or with tool calls."""

    name: str

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """The next assistant message, and what it cost.

        Raises:
            ContextOverflow: if the conversation no longer fits the model; the episode ends there.
            EngineError: if the engine failed; the episode has no result.
        """
        ...


class User(Protocol):
    """Plays the human, who knows the task's instruction and neither tools nor state."""

    name: str

    async def reply(self, messages: list[Message]) -> str | None:
        """What the user says next, or None when the user leaves. The first call sees the system message alone."""
        ...


class ContextOverflow(Exception):
    """The conversation no longer fits the agent's context."""


class Conversation:
    """An agent's side of an episode: the messages so far and the environment it acts on."""

    def __init__(self, agent: Agent, domain: Domain, *, max_turns: int = MAX_TURNS) -> None:
        self.environment = domain.environment()
        self.messages = [Message(role="system", content=domain.policy)]
        self.usage = Usage()
        self._agent = agent
        self._turns_left = max_turns

    async def say(self, words: str) -> str:
        """Passes on what the user says and lets the agent act until it speaks to the user.

        Returns:
            "stop" when the agent spoke; "max_turns" or "context" when the episode is over.
        """
        self.messages.append(Message(role="user", content=words))
        while self._turns_left > 0:
            self._turns_left -= 1
            try:
                message, spent = await self._agent.respond(self.messages, self.environment.domain.tools)
            except ContextOverflow:
                return "context"
            self.usage.prompt_tokens += spent.prompt_tokens
            self.usage.completion_tokens += spent.completion_tokens
            self.usage.model_calls += 1
            self.messages.append(message)
            if not message.tool_calls:
                return "stop"
            self._execute(message)
        return "max_turns"

    def _execute(self, message: Message) -> None:
        """Runs a message's calls and appends their results."""
        position = len(self.messages) - 1
        made = sum(earlier.role == "tool" for earlier in self.messages)
        for number, call in enumerate(message.tool_calls or (), made):
            call.id = f"call_{number}"
            done = self.environment.execute(call.function.name, call.function.arguments, position)
            self.messages.append(Message(role="tool", tool_call_id=call.id, content=result_text(done)))


async def run_episode(
    agent: Agent, user: User, domain: Domain, task: Task, *, seed: int, attempt: int = 0, max_turns: int = MAX_TURNS
) -> Trajectory:
    """Plays one episode in a fresh environment and verifies it by replay.

    Args:
        seed: Recorded with the trajectory; the agent's and the user's own randomness is theirs.
        attempt: Which try at this task it is, from 0.
        max_turns: Assistant messages after which the episode is stopped.
    Raises:
        EngineError: if the agent's or the user's engine failed.
        DomainError: if a tool or a rule of the domain is broken.
    """
    conversation = Conversation(agent, domain, max_turns=max_turns)
    messages = conversation.messages
    ended = "stop"
    words = await user.reply(messages)
    while words is not None and ended == "stop":
        ended = await conversation.say(words)
        words = await user.reply(messages) if ended == "stop" else None
    verdict = verify(messages, task, domain)
    return Trajectory(
        trajectory_id=content_id(task.task_id, seed, attempt, [message.as_dict() for message in messages]),
        task_id=task.task_id,
        domain=domain.name,
        messages=messages,
        tools=domain.tools,
        reward=reward(verdict, ended),
        verdict=verdict,
        state_diff=conversation.environment.diff(),
        agent=agent.name,
        user=user.name,
        seed=seed,
        attempt=attempt,
        ended=ended,
        usage=conversation.usage,
    )
