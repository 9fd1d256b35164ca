"""Who customers are and what scripted ones say: `personas.yaml` and `grammar.yaml`, both without any domain."""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lamforge.domains.wording import fill

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=2)
def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))


def personas() -> list[str]:
    """The names of the ways to be a customer."""
    return list(_read("personas.yaml"))


def persona_text(name: str) -> str:
    """What a persona is like, for a model that plays it; a name that is none is taken for such a text itself."""
    known = _read("personas.yaml").get(name)
    return known["about"] if known else name


class Voice:
    """One persona with its own random stream."""

    def __init__(self, persona: str, seed: int) -> None:
        known = _read("personas.yaml").get(persona)
        self._acts = _read("grammar.yaml")["registers"][known["register"] if known else "plain"]
        self.random = random.Random(seed)

    def say(self, act: str, **slots: Any) -> str:
        """A sentence for a speech act, such as "open" or "agree", beginning with a capital letter."""
        text = fill(self.random.choice(self._acts[act]), slots)
        return text[:1].upper() + text[1:]
