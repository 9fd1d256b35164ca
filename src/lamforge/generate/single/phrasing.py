"""What a tool does as people ask for it: a phrase made of its description or its name, with values in their places."""

from __future__ import annotations

import random
import re
from typing import Any, Literal, NamedTuple

from lamforge.domains.wording import slots
from lamforge.generate.single.saying import Saying, words_of
from lamforge.generate.single.toolbox import Toolbox
from lamforge.generate.single.vocabulary import kind_of
from lamforge.grounding import split_name

_READ = 400  # characters of a description
_LONGEST = 14  # words of a description's beginning that a person would say
_PROPER = frozenset(
    "city country state company hotel movie book song team stock airport language currency person product food animal "
    "sport url file street user first_name school vehicle medicine".split()
)  # kinds whose values stand in a sentence by themselves
_CODES = frozenset("id code number no".split())
_BEHIND_VERBS = frozenset("a an the all any some one two your its out up down in on off into over".split())
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n")
_TAIL = re.compile(r"\s+(?:by|using|with)\s+(?:its|their|his|her|the|a|an)?\s*[\w' -]{2,40}$")
_CLAUSE = re.compile(r"\s+(?:that|which|who|if|when|where)\s.*$")


class Clause(NamedTuple):
    """A wish with what belongs to it.

    Args:
        form: "do" completes "I want to ...", "thing" completes "I need ...".
        rest: The arguments that the words do not hold yet.
    """

    form: Literal["do", "thing"]
    words: str
    rest: dict[str, Any]


def clause(toolbox: Toolbox, tool: str, arguments: dict[str, Any], saying: Saying, rng: random.Random) -> Clause:
    """A phrase for one call, with those values in it that have a place there."""
    domain = toolbox.domain
    known = domain.wording.tools.get(tool) if domain is not None and toolbox.executable(tool) else None
    if known and (fitting := [each for each in known.ask if set(slots(each)) <= set(arguments)]):
        template = text = rng.choice(fitting)
        for name in slots(template):
            text = text.replace("{" + name + "}", saying.value(tool, name, arguments[name]))
        return Clause("do", text, {n: value for n, value in arguments.items() if n not in slots(template)})
    form, text = base_phrase(toolbox.described(tool), rng)
    if form == "thing" and arguments and all(set(split_name(name)) <= set(split_name(text)) for name in arguments):
        form, text = "do", f"{rng.choice(words_of('phrases.yaml')['recording'])} {text}"  # what it is of is all known
    rest = dict(arguments)
    for name, value in arguments.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            placed = _placed(text, tool, name, value, toolbox, saying)
            if placed is not None:
                text = placed
                del rest[name]
    if rest and len(text.split()) > 3:
        text = _TAIL.sub("", text)
    return Clause(form, text, rest)


def base_phrase(tool: dict[str, Any], rng: random.Random) -> tuple[Literal["do", "thing"], str]:
    """(form, words) of a tool without any values: see `Clause`."""
    words = words_of("phrases.yaml")
    text = _SENTENCE.split(str(tool.get("description") or "").strip()[:_READ])[0].strip().rstrip(".!")
    text = re.sub(r"\s*\([^)]*\)", "", text)
    for cut in words["cuts"]:
        text = text.partition(cut)[0]
    if rng.random() < 0.6 and len(_CLAUSE.sub("", text).split()) >= 3:
        text = _CLAUSE.sub("", text)
    parts, named = text.split(), split_name(str(tool["name"]))
    if parts and len(parts) <= _LONGEST:
        if (verb := _verb(parts[0], words["verbs"])) is not None:
            return "do", " ".join([rng.choice(words["verbs"][verb]), *parts[1:]])
        commands = parts[0].lower() in named[:1] and not parts[0].endswith("ing") and parts[1:2] != ["of"]
        if len(parts) > 1 and (parts[1].lower() in _BEHIND_VERBS or commands):
            return "do", " ".join([re.sub("(?<!s)s$", "", parts[0].lower()), *parts[1:]])
        if len(parts) > 1 and _verb(named[0] if named else "", words["verbs"]) is None:
            first = parts[0] if parts[0][1:2].isupper() else parts[0].lower()
            return "thing", " ".join([first, *parts[1:]])
    verb = _verb(named[0], words["verbs"]) if named else None
    if verb is not None and len(named) > 1:
        return "do", " ".join([rng.choice(words["verbs"][verb]), "the", *named[1:]])
    return "do", f"run {' '.join(named) or tool['name']}"


def _verb(word: str, verbs: dict[str, Any]) -> str | None:
    """The base form of a word that is a known verb, such as "Returns"."""
    word = word.lower()
    for ending, other in (("", ""), ("s", ""), ("es", ""), ("ies", "y")):
        if word.endswith(ending) and (base := word[: len(word) - len(ending)] + other) in verbs:
            return base
    return None


def _placed(text: str, tool: str, name: str, value: Any, toolbox: Toolbox, saying: Saying) -> str | None:
    """The phrase with the value where it speaks of the thing, such as "an order"; None if it does not."""
    parts = [part for part in split_name(name) if part != "new"]
    coded = parts[-1] in _CODES if parts else False
    heads = [part for part in (parts[:-1] if coded or parts[-1:] == ["name"] else parts) if len(part) > 2]
    if not heads or name.startswith("new_"):
        return None
    head = " ".join(heads)
    spot = re.search(
        rf"\b(?:a|an|the|your|this|some)\s+(?:(?:given|specific|certain|existing|single)\s+)?{head}\b", text
    )
    if spot is None:
        return None
    schema = toolbox.properties(tool).get(name)
    described = str(schema.get("description") or "") if isinstance(schema, dict) else ""
    proper = isinstance(value, str) and not coded and kind_of(name, described) in _PROPER
    if not proper and not coded:
        return None
    said = saying.value(tool, name, value)
    return f"{text[: spot.start()]}{said if proper else f'{head} {said}'}{text[spot.end() :]}"
