"""What scripted users say: `grammar.yaml`, filled in at random. It knows English, nothing of any domain."""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lamforge.domains.wording import fill

_FILE = Path(__file__).with_name("grammar.yaml")


@lru_cache(maxsize=1)
def _grammar() -> dict[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def personas() -> list[str]:
    """The names of the ways to speak."""
    return list(_grammar()["personas"])


class Voice:
    """One persona with its own random stream."""

    def __init__(self, persona: str, seed: int) -> None:
        grammar = _grammar()
        self._acts = grammar["registers"][grammar["personas"].get(persona, "plain")]
        self.random = random.Random(seed)

    def say(self, act: str, **slots: Any) -> str:
        """A sentence for a speech act, such as "open" or "agree", beginning with a capital letter."""
        text = fill(self.random.choice(self._acts[act]), slots)
        return text[:1].upper() + text[1:]
