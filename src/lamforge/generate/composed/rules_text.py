"""The `rules.py` and the `policy.md` of a composed domain: each rule as a test, as a sentence, as the policy has it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from lamforge.generate.composed.sketch import Sketch, fact_words
from lamforge.generate.composed.tools_text import Part
from lamforge.generate.english import capitalised, indefinite

_HEAD = '''"""The policy of {firm} as tests over a conversation."""

from collections.abc import Iterator

from lamforge.domains import Trace, rule
'''
_WRITES_ON_THING = ("end", "set", "more", "add", "report", "pay")


@dataclass
class RuleText:
    """One rule: its name, what is said to a person, how the policy puts it, and the body of its test."""

    name: str
    sentence: str
    policy: str
    body: str


class RuleWriter:
    """Writes the rules of one sketch and its tools."""

    def __init__(self, sketch: Sketch, parts: list[Part], rng: random.Random) -> None:
        self._sketch = sketch
        self._parts = parts
        self._rng = rng
        self._writes = [part for part in parts if part.kind == "write" and part.role != "hand_over"]
        self._on_thing = [part for part in parts if part.action and part.action.deed in _WRITES_ON_THING]

    def rules(self) -> list[RuleText]:
        """All rules that the sketch asks for and its tools allow."""
        sketch = self._sketch
        found = [self._identify()]
        if sketch.look_up and self._on_thing:
            found.append(self._look_up())
        if sketch.confirm and self._writes:
            found.append(self._confirm())
        makers = {"too_late": self._too_late, "most": self._most, "at_most": self._at_most, "debt": self._debt}
        makers |= {"tier": self._tier, "reasons": self._reasons, "once": self._once}
        found += [made for limit in sketch.limits if (made := makers[limit]()) is not None]
        if sketch.hand_over:
            found.append(self._hand_over())
        return found

    def text(self, rules: list[RuleText]) -> str:
        """The file."""
        pieces = [_HEAD.format(firm=self._sketch.firm)]
        for each in rules:
            body = "\n".join("    " + line if line else "" for line in each.body.strip("\n").split("\n"))
            sentence = json.dumps(each.sentence, ensure_ascii=False)
            pieces.append(f"@rule({sentence})\ndef {each.name}(trace: Trace) -> Iterator[str]:\n{body}\n")
        return "\n\n".join(pieces)

    def _ways(self) -> str:
        return ", or by ".join(" and ".join(fact_words(fact)[0] for fact in way) for way in self._sketch.ways)

    def _choose(self, *options: str) -> str:
        return self._rng.choice(options)

    def _identify(self) -> RuleText:
        sketch, key = self._sketch, self._sketch.person.key
        person, things, ways = sketch.person.noun, sketch.thing.plural, self._ways()
        tools = tuple(part.name for part in self._parts if part.role == "identify")
        free = (*tools, *(part.name for part in self._parts if part.role in ("items", "item", "hand_over")))
        policy = self._choose(
            f"Identify the {person} first, by {ways}. Show and change only what is that {person}'s own.",
            f"Before anything else find out who is writing: {ways}. Help only with the {person}'s own {things}.",
            f"No {person} gets help before being found by {ways}. Tell and change nothing of other people's {things}.",
        )
        body = f"""for call in trace.calls:
    if call.name in {free!r}:
        continue
    found = [each.result["{key}"] for each in trace.before(call) if each.name in {tools!r}]
    if not found:
        yield f"{{call.name}} before the {person} was identified"
    elif call.ok and isinstance(call.result, dict) and call.result["{key}"] != found[-1]:
        told = [value for value in call.result.values() if value not in call.arguments.values()]
        if call.kind == "write" or any(trace.agent_said(value, after=call) for value in told):
            yield f"{{call.name}}({{call.arguments}}) concerns another {person}\""""
        sentence = self._choose(
            f"I can only help with your own {things}, once I know who you are.",
            f"I may show and change only the {things} of the {person} whom I have identified.",
            f"That is not one of your own {things}.",
        )
        return RuleText("own_records_only", sentence, policy, body)

    def _look_up(self) -> RuleText:
        thing, key = self._sketch.thing.noun, self._sketch.thing.key
        getter = next(part.name for part in self._parts if part.role == "get")
        policy = self._choose(
            f"Look {indefinite(thing)} up before you act on it.",
            f"Read the {thing} first with {getter}, then act.",
            f"Never change {indefinite(thing)} that you have not looked at.",
        )
        body = f"""for call in trace.writes:
    seen = [each.arguments["{key}"] for each in trace.before(call) if each.name == "{getter}"]
    if "{key}" in call.arguments and call.arguments["{key}"] not in seen:
        yield f"{{call.name}} without looking at it\""""
        return RuleText("look_up_first", f"I look at the {thing} before I change it.", policy, body)

    def _confirm(self) -> RuleText:
        policy = self._choose(
            "Before you change anything, say what you are about to do and wait for a yes.",
            "Repeat each wish with all its details and act only after a clear yes.",
            "Ask for a confirmation that names what will happen before every change.",
            "Changes need an explicit yes to your summary of them.",
        )
        names = tuple(part.name for part in self._writes)
        body = f"""for call in trace.writes:
    if call.name in {names!r} and not trace.confirmed(call):
        yield f"{{call.name}}({{call.arguments}}) without a yes\""""
        return RuleText("confirm_first", "I need your yes before I change anything.", policy, body)

    def _too_late(self) -> RuleText | None:
        sketch, thing = self._sketch, self._sketch.thing
        touched = [part for part in self._parts if part.action and part.action.deed in ("end", "set")]
        when = sketch.date_field
        if not touched or when is None:
            return None
        part, days, limit = self._rng.choice(touched), sketch.numbers["days"], sketch.limit_day()
        assert part.action is not None
        words, past = sketch.kind_of(when).words, part.action.past
        until = f"until {days} days before its {words}" if days > 1 else f"until the day before its {words}"
        doing = (
            f"the {part.action.object.replace('_', ' ')} of {indefinite(thing.noun)}"
            if part.action.deed == "set"
            else indefinite(thing.noun)
        )
        if part.action.object == when:
            doing, past = indefinite(thing.noun), "moved to another day"
        sentence = f"{capitalised(doing)} can only be {past} {until}."
        if days <= 1:
            limit = sketch.today.isoformat()
        policy = sentence if self._rng.random() < 0.5 else f"{sentence} After that, decline."
        body = f"""for call in trace.writes:
    record = trace.initial["{thing.name}"].get(call.arguments.get("{thing.key}", ""))
    if call.name == "{part.name}" and record and record["{when}"] {"<=" if days <= 1 else "<"} "{limit}":
        yield f"{{call.name}} too late\""""
        return RuleText("not_too_late", sentence, policy, body)

    def _most(self) -> RuleText | None:
        part = next((each for each in self._parts if each.action and each.action.deed == "more"), None)
        if part is None or part.action is None:
            return None
        action, thing = part.action, self._sketch.thing.noun
        unit, most = action.object, max(1, action.most)
        words = unit.replace("_", " ")
        units = words if most > 1 else words.rstrip("s")
        sentence = f"{indefinite(thing)} can be {action.past} by at most {most} {units} at a time."
        sentence = capitalised(sentence)
        body = f"""for call in trace.writes:
    if call.name == "{part.name}" and call.arguments["{unit}"] > {most}:
        yield f"{{call.arguments['{unit}']}} {words} are too many\""""
        return RuleText("not_too_much", sentence, sentence, body)

    def _new_part(self) -> Part:
        return next(each for each in self._parts if each.action and each.action.deed == "new")

    def _at_most(self) -> RuleText:
        sketch, part = self._sketch, self._new_part()
        person, thing, most = sketch.person, sketch.thing, sketch.numbers["at_most"]
        opened = sketch.business.open
        sentence = f"{indefinite(person.noun)} can have at most {most} {thing.plural} that are {' or '.join(opened)}."
        sentence = capitalised(sentence)
        body = f"""for call in trace.writes:
    if call.name == "{part.name}":
        key = call.arguments["{person.key}"]
        own = [each for each in trace.initial["{thing.name}"].values() if each["{person.key}"] == key]
        earlier = [each for each in trace.writes[: trace.writes.index(call)] if each.name == call.name]
        if sum(each["status"] in {opened!r} for each in own) + len(earlier) >= {most}:
            yield f"{{call.name}} though there are {most} already\""""
        return RuleText("not_too_many", sentence, sentence, body)

    def _debt(self) -> RuleText:
        sketch, part = self._sketch, self._new_part()
        person, thing = sketch.person, sketch.thing
        past = part.action.past if part.action else "made"
        sentence = f"Nothing new can be {past} while an amount is unpaid in your account."
        policy = f"Who has an unpaid amount gets no new {thing.noun}."
        body = f"""for call in trace.writes:
    if call.name == "{part.name}" and trace.initial["{person.name}"][call.arguments["{person.key}"]]["unpaid"] > 0:
        yield f"{{call.name}} though something is unpaid\""""
        return RuleText("no_debts", sentence, policy, body)

    def _tier(self) -> RuleText | None:
        sketch, person, tier = self._sketch, self._sketch.person, self._sketch.tier
        touched = [each for each in self._parts if each.action and each.action.deed in ("set", "add", "new", "more")]
        if tier is None or not touched:
            return None
        part = self._rng.choice(touched)
        assert part.action is not None
        barred, what = tier.choices[0], part.action.object.replace("_", " ")
        deed = {
            "set": f"the {what} of {indefinite(sketch.thing.noun)} cannot be {part.action.past}",
            "add": f"no {what} can be {part.action.past}",
            "new": f"no {sketch.thing.noun} can be {part.action.past} here",
            "more": f"{indefinite(sketch.thing.noun)} cannot be {part.action.past}",
        }[part.action.deed]
        sentence = f"With {tier.words} {json.dumps(barred)} {deed}."
        body = f"""for call in trace.writes:
    if call.name == "{part.name}":
        record = trace.initial["{sketch.thing.name}"].get(call.arguments.get("{sketch.thing.key}", ""), call.arguments)
        if trace.initial["{person.name}"][record["{person.key}"]]["{tier.name}"] == {json.dumps(barred)}:
            yield f"{{call.name}} with {tier.words} {barred}\""""
        return RuleText("not_for_all", sentence, sentence, body)

    def _reasons(self) -> RuleText | None:
        part = next((p for p in self._parts if p.action and p.action.deed == "end" and len(p.action.choices) > 2), None)
        if part is None or part.action is None:
            return None
        barred = self._rng.choice(list(part.action.choices))
        sentence = (
            f"{indefinite(self._sketch.thing.noun)} cannot be {part.action.past} for the reason {json.dumps(barred)}."
        )
        sentence = capitalised(sentence)
        body = f"""for call in trace.writes:
    if call.name == "{part.name}" and call.arguments["reason"] == {json.dumps(barred)}:
        yield f"{{call.name}} for a reason that does not count\""""
        return RuleText("good_reasons", sentence, sentence, body)

    def _once(self) -> RuleText | None:
        thing = self._sketch.thing
        touched = tuple(part.name for part in self._parts if part.action and part.action.deed in ("set", "more"))
        sentence = self._choose(
            f"{indefinite(thing.noun).capitalize()} can be changed only once, and this one was changed before.",
            f"This {thing.noun} was changed before, and that is possible only once.",
        )
        actions = [part.action for part in self._parts if part.action and part.name in touched]
        what = " and ".join(sorted({a.object.replace("_", " ") if a.deed == "set" else "length" for a in actions}))
        policy = f"The {what} of {indefinite(thing.noun)} can be changed only once in all. Changed before: decline."
        body = f"""changed = set()
for call in trace.writes:
    if call.name in {touched!r}:
        key = call.arguments["{thing.key}"]
        if key in changed or trace.initial["{thing.name}"][key]["changed_before"]:
            yield f"{{call.name}} changes {{key}} a second time"
        changed.add(key)"""
        return RuleText("once_only", sentence, policy, body)

    def _hand_over(self) -> RuleText:
        part = next(each for each in self._parts if each.role == "hand_over")
        allowed = part.facts[:2]
        told = " or ".join(f'"{topic}"' for topic in allowed)
        body = f"""for call in trace.writes:
    if call.name == "{part.name}" and call.arguments["topic"] not in {allowed!r}:
        yield f"handed over for {{call.arguments['topic']}}\""""
        sentence = f"I can hand you over to a person only for the topics {told}."
        return RuleText("hand_over_rarely", sentence, f"Hand over to a person only for {told}.", body)


