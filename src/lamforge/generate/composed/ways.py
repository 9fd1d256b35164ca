"""In how many ways people of composed domains say the same thing, read from `ways.yaml`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("ways.yaml")
_SLOT = re.compile(r"\{(\w+)\}")


def ways(*kinds: str, **names: str) -> list[str]:
    """The phrases of these kinds with the names filled in; other slots, those of arguments, stay as they are.

    Raises:
        KeyError: if there is no such kind.
    """
    written = _ways()
    return [_SLOT.sub(lambda found: names.get(found[1], found[0]), way) for kind in kinds for way in written[kind]]


@lru_cache(maxsize=1)
def _ways() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return kinds
