"""A stranger's domain folder from outside: tools and rules that look like any others and run in a guest process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamforge.domains.declare import Rule, Tool
from lamforge.domains.state import State
from lamforge.errors import DomainError, SchemaError
from lamforge.tools import check_tool
from lamforge.tools.refusal import ToolError
from lamforge.tools.sandbox import GuestError, Level, Sandbox, Setting

if TYPE_CHECKING:
    from lamforge.domains.trace import Trace


TIMEOUT_S = 10.0  # of one call


class SandboxedCode:
    """The tools and rules of a folder, run in a sandbox.

    Raises:
        DomainError: if they cannot be loaded there.
        UsageError: if the level is not to be had.
    """

    def __init__(self, folder: Path, level: Level) -> None:
        self._folder = folder.resolve()
        arguments = {"folder": str(self._folder)}
        receiver = "lamforge.domains.guest:DomainGuest"
        setting = Setting(receiver, arguments, level=level, readable=[self._folder], timeout_s=TIMEOUT_S)
        self._guest = Sandbox(setting)
        self._judged: tuple[Any, list[list[str]]] | None = None
        described = self._ask("describe")
        try:
            self.tools = [self._tool(**each) for each in described["tools"]]
            self.rules = [self._rule(number, **each) for number, each in enumerate(described["rules"])]
        except (TypeError, KeyError) as error:
            raise DomainError("is described by nothing that can be read", where=self._folder) from error

    @property
    def measures(self) -> dict[str, str]:
        """What confines the code."""
        return self._guest.measures

    def _tool(self, name: str, kind: Any, schema: dict[str, Any]) -> Tool:
        check_tool(schema, where=self._folder / "tools.py")
        if kind not in ("read", "write"):
            raise SchemaError(f"tool {name!r} is neither read nor write", where=self._folder / "tools.py")
        return Tool(name, kind, partial(self._call, name, kind), schema, None)

    def _rule(self, number: int, name: str, sentence: str) -> Rule:
        return Rule(str(name), str(sentence), partial(self._judge, number))

    def _call(self, name: str, kind: str, state: State, /, **arguments: Any) -> Any:
        """Runs a tool on a copy of the state, and carries over what it changed."""
        before = state.changes()
        answer = self._ask("call", name=name, arguments=arguments, changes=before)
        if "refused" in answer:
            raise ToolError(str(answer["refused"]))
        if kind == "write":
            after = {(table, key): record for table, key, _, record in answer["changes"]}
            for table, key, first, _ in before:
                after.setdefault((table, key), first)  # it is as it was at the start again
            for (table, key), record in after.items():
                if record is not None:
                    state[table][key] = record
                elif key in state[table]:
                    del state[table][key]
        return answer["result"]

    def _judge(self, number: int, trace: Trace) -> Iterable[str]:
        """What a rule says of a trace; all rules are asked at once."""
        if self._judged is None or self._judged[0] is not trace:
            messages = [message.as_dict() for message in trace.messages]
            self._judged = trace, self._ask("judge", messages=messages, calls=[asdict(call) for call in trace.calls])
        return [str(failure) for failure in self._judged[1][number]]

    def _ask(self, method: str, **arguments: Any) -> Any:
        try:
            return self._guest.call(method, **arguments)
        except GuestError as error:
            name = arguments.get("name", method)
            place = f"{self._folder}:{error.line}" if error.line else self._folder
            what = f"{name!r} failed in the sandbox with {error.kind}: {error}"
            raise DomainError(what, where=place, remedy="Mend the domain's code.") from error
