"""Durable results: an append-only journal that survives `kill -9`, and files that appear whole or not at all."""

from lamforge.journal.atomic import write_atomically
from lamforge.journal.journal import Journal
from lamforge.journal.lines import read_journal

__all__ = ["Journal", "read_journal", "write_atomically"]
