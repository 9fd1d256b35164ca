"""The three checks of a pair in their order, as far as no judge is needed: format, execution, meaning."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from lamforge.errors import bounded
from lamforge.generate.single.execution import Execution, execute
from lamforge.generate.single.records import NO_CALL, ONE_TOOL, SEVERAL_CALLS, Assignment, Pair, Problem
from lamforge.generate.single.toolbox import Toolbox, words
from lamforge.grounding import Text, trace


@dataclass
class Examined:
    """What the checks found about one pair."""

    pair: Pair | None = None
    problem: Problem | None = None
    execution: Execution = field(default_factory=Execution)
    sources: list[dict[str, str]] = field(default_factory=list)  # of each call: {path of a value: its source}


def examine(toolbox: Toolbox, assignment: Assignment, entry: Any, system: str | None) -> Examined:
    """Checks one entry of a generator's answer; the first problem ends it.

    Args:
        system: The system message, which values may come from, too.
    """
    try:
        pair = Pair.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the entry"
        return Examined(problem=Problem("format", "shape", f"{place}: {first['msg']}, got {bounded(first['input'])}"))
    if problem := _misformed(toolbox, assignment, pair):
        return Examined(pair, problem)
    partly = assignment.style == "missing_argument"
    execution = Execution() if partly else execute(toolbox, pair.answers)
    if execution.problem is not None:
        return Examined(pair, execution.problem, execution)
    sources, problem = _traced(toolbox, assignment, pair, system)
    if problem is None and partly:
        problem = _unasked(toolbox, pair)
    return Examined(pair, problem, execution, sources)


def absent_arguments(toolbox: Toolbox, pair: Pair) -> list[str]:
    """The required arguments that a pair's first call lacks."""
    (answer,) = pair.answers[:1]
    return [name for name in toolbox.required(answer.name) if name not in answer.arguments]


def _misformed(toolbox: Toolbox, assignment: Assignment, pair: Pair) -> Problem | None:
    """The first thing by which a pair is not what was asked for."""
    callable_here = assignment.targets if assignment.style == "irrelevance" else assignment.offered
    partly = assignment.style == "missing_argument"
    for place, answer in enumerate(pair.answers):
        if answer.name not in callable_here:
            known = ", ".join(callable_here) or "none"
            return _wrong("unknown function", f"{bounded(answer.name)} is none of: {known}")
        properties = toolbox.properties(answer.name)
        strangers = [name for name in answer.arguments if name not in properties]
        if strangers and toolbox.parameters(answer.name).get("additionalProperties") in (None, False):
            return _wrong("unknown argument", f"answers[{place}] {answer.name} has no {bounded(strangers[0])}")
        if problems := toolbox.problems(answer.name, answer.arguments, partly=partly):
            return _wrong("arguments", f"answers[{place}] {answer.name}: {problems[0]}")
    named = [name for name in assignment.offered + assignment.targets if "_" in name and name in pair.query]
    if named:
        return _wrong("function named", f"the query names the function {named[0]}")
    return _misshapen(assignment, pair) or (_incomplete(toolbox, pair) if partly else None)


def _misshapen(assignment: Assignment, pair: Pair) -> Problem | None:
    """Whether the number of calls and the words beside them are those of the style."""
    style, names = assignment.style, [answer.name for answer in pair.answers]
    calls = [json.dumps(answer.model_dump(), sort_keys=True) for answer in pair.answers]
    if len(set(calls)) < len(calls):
        return _wrong("style", "the same call is there twice")
    if style in NO_CALL:
        if not pair.reply.strip():
            return _wrong("style", "nothing is replied")
        if style == "irrelevance":
            return None if bool(names) == bool(assignment.targets) else _wrong("style", f"{len(names)} calls")
        return None if len(names) == 1 else _wrong("style", f"{len(names)} calls, one is wanted")
    if pair.reply.strip():
        return _wrong("style", "a reply is given beside the calls")
    if style in SEVERAL_CALLS:
        wanted = 2 if style == "parallel_multiple" else 1
        if len(names) < 2 or len(set(names)) < wanted:
            return _wrong("style", f"{len(names)} calls of {len(set(names))} functions are not {style}")
    elif len(names) != 1:
        return _wrong("style", f"{len(names)} calls, one is wanted")
    if style not in ONE_TOOL and len(assignment.offered) < 2:
        return _wrong("style", "one function is offered, several are wanted")
    return None


def _incomplete(toolbox: Toolbox, pair: Pair) -> Problem | None:
    if not absent_arguments(toolbox, pair):
        return _wrong("style", "no required argument is missing")
    return None if "?" in pair.reply else _wrong("style", "the reply asks nothing")


def _traced(
    toolbox: Toolbox, assignment: Assignment, pair: Pair, system: str | None
) -> tuple[list[dict[str, str]], Problem | None]:
    """Where each value comes from; the first that comes from nowhere is a problem."""
    text = Text(f"{pair.query}\n{system or ''}", misspelled=assignment.manner == "misspelled")
    found: list[dict[str, str]] = []
    for place, answer in enumerate(pair.answers):
        sources, wrong = trace(text, answer.arguments, toolbox.properties(answer.name))
        if wrong is not None:
            return found, Problem("semantic", "invented value", f"answers[{place}] {answer.name}: {wrong}")
        found.append(sources)
    return found, None


def _unasked(toolbox: Toolbox, pair: Pair) -> Problem | None:
    """Whether the question asks for what is missing: it must use a word of its name or description."""
    (answer,) = pair.answers
    reply = words(pair.reply)
    for name in absent_arguments(toolbox, pair):
        schema = toolbox.properties(answer.name)[name]
        described = str(schema.get("description") or "") if isinstance(schema, dict) else ""
        nouns = " ".join(toolbox.domain.wording.nouns(name)) if toolbox.domain is not None else ""
        if reply & words(f"{name} {described} {nouns}"):
            return None
    return Problem("semantic", "wrong question", f"the reply does not ask for {absent_arguments(toolbox, pair)[0]}")


def _wrong(kind: str, detail: str) -> Problem:
    return Problem("format", kind, detail)
