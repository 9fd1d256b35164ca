"""A conversation written by hand, with real calls, for tests of rules."""

from __future__ import annotations

from typing import Any

from lamforge.domains import Call, Domain, Trace
from lamforge.messages import Function, Message, ToolCall


class Conversation:
    """Grows line by line; `broken` names the rules that it breaks so far."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._environment = domain.environment()
        self.messages: list[Message] = []
        self.calls: list[Call] = []

    def user(self, text: str) -> Conversation:
        self.messages.append(Message(role="user", content=text))
        return self

    def agent(self, text: str) -> Conversation:
        self.messages.append(Message(role="assistant", content=text))
        return self

    def call(self, *calls: tuple[str, dict[str, Any]]) -> Conversation:
        """One assistant message with these calls; each is executed."""
        position = len(self.messages)
        functions = [Function(name=name, arguments=arguments) for name, arguments in calls]
        self.messages.append(Message(role="assistant", tool_calls=[ToolCall(function=f) for f in functions]))
        for name, arguments in calls:
            self.calls.append(self._environment.execute(name, arguments, position))
            self.messages.append(Message(role="tool", content=str(self.calls[-1].result), name=name))
        return self

    def confirmed(self, name: str, /, **arguments: Any) -> Conversation:
        """The agent asks to confirm all arguments, the user agrees, the agent acts."""
        said = ", ".join(f"{value}" for value in arguments.values())
        self.agent(f"You want to {name}: {said}. Shall I go ahead?").user("Yes, please.")
        return self.call((name, arguments))

    def broken(self) -> list[str]:
        trace = Trace(self.messages, self.calls, self._domain.base)
        return [rule.name for rule in self._domain.rules if rule.failures(trace)]
