"""The kinds of exchange: what is asked, which calls it means, what is said where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lamforge.generate.english import capitalised, gerund
from lamforge.generate.synthetic.asking import request
from lamforge.generate.synthetic.kinds import listed
from lamforge.generate.synthetic.offer import withheld
from lamforge.generate.synthetic.phrases import compiled, pick, read_yaml
from lamforge.generate.synthetic.speaker import LANGUAGE, Speaker
from lamforge.generate.synthetic.surroundings import surrounded
from lamforge.generate.synthetic.telling import Given, Text, meant, spoken
from lamforge.generate.synthetic.tool import Field, Tool
from lamforge.generate.synthetic.wording import topic

_CHAT = [({"user": each["user"], "assistant": each["assistant"]}) for each in read_yaml("small_talk.yaml")]
_TRIES = 6


@dataclass
class Call:
    """A call with where its values come from."""

    tool: Tool
    given: list[Given]

    @property
    def arguments(self) -> dict[str, Any]:
        """As the model is to write them: in the order of the schema."""
        values = {each.field.name: each.value for each in self.given}
        return {each.name: values[each.name] for each in self.tool.fields if each.name in values}


@dataclass
class Exchange:
    """What is said, and the calls it leads to.

    Args:
        turns: (user, assistant) before the calls: a question and its answer; the last assistant's part is None if
            calls follow.
    """

    kind: str
    turns: list[tuple[str, str | None]]
    calls: list[Call] = field(default_factory=list)


def values_for(rng: Random, tool: Tool, *, without: Sequence[Field] = (), optional: float = 0.35) -> list[Given]:
    """New values for the required parameters and some others; no two are said alike."""
    found: list[Given] = []
    said: set[str] = set()
    chosen = [each for each in tool.fields if each.parameter.required or rng.random() < optional]
    if len(chosen) < 2 and tool.concept.group == "change" and len(tool.fields) > 1 and not without:
        chosen += [each for each in tool.fields if each not in chosen][:1]
    if not chosen and tool.fields and not without:
        chosen = [pick(rng, tool.fields)]
    for each in tool.fields:
        if each not in chosen or each in without:
            continue
        text, value = each.slot.draw(rng)
        for _ in range(_TRIES):
            if text not in said:
                break
            text, value = each.slot.draw(rng)
        if text in said and each.parameter.kind != "?":
            if each.parameter.required:
                found.append(Given(each, text, value))
            continue
        said.add(text)
        found.append(Given(each, text, value))
    return found


def one_call(rng: Random, tools: list[Tool], who: Speaker, kind: str) -> Exchange:
    """A request for one call."""
    tool = pick(rng, tools)
    given = values_for(rng, tool)
    text = Text(who)
    said = surrounded(rng, request(rng, tool, given, text), tool, text)
    return Exchange(kind, [(text.done(rng, said), None)], [Call(tool, given)])


def forced(rng: Random, tools: list[Tool], who: Speaker) -> Exchange:
    """The person names the tool and its arguments."""
    tool = pick(rng, tools)
    given = values_for(rng, tool)
    text = Text(who)
    equal = pick(rng, (" = ", "=", " ", ": "))
    parts = []
    for each in given:
        sign, _ = text.mark(each, rng)
        flag = each.field.parameter.kind == "?"
        parts.append(sign if flag else f"{text.sign(each.field.name)}{equal}{sign}")
    said = LANGUAGE.say(rng, "forced", {"t": text.sign(tool.name), "l": ", ".join(parts) or "no arguments"})
    return Exchange("forced", [(text.done(rng, said), None)], [Call(tool, given)])


def missing(rng: Random, tools: list[Tool], who: Speaker) -> Exchange | None:
    """A request without a required value, and the question for it; mostly it is then answered."""
    able = [tool for tool in tools if any(each.parameter.required for each in tool.fields)]
    if not able:
        return None
    tool = pick(rng, able)
    required = [each for each in tool.fields if each.parameter.required]
    left_out = rng.sample(required, 1 if len(required) < 3 or rng.random() < 0.75 else 2)
    given = values_for(rng, tool, without=left_out, optional=1.0 if tool.concept.group == "change" else 0.15)
    text = Text(who)
    said = text.done(rng, surrounded(rng, request(rng, tool, given, text), tool, text, noise=False))
    wanted = listed([meant(each) for each in left_out], rng)
    question = LANGUAGE.say(rng, "ask", {"w": wanted, "W": capitalised(wanted), "x": tool.command})
    if rng.random() < 0.35:
        return Exchange("missing", [(said, question)])
    told = [Given(each, *each.slot.draw(rng)) for each in left_out]
    reply = Text(who)
    if len(told) == 1:
        answer = LANGUAGE.say(rng, "answers", {"v": reply.mark(told[0], rng)[0], "w": spoken(told[0].field)})
    else:
        answer = listed(
            [f"{spoken(each.field)}{pick(rng, (' ', ': ', ' is '))}{reply.mark(each, rng)[0]}" for each in told], rng
        )
    return Exchange("missing", [(said, question), (reply.done(rng, answer), None)], [Call(tool, [*given, *told])])


def irrelevant(rng: Random, tools: list[Tool], who: Speaker) -> Exchange | None:
    """A wish that no tool fulfils."""
    tool = withheld(rng, tools)
    if tool is None:
        return None
    text = Text(who)
    given = values_for(rng, tool, optional=0.2)
    said = text.done(rng, surrounded(rng, request(rng, tool, given, text), tool, text))
    slots = {"x": tool.command, "ing": gerund(tool.command), "o": abilities(rng, tools)}
    reply = LANGUAGE.say(rng, "cannot" if tools else "no_tools", slots)
    return Exchange("irrelevant", [(said, capitalised(reply).strip())])


def small_talk(rng: Random, tools: list[Tool], who: Speaker, number: int) -> Exchange:
    """A few words that want no tool; `number` is how many exchanges there were before."""
    chosen = _CHAT[0] if not number and rng.random() < 0.5 else pick(rng, _CHAT[1:])
    about = topic(rng)
    slots = {"o": abilities(rng, tools), "topic": about}
    said = LANGUAGE.fill(rng, pick(rng, chosen["user"]), slots)
    reply = LANGUAGE.fill(rng, pick(rng, chosen["assistant"]), slots)
    return Exchange("small_talk", [(who.write(rng, said, ()), reply.strip())])


def abilities(rng: Random, tools: list[Tool]) -> str:
    """What the tools can do, as commands."""
    if not tools:
        return "only talk"
    chosen = rng.sample(tools, min(len(tools), 1 + int(rng.random() * 3)))
    return listed([each.command for each in chosen], rng)


for _each in _CHAT:  # a phrase that does not read fails when this is imported, not in the millionth record
    for _phrase in (*_each["user"], *_each["assistant"]):
        compiled(_phrase)
