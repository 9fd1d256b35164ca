"""The generator without a model: calls that work, put into words by templates; nothing but schemas must be known."""

from __future__ import annotations

import random
import re
from typing import Any

from lamforge.domains.wording import fill
from lamforge.errors import GenerationError
from lamforge.generate.single.drawing import CallSampler
from lamforge.generate.single.phrasing import base_phrase, clause
from lamforge.generate.single.records import SEVERAL_CALLS, Answer, Assignment, normalised
from lamforge.generate.single.sampling import askable_arguments
from lamforge.generate.single.saying import Saying, Scribe, words_of
from lamforge.generate.single.toolbox import Toolbox
from lamforge.generate.single.vocabulary import values_of
from lamforge.messages import derived_seed

_TRIES = 12  # at a query that is not there yet
_AGAIN_SHARE = 0.4  # how often a second call of the same tool is told by its values alone
_ALL_MISSING_SHARE = 0.3


class ScriptedGenerator:
    """Writes pairs for the tools of a box; raises GenerationError if no call is found for any of them."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._calls = CallSampler(toolbox)
        self.unusable = self._calls.unusable()
        if len(self.unusable) == len(toolbox.names):
            tool, reason = next(iter(self.unusable.items()))
            what = f"no call can be made up for any tool; {tool}: {reason}"
            raise GenerationError(what, where=toolbox.name, remedy="Name an engine for the generator.")

    def write(self, assignment: Assignment, seen: set[str]) -> list[dict[str, Any]]:
        """The pairs of an assignment; fewer if nothing new is found.

        Args:
            seen: Queries, normalised, that are there already.
        """
        written = []
        for number in range(assignment.count):
            for attempt in range(_TRIES):
                rng = random.Random(derived_seed(assignment.seed, number, attempt))
                pair = self._pair(assignment, rng)
                if pair is not None and normalised(pair["query"]) not in seen:
                    written.append(pair)
                    break
        return written

    def _pair(self, assignment: Assignment, rng: random.Random) -> dict[str, Any] | None:
        style = assignment.style
        if style == "irrelevance" and not assignment.targets:
            return self._off_topic(assignment, rng)
        answers = self._answers(assignment, rng)
        if answers is None:
            return None
        pair: dict[str, Any] = {"reply": ""}
        if style == "missing_argument":
            absent = self._drop(answers[0], rng)
            pair["reply"] = self._question(answers[0].name, absent, rng)
        elif style == "irrelevance":
            form, do = base_phrase(self._toolbox.described(answers[0].name), rng)
            pair["reply"] = _refusal(do if form == "do" else None, rng)
        query = self._query([(answer.name, answer.arguments) for answer in answers], assignment.manner, rng)
        return {"query": query, "answers": [answer.model_dump() for answer in answers], **pair}

    def _answers(self, assignment: Assignment, rng: random.Random) -> list[Answer] | None:
        """Calls that work one after the other; None if there are none."""
        tools = list(assignment.targets)
        if assignment.style in SEVERAL_CALLS and (len(tools) == 1 or rng.random() < 0.3):
            tools += rng.choices(tools, k=rng.choice((1, 1, 2)) if len(tools) == 1 else 1)
        made: tuple[Answer, ...] = ()
        for tool in sorted(tools, key=tools.index):
            arguments = self._calls.draw(tool, rng, made)
            if arguments is None:
                return None
            made += (Answer(name=tool, arguments=arguments),)
        return list(made)

    def _drop(self, answer: Answer, rng: random.Random) -> list[str]:
        """Takes one required argument out of a call, now and then all; returns which."""
        names = askable_arguments(self._toolbox, answer.name)
        absent = names if len(names) <= 2 and rng.random() < _ALL_MISSING_SHARE else [rng.choice(names)]
        for name in absent:
            del answer.arguments[name]
        return absent

    def _query(self, calls: list[tuple[str, dict[str, Any]]], manner: str, rng: random.Random) -> str:
        scribe = Scribe()
        saying = Saying(self._toolbox, rng, scribe)
        how, parts = words_of("manners.yaml")[manner], []
        for number, (tool, arguments) in enumerate(calls):
            kind = rng.choice(how["details"])
            if number and arguments and tool == calls[number - 1][0] and rng.random() < _AGAIN_SHARE:
                told = saying.details(tool, arguments, "with").removeprefix(" with ")
                parts.append(rng.choice(words_of("phrases.yaml")["again"]).replace("{all}", told))
                continue
            form, text, rest = clause(self._toolbox, tool, arguments, saying, rng)
            details = saying.details(tool, rest, kind)
            behind = f" {details}" if kind == "sentences" and details else ""
            frame = rng.choice(how[f"also_{form}".removesuffix("_do") if number else form])
            parts.append(frame.replace("{" + form + "}", text + ("" if behind else details)) + behind)
        return scribe.written(_mannered(parts, how, rng))

    def _off_topic(self, assignment: Assignment, rng: random.Random) -> dict[str, Any] | None:
        """A request that shares no word with any tool that is offered."""
        how = words_of("manners.yaml")[assignment.manner]
        template = rng.choice(words_of("phrases.yaml")["off_topic"])
        kinds = re.findall(r"\{(\w+)\}", template)
        do = fill(template, {kind: rng.choice(values_of(kind)) for kind in kinds})
        if any(self._toolbox.speaks_of(name, do) for name in assignment.offered):
            return None
        query = _mannered([rng.choice(how["do"]).replace("{do}", do)], how, rng)
        return {"query": query, "answers": [], "reply": _refusal(do, rng)}

    def _question(self, tool: str, absent: list[str], rng: random.Random) -> str:
        saying = Saying(self._toolbox, rng, Scribe())
        nouns = [saying.noun(tool, name) for name in absent]
        questions = words_of("phrases.yaml")["questions"]
        if len(nouns) == 1:
            return rng.choice(questions["one"]).replace("{noun}", nouns[0])
        return rng.choice(questions["several"]).replace("{nouns}", f"{', '.join(nouns[:-1])} and {nouns[-1]}")


def _refusal(do: str | None, rng: random.Random) -> str:
    refusals = words_of("phrases.yaml")["refusals"]
    return rng.choice([each for each in refusals if do or "{do}" not in each]).replace(
        "{do}", re.sub(r"\bmy\b", "your", do or "")
    )


def _mannered(parts: list[str], how: dict[str, Any], rng: random.Random) -> str:
    """The parts as one text, with capital letters and typing errors as the manner has them."""
    ended = [part if part.rstrip()[-1:] in ".!?" else f"{part.rstrip()}." for part in parts[:-1]]
    if how.get("lower"):
        joint = rng.choice((", ", " ", "\n"))
        return joint.join(part.lower().rstrip(".") for part in parts)
    text = " ".join([*ended, parts[-1]])
    text = re.sub(r"(^|[.!?]\s+)([a-z])", lambda found: found[1] + found[2].upper(), text)
    if how.get("errors"):
        spots = list(re.finditer("[A-Za-z]{4,}", text))
        for spot in sorted(
            rng.sample(spots, min(len(spots), rng.choice((2, 3)))), key=lambda s: s.start(), reverse=True
        ):
            text = text[: spot.start()] + _mistyped(spot[0], rng) + text[spot.end() :]
    return text


def _mistyped(word: str, rng: random.Random) -> str:
    """A word with two letters swapped, one left out or one doubled; never the first."""
    place = rng.randrange(1, len(word) - 1)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return rng.choice((swapped, word[:place] + word[place + 1 :], word[:place] + word[place] + word[place:]))
