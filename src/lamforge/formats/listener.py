"""Who is told what an assistant's text holds."""

from __future__ import annotations

from typing import Protocol


class CallListener(Protocol):
    """Is told of calls, in order."""

    def call(self, name: str) -> None:
        """A call begins."""

    def arguments(self, text: str) -> None:
        """The next piece of its arguments, a JSON object."""

    def call_ends(self) -> None:
        """Its arguments are whole."""


class Listener(CallListener, Protocol):
    """Is told what an assistant's text holds, in order."""

    def call_breaks(self, written: str) -> None:
        """It will not be whole; `written` is the text of it and of all that began it."""

    def content(self, text: str) -> None:
        """Text for the user."""

    def problem(self, why: str) -> None:
        """Something that looks like a call is none."""
