"""A user that a language model plays: it knows the intent, sees what was said, and nothing of tools or state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic import BaseModel, Field

from lamforge.domains import Domain, Task
from lamforge.engines.client import Client
from lamforge.messages import Message, derived_seed
from lamforge.simulate.faults import Fault, find_faults
from lamforge.simulate.grammar import persona_text
from lamforge.simulate.prompting import Prompts
from lamforge.simulate.strict import UnreadableError, ask_strictly

STOP = "###STOP###"
_WORDS = 256  # tokens of one message


class _Scores(BaseModel):
    scores: list[float] = Field(min_length=1)


@dataclass
class Choices:
    """What became of best-of-N in one conversation.

    Attributes:
        asked: Messages for which the critic had several candidates to choose from.
        unreadable: Those of them whose answer could not be used.
    """

    asked: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class Player:
    """How users are played in a job.

    Attributes:
        best_of: Messages that are written each time; the critic picks one (arXiv 2504.03601: 4).
        temperature: Of the writing.
    """

    writer: Client
    critic: Client
    prompts: Prompts
    best_of: int = 4
    temperature: float = 1.0


class SimulatedUser:
    """Plays one task; see `lamforge.simulate.episode.User`.

    Its own faults are kept in `faults`: an episode with any says nothing about the agent. `choices` counts how often
    the critic was asked to choose, and how often its answer could not be used, so that the first candidate was sent.

    Args:
        seed: All sampling is derived from it.
    """

    def __init__(self, player: Player, task: Task, domain: Domain, *, seed: int) -> None:
        self.name = player.writer.model.name
        self.faults: list[Fault] = []
        self.choices = Choices()
        self._player = player
        self._task = task
        self._domain = domain
        self._seed = seed
        self._turn = 0

    async def reply(self, messages: list[Message]) -> str | None:
        """What the user says next, or None when it leaves."""
        self._turn += 1
        candidates = await self._write(messages)
        if not candidates:
            self.faults.append(Fault("early_stop", "said nothing"))
            return None
        words = candidates[0] if len(candidates) == 1 else await self._best(messages, candidates)
        self.faults += find_faults(words, messages, self._task, self._domain, leaves=STOP in words)
        return None if STOP in words else words

    async def _write(self, messages: list[Message]) -> list[str]:
        """The candidates, each once, in the order of their making; none if the model says nothing."""
        system = self._player.prompts.render(
            "user",
            business=self._domain.description,
            persona=persona_text(self._task.persona),
            instruction=self._task.instruction,
            stop=STOP,
        )
        spoken = [Message(role="system", content=system), *_from_the_other_side(messages)]
        answers = await asyncio.gather(
            *(
                self._player.writer.ask(
                    spoken,
                    temperature=self._player.temperature,
                    max_tokens=_WORDS,
                    seed=derived_seed(self._seed, self._turn, number) % 2**31,
                )
                for number in range(self._player.best_of)
            )
        )
        found = dict.fromkeys((answer.message.content or "").strip() for answer in answers)
        return [words for words in found if words]

    async def _best(self, messages: list[Message], candidates: list[str]) -> str:
        prompt = self._player.prompts.render(
            "critic",
            business=self._domain.description,
            instruction=self._task.instruction,
            conversation=transcript(messages),
            candidates=candidates,
            stop=STOP,
        )
        self.choices.asked += 1
        try:
            seed = derived_seed(self._seed, self._turn, "critic") % 2**31
            judged = await ask_strictly(self._player.critic, prompt, _Scores, seed=seed, max_tokens=1024)
            scores = judged.scores
        except UnreadableError:
            scores = []
        if len(scores) != len(candidates):  # nobody knows which score is whose
            self.choices.unreadable += 1
            return candidates[0]
        return candidates[max(range(len(candidates)), key=lambda place: scores[place])]


def transcript(messages: list[Message]) -> str:
    """What was said, as a person who sees no tools saw it."""
    names = {"user": "Person", "assistant": "Service desk"}
    said = [(names[m.role], m.content) for m in messages if m.role in names and m.content]
    return "\n".join(f"{name}: {words}" for name, words in said) or "(nothing was said yet)"


def _from_the_other_side(messages: list[Message]) -> list[Message]:
    """The conversation as the model that plays the user has it: what the agent said comes to it, and it answers."""
    greeting = Message(role="user", content="Hello! How can I help you today?")
    turns = [
        Message(role="user" if m.role == "assistant" else "assistant", content=m.content)
        for m in messages
        if m.role in ("user", "assistant") and m.content and not m.tool_calls
    ]
    return [greeting, *turns]
