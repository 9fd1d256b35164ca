"""What stands around calls: code fences, `<tool_call>` blocks and `[TOOL_CALLS]`, held back until a call follows."""

from __future__ import annotations

from lamforge.formats.json_source import Wait
from lamforge.formats.json_text import JsonText
from lamforge.formats.listener import Listener
from lamforge.formats.prose import Prose
from lamforge.formats.triggers import CLOSE, FENCE, OPEN

CLOSED_BY = {FENCE: FENCE, OPEN: CLOSE}


class Wrappers(Prose):
    """Reads content and what is wrapped around calls."""

    def __init__(self, source: JsonText, listener: Listener) -> None:
        super().__init__(source, listener)
        self.wrapper = self.opened_by = ""  # an opening wrapper that is held back, because a call may follow
        self.fenced = False
        self.awaited = ""  # a marker that promises a call which has not come yet
        self.noted = False  # whether a problem was told; more than one is never said

    def hold(self, text: str) -> None:
        """Holds a part of an opening wrapper back."""
        self.wrapper += text

    def release(self) -> None:
        """Lets a wrapper that no call followed be content."""
        held, self.wrapper = self.wrapper, ""
        if held:
            self.say(held)

    def close(self) -> Wait:
        """Drops what closes the wrapper of a call, if that comes next."""

        def decide(ahead: str, final: bool) -> int | None:
            rest = ahead.lstrip()
            if rest.startswith(self.closing):
                return len(ahead) - len(rest) + len(self.closing)
            return None if self.closing.startswith(rest) and not final else 0

        self.tell()
        end = (yield from self.look(decide)) if self.closing else 0
        if end:
            self.source.at += end
            self.fenced = self.fenced and self.closing != FENCE
            self.closing = ""

    def break_promise(self) -> None:
        """Tells that what a marker promised has not come."""
        if self.awaited:
            self._tell_problem(f"no complete call after {self.awaited}")
        self.awaited = ""

    def note(self, why: str) -> None:
        """Tells that what looks like a call is none."""
        self.awaited = ""
        self._tell_problem(f"looks like a call but cannot be read: {why}")

    def _tell_problem(self, why: str) -> None:
        if not self.noted:
            self.listener.problem(why)
        self.noted = True
