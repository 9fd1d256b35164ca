"""How people of a composed domain ask for a change, and how the agent confirms and reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamforge.generate.composed.business import Action, Deed
from lamforge.generate.composed.parts import Part
from lamforge.generate.composed.phrasings import phrasings
from lamforge.generate.composed.sketch import Sketch, fact_words
from lamforge.generate.english import capitalised, indefinite

Phrases = tuple[list[str], str, str]  # what is asked, what is confirmed, what is told when it is done
_CALLED_OFF = ("cancel", "end", "withdraw")  # verbs that the same other words can stand for
_LONGER = ("extend", "prolong", "renew")
_BOOKED = ("book", "buy", "hire", "lease", "order", "rent", "request", "reserve", "schedule")
_GOODS = ("accessory", "extra", "item_for_sale", "plant", "rental", "service", "snack", "supply")  # what can be added
_DAYS = (  # on which a record takes place
    "arrival", "date", "day", "delivery_date", "loading_date", "show_date", "start"
)  # fmt: skip


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
    confirm = "be handed over to a person, topic: {topic}"
    return phrasings("hand_over"), confirm, "I have handed you over to a colleague."


def _contact(fact: str) -> Phrases:
    new, words = f"{{new_{fact}}}", fact_words(fact)[0]
    ask = phrasings("contact", words=words, new=new)
    return ask, f"change your {words} to {new}", f"Your {words} is now {new}."


def _end(sketch: Sketch, action: Action) -> Phrases:
    verb, it = action.verb, sketch.it
    kinds = ["end", *(["call_off"] if verb in _CALLED_OFF else []), *(["because"] if action.choices else [])]
    names = {"it": it, "my": sketch.my, "key": f"{{{sketch.thing.key}}}", "verb": verb, "past": action.past}
    ask = phrasings(*kinds, **names)
    reason = ", reason: {reason}" if action.choices else ""
    return ask, f"{verb} {it}{reason}", f"{capitalised(it)} is {action.past}."


def _set(sketch: Sketch, action: Action) -> Phrases:
    kind, new, it = sketch.kind_of(action.object), f"{{new_{action.object}}}", sketch.it
    words = kind.words
    kinds = ["set", *(["day"] if _moves(sketch, action) else [])]
    ask = phrasings(*kinds, it=it, my=sketch.my, words=words, new=new)
    return (
        ask,
        f"change the {words} of {it} to {new}",
        f"The {words} of {it} {kind.verb} now {new}.",
    )


def _moves(sketch: Sketch, action: Action) -> bool:
    """Whether to change this is to move the record to another day, and nothing else in the domain is."""
    dated = [each.name for each in sketch.fields if each.kind == "date"]
    others = [each.verb for each in sketch.actions if each is not action]
    alone = dated == [action.object] and "move" not in others
    return alone and action.object in _DAYS and sketch.thing.noun != "move"


def _more(sketch: Sketch, action: Action) -> Phrases:
    unit, it, verb = action.object, sketch.it, action.verb
    words = unit.replace("_", " ")
    kinds = ["more", *(["longer"] if verb in _LONGER else [])]
    ask = phrasings(*kinds, it=it, my=sketch.my, verb=verb, past=action.past, what=f"{{{unit}}}", words=words)
    return (
        ask,
        f"{verb} {it} by {{{unit}}} {words}",
        f"{capitalised(it)} is {action.past} by {{{unit}}} {words}.",
    )


def _report(sketch: Sketch, action: Action) -> Phrases:
    what, it = action.object, sketch.it
    words = "damage" if what == "damage" else indefinite(what.replace("_", " "))
    ask = phrasings("report", it=it, my=sketch.my, a=words, what=f"{{{what}}}", verb=action.verb)
    return ask, f"report this about {it}: {{{what}}}", f"I have noted for {it}: {{{what}}}."


def _add(sketch: Sketch, action: Action) -> Phrases:
    what, it, verb = action.object, sketch.it, action.verb
    words = what.replace("_", " ")
    named = {"it": it, "my": sketch.my, "a": indefinite(words), "what": f"{{{what}}}"}
    if verb == "add":
        ask = phrasings("add", *(["goods"] if what in _GOODS else []), **named)
        return ask, f"add {{{what}}} to {it}", f"I have added {{{what}}} to {it}."
    ask = phrasings("otherwise", verb, **named, verb=verb, words=words)
    return (
        ask,
        f"{verb} {it} with this {words}: {{{what}}}",
        f"I have {action.past} {it} with this {words}: {{{what}}}.",
    )


def _new(sketch: Sketch, action: Action) -> Phrases:
    listed = ", ".join(f"{sketch.kind_of(name).words}: {{{name}}}" for name in action.fields)
    noun = f"the {sketch.item.noun} {{{sketch.item_field}}}" if sketch.item else f"a new {sketch.thing.noun}"
    plain = indefinite(sketch.item.noun if sketch.item else sketch.thing.noun)
    kinds = ["new", *(["booking"] if action.verb in _BOOKED else [])]
    names = {"a": plain, "noun": noun, "thing": f"a new {sketch.thing.noun}", "listed": listed}
    ask = phrasings(*kinds, **names, verb=action.verb, past=action.past)
    key = f"{{{sketch.thing.key}}}"
    done = f"I have {action.past} {noun} for you ({listed}). The {sketch.thing.key_words} is {key}."
    return ask, f"{action.verb} {noun}, {listed}", done


def _pay(sketch: Sketch, action: Action) -> Phrases:
    it, verb = sketch.it, action.verb
    ask = phrasings("pay", it=it, my=sketch.my, verb=verb, what="{payment_method}")
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
