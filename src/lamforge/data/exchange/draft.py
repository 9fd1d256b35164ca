"""What an importer makes of a record, and how a trajectory is made of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from lamforge.data.strict_json import read_json
from lamforge.messages import Message, Trajectory, canonical_json, content_id


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
        """The record as it is kept; its id is a hash of what was said, with which tools, and where it is from.

        Raises:
            Unconvertible: if nobody says anything, or not the assistant.
        """
        if not any(message.role == "assistant" for message in self.messages):
            raise Unconvertible("no assistant", "the assistant says nothing in it")
        identity = self._identity()
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

    def _identity(self) -> str:
        """The hash of the conversation, which shows that it can be written as JSON."""
        whole = [[each.as_dict() for each in self.messages], self.tools, self.task, self.attempt, self.provenance]
        try:
            text = canonical_json(whole)
            if "NaN" in text or "Infinity" in text:
                read_json(text)
            return content_id(text)
        except (ValueError, TypeError, RecursionError) as error:  # a number or half a character that no file can hold
            raise Unconvertible("shape", f"cannot be written as JSON: {str(error)[:200]}") from error
