"""What tau-bench's two desks share: how its tools are named, and a tool to think with."""

from __future__ import annotations

from lamforge.evaluate.tau.desks.desk import Desk, read


class V1Desk(Desk):
    """A desk of tau-bench."""

    @classmethod
    def original_name(cls, tool: str) -> str:
        """A static method of a class for each tool."""
        return tool.title().replace("_", "") + ".invoke"

    @read
    def think(self, /, thought: str) -> str:
        return ""
