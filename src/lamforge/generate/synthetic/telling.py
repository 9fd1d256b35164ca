"""How single values are told: behind a request ("from Graz"), by their names ("a height of 3 m"), in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from lamforge.generate.english import indefinite
from lamforge.generate.synthetic.kinds import listed
from lamforge.generate.synthetic.phrases import pick, read_yaml
from lamforge.generate.synthetic.speaker import LANGUAGE, Speaker, mark
from lamforge.generate.synthetic.tool import Field, Tool

_QUOTED = {
    "text": 0.5,
    "title": 0.3,
    "work": 0.45,
    "topic": 0.2,
    "file": 0.05,
    "tag": 0.1,
    "word": 0.4,
    "product": 0.03,
}
_LAST = ("text", "topic")  # kinds that end a sentence unless they are quoted
_UNMISTAKABLE = frozenset(  # kinds whose values need no word about what they are, where a tool has one of them
    "person first_name city address company date time moment email phone file url plate flight iban isbn language "
    "colour food animal sport venue device proper".split()
)
_BARE = 0.25  # share of such values that get none, or one that says nothing
_ANY = ("for", "with", "on", "at", "of", "by")
_ASIDES = 0.08  # share of phrases that something else follows
_ASIDE = (
    "please", "if possible", "again", "as usual", "like last time", "right away", "if that works", "I think", "at last",
    "for a change", "by the way", "as agreed", "I hope", "just now", "this time", "whenever it suits you", "or so",
    "and nothing else", "for all of us", "finally", "it seems", "already", "too", "you know", "as you can see",
)  # fmt: skip
_COUNTS = ("people", "nights", "days", "weeks", "months", "years")  # numbers whose unit says what they are
_WHOLE = (
    "how ",
    "who ",
    "what ",
    "where ",
    "which ",
    "when ",
    "whom ",
    "the ",
)  # meanings that stand without an article


@dataclass
class Given:
    """A value that is told."""

    field: Field
    said: str
    value: Any


@dataclass
class Text:
    """A text that is being written, with its values apart."""

    speaker: Speaker
    values: list[str] = field(default_factory=list)

    def sign(self, value: str) -> str:
        """The sign that stands for a value."""
        self.values.append(value)
        return mark(len(self.values) - 1)

    def mark(self, given: Given, rng: Random) -> tuple[str, bool]:
        """(the sign that stands for the value, whether it must end its sentence)."""
        kind = given.field.parameter.kind.partition("(")[0]
        quoted = rng.random() < _QUOTED.get(kind, 0.0)
        opening, closing = self.speaker.quotes[0], self.speaker.quotes[1]
        return self.sign(f"{opening}{given.said}{closing}" if quoted else given.said), kind in _LAST and not quoted

    def done(self, rng: Random, text: str) -> str:
        """The text as it is sent."""
        return self.speaker.write(rng, text, self.values)


@dataclass
class Told:
    """Where the values of a request stand."""

    attached: list[str] = field(default_factory=list)  # phrases right behind it
    grouped: list[str] = field(default_factory=list)  # names with values, joined
    apart: list[str] = field(default_factory=list)  # sentences

    def behind(self, rng: Random, first: int = 0) -> str:
        """What stands behind the request, without the first phrases."""
        phrases = self.attached[first:]
        text = "".join(each if each[0] in ",:;" else f" {each}" for each in phrases)
        return text + (_group(rng, self.grouped, bool(phrases)) if self.grouped else "")


@lru_cache(maxsize=1)
def _spoken() -> dict[str, str]:
    return dict(read_yaml("parameters.yaml")["spoken"])


def spoken(each: Field) -> str:
    """A parameter's name as people say it."""
    return _spoken().get(each.parameter.name, each.words)


