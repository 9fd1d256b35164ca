"""How people say values and name arguments. What is said stays traceable: nothing later changes a value's words."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lamforge.generate.single.toolbox import Toolbox
from lamforge.grounding import Text, date_in_words, in_words, split_name

_MARK = re.compile("\ue000(\\d+)\ue001")
_READ = 200  # characters of a description
_LONG = 4  # words of a text that is put in quotation marks now and then
_NAMED = re.compile(
    r"(?:The|A|An|Your)\s+([a-z][a-z' -]*?)(?:[.,;:(]|\s(?:of|to|for|in|that|which|such|from|by|on|at)\b|$)"
)
_SWITCHES = frozenset("is has have use with include enable should allow do be flag by in as".split())


@lru_cache(maxsize=4)
def words_of(name: str) -> dict[str, Any]:
    """The content of `phrases.yaml` or `manners.yaml`."""
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))


class Scribe:
    """Keeps values out of the way of whatever is done to the words around them."""

    def __init__(self) -> None:
        self._kept: list[str] = []

    def keep(self, text: str) -> str:
        """A mark that stands for the text."""
        self._kept.append(text)
        return f"\ue000{len(self._kept) - 1}\ue001"

    def written(self, text: str) -> str:
        """The text with what the marks stand for."""
        return _MARK.sub(lambda mark: self._kept[int(mark[1])] if int(mark[1]) < len(self._kept) else "", text)


class Saying:
    """Says the arguments of a box's tools. All randomness is the caller's."""

    def __init__(self, toolbox: Toolbox, rng: random.Random, scribe: Scribe) -> None:
        self._toolbox = toolbox
        self._rng = rng
        self._scribe = scribe

    def noun(self, tool: str, name: str) -> str:
        """What people call an argument."""
        description = str(self._schema(tool, name).get("description") or "")
        domain, described = self._toolbox.domain, _NAMED.match(description[:_READ])
        if domain is not None and self._toolbox.executable(tool) and name in domain.wording.arguments:
            return self._rng.choice(domain.wording.nouns(name))
        if described and len(described[1].split()) <= 3 and self._rng.random() < 0.4:
            return described[1]
        short = words_of("phrases.yaml")["nouns"]
        return " ".join(short.get(word, word) for word in split_name(name)) or name

    def value(self, tool: str, name: str, value: Any) -> str:
        """A value as people say it, as a mark."""
        return self._scribe.keep(self._said(name, value, self._schema(tool, name), tool))

    def piece(self, tool: str, name: str, value: Any, form: str) -> str:
        """An argument with its value, by a form such as "{noun} {value}"."""
        if isinstance(value, bool):
            return self._switch(name, value, form)
        noun = self.noun(tool, name)
        if noun.endswith("s") and not noun.endswith("ss"):
            form = form.replace(" is ", " are ").replace("it's", "they are")
        return form.replace("{noun}", noun).replace("{value}", self.value(tool, name, value))

    def _switch(self, name: str, value: bool, form: str) -> str:
        words = split_name(name)
        noun = self._scribe.keep(" ".join([word for word in words if word not in _SWITCHES] or words))
        if form.endswith("."):
            return f"With {noun}, please." if value else f"No {noun}, please."
        if ":" in form:
            return f"{noun}: {'yes' if value else 'no'}"
        return noun if value else f"no {noun}"

    def details(self, tool: str, arguments: dict[str, Any], kind: str) -> str:
        """Arguments behind a phrase, in one of the kinds of `phrases.yaml`; empty if there are none."""
        if not arguments:
            return ""
        how = words_of("phrases.yaml")["details"][kind]
        pieces = [self.piece(tool, name, value, self._rng.choice(how["piece"])) for name, value in arguments.items()]
        if how["joint"] == " and " and len(pieces) > 2:
            pieces = [", ".join(pieces[:-1]), pieces[-1]]
        return how["around"].replace("{all}", how["joint"].join(pieces))

    def _schema(self, tool: str, name: str) -> dict[str, Any]:
        schema = self._toolbox.properties(tool).get(name)
        return schema if isinstance(schema, dict) else {}

    def _said(self, name: str, value: Any, schema: Any, tool: str) -> str:
        rng, schema = self._rng, schema if isinstance(schema, dict) else {}
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:g}" if abs(value) < 1e6 and float(f"{value:g}") == value else repr(value)
        if isinstance(value, int):
            return in_words(value) if 2 <= value <= 12 and rng.random() < 0.25 else str(value)
        if isinstance(value, list):
            said = [self._said(name, each, schema.get("items"), tool) for each in value]
            return ", ".join(said[:-1]) + (" and " if len(said) > 1 else "") + said[-1] if said else "nothing"
        if isinstance(value, dict):
            inner = schema.get("properties") or {}
            parts = ((" ".join(split_name(key)), self._said(key, v, inner.get(key), tool)) for key, v in value.items())
            return ", ".join(f"{key} {said}" for key, said in parts)
        return self._text(name, str(value), schema, tool)

    def _text(self, name: str, value: str, schema: dict[str, Any], tool: str) -> str:
        rng, domain = self._rng, self._toolbox.domain
        if domain is not None and self._toolbox.executable(tool):
            others = [p for p in domain.wording.phrases(name, value) if Text(p).source(value, name, schema)]
            return rng.choice([value, *others])
        if (dated := date_in_words(value, rng.randrange(4))) != value:
            return dated
        if "enum" in schema and re.fullmatch(r"[a-z]+([_-][a-z]+)+", value) and rng.random() < 0.7:
            return re.sub("[_-]", " ", value)
        return f'"{value}"' if len(value.split()) >= _LONG and rng.random() < 0.6 else value
