"""What happened in an episode, as the rules of a policy see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lamforge.domains.declare import Kind
from lamforge.domains.speech import asks_to_confirm, is_yes, mentions
from lamforge.domains.state import BaseState, State
from lamforge.messages import Message


@dataclass(frozen=True, eq=False)
class Call:
    """One executed call. `result` is what the tool returned, `error` what it refused with."""

    name: str
    kind: Kind
    arguments: dict[str, Any]
    result: Any
    error: str | None
    position: int  # index in `Trace.messages` of the assistant message that made it

    @property
    def ok(self) -> bool:
        """Whether the tool did what it was asked."""
        return self.error is None


class Trace:
    """A conversation with its executed calls, in order."""

    def __init__(self, messages: list[Message], calls: list[Call], base: BaseState) -> None:
        self.messages = messages
        self.calls = calls
        self._base = base

    @property
    def initial(self) -> State:
        """The state before the conversation; changes to it are never kept."""
        return State(self._base)

    @property
    def writes(self) -> list[Call]:
        """The successful calls of write tools."""
        return [call for call in self.calls if call.ok and call.kind == "write"]

    def before(self, call: Call) -> list[Call]:
        """The successful calls made before this one."""
        return [other for other in self.calls[: self.calls.index(call)] if other.ok]

    def user_said(self, value: object, before: Call | None = None) -> bool:
        """Whether the user uttered the value, whatever its case, before the call (or at all)."""
        end = len(self.messages) if before is None else before.position
        return any(m.role == "user" and mentions(m.content or "", value) for m in self.messages[:end])

    def agent_said(self, value: object, after: Call, before: Call | None = None) -> bool:
        """Whether the agent uttered the value after one call and before another (or until the user spoke again)."""
        end = before.position if before else after.position
        while before is None and end < len(self.messages) and self.messages[end].role != "user":
            end += 1
        said = [m.content or "" for m in self.messages[after.position : end] if m.role == "assistant"]
        return any(mentions(text, value) for text in said)

    def confirmed(self, call: Call) -> bool:
        """Whether the user agreed to this call before it was made.

        The last user message before it must be a yes, to an agent's text that asked to confirm and that named every
        value among the call's arguments which the user had given. What the user said in words of its own cannot be
        looked for; neither can ids that only the tools know.
        """
        asked = ""
        agreed = False
        for message in self.messages[: call.position]:
            if message.role == "assistant" and message.content and not message.tool_calls:
                asked = message.content
            elif message.role == "user":
                agreed = asks_to_confirm(asked) and is_yes(message.content or "")
        return agreed and all(
            mentions(asked, value)
            for value in scalars(call.arguments)
            if not isinstance(value, bool) and self.user_said(value, before=call)
        )


def scalars(value: Any) -> list[Any]:
    """The strings, numbers, booleans and nulls inside a JSON value."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in scalars(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in scalars(item)]
    return [value]
