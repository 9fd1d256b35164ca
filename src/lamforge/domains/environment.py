"""An environment: one copy-on-write state and the tools that act on it."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from lamforge.domains.declare import Tool, ToolError
from lamforge.domains.patch import Operation, json_patch, pointer
from lamforge.domains.state import Change, State
from lamforge.domains.trace import Call
from lamforge.errors import DomainError, LamforgeError, bounded
from lamforge.tools import validate_arguments

if TYPE_CHECKING:
    from lamforge.domains.domain import Domain


class Environment:
    """Executes calls against its own state; make one with `domain.environment()`."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.state = State(domain.base)

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """What the tool returns, as plain JSON. A failed call leaves the state as it was.

        Raises:
            ToolError: if the tool is unknown, an argument is wrong, or the tool refuses; the text is for the model.
            DomainError: if the tool itself is broken.
        """
        tool = self._checked(name, arguments)
        typed = tool.typed(arguments)
        try:
            result = json.loads(json.dumps(tool.function(self.state, **typed), ensure_ascii=False))
        except (ToolError, LamforgeError):
            self.state.discard()
            raise
        except Exception as error:
            self.state.discard()
            raise _broken_tool(self.domain, name, error) from error
        if tool.kind == "write":
            self.state.commit()
        else:
            self.state.discard()
        return result

    def _checked(self, name: str, arguments: dict[str, Any]) -> Tool:
        """The tool of that name, if the arguments fit its schema."""
        tool = self.domain.tool(name)
        if tool is None:
            raise ToolError(f"unknown tool {bounded(name)}; available: {', '.join(self.domain.tool_names)}")
        if problems := validate_arguments(tool.parameters, arguments):
            raise ToolError("; ".join(problems))
        return tool

    def execute(self, name: str, arguments: dict[str, Any], position: int = 0) -> Call:
        """Like `call`, but a failure is part of the answer; this is how an episode runs and a replay repeats it."""
        tool = self.domain.tool(name)
        kind = tool.kind if tool else "read"
        try:
            return Call(name, kind, arguments, self.call(name, arguments), None, position)
        except ToolError as error:
            return Call(name, kind, arguments, None, str(error), position)

    def state_hash(self) -> str:
        """64 hex digits; equal states have equal hashes, however they were reached."""
        return self.state.hash()

    def diff(self) -> list[Operation]:
        """What changed since the start, as JSON Patch (RFC 6902)."""
        return self._patch(self.state.changes())

    def _patch(self, changes: list[Change]) -> list[Operation]:
        operations: list[Operation] = []
        for table, key, before, after in changes:
            place = pointer(table, key)
            if before is None:
                operations.append({"op": "add", "path": place, "value": after})
            elif after is None:
                operations.append({"op": "remove", "path": place})
            else:
                operations += json_patch(before, after, place)
        return operations

    def snapshot(self) -> Any:
        """A point to come back to, of no other use; costs microseconds."""
        return self.state.snapshot()

    def restore(self, snapshot: Any) -> None:
        """Goes back to a snapshot."""
        self.state.restore(snapshot)


def result_text(call: Call) -> str:
    """A call's outcome as the tool message that the model reads."""
    if call.error is not None:
        return f"Error: {call.error}"
    return call.result if isinstance(call.result, str) else json.dumps(call.result, ensure_ascii=False)


def _broken_tool(domain: Domain, name: str, error: Exception) -> DomainError:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith("tools.py")]
    line = frames[-1].lineno if frames else "?"
    return DomainError(
        f"tool {name!r} failed with {type(error).__name__}: {bounded(str(error))}",
        where=f"{domain.folder / 'tools.py'}:{line}",
        remedy="Mend the tool; for a failure that the model should be told of, raise ToolError.",
    )
