"""Requests that lead to several calls, and those that repeat the call before with another value."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lamforge.generate.english import plural
from lamforge.generate.synthetic.asking import addition, bare, request
from lamforge.generate.synthetic.exchanges import Call, Exchange, values_for
from lamforge.generate.synthetic.kinds import listed
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.speaker import LANGUAGE, Speaker, mark, stopped
from lamforge.generate.synthetic.telling import Given, Text
from lamforge.generate.synthetic.tool import Tool

_ONE_BY_ONE = ("list", "text", "<", "?")  # kinds that are not said as a list of several


def parallel(rng: Random, tools: list[Tool], who: Speaker) -> Exchange | None:
    """One request for two to five calls of one tool."""
    able = [tool for tool in tools if any(_varied(each) for each in values_for(rng, tool, optional=0.0))]
    if not able:
        return None
    tool = pick(rng, able)
    first = values_for(rng, tool, optional=0.2)
    varied = [each for each in first if _varied(each) and each.field.parameter.required]
    if not varied:
        return None
    text, count = Text(who), pick(rng, (2, 2, 2, 3, 3, 4, 5))
    number = next((each for each in varied if each.field.parameter.name == tool.identity), None)
    if number or rng.random() < 0.65:  # one value differs
        one = number or pick(rng, varied)
        extra = others(rng, one, count - 1)
        if not extra:
            return None
        sets = [[each if each is not one else new for each in first] for new in extra]
        if number or rng.random() < 0.6:
            said = _with_list(rng, tool, first, one, extra, text)
        else:
            said = _and_more(rng, request(rng, tool, first, text), [addition(rng, tool, [new], text) for new in extra])
    else:
        sets = [_fresh(rng, tool, first) for _ in range(count - 1)]
        first = [each for each in first if each.field.parameter.required]
        opening = request(rng, tool, first, text)
        said = _and_more(rng, opening, [addition(rng, tool, each, text) for each in sets])
    return Exchange(
        "parallel", [(text.done(rng, said), None)], [Call(tool, first), *(Call(tool, each) for each in sets)]
    )


def several_tools(rng: Random, tools: list[Tool], who: Speaker) -> Exchange | None:
    """One request for calls of two or three tools."""
    if len(tools) < 2:
        return None
    text, said = Text(who), ""
    calls = [
        Call(tool, values_for(rng, tool, optional=0.2))
        for tool in rng.sample(tools, min(len(tools), pick(rng, (2, 2, 2, 3))))
    ]
    for call in calls:
        if not said:
            said = request(rng, call.tool, call.given, text)
        else:
            ask = request if rng.random() < 0.4 else bare
            said += LANGUAGE.say(rng, "also", {"n": ask(rng, call.tool, call.given, text)})
        said = stopped(said)
    return Exchange("parallel_multiple", [(text.done(rng, said), None)], calls)


def follow_up(rng: Random, before: Call, who: Speaker) -> Exchange | None:
    """The same call again with one other value."""
    able = [each for each in before.given if each.field.parameter.kind != "?"]
    if not able:
        return None
    one = pick(rng, able)
    new = others(rng, one, 1)
    if not new:
        return None
    text = Text(who)
    said = LANGUAGE.say(rng, "changed", {"a": addition(rng, before.tool, new, text)})
    given = [new[0] if each is one else each for each in before.given]
    return Exchange("follow_up", [(text.done(rng, said), None)], [Call(before.tool, given)])


def others(rng: Random, one: Given, count: int) -> list[Given]:
    """More values of the same parameter, each another one."""
    found = [one]
    for _ in range(count * 3):
        said, value = one.field.slot.draw(rng)
        if len(found) <= count and all(said != each.said and value != each.value for each in found):
            found.append(Given(one.field, said, value))
    return found[1:]


def _varied(each: Given) -> bool:
    return each.field.slot.varied and not each.field.parameter.kind.startswith(_ONE_BY_ONE)


def _fresh(rng: Random, tool: Tool, first: Sequence[Given]) -> list[Given]:
    """New values for all that is required."""
    known = [each.said for each in first]
    found = values_for(rng, tool, optional=0.0)
    return [
        each if each.said not in known else (others(rng, each, 1) or [each])[0]
        for each in found
        if each.field.parameter.required
    ]


def _and_more(rng: Random, said: str, additions: list[str]) -> str:
    stop = said[-1] if said[-1] in ".?!" else ""
    said = said.removesuffix(stop) if stop else said
    return said + "".join(LANGUAGE.say(rng, "more", {"a": each}) for each in additions) + stop


def _with_list(rng: Random, tool: Tool, given: list[Given], one: Given, extra: list[Given], text: Text) -> str:
    """The request with a list where it has one value."""
    if one.field.parameter.name == tool.identity:
        joined = listed([text.mark(each, rng)[0] for each in (one, *extra)], rng)
        noun = plural(tool.named(tool.concept.noun))
        things = pick(
            rng,
            (f"{noun} {joined}", f"{noun} {joined}", f"the {noun} {joined}", f"the {noun} with the numbers {joined}"),
        )
        return request(rng, tool, [each for each in given if each is not one], text, things)
    said = request(rng, tool, given, text)
    place = next(at for at, value in enumerate(text.values) if value.strip("\"'“”") == one.said)
    joined = listed([mark(place), *(text.mark(each, rng)[0] for each in extra)], rng)
    return said.replace(mark(place), joined, 1)
