"""The command line: one small file per verb, no logic."""

from lamforge.cli.entry import main

__all__ = ["main"]
