"""Who customers are and what scripted ones say: `personas.yaml` and `grammar*.yaml`, all without any domain."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lamforge.domains.wording import fill

_FOLDER = Path(__file__).parent
TRAINING, HELD_OUT = _FOLDER / "grammar.yaml", _FOLDER / "grammar-held-out.yaml"
_FRAGMENT = re.compile(r"<(\w+)(\?)?>")
_SPACES = re.compile(r" +")
_LOOSE = re.compile(r" +(?=[.,;:!?])")
_BEGINNING = re.compile(r"(?<=[.!?] )[a-z]")
_LONG_WORD = re.compile(r"\{\w*\}|[A-Za-z]{5,}")
_WHOLE_WORD = re.compile(r"\{\w*\}|(?<![A-Za-z'])[A-Za-z]{5,}(?![A-Za-z'])")  # no part of "couldn't"
_MYSELF = re.compile(r"I\b")
_EXACT = frozenset({"agree", "agree_fully", "change", "object", "withdraw", "decline"})  # acts whose every word counts
_TELLING = frozenset({"unknown", "hint", "correct"})  # acts whose own words tell something
_UNKNOWN_FIRST = 0.3  # how often what is said begins with unknown words
_UNKNOWN = 0.08  # how many long words of what tells nothing are unknown ones
_BREAKS = (",", ",", ".", "!", ":", " -")  # behind those at the beginning
_TALK = 0.3  # how often people say what they need not, if their persona does not tell


@lru_cache(maxsize=8)
def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _personas() -> dict[str, Any]:
    return _read(_FOLDER / "personas.yaml")


def personas() -> list[str]:
    """The names of the ways to be a customer."""
    return list(_personas())


def persona_text(name: str) -> str:
    """What a persona is like, for a model that plays it; a name that is none is taken for such a text itself."""
    known = _personas().get(name)
    return known["about"] if known else name


class Grammar:
    """Sentences composed of fragments: `<name>` stands for one of the fragment's texts, `<name?>` for it or nothing.

    Args:
        rules: Acts and fragments by name, the nearest first.
    """

    def __init__(self, *rules: dict[str, list[str]]) -> None:
        self._rules = rules

    def compose(self, act: str, random: random.Random, talk: float = 1.0) -> str:
        """A template for an act, its `{slots}` open; `talk` is how often what may be left out is said."""

        def one(match: re.Match[str]) -> str:
            if match[2] and random.random() >= talk:
                return ""
            return _FRAGMENT.sub(one, self._draw(match[1], random))

        text = _SPACES.sub(" ", _FRAGMENT.sub(one, self._draw(act, random)))
        return _LOOSE.sub("", text).strip()

    def _draw(self, name: str, random: random.Random) -> str:
        return random.choice(next(rules[name] for rules in self._rules if name in rules))


def read_grammar(path: Path, *parts: str) -> Grammar:
    """The grammar of a file: some of its parts, the nearest first."""
    return Grammar(*(_read(path)[part] for part in parts))


class Voice:
    """One persona with its own random stream.

    Args:
        held_out: Speak in words that no training conversation was written with.
        coin: Makes up words, to be used now and then in place of those that tell nothing.
    """

    def __init__(
        self, persona: str, seed: int, *, held_out: bool = False, coin: Callable[[random.Random], str] | None = None
    ) -> None:
        known = _personas().get(persona, {})
        rules = _read(HELD_OUT if held_out else TRAINING)
        self._grammar = Grammar(rules["registers"].get(known.get("register", "plain"), {}), rules["common"])
        self._talk = known.get("talk", _TALK)
        self._lower = known.get("lower", False)
        self._typos = known.get("typos", 0.0)
        self._coin = coin
        self.random = random.Random(seed)

    def say(self, act: str, *, talk: float = 0.0, **slots: Any) -> str:
        """Sentences for a speech act, such as "open" or "agree"; values stay as they are.

        Args:
            talk: How often at least what may be left out is said.
        """
        template = self._grammar.compose(act, self.random, max(talk, self._talk))
        if self._coin and act not in _EXACT:
            template = self._estrange(act, template, self._coin)
        template = template.lower() if self._lower else _BEGINNING.sub(lambda match: match[0].upper(), template)
        if self._typos and act not in _EXACT:
            template = _LONG_WORD.sub(self._mistype, template)
        text = fill(template, slots)
        copied = template.startswith("{value}") and " " not in str(slots.get("value"))
        return text if self._lower or copied else text[:1].upper() + text[1:]

    def _estrange(self, act: str, template: str, coin: Callable[[random.Random], str]) -> str:
        """A template with words of which nobody knows what they mean, values and their names left as they are."""

        def one(match: re.Match[str]) -> str:
            kept = match[0].startswith("{") or self.random.random() >= _UNKNOWN
            return match[0] if kept else coin(self.random)

        if act not in _TELLING:
            template = _WHOLE_WORD.sub(one, template)
        if self.random.random() >= _UNKNOWN_FIRST:
            return template
        first = " ".join(coin(self.random) for _ in range(self.random.choice((1, 1, 2, 3))))
        end = self.random.choice(_BREAKS)
        goes_on = end not in ".!" and not _MYSELF.match(template)
        return f"{first}{end} {template[:1].lower() + template[1:] if goes_on else template}"

    def _mistype(self, match: re.Match[str]) -> str:
        """A word, now and then with two of its inner letters exchanged."""
        word = match[0]
        if word.startswith("{") or self.random.random() >= self._typos:
            return word
        place = self.random.randrange(1, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
