"""Rules of a composed domain on single deeds: how late, how much, how often, for whom. A sketch has those that fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from lamforge.generate.composed.rule import Book, RuleText
from lamforge.generate.english import capitalised, indefinite


def _too_late(book: Book) -> RuleText:
    sketch, thing, days = book.sketch, book.sketch.thing, book.sketch.days
    when = sketch.date_field or ""
    part, action = book.rng.choice(book.doing("end", "set"))
    words, past, doing = sketch.kind_of(when).words, action.past, indefinite(thing.noun)
    if action.object == when:
        past = "moved to another day"
    elif action.deed == "set":
        doing = f"the {action.object.replace('_', ' ')} of {doing}"
    until, limit, below = f"until the day before its {words}", sketch.today, "<="
    if days > 1:
        until, limit, below = f"until {days} days before its {words}", sketch.today + timedelta(days), "<"
    sentence = f"{capitalised(doing)} can only be {past} {until}."
    policy = sentence if book.rng.random() < 0.5 else f"{sentence} After that, decline."
    body = f"""for call in trace.writes:
    record = trace.initial["{thing.name}"].get(call.arguments.get("{thing.key}", ""))
    if call.name == "{part.name}" and record and record["{when}"] {below} "{limit.isoformat()}":
        yield f"{{call.name}} too late\""""
    return RuleText("not_too_late", sentence, policy, body)


def _most(book: Book) -> RuleText:
    part, action = book.doing("more")[0]
    unit, most = action.object, max(1, action.most)
    words = unit.replace("_", " ")
    units = words if most > 1 else words.rstrip("s")
    thing = capitalised(indefinite(book.sketch.thing.noun))
    sentence = f"{thing} can be {action.past} by at most {most} {units} at a time."
    body = f"""for call in trace.writes:
    if call.name == "{part.name}" and call.arguments["{unit}"] > {most}:
        yield f"{{call.arguments['{unit}']}} {words} are too many\""""
    return RuleText("not_too_much", sentence, sentence, body)


def _at_most(book: Book) -> RuleText:
    sketch, person, thing = book.sketch, book.sketch.person, book.sketch.thing
    part, _ = book.doing("new")[0]
    most, opened = sketch.at_most, sketch.business.open
    whose = capitalised(indefinite(person.noun))
    sentence = f"{whose} can have at most {most} {thing.plural} that are {' or '.join(opened)}."
    body = f"""for call in trace.writes:
    if call.name == "{part.name}":
        key = call.arguments["{person.key}"]
        own = [each for each in trace.initial["{thing.name}"].values() if each["{person.key}"] == key]
        earlier = [each for each in trace.writes[: trace.writes.index(call)] if each.name == call.name]
        if sum(each["status"] in {opened!r} for each in own) + len(earlier) >= {most}:
            yield f"{{call.name}} though there are {most} already\""""
    return RuleText("not_too_many", sentence, sentence, body)


def _debt(book: Book) -> RuleText:
    person, thing = book.sketch.person, book.sketch.thing
    part, action = book.doing("new")[0]
    sentence = f"Nothing new can be {action.past} while an amount is unpaid in your account."
    policy = f"Who has an unpaid amount gets no new {thing.noun}."
    body = f"""for call in trace.writes:
    if call.name == "{part.name}" and trace.initial["{person.name}"][call.arguments["{person.key}"]]["unpaid"] > 0:
        yield f"{{call.name}} though something is unpaid\""""
    return RuleText("no_debts", sentence, policy, body)


def _tier(book: Book) -> RuleText:
    person, thing, tier = book.sketch.person, book.sketch.thing, book.sketch.tier
    assert tier is not None
    part, action = book.rng.choice(book.doing("set", "add", "new", "more"))
    barred, what = tier.choices[0], action.object.replace("_", " ")
    deed = {
        "set": f"the {what} of {indefinite(thing.noun)} cannot be {action.past}",
        "add": f"no {what} can be {action.past}",
        "new": f"no {thing.noun} can be {action.past} here",
        "more": f"{indefinite(thing.noun)} cannot be {action.past}",
    }[action.deed]
    sentence = f"With {tier.words} {json.dumps(barred)} {deed}."
    body = f"""for call in trace.writes:
    if call.name == "{part.name}":
        record = trace.initial["{thing.name}"].get(call.arguments.get("{thing.key}", ""), call.arguments)
        if trace.initial["{person.name}"][record["{person.key}"]]["{tier.name}"] == {json.dumps(barred)}:
            yield f"{{call.name}} with {tier.words} {barred}\""""
    return RuleText("not_for_all", sentence, sentence, body)


def _reasons(book: Book) -> RuleText:
    part, action = next(each for each in book.doing("end") if len(each[1].choices) > 2)
    barred = json.dumps(book.rng.choice(list(action.choices)))
    thing = capitalised(indefinite(book.sketch.thing.noun))
    sentence = f"{thing} cannot be {action.past} for the reason {barred}."
    body = f"""for call in trace.writes:
    if call.name == "{part.name}" and call.arguments["reason"] == {barred}:
        yield f"{{call.name}} for a reason that does not count\""""
    return RuleText("good_reasons", sentence, sentence, body)


def _once(book: Book) -> RuleText:
    thing, touched = book.sketch.thing, book.doing("set", "more")
    sentence = book.choose(
        f"{indefinite(thing.noun).capitalize()} can be changed only once, and this one was changed before.",
        f"This {thing.noun} was changed before, and that is possible only once.",
    )
    what = {action.object.replace("_", " ") if action.deed == "set" else "length" for _, action in touched}
    told = " and ".join(sorted(what))
    policy = f"The {told} of {indefinite(thing.noun)} can be changed only once in all. Changed before: decline."
    body = f"""changed = set()
for call in trace.writes:
    if call.name in {tuple(part.name for part, _ in touched)!r}:
        key = call.arguments["{thing.key}"]
        if key in changed or trace.initial["{thing.name}"][key]["changed_before"]:
            yield f"{{call.name}} changes {{key}} a second time"
        changed.add(key)"""
    return RuleText("once_only", sentence, policy, body)


LIMITS: dict[str, Callable[[Book], RuleText]] = {
    "too_late": _too_late,
    "most": _most,
    "at_most": _at_most,
    "debt": _debt,
    "tier": _tier,
    "reasons": _reasons,
    "once": _once,
}
