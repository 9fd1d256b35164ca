"""What a guest is started with, and what goes wrong with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Level = Literal["strict", "process"]

MEMORY_BYTES = 1 << 30
TIMEOUT_S = 10.0


class GuestError(Exception):
    """A guest's code raised something, or the guest did not survive it.

    Attributes:
        kind: The exception's class name; "NotJson"; "Ended" if the process is gone; "Timeout".
        line: The line of the code, 0 if unknown.
    """

    def __init__(self, kind: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.line = line

    @property
    def survived(self) -> bool:
        """Whether the guest can be asked again."""
        return self.kind not in ("Ended", "Timeout")


@dataclass
class Setting:
    """What a guest is started with.

    Args:
        receiver: "module:Class" of lamforge that knows how to use the stranger's code; made in the guest.
        arguments: Of the class, as JSON.
        readable: Files and folders that the guest may read, beside Python and its packages.
        timeout_s: Of one request, in seconds of the clock; of the processor, too.
    """

    receiver: str
    arguments: dict[str, Any]
    level: Level = "strict"
    readable: Sequence[Path] = ()
    timeout_s: float = TIMEOUT_S
    memory_bytes: int = MEMORY_BYTES
    measures: dict[str, str] = field(default_factory=dict)  # what the kernel allowed; known once it has started
