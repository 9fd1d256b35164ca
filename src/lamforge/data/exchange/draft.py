"""What an importer makes of a record, and how a trajectory is made of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from lamforge.messages import Message, Trajectory, content_id


class Unconvertible(Exception):
    """A record that cannot be expressed in the other form.

    Args:
        reason: A short name, for statistics.
        detail: What exactly is wrong.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


@dataclass
class Draft:
    """A conversation of a stranger's record; what it does not say is as it is here.

    Args:
        task: What the source calls its task; without it the conversation is a task of its own.
        notes: What had to be mended or left out, by kind.
    """

    messages: list[Message]
    tools: list[dict[str, Any]]
    task: str | None = None
    domain: str = ""
    reward: Literal[0, 1] | None = None
    attempt: int = 0
    ended: str = "stop"
    agent: str = "unknown"
    user: str = "unknown"
    provenance: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    def trajectory(self, source: str, domain: str | None = None) -> Trajectory:
        """The record as it is kept; its id is a hash of what was said, under which tools, in which attempt.

        Raises:
            Unconvertible: if nobody says anything, or not the assistant.
        """
        if not any(message.role == "assistant" for message in self.messages):
            raise Unconvertible("no assistant", "the assistant says nothing in it")
        identity = content_id([m.as_dict() for m in self.messages], self.tools, self.task, self.attempt)
        notes = {"notes": self.notes} if self.notes else {}
        try:
            return Trajectory(
                trajectory_id=identity,
                task_id=self.task or identity,
                domain=domain or self.domain or source,
                messages=self.messages,
                tools=self.tools,
                reward=self.reward,
                attempt=self.attempt,
                ended=self.ended,
                agent=self.agent,
                user=self.user,
                provenance={"source": source, **self.provenance, **notes},
            )
        except ValidationError as error:
            raise Unconvertible("shape", str(error.errors()[0]["msg"])) from error
