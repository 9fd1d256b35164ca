"""How people of a composed domain ask for a change, and how the agent confirms and reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamforge.generate.composed.business import Action, Deed
from lamforge.generate.composed.parts import Part
from lamforge.generate.composed.sketch import Sketch, fact_words
from lamforge.generate.composed.ways import ways
from lamforge.generate.english import capitalised, indefinite

Phrases = tuple[list[str], str, str]  # what is asked, what is confirmed, what is told when it is done
_CALLED_OFF = ("cancel", "end", "stop", "withdraw")  # verbs that the same other words can stand for
_LONGER = ("extend", "prolong", "renew")


def phrases(sketch: Sketch, part: Part) -> dict[str, Any]:
    """Words for a tool that changes something."""
    if part.role == "hand_over":
        ask, confirm, done = _hand_over()
    elif part.role == "contact":
        ask, confirm, done = _contact(part.facts[0])
    else:
        assert part.action is not None
        ask, confirm, done = _DEEDS[part.action.deed](sketch, part.action)
        ask = [*(_filled(sketch, say, part.action) for say in part.action.say), *ask]
    return {"ask": list(dict.fromkeys(ask)), "confirm": confirm, "done": done}


def _filled(sketch: Sketch, say: str, action: Action) -> str:
    """A phrase of the business with the names of this domain's arguments."""
    said = say.replace("{it}", sketch.it).replace("{new}", f"{{new_{action.object}}}")
    return said.replace("{item}", f"{{{sketch.item_field}}}")


def _hand_over() -> Phrases:
    ask = ["talk to a person about {topic}", "be handed over to somebody because of {topic}", "talk to a human"]
    confirm = "be handed over to a person, topic: {topic}"
    return [*ask, *ways("hand_over")], confirm, "I have handed you over to a colleague."


def _contact(fact: str) -> Phrases:
    new, words = f"{{new_{fact}}}", fact_words(fact)[0]
    ask = [
        f"change my {words}",
        f"change my {words} to {new}",
        f"give you my new {words}, {new}",
        f"correct my {words}",
        *ways("contact", words=words, new=new),
    ]
    return ask, f"change your {words} to {new}", f"Your {words} is now {new}."


def _end(sketch: Sketch, action: Action) -> Phrases:
    verb, it = action.verb, sketch.it
    ask = [f"{verb} {it}", f"{verb} {sketch.my}", f"{verb} {sketch.my} {{{sketch.thing.key}}}"]
    if action.choices:
        ask += [
            f"{verb} {it}, {{reason}}",
            f"{verb} {sketch.my} ({{reason}})",
            f"{verb} {it}, the reason being: {{reason}}",
        ]
    kinds = ["end", *(["call_off"] if verb in _CALLED_OFF else []), *(["because"] if action.choices else [])]
    ask += ways(*kinds, it=it, my=sketch.my, verb=verb, past=action.past)
    reason = ", reason: {reason}" if action.choices else ""
    return ask, f"{verb} {it}{reason}", f"{capitalised(it)} is {action.past}."


def _set(sketch: Sketch, action: Action) -> Phrases:
    words, new, it = action.object.replace("_", " "), f"{{new_{action.object}}}", sketch.it
    ask = [
        f"change the {words} of {it}",
        f"change the {words} of {it} to {new}",
        f"change the {words} of {sketch.my}",
        f"have {new} as the {words} of {it}",
        *ways("set", it=it, my=sketch.my, words=words, new=new),
    ]
    days = [each for each in sketch.actions if each.deed == "set" and sketch.kind_of(each.object).kind == "date"]
    if days == [action]:
        ask += ways("day", it=it, my=sketch.my, new=new)
    return (
        ask,
        f"change the {words} of {it} to {new}",
        f"The {words} of {it} {sketch.kind_of(action.object).verb} now {new}.",
    )


def _more(sketch: Sketch, action: Action) -> Phrases:
    unit, it, verb = action.object, sketch.it, action.verb
    words = unit.replace("_", " ")
    ask = [f"{verb} {it} by {{{unit}}} {words}", f"{verb} {it}", f"{verb} {sketch.my}"]
    kinds = ["more", *(["longer"] if verb in _LONGER else [])]
    ask += ways(*kinds, it=it, my=sketch.my, verb=verb, past=action.past, what=f"{{{unit}}}", words=words)
    return (
        ask,
        f"{verb} {it} by {{{unit}}} {words}",
        f"{capitalised(it)} is {action.past} by {{{unit}}} {words}.",
    )


def _report(sketch: Sketch, action: Action) -> Phrases:
    what, it = action.object, sketch.it
    words = indefinite(what.replace("_", " "))
    ask = [f"report {words} of {it}: {{{what}}}", f"report {words} of {it}", f"{action.verb} {words} of {sketch.my}"]
    ask += ways("report", it=it, my=sketch.my, a=words, what=f"{{{what}}}")
    return ask, f"report this about {it}: {{{what}}}", f"I have noted for {it}: {{{what}}}."


def _add(sketch: Sketch, action: Action) -> Phrases:
    what, it, verb = action.object, sketch.it, action.verb
    words = what.replace("_", " ")
    if verb == "add":
        ask = [
            f"add {{{what}}} to {it}",
            f"add {indefinite(words)} to {it}",
            f"have {{{what}}} added to {sketch.my}",
            *ways("add", it=it, my=sketch.my, a=indefinite(words), what=f"{{{what}}}"),
        ]
        return ask, f"add {{{what}}} to {it}", f"I have added {{{what}}} to {it}."
    ask = [f"{verb} {it}", f"{verb} {it}, {words}: {{{what}}}"]
    names = {"it": it, "my": sketch.my, "verb": verb, "past": action.past}
    ask += ways("add_otherwise", **names, words=words, what=f"{{{what}}}")
    return (
        ask,
        f"{verb} {it} with this {words}: {{{what}}}",
        f"I have {action.past} {it} with this {words}: {{{what}}}.",
    )


def _new(sketch: Sketch, action: Action) -> Phrases:
    listed = ", ".join(f"{sketch.kind_of(name).words}: {{{name}}}" for name in action.fields)
    noun = f"the {sketch.item.noun} {{{sketch.item_field}}}" if sketch.item else f"a new {sketch.thing.noun}"
    plain = indefinite(sketch.item.noun if sketch.item else sketch.thing.noun)
    ask = [f"{action.verb} {plain}", f"{action.verb} {noun}", f"{action.verb} {noun}, {listed}"]
    ask += ways("new", a=plain, noun=noun, listed=listed, verb=action.verb, past=action.past)
    key = f"{{{sketch.thing.key}}}"
    done = f"I have {action.past} {noun} for you ({listed}). The {sketch.thing.key_words} is {key}."
    return ask, f"{action.verb} {noun}, {listed}", done


def _pay(sketch: Sketch, action: Action) -> Phrases:
    it, verb = sketch.it, action.verb
    ask = [f"{verb} for {it}", f"{verb} for {it} by {{payment_method}}", f"{verb} for {sketch.my}"]
    ask += ways("pay", it=it, my=sketch.my, what="{payment_method}")
    return ask, f"{verb} for {it} by {{payment_method}}", f"{capitalised(it)} is paid by {{payment_method}}."


_DEEDS: dict[Deed, Callable[[Sketch, Action], Phrases]] = {
    "end": _end,
    "set": _set,
    "more": _more,
    "add": _add,
    "report": _report,
    "new": _new,
    "pay": _pay,
}