def meant(each: Field) -> str:
    """A parameter as one asks for it: "the date", "how many guests"."""
    name, meaning = each.parameter.name, each.parameter.meaning
    if name.endswith("_id"):
        return f"the number of the {each.words.removesuffix(' id')}"
    named = _spoken().get(name) or meaning or each.words
    if each.parameter.kind.startswith("int") and named.endswith("s") and " " not in named and named[-2] not in "su":
        named = f"number of {named}"
    if named.startswith(("most ", "on ", "a ", "1 to ")):
        named = each.words
    return named if named.startswith(_WHOLE) else f"the {named}"


def attachable(tool: Tool, each: Field) -> list[str]:
    """Its own phrases, without those that another parameter of the tool could be meant by."""
    taken = {phrase for other in tool.fields if other is not each for phrase in other.parameter.attached}
    return [phrase for phrase in each.parameter.attached if phrase not in taken]


def told(rng: Random, tool: Tool, given: Sequence[Given], text: Text, *, apart: bool = True) -> Told:
    """Places for the values.

    Args:
        apart: Whether sentences of their own are welcome; a long text gets one where nothing else is possible.
    """
    found = Told()
    order = list(given)
    if rng.random() < 0.4:
        rng.shuffle(order)
    apart = apart and rng.random() < 0.25
    ending = ""
    for place, each in enumerate(order):
        sign, ends = text.mark(each, rng)
        phrases = attachable(tool, each.field)
        alone = apart and place > 0 and rng.random() < 0.6
        if each.field.parameter.kind == "?":
            (found.apart if alone else found.attached).append(f"{sign}." if alone else sign)
        elif ends and phrases and not ending and rng.random() < 0.6:
            ending = pick(rng, phrases).replace("{}", sign)
        elif ends:
            found.apart.append(LANGUAGE.say(rng, "ends", {"w": spoken(each.field), "v": sign}))
        elif alone:
            found.apart.append(LANGUAGE.say(rng, "one", {"w": spoken(each.field), "v": sign}))
        elif unmistakable(tool, each) and rng.random() < _BARE:
            found.attached.append(pick(rng, (f", {sign}", f", {sign}", sign, *(f"{word} {sign}" for word in _ANY))))
        elif phrases and (rng.random() < 0.85 or spoken(each.field).startswith("number of")):
            aside = f" {pick(rng, _ASIDE)}" if rng.random() < _ASIDES else ""
            found.attached.append(pick(rng, phrases).replace("{}", sign) + aside)
        else:
            found.grouped.append(item(rng, each, sign))
    if ending and not found.grouped:
        found.attached.append(ending)
    elif ending:
        found.grouped, items = [], found.grouped
        found.attached += [f"with {listed(items, rng)}", ending]
    return found


def unmistakable(tool: Tool, each: Given) -> bool:
    """Whether nothing but this parameter could be meant by the value alone."""
    kind = each.field.parameter.kind.partition("(")[0]
    others = (other.parameter.kind.partition("(")[0] for other in tool.fields if other is not each.field)
    return (kind in _UNMISTAKABLE or kind[0] == "=") and kind not in others


def item(rng: Random, each: Given, sign: str) -> str:
    """A value with its name, as a noun."""
    words, kind = spoken(each.field), each.field.parameter.kind
    if kind.startswith(_COUNTS):
        return f"{each.field.words} {sign}" if each.said.isdigit() else sign
    if isinstance(each.value, int | float) and rng.random() < 0.5:
        return f"{indefinite(words)} of {sign}"
    if kind[0] == "=" and rng.random() < 0.3:
        return f"{sign} {words}" if rng.random() < 0.3 else f"{words} {sign}"
    return pick(
        rng, (f"{words} {sign}", f"{words} {sign}", f"{words} {sign}", f"the {words} {sign}", f"{sign} as {words}")
    )


def _group(rng: Random, items: list[str], behind: bool) -> str:
    joined = listed(items, rng)
    way = rng.random()
    if way < 0.6:
        return f"{',' if behind and rng.random() < 0.3 else ''} with {joined}"
    if way < 0.75:
        return f": {', '.join(items)}"
    return f" ({', '.join(items)})" if way < 0.85 else f", {joined}"
