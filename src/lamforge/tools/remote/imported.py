"""What an import of tools found, from whatever source."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from lamforge.errors import LamforgeError
from lamforge.tools.remote.bindings import ToolFile


@dataclass
class Imported:
    """The tools, what a user should know of them, and why others were left out."""

    file: ToolFile
    notes: list[str] = field(default_factory=list)
    problems: list[LamforgeError] = field(default_factory=list)

    def select(self, only: list[str], reads: list[str]) -> None:
        """Keeps the tools whose names fit one of the patterns, and marks those that change nothing.

        Args:
            only: Patterns such as "orders_*"; empty for all.
            reads: Patterns of tools that are reads whatever the source says.
        """
        tools = self.file.tools
        self.file.tools = [tool for tool in tools if not only or _fits(tool.name, only)]
        for tool in self.file.tools:
            if _fits(tool.name, reads):
                tool.kind = "read"


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
