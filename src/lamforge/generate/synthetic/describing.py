"""What a tool's schema says in words: what it does, what its parameters mean, in one of many styles."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from lamforge.generate.english import capitalised, gerund, third_person
from lamforge.generate.synthetic.naming import Style
from lamforge.generate.synthetic.parameters import flags
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.speaker import LANGUAGE
from lamforge.generate.synthetic.tool import Field

# units that say themselves what is counted
_COUNTED = tuple("people nights days weeks months years hours guests passengers minutes".split())
_BARE = ("what ", "who", "how ", "where ", "which ", "most ", "on ", "1 ", "the ", "a ", "when ", "day", "whom ")
_DETAIL = re.compile(
    "[;,]| (?:with 1 to|by its|to an e-mail|to another|to somebody|to a new|for a while|by words|of a month as|into a"
    " file|for good)"
)
_TELLINGS = {
    "when": ("use this when the user wants to {}", "call this to {}", "use it to {}", "for users who want to {}"),
    "gerund": ("tool for {}", "{}", "endpoint for {}", "API for {}"),
}
_DETAILS = (
    ". Returns the result as JSON",
    ". Fails if something is missing",
    ". Returns a short summary",
    ". Needs no login",
    ". Answers at once",
)


def brief(told: str) -> str:
    """A description without its details, as the assistant names what it can do."""
    return _DETAIL.split(told, maxsplit=1)[0].replace(" my ", " your ")


def described(
    rng: Random, field: Field, written: Style, nouns: tuple[tuple[str, str], ...], *, lean: bool
) -> dict[str, Any]:
    """The parameter's schema with its description, and at times a default."""
    schema, hint = dict(field.slot.schema), field.slot.hint
    each = field.parameter
    meaning = _meaning(rng, field, written, nouns)
    plain = schema["type"] in ("integer", "number", "boolean") or "enum" in schema
    if not each.required and plain and rng.random() < written.defaults:
        value = False if each.kind == "?" else field.slot.draw(rng)[1]
        schema["default"] = round(value) if isinstance(value, float) and value > 1 else value
    if not (hint or written.made_up or each.kind == "?") and rng.random() < (0.5 if lean else written.bare):
        return schema
    text = capitalised(meaning) if written.capital else meaning
    if hint and not any(word in hint and word in meaning for word in _COUNTED):
        text += f" {hint}" if hint[0] in "([" or hint.startswith(("in ", "as ", "on ", "written ")) else f", {hint}"
    if not hint and schema["type"] == "string" and "enum" not in schema and rng.random() < written.examples:
        text += pick(rng, (", such as {}", ", e.g. {}", " (for example {})", ' like "{}"')).format(
            field.slot.draw(rng)[1]
        )
    if "default" in schema:
        text += LANGUAGE.say(rng, "limits", {"v": str(schema["default"]).lower()}) if rng.random() < 0.5 else ""
    elif not each.required and rng.random() < written.optional:
        text += pick(rng, (" (optional)", ", optional", "; may be left out"))
    schema["description"] = text + ("." if written.stop else "")
    return schema


def _meaning(rng: Random, field: Field, written: Style, nouns: tuple[tuple[str, str], ...]) -> str:
    each = field.parameter
    if each.kind == "?":
        return pick(rng, ("true: {}", "whether {}", "{}", "true for: {}")).format(flags()[each.name][0])
    meaning = each.meaning if each.meaning and rng.random() < 0.6 else field.words
    for old, new in nouns:
        meaning = meaning.replace(old, new)
    return f"the {meaning}" if written.articles and not meaning.startswith(_BARE) else meaning


def description(rng: Random, command: str, written: Style, *, lean: bool) -> str:
    """What the tool does."""
    command = command.replace(" my ", pick(rng, (" the user's ", " a ", " the ")))
    if written.telling == "third":
        text = third_person(command)
    elif forms := _TELLINGS.get(written.telling):
        text = pick(rng, forms).format(gerund(command) if written.telling == "gerund" else command)
    else:
        text = command
    text = capitalised(text)
    if not lean and written.telling == "doc" and rng.random() < 0.4:
        text += pick(rng, _DETAILS)
    return text + ("." if written.stop else "")