def policy_text(sketch: Sketch, rules: list[RuleText], rng: random.Random) -> str:
    """The policy in one of several layouts."""
    written = f"{sketch.today:%A}, {sketch.today.day} {sketch.today:%B %Y}"
    today = rng.choice([f"Today is {sketch.today.isoformat()}.", f"Today is {written} ({sketch.today.isoformat()})."])
    person, things = sketch.person.plural, sketch.business.about
    opening = rng.choice(
        [
            f"You are the assistant of {sketch.firm} and help {person} with {things}.",
            f"You work for {sketch.firm}. You look after the {things} of {person}, only through your tools.",
            f"{capitalised(sketch.firm)}: help {person} with their {things}, by the tools alone.",
            f"You answer {person} of {sketch.firm} who write about {things}.",
        ]
    )
    closing = rng.choice(
        [
            "When something is not possible, say so and why.",
            "Decline what the rules forbid, and say why.",
            "If a detail is missing, ask for it; never guess.",
            "Ask for what is missing. Explain every refusal.",
        ]
    )
    lines = [*(rule.policy for rule in rules), closing]
    layout = rng.choice(["bullets", "bullets", "numbers", "prose", "heading"])
    if layout == "prose":
        return f"{opening} {today} " + " ".join(lines) + "\n"
    if layout == "numbers":
        body = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    else:
        body = "\n".join(f"- {line}" for line in lines)
    head = f"# {sketch.firm}\n\n" if layout == "heading" else ""
    return f"{head}{opening} {today}\n\n{body}\n"
