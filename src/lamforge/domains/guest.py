"""A stranger's domain folder inside a sandbox: tools act on a state that comes and goes as changes, rules judge.

It runs in the guest process only; `lamforge.domains.sandboxed` is its other side.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.domains.code import load_code
from lamforge.domains.load import load_state
from lamforge.domains.state import BaseState, Change, State
from lamforge.domains.trace import Call, Trace
from lamforge.messages import Message
from lamforge.tools.refusal import ToolError


class DomainGuest:
    """A loaded folder.

    Raises:
        LamforgeError: if it cannot be loaded.
    """

    def __init__(self, folder: str) -> None:
        code = load_code(Path(folder))
        self._tools = {tool.name: tool for tool in code.tools}
        self._rules = code.rules
        self._base = BaseState(load_state(Path(folder) / "state.json"))

    def describe(self) -> dict[str, Any]:
        """The tools and rules, as far as a host needs to know them."""
        tools = [{"name": tool.name, "kind": tool.kind, "schema": tool.schema} for tool in self._tools.values()]
        return {"tools": tools, "rules": [{"name": rule.name, "sentence": rule.sentence} for rule in self._rules]}

    def call(self, name: str, arguments: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
        """{"result": what a tool returns, "changes": the records that now differ from the start}, or {"refused": why}.

        Args:
            changes: The records that differ from the start before the call.
        """
        state = State(self._base)
        for table, key, _, record in changes:
            if record is None:
                del state[table][key]
            else:
                state[table][key] = record
        state.commit()
        tool = self._tools[name]
        try:
            result = json.loads(json.dumps(tool.function(state, **tool.typed(arguments)), ensure_ascii=False))
        except ToolError as error:
            return {"refused": str(error)}
        if tool.kind == "write":
            state.commit()
        else:
            state.discard()
        return {"result": result, "changes": state.changes()}

    def judge(self, messages: list[dict[str, Any]], calls: list[dict[str, Any]]) -> list[list[str]]:
        """What each rule says of a conversation, in their order."""
        read = [Message.model_validate(message) for message in messages]
        trace = Trace(read, [Call(**call) for call in calls], self._base)
        return [rule.failures(trace) for rule in self._rules]
