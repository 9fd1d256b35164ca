"""Conversations that can only be answered by looking back: for models that start from nothing.

A request to tools holds one choice and a handful of copied values behind hundreds of other tokens, too few for a small
model to learn choosing from. Here nearly every token of the assistant's is one: the name whose words the user says, the
value of a key, a call of the tool that shares words with the question, with the values that stand beside its
parameters' names (recall of many keys: Arora et al., arXiv 2312.04927).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from lamforge.generate.synthetic.codes import code, id_shape
from lamforge.generate.synthetic.conversation import record
from lamforge.generate.synthetic.offer import identity
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.vocabulary import concepts
from lamforge.generate.synthetic.wording import WORDS, coined
from lamforge.journal import write_atomically

SAME = 16  # records in a row that offer the same tools
_CASES: tuple[Callable[[list[str]], str], ...] = (
    "_".join,
    "_".join,
    lambda words: words[0] + "".join(word.capitalize() for word in words[1:]),
    lambda words: "".join(word.capitalize() for word in words),
    ".".join,
    "-".join,
)


def write_recall(path: Path, *, items: int, seed: int = 0, calls: float = 0.8) -> None:
    """Writes conversations as JSON lines; the same for the same arguments.

    Args:
        calls: Share of the conversations that call tools; each of the others has some twenty short turns.
    Raises:
        OutputError: if the file cannot be written.
    """
    lines = (json.dumps(recall(seed, number, calls), ensure_ascii=False) + "\n" for number in range(items))
    write_atomically(path, lines)


def recall(seed: int, number: int, calls: float = 0.8) -> dict[str, Any]:
    """Record `number`, as a trajectory's plain JSON."""
    key = identity(seed, f"recall {number}")
    rng = Random(int(key[:16], 16))
    shared = Random(int(identity(seed, f"recalled tools {number // SAME}")[:16], 16))
    if shared.random() < calls:
        tools, messages = _called(rng, shared)
    else:
        tools, messages = [], _named(rng) if rng.random() < 0.7 else _looked_up(rng)
    return record(key, "recall", tools, messages, seed, {"generator": "recall", "number": number})


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


def _turns(system: str, said: list[tuple[str, str]]) -> list[dict[str, Any]]:
    messages = [{"role": "system", "content": system}]
    for question, answer in said:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return messages


def _looked_up(rng: Random) -> list[dict[str, Any]]:
    """Keys with their values, then the keys again, in any order."""
    pairs = [(key, str(_value(rng))) for key in _words(rng, 4 + int(rng.random() * 10))]
    told = json.dumps(dict(pairs)) if rng.random() < 0.5 else "\n".join(f"{key}: {value}" for key, value in pairs)
    return _turns(told, rng.sample(pairs, len(pairs)) + rng.sample(pairs, len(pairs) // 2))


def _named(rng: Random) -> list[dict[str, Any]]:
    """Names with some words each, then questions of some of these words and of others."""
    words = _words(rng, 70)
    most = 1 + int(rng.random() * 5)
    things = [
        (
            _CASES[0]([words.pop() for _ in range(1 + (rng.random() < 0.3))]),
            [words.pop() for _ in range(1 + int(rng.random() * most))],
        )
        for _ in range(2 + int(rng.random() * 7))
    ]
    said = []
    for _ in range(12 + int(rng.random() * 12)):
        name, about = pick(rng, things)
        said.append((" ".join(_part(rng, about, int(rng.random() * 3))), name))
    return _turns("\n".join(f"{name}: {' '.join(about)}" for name, about in things), said)


def _part(rng: Random, about: list[str], others: int) -> list[str]:
    """Some of the words, in any order, among others."""
    said = rng.sample(about, 1 + int(rng.random() * len(about))) + [_word(rng) for _ in range(others)]
    rng.shuffle(said)
    return said


def _called(rng: Random, shared: Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(tools, messages): a question in some words of one tool's description, with values, and its call."""
    words = _words(shared, 60)
    tools, things = [], []
    cased = pick(shared, _CASES)
    for _ in range(1 + int(shared.random() * 6)):
        about = [words.pop() for _ in range(2 + int(shared.random() * 4))]
        named = about[:2] if shared.random() < 0.5 else [words.pop() for _ in range(1 + (shared.random() < 0.5))]
        keys = [[words.pop() for _ in range(1 + (shared.random() < 0.3))] for _ in range(int(shared.random() * 4))]
        texts = {"_".join(key): {"type": "string"} for key in keys}
        tools.append(
            {
                "type": "function",
                "function": {
                    "name": cased(named),
                    "description": " ".join(about),
                    "parameters": {"type": "object", "properties": texts, "required": []},
                },
            }
        )
        things.append((cased(named), about, keys))
    name, about, keys = pick(rng, things)
    given = {"_".join(key): (" ".join(key), str(_value(rng))) for key in keys if rng.random() < 0.8}
    said = [f"{spoken}{pick(rng, (' ', ': ', ' = ', ' is '))}{value}" for spoken, value in given.values()]
    said.append(" ".join(_part(rng, about, int(rng.random() * 3))))
    rng.shuffle(said)
    arguments = {key: value for key, (_, value) in given.items()}
    call = {"id": "call_0", "type": "function", "function": {"name": name, "arguments": arguments}}
    question = pick(rng, (", ", "; ", " and ")).join(said)
    return tools, [{"role": "user", "content": question}, {"role": "assistant", "tool_calls": [call]}]
