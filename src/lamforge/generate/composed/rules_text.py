"""The `rules.py` of a composed domain: each rule as a test, with the sentence that people are told."""

from __future__ import annotations

import json
from textwrap import indent

from lamforge.generate.composed.limits import LIMITS
from lamforge.generate.composed.rule import Book, RuleText
from lamforge.generate.composed.sketch import fact_words
from lamforge.generate.english import indefinite

_HEAD = '''"""The policy of {firm} as tests over a conversation."""

from collections.abc import Iterator

from lamforge.domains import Trace, rule
'''


def make_rules(book: Book) -> list[RuleText]:
    """All rules that the sketch asks for and its tools allow."""
    sketch = book.sketch
    found = [_identify(book)]
    if sketch.look_up and book.doing("end", "set", "more", "add", "report", "pay"):
        found.append(_look_up(book))
    if sketch.confirm:
        found.append(_confirm(book))
    found += [LIMITS[limit](book) for limit in sketch.limits]
    if sketch.hand_over:
        found.append(_hand_over(book))
    return found


def rules_text(firm: str, rules: list[RuleText]) -> str:
    """The file."""
    pieces = [_HEAD.format(firm=firm)]
    for each in rules:
        sentence = json.dumps(each.sentence, ensure_ascii=False)
        body = indent(each.body, "    ")
        pieces.append(f"@rule({sentence})\ndef {each.name}(trace: Trace) -> Iterator[str]:\n{body}\n")
    return "\n\n".join(pieces)


def _identify(book: Book) -> RuleText:
    sketch, key = book.sketch, book.sketch.person.key
    person, things, ways = (
        sketch.person.noun,
        sketch.thing.plural,
        ", or by ".join(" and ".join(fact_words(fact)[0] for fact in way) for way in sketch.ways),
    )
    tools = tuple(part.name for part in book.parts if part.role == "identify")
    free = (*tools, *(part.name for part in book.parts if part.role in ("items", "item", "hand_over")))
    policy = book.choose(
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
    sentence = book.choose(
        f"I can only help with your own {things}, once I know who you are.",
        f"I may show and change only the {things} of the {person} whom I have identified.",
        f"That is not one of your own {things}.",
    )
    return RuleText("own_records_only", sentence, policy, body)


def _look_up(book: Book) -> RuleText:
    thing, key = book.sketch.thing.noun, book.sketch.thing.key
    getter = next(part.name for part in book.parts if part.role == "get")
    policy = book.choose(
        f"Look {indefinite(thing)} up before you act on it.",
        f"Read the {thing} first with {getter}, then act.",
        f"Never change {indefinite(thing)} that you have not looked at.",
    )
    body = f"""for call in trace.writes:
    seen = [each.arguments["{key}"] for each in trace.before(call) if each.name == "{getter}"]
    if "{key}" in call.arguments and call.arguments["{key}"] not in seen:
        yield f"{{call.name}} without looking at it\""""
    return RuleText("look_up_first", f"I look at the {thing} before I change it.", policy, body)


def _confirm(book: Book) -> RuleText:
    policy = book.choose(
        "Before you change anything, say what you are about to do and wait for a yes.",
        "Repeat each wish with all its details and act only after a clear yes.",
        "Ask for a confirmation that names what will happen before every change.",
        "Changes need an explicit yes to your summary of them.",
    )
    names = tuple(part.name for part in book.parts if part.kind == "write" and part.role != "hand_over")
    body = f"""for call in trace.writes:
    if call.name in {names!r} and not trace.confirmed(call):
        yield f"{{call.name}}({{call.arguments}}) without a yes\""""
    return RuleText("confirm_first", "I need your yes before I change anything.", policy, body)


def _hand_over(book: Book) -> RuleText:
    part = next(each for each in book.parts if each.role == "hand_over")
    allowed = part.facts[:2]
    told = " or ".join(f'"{topic}"' for topic in allowed)
    body = f"""for call in trace.writes:
    if call.name == "{part.name}" and call.arguments["topic"] not in {allowed!r}:
        yield f"handed over for {{call.arguments['topic']}}\""""
    sentence = f"I can hand you over to a person only for the topics {told}."
    return RuleText("hand_over_rarely", sentence, f"Hand over to a person only for {told}.", body)
