"""What people of a composed domain ask that tools which look know."""

from __future__ import annotations

from lamforge.generate.composed.parts import Part
from lamforge.generate.composed.phrasings import phrasings
from lamforge.generate.composed.sketch import Sketch
from lamforge.generate.english import capitalised

Asked = tuple[dict[str, list[str]], dict[str, str]]  # field -> questions; field -> answer


def questions(sketch: Sketch, part: Part) -> Asked | None:
    """What people ask that a tool which looks knows, and the answers."""
    if part.role == "get":
        return _about_thing(sketch)
    if part.role == "item" and sketch.item:
        name = f"{{{sketch.item_field}}}"
        asked, answers = {}, {}
        for each in sketch.business.item_fields[:2]:
            asked[each.name] = [f"What {each.words} does {name} have?", f"What is the {each.words} of {name}?"]
            answers[each.name] = f"The {each.words} of {name} is {{value}}."
        return asked, answers
    if part.role == "list":
        key = sketch.thing.key
        noun = sketch.thing.key_words
        names = {"thing": sketch.thing.noun, "things": sketch.thing.plural, "key_word": sketch.thing.key_word}
        return {
            f"0.{key}": [
                f"What is the {noun} of the first one in my list?",
                f"Which {sketch.thing.noun} comes first in my list? I need its {sketch.thing.key_word}.",
                *phrasings("ask_first", **names, key_words=noun),
            ]
        }, {f"0.{key}": f"The first {noun} in your list is {{value}}."}
    return None


def _about_thing(sketch: Sketch) -> Asked:
    it, asked, answers = sketch.it, {}, {}
    for each in sketch.fields:
        said = [*each.questions, f"What {each.verb} the {each.words} of {{it}}?"]
        asked[each.name] = [*(q.replace("{it}", it) for q in said), *(q.replace("{it}", sketch.my) for q in said)]
        asked[each.name] += _both(sketch, "ask_field", {"words": each.words, "is": each.verb})
        answers[each.name] = f"The {each.words} of {it} {each.verb} {{value}}."
    asked["status"] = [
        f"What is the status of {it}?",
        f"How is {it} doing?",
        f"Is {it} still {sketch.business.open[0]}?",
        f"What is the status of {sketch.my}?",
        *_both(sketch, "ask_status", {}),
    ]
    answers["status"] = f"{capitalised(it)} is {{value}}."
    if sketch.business.price:
        asked["price"] = [f"What does {it} cost?", f"How much is {it}?", f"What is the price of {it}?"]
        asked["price"] += [f"What does {sketch.my} cost?", f"How much is {sketch.my}?"]
        asked["price"] += _both(sketch, "ask_price", {})
        answers["price"] = f"{capitalised(it)} costs {{value}}."
    if sketch.item_field and sketch.item:
        noun = sketch.item.noun
        asked[sketch.item_field] = [f"Which {noun} is {it} for?", f"What {noun} does {it} belong to?"]
        asked[sketch.item_field] += _both(sketch, "ask_item", {"noun": noun})
        answers[sketch.item_field] = f"{capitalised(it)} is for {{value}}."
    return asked, answers


def _both(sketch: Sketch, kind: str, names: dict[str, str]) -> list[str]:
    """Of a record with its number, and of the only one."""
    return [one for of in (sketch.it, sketch.my) for one in phrasings(kind, of=of, **names)]
