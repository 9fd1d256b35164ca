"""Which kind of thing an argument holds, told by its name and description; see `vocabulary.yaml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lamforge.grounding import split_name

_FILE = Path(__file__).with_name("vocabulary.yaml")
_VAGUE = frozenset("name value string str param parameter input".split())  # of a name that has other words, too
_BOUNDS = frozenset("limit max min maximum minimum total number count level size id".split())


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _phrases() -> dict[tuple[str, ...], str]:
    return {tuple(str(name).split()): kind for kind, of in _read()["kinds"].items() for name in of["names"]}


@lru_cache(maxsize=4096)
def kind_of(name: str, description: str = "") -> str | None:
    """The kind that an argument is of: by the end of its name, by its name, by the beginning of its description."""
    words = split_name(name)
    telling = [word for word in words if word not in _VAGUE] or words
    for of, shortest in ((words, 2), (telling, 1)):
        for end in range(len(of), 0, -1):
            for start in range(end - shortest + 1):
                if kind := _phrases().get(tuple(of[start:end])):
                    return kind
    told = [word.lower() for word in description.replace("'s", "").replace(",", " ").split()][:8]
    for size in (3, 2, 1):
        for start in range(len(told) - size + 1):
            if kind := _phrases().get(tuple(word.strip(".") for word in told[start : start + size])):
                return kind
    return None


def values_of(kind: str) -> list[str]:
    """The values of a kind; none of kinds that are made up, such as dates."""
    return _read()["kinds"][kind].get("values", [])


@lru_cache(maxsize=4096)
def range_of(name: str) -> tuple[float, float, int] | None:
    """Lowest, highest and digits behind the point of a number of that name."""
    words = list(reversed(split_name(name)))
    for word in sorted(words, key=_BOUNDS.__contains__):
        if (found := _read()["ranges"].get(word)) is not None:
            return float(found[0]), float(found[1]), int(found[2])
    return None
