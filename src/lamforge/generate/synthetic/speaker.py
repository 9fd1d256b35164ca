"""Who is asking: the manner that a person keeps through a conversation, and what it does to a text.

Values stand in a text as single signs until the end, so that no manner changes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from lamforge.generate.english import capitalised
from lamforge.generate.synthetic.phrases import Grammar, pick, read_yaml

_MARK = 0xE000  # private use: value number n is the sign behind it
_UNSTOPPED = re.compile("(?<![\ue000-\uf8ff]|[0-9])\\. ")  # ends of sentences, but not behind a value
LANGUAGE = Grammar(read_yaml("language.yaml"))


def mark(number: int) -> str:
    """The sign that stands for a value."""
    return chr(_MARK + number)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A manner."""

    lower: bool  # writes in lower case
    loose: bool  # leaves punctuation out
    slips: float  # share of longer texts with a typing error
    telegraphic: float  # share of requests as lists
    stories: float
    closings: float
    quotes: str

    def write(self, rng: Random, text: str, values: Sequence[str]) -> str:
        """The text in this manner, with its values."""
        text = text.replace("  ", " ").replace(" 'd ", "'d ")
        if self.lower:
            text = text.lower()
        else:
            text = sentences(text)
        if self.loose:
            text = _UNSTOPPED.sub(pick(rng, (" ", ", ", ". ")), text.rstrip(".!?"))
        if rng.random() < self.slips:
            text = _slip(rng, text)
        for number, value in enumerate(values):
            text = text.replace(chr(_MARK + number), value)
        return text.strip()


def speaker(rng: Random) -> Speaker:
    """Somebody."""
    return Speaker(
        lower=rng.random() < 0.18,
        loose=rng.random() < 0.15,
        slips=0.5 if rng.random() < 0.12 else 0.02,
        telegraphic=pick(rng, (0.02, 0.05, 0.1, 0.5)),
        stories=pick(rng, (0.0, 0.1, 0.25)),
        closings=pick(rng, (0.0, 0.1, 0.3)),
        quotes=pick(rng, ('""', '""', "''", "“”")),
    )


def sentences(text: str) -> str:
    """Capitals at the beginnings; `i` is I already."""
    for stop in (". ", "! ", "? "):
        if stop in text:
            text = stop.join(capitalised(part) for part in text.split(stop))
    return capitalised(text)


def stopped(text: str) -> str:
    """With a sign at its end."""
    return text if text[-1] in ".?!" else text + "."


def _slip(rng: Random, text: str) -> str:
    """One typing error in a word of the frame: two letters swapped, one lost or doubled."""
    words = text.split(" ")
    longer = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha() and word.isascii()]
    if not longer:
        return text
    place = pick(rng, longer)
    word = words[place]
    at = 1 + int(rng.random() * (len(word) - 2))
    words[place] = pick(
        rng,
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        ),
    )
    return " ".join(words)
