"""Answers of a language model that writes and judges single-turn items, as a function of the request alone.

It reads the prompt as a real one does; the request's seed decides what a real one's dice would. Some of what it writes
is wrong.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

from tests.stub_openai import StubServer

from lamforge.domains import Domain
from lamforge.generate import Singles, Toolbox, generate_single, load_roles
from lamforge.generate.single.files import FILES

WRONG = 0.15  # share of the pairs that have a mistake


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """The assistant message for a request to /chat/completions."""
    prompt = body["messages"][0]["content"]
    dice = random.Random(json.dumps([body.get("seed"), body["messages"]]))
    if prompt.startswith("You write"):
        return {"content": f"<thought>Hm.</thought><answer>{json.dumps(pairs(prompt, dice))}</answer>"}
    assert prompt.startswith("You review")
    return {"content": verdict("yes")}


def verdict(passed: str, reason: str = "") -> str:
    """What a judge writes."""
    return f"<answer>{json.dumps({'thought': 'I looked at it.', 'pass': passed, 'reason': reason})}</answer>"


def pairs(prompt: str, dice: random.Random) -> list[dict[str, Any]]:
    """As many pairs as the prompt asks for, of its style."""
    count = int(re.search(r"You write (\d+)", prompt)[1])  # type: ignore[index]
    style = style_of(prompt)
    calls = [json.loads(line) for line in re.findall(r'^\{"name": "\w+", "arguments".*\}$', prompt, re.MULTILINE)]
    dice.shuffle(calls)
    return [pair(style, calls, dice) for _ in range(count)]


def style_of(prompt: str) -> str:
    """The style that a generator's prompt asks for."""
    marks = {
        "exactly one call of the function": "simple",
        "exactly one call, of": "multiple",
        "different calls of the function": "parallel",
        "of at least two different functions": "parallel_multiple",
        "which the model is not offered": "irrelevance",
        "none of the functions can do. ": "off_topic",
        "leaves out a value": "missing_argument",
    }
    flat = " ".join(prompt.split())
    return next(style for mark, style in marks.items() if mark in flat)


def pair(style: str, calls: list[dict[str, Any]], dice: random.Random) -> dict[str, Any]:
    """One pair; with a mistake now and then."""
    if style == "off_topic":
        return {"query": f"Please tune my piano number {dice.randint(1, 9999)}.", "answers": [], "reply": "I cannot."}
    first = dice.choice(calls)
    answers = [first]
    if style == "parallel":
        answers += [next(call for call in calls if call != first)]
    if style == "parallel_multiple":
        answers += [next(call for call in calls if call["name"] != first["name"])]
    answers = json.loads(json.dumps(answers))
    made: dict[str, Any] = {"answers": answers}
    if style == "irrelevance":
        made["reply"] = "I have no tool for that."
    if style == "missing_argument":
        (name,) = dice.sample(list(first["arguments"]), 1)
        del answers[0]["arguments"][name]
        made["reply"] = f"What is the {name.replace('_', ' ')}?"
    told = "; ".join(
        f"{call['name'].replace('_', ' ')} for {' and '.join(map(str, call['arguments'].values()))}" for call in answers
    )
    made["query"] = f"Hello, I am visitor {dice.randint(1, 99_999)}, please {told}."
    if dice.random() < WRONG:
        spoil(answers[0], dice)
    return made


def spoil(answer: dict[str, Any], dice: random.Random) -> None:
    """A mistake that some check must find."""
    if dice.random() < 0.4:
        answer["name"] = "burn_book"
    elif dice.random() < 0.5:
        answer["arguments"]["speed"] = "high"
    else:
        answer["arguments"] = dict.fromkeys(answer["arguments"], "L999") or {"speed": 1}


def settings(url: str, judges: int = 3, **further: Any) -> list[str]:
    """Roles in which one server writes and judges."""
    committee = json.dumps([{"engine": url, "silence": 0.5}] * judges)
    given = [f"generator.engine={url}", "generator.silence=0.5", f"judges={committee}"]
    return [*given, *(f"{key}={value}" for key, value in further.items())]


def generate(domain: Domain, out: Path, server: StubServer, items: int = 120, **options: Any) -> Singles:
    """A run over a domain, written and judged by a server."""
    roles = load_roles(None, settings(server.url, **options.pop("further", {})))
    return generate_single(Toolbox([], domain), out, items=items, seed=5, roles=roles, **options)


def bytes_of(out: Path) -> dict[str, bytes]:
    """The final files of a run."""
    return {name: (out / name).read_bytes() for name in FILES}


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]
