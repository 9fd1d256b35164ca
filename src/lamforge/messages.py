"""The records that everything passes along, in OpenAI's shape.

`tool_calls[].function.arguments` is a JSON object here and on disk. It is a JSON string on the OpenAI wire only, and
is converted at that edge (`to_wire`, `from_wire`), nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1

Role = Literal["system", "user", "assistant", "tool"]
TOOL_CHOICES = ("auto", "none", "required")  # whether an answer may call; any other choice is a tool's name


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Function(_Record):
    """The name and the arguments of one call."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class ToolCall(_Record):
    """One call that the assistant made.

    `problems` says what is wrong with it, `repairs` what was mended; neither is written to disk.
    """

    id: str = ""
    type: Literal["function"] = "function"
    function: Function
    problems: list[str] = Field(default_factory=list, exclude=True)
    repairs: list[str] = Field(default_factory=list, exclude=True)


class Message(_Record):
    """One chat message. `problem` says why a text that looked like a call is none; it is never written to disk.

    `weight` is that of OpenAI's fine-tuning files: an assistant's message that is not to be learned has 0.
    """

    role: Role
    content: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    weight: Literal[0, 1] | None = None
    problem: str | None = Field(default=None, exclude=True)

    def as_dict(self) -> dict[str, Any]:
        """The message as plain JSON without absent fields; arguments stay an object."""
        return self.model_dump(exclude_none=True)

    def to_wire(self, *, weight: bool = False) -> dict[str, Any]:
        """As OpenAI's API carries it: `content` always there, arguments as JSON text; `weight` in its files alone."""
        wire = {"content": None, **self.model_dump(exclude_none=True, exclude=set() if weight else {"weight"})}
        for call in wire.get("tool_calls", ()):
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"], ensure_ascii=False)
        return wire

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Message:
        """Reads a message as OpenAI's API carries it; arguments may be a JSON string or already an object.

        Raises:
            ValueError: if the message does not have OpenAI's shape or its arguments are not a JSON object.
        """
        calls = []
        for call in wire.get("tool_calls") or ():
            function = dict(call["function"])
            if isinstance(function.get("arguments"), str):
                function["arguments"] = json.loads(function["arguments"] or "{}")
            calls.append({"id": call.get("id") or "", "function": function})
        known = {key: wire[key] for key in ("role", "content", "tool_call_id", "name") if wire.get(key) is not None}
        return cls.model_validate({**known, "tool_calls": calls or None})


class Verdict(_Record):
    """What verification found, by replay of a conversation; see `lamforge.simulate.verify`.

    A single-turn item (`generate single`) has no policy, state or outputs to hold to, and no execution where nothing
    says how its tools are executed; of what was imported nothing is checked yet. What was not checked is None, which is
    no pass.
    """

    format: bool | None = None
    execution: bool | None = None
    policy: bool | None = None
    state: bool | None = None
    outputs: bool | None = None
    failures: list[str] = Field(default_factory=list)  # one sentence for each thing that is wrong


class Finding(_Record):
    """One thing that a rule of `lamforge.data.checking` or `lamforge.data.rating` has against a conversation."""

    code: str
    message: int  # its place in the conversation, from 0
    detail: str = ""


class Opinion(_Record):
    """What one model thinks of a conversation as a whole. One that could not be read scores 0."""

    rater: str
    score: float = Field(ge=0, le=5)
    explanation: str = ""
    prompt: str  # which version of the prompt it was asked with: a hash
    readable: bool = True


class Rating(_Record):
    """How good a conversation is, 0 to 5: the mean of the opinions, but no more than the findings let it have."""

    score: float = Field(ge=0, le=5)
    findings: list[Finding] = Field(default_factory=list)
    opinions: list[Opinion] = Field(default_factory=list)


class Usage(_Record):
    """Tokens and seconds that an episode's model calls took."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_calls: int = 0


class Trajectory(_Record):
    """One conversation with its verdict. Failed ones are kept, labelled: they are DPO's rejected side.

    What was imported says in `provenance` where it is from; unless its source tells how it went, nobody has judged it,
    and its reward is None.
    """

    schema_version: int = Field(default=SCHEMA_VERSION, alias="schema")
    trajectory_id: str
    task_id: str
    domain: str
    messages: list[Message]
    tools: list[dict[str, Any]]
    reward: Literal[0, 1] | None
    verdict: Verdict = Field(default_factory=Verdict)
    state_diff: list[dict[str, Any]] = Field(default_factory=list)  # JSON Patch, RFC 6902, from the starting state
    agent: str = "unknown"
    user: str = "unknown"
    seed: int = 0
    attempt: int = 0
    ended: str = "stop"  # or "max_turns", or the kind of error that ended it
    usage: Usage = Field(default_factory=Usage)
    rating: Rating | None = None  # what `lamforge data rate` thinks of it
    provenance: dict[str, Any] = Field(default_factory=dict)  # where it is from, and what was done to it

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def as_dict(self) -> dict[str, Any]:
        """The trajectory as plain JSON, the way it stands in `trajectories.jsonl`."""
        absent = {name for name in ("rating", "provenance") if not getattr(self, name)}
        plain = self.model_dump(by_alias=True, exclude={"messages", *absent})
        return {**plain, "messages": [message.as_dict() for message in self.messages]}


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_id(*parts: Any) -> str:
    """The first 16 hex digits of the SHA-256 of the parts' canonical JSON: the id of whatever they describe."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:16]


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def derived_seed(*parts: Any) -> int:
    """A 64-bit seed from the parts, the same on every machine and in every process."""
    return int(content_id(*parts), 16)


def as_dicts(messages: Iterable[Message | dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages as plain dictionaries, whichever way the caller holds them."""
    return [message.as_dict() if isinstance(message, Message) else message for message in messages]
