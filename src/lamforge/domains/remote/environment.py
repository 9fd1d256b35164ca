"""An environment whose state is a server's: what can be observed of it, at one point of its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamforge.domains.environment import Environment
from lamforge.domains.patch import Operation
from lamforge.domains.remote.session import History, RemoteSession
from lamforge.domains.state import BaseState, State, Tables, changed_records

if TYPE_CHECKING:
    from lamforge.domains.domain import Domain


class RemoteEnvironment(Environment):
    """Executes calls on a server; make one with `domain.environment()`.

    It costs nothing until it is asked. Going back to a snapshot resets the server and repeats the writes up to there,
    when it is asked next.
    """

    def __init__(self, domain: Domain, session: RemoteSession) -> None:
        super().__init__(domain)
        self._session = session
        self._history: History = ()

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """See `Environment.call`.

        Raises:
            ToolError: if the tool is unknown, an argument is wrong, or the server refuses.
            ServerError: if the server fails.
            DomainError: if it cannot be brought to where this environment is.
        """
        tool = self._checked(name, arguments)
        result, self._history = self._session.call(self._history, tool.name, arguments)
        return result

    @property
    def tables(self) -> Tables:
        """The state now, as far as it can be observed; not to be changed."""
        return self._session.observed(self._history)

    def state_hash(self) -> str:
        """See `Environment.state_hash`."""
        return State(BaseState(self.tables)).hash()

    def diff(self) -> list[Operation]:
        """See `Environment.diff`."""
        return self._patch(changed_records(self._session.start.tables, self.tables))

    def snapshot(self) -> Any:
        """See `Environment.snapshot`."""
        return self._history

    def restore(self, snapshot: Any) -> None:
        """See `Environment.restore`."""
        self._history = snapshot
