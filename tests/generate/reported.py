"""Runs to report on: one with models that make every kind of mistake, and what its files say, counted anew."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tests.generate.library_cast import reply
from tests.stub_openai import StubServer

from lamforge.domains import Domain
from lamforge.generate import generate_multi, load_roles

PRICE = '{"input": 0.5, "output": 2}'


def clumsy(body: dict[str, Any]) -> dict[str, Any]:
    """The cast of the library, with a mistake now and then in every part."""
    first = body["messages"][0]["content"]
    dice = random.Random(json.dumps([body.get("seed"), body["messages"], "clumsy"]))
    said = reply(body)
    if first.startswith("You review a task") and dice.random() < 0.25:
        grades = {"correctness": 1, "completeness": 0, "satisfaction": 0, "creativity": 0}
        return {
            "content": f"<answer>{json.dumps({'reflection': 'Dull.', 'correction': 'Say why.', **grades})}</answer>"
        }
    if first.startswith("You write one task") and dice.random() < 0.1:
        return {"content": "I cannot help with that."}
    if "tools" in body and dice.random() < 0.03:
        return {"content": "It is done. Is there anything else?"}
    if first.startswith("You play a person") and dice.random() < 0.05:
        return {"content": f"{said['content']} My parcel is X-4711."}
    return said


def directed(domain: Domain, out: Path, play: Any = clumsy, tasks: int = 40, **options: Any) -> Any:
    """A run with models in every part; it is not at its end if a ceiling or a shard is given."""
    with StubServer(play) as server:
        judges = json.dumps([{"engine": server.url}] * 3)
        roles = [f"{role}.{key}" for role in ("generator", "user", "agent") for key in (f"engine={server.url}",)]
        roles += [f"{role}.price={PRICE}" for role in ("generator", "user", "agent")]
        cast = load_roles(None, [*roles, f"judges={judges}", "best_of=2", "attempts=2"])
        return generate_multi(domain, out, tasks=tasks, test_tasks=8, seed=3, roles=cast, **options)


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
