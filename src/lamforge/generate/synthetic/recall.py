"""Texts that can only be continued by looking back: for models that start from nothing.

A request to tools holds a handful of tokens that are found and copied, behind hundreds that are not. Here nearly every
line is such a find, in the three forms that a call is made of: what stood there before goes on as before; a value
belongs to its key; of several things the one that shares words with the question is meant, with the values that the
question gives (induction, Olsson et al., arXiv 2209.11895; recall of many keys, Arora et al., arXiv 2312.04927).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from lamforge.generate.synthetic.codes import code, id_shape
from lamforge.generate.synthetic.offer import identity
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.vocabulary import concepts
from lamforge.generate.synthetic.wording import WORDS, coined
from lamforge.journal import write_atomically

_CASES: tuple[Callable[[list[str]], str], ...] = (
    "_".join,
    "_".join,
    lambda words: words[0] + "".join(word.capitalize() for word in words[1:]),
    lambda words: "".join(word.capitalize() for word in words),
    ".".join,
    "-".join,
)


def write_recall(path: Path, *, items: int, seed: int = 0) -> None:
    """Writes texts as JSON lines with "text"; the same for the same arguments.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_atomically(
        path, (json.dumps({"text": recall(seed, number)}, ensure_ascii=False) + "\n" for number in range(items))
    )


def recall(seed: int, number: int) -> str:
    """Text `number`, of about 300 tokens."""
    rng = Random(int(identity(seed, f"recall {number}")[:16], 16))
    kind = rng.random()
    return _repeated(rng) if kind < 0.2 else _looked_up(rng) if kind < 0.4 else _chosen(rng)


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    """All words of the language that the synthetic tools are made of."""
    found = {word for of in concepts().values() for each in of for word in each.topic.lower().split()}
    found |= {word for text in _texts(WORDS) for word in text.lower().split()}
    return tuple(sorted(word for word in found if word.isalpha() and len(word) > 2))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _word(rng: Random) -> str:
    return pick(rng, _known()) if rng.random() < 0.7 else coined(rng)


def _words(rng: Random, count: int) -> list[str]:
    """Different words."""
    return list(dict.fromkeys(_word(rng) for _ in range(count)))


def _value(rng: Random) -> str | int | float:
    if (kind := rng.random()) < 0.3:
        return int(10 ** (rng.random() * 5))
    if kind < 0.4:
        return round(rng.random() * 1000, 1 + int(rng.random() * 2))
    if kind < 0.6:
        return code(rng, id_shape(rng, _word(rng)))
    words = [_word(rng) for _ in range(1 + int(rng.random() * 3))]
    return " ".join(words if kind < 0.8 else [word.capitalize() for word in words])


def _repeated(rng: Random) -> str:
    """Things in a row, then parts of the row again in another order."""
    things = [str(_value(rng)) for _ in range(6 + int(rng.random() * 24))]
    size = 3 + int(rng.random() * 6)
    parts = [things[start : start + size] for start in range(0, len(things), size)]
    again = [part for _ in range(2) for part in rng.sample(parts, len(parts))]
    gap = pick(rng, (" ", ", ", "; ", "\n"))
    return gap.join(things) + "\n" + gap.join(each for part in again for each in part)


def _looked_up(rng: Random) -> str:
    """Keys with their values, then each key again, in any order and another form."""
    keys = _words(rng, 4 + int(rng.random() * 10))
    pairs = [(key, _value(rng)) for key in keys]
    head = json.dumps(dict(pairs)) if rng.random() < 0.5 else "\n".join(f"{key}: {value}" for key, value in pairs)
    form = pick(rng, ("{} -> {}", "{} is {}", '{{"name": "{}", "value": "{}"}}', "{}? {}", "{} = {}"))
    asked = rng.sample(pairs, len(pairs)) + rng.sample(pairs, len(pairs) // 2)
    return head + "\n" + "\n".join(form.format(key, value) for key, value in asked)


def _chosen(rng: Random) -> str:
    """Things with names and descriptions; then requests in some words of one of them, and its call."""
    words = _words(rng, 60)
    things = []
    for _ in range(2 + int(rng.random() * 5)):
        about = [words.pop() for _ in range(2 + int(rng.random() * 4))]
        named = about[:2] if rng.random() < 0.5 else [words.pop() for _ in range(1 + (rng.random() < 0.5))]
        spoken = [[words.pop() for _ in range(1 + (rng.random() < 0.3))] for _ in range(int(rng.random() * 4))]
        cased = pick(rng, _CASES)
        things.append((cased(named), about, [("_".join(each), " ".join(each)) for each in spoken]))
    lines = [
        json.dumps({"name": name, "description": " ".join(about), "parameters": [key for key, _ in keys]})
        for name, about, keys in things
    ]
    for _ in range(5 + int(rng.random() * 6)):
        name, about, keys = pick(rng, things)
        given = {key: _value(rng) for key, _ in keys if rng.random() < 0.8}
        said = [f"{spoken}{pick(rng, (' ', ': ', ' = ', ' is '))}{given[key]}" for key, spoken in keys if key in given]
        said += rng.sample(about, 1 + int(rng.random() * len(about)))
        said += [_word(rng) for _ in range(int(rng.random() * 4))]
        rng.shuffle(said)
        lines += [pick(rng, (", ", "; ", " and ")).join(said), json.dumps([{"name": name, "arguments": given}])]
    return "\n".join(lines)
