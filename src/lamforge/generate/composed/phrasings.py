"""In how many ways people of composed domains say the same thing, read from `phrasings.yaml`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("phrasings.yaml")
_SLOT = re.compile(r"\{(\w+)\}")


def phrasings(*kinds: str, **names: str) -> list[str]:
    """The phrases of these kinds with the names filled in; other slots, those of arguments, stay as they are.

    Raises:
        KeyError: if there is no such kind.
    """
    written = _kinds()
    return [_SLOT.sub(lambda found: names.get(found[1], found[0]), one) for kind in kinds for one in written[kind]]


@lru_cache(maxsize=1)
def _kinds() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return kinds
