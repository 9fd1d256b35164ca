"""What stands around a request: a story before it, values that mean nothing, thanks."""

from __future__ import annotations

from random import Random

from lamforge.generate.synthetic import wording
from lamforge.generate.synthetic.kinds import slot
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.speaker import LANGUAGE, stopped
from lamforge.generate.synthetic.telling import Text
from lamforge.generate.synthetic.tool import Tool

# what is mentioned -> kinds of parameters that it could be taken for
_CLASHES = {
    "noise_person": ("person", "first_name", "last_name", "username", "<person", "<contact", "list(person)"),
    "noise_number": ("int", "num", "people", "minutes", "percent", "money", "hours", "days", "list(int)", "list(num)"),
    "noise_time": ("time", "moment"),
    "noise_city": ("city", "country", "region", "address", "<address", "list(city)", "airport"),
    "noise_date": ("date", "born", "moment", "month", "year"),
}
_NOISE = 0.07


def surrounded(rng: Random, said: str, tool: Tool, text: Text, *, noise: bool = True) -> str:
    """The request with what people say beside it; no value that a parameter of the tool could take."""
    who = text.speaker
    if noise and rng.random() < _NOISE and (sentence := _mention(rng, tool, text)):
        said = f"{sentence} {said}" if rng.random() < 0.6 else f"{stopped(said)} {sentence}"
    elif rng.random() < who.stories:
        said = f"{LANGUAGE.say(rng, 'story')} {said}"
    if rng.random() < who.closings:
        said = f"{stopped(said)} {LANGUAGE.say(rng, 'closing')}"
    return said


def _mention(rng: Random, tool: Tool, text: Text) -> str:
    rule = pick(rng, tuple(_CLASHES))
    clashes = _CLASHES[rule]
    for each in tool.fields:
        kind = each.parameter.kind
        if (
            kind in clashes
            or kind.partition("(")[0] in clashes
            or (rule == "noise_number" and each.slot.schema["type"] in ("number", "integer"))
        ):
            return ""
    if rule == "noise_person":
        value = wording.first_name(rng)
    elif rule == "noise_city":
        value = wording.town(rng)
    elif rule == "noise_number":
        value = str(4 + int(rng.random() * 40))
        value = value if value[-1] not in "123" else value[:-1] + "5"
    else:
        value = slot(rng, "time" if rule == "noise_time" else "date", "").draw(rng)[0]
        if not any(sign.isdigit() for sign in value):
            return ""
    return LANGUAGE.say(rng, rule, {"v": text.sign(value)})
