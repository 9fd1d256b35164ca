"""Where the command `lamforge` begins."""

from __future__ import annotations

import sys


def main() -> None:
    """The command line. Ctrl-C ends it quietly even while it is still being loaded."""
    try:
        from lamforge.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
