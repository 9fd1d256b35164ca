"""Answers of which the form is wrong, or unusual."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from lamforge.evaluate.bfcl.decoding import Kind


def misshapen(answer: Any, kind: Kind, rng: random.Random) -> tuple[str, Any]:
    """(label, answer): a right answer in another form."""
    if kind == "calls":
        return "misshapen calls", copy.deepcopy(rng.choice(_forms_of_calls(answer)))
    return "misshapen text", rng.choice(_forms_of_text(answer, rng))


def _forms_of_calls(answer: list[dict[str, str]]) -> tuple[Any, ...]:
    first = answer[0] if answer else {"f": "{}"}
    name = next(iter(first))
    return (
        [],
        "",
        "I cannot do that.",
        None,
        [{name: "{"}],
        [{name: "[1]"}],
        [{name: "null"}],
        [{}],
        [{**first, "second": "{}"}],
        first,
        [first, {"a b": "{}"}],
        [name],
    )


def _forms_of_text(answer: str, rng: random.Random) -> tuple[str, ...]:
    calls = json.loads(answer)
    first = calls[0] if calls else {"name": "f", "arguments": {}}
    place = rng.randrange(len(answer) + 1)
    return (
        answer[:place],
        answer + rng.choice(" ,;]x"),
        f"```json\n{answer}\n```",
        f"Sure. {answer}",
        "",
        "[]",
        "{}",
        "[{}]",
        "null",
        "42",
        "[1]",
        "[[]]",
        json.dumps(first),
        ";".join(map(json.dumps, calls)),
        "; ".join([*map(json.dumps, calls), ""]),
        json.dumps({"name": first["name"]}),
        json.dumps({"name": first["name"], "arguments": json.dumps(first["arguments"])}),
        json.dumps([{"name": [first["name"]], "arguments": first["arguments"]}]),
        json.dumps([{"name": first["name"], "parameters": first["arguments"]}]),
        json.dumps([{**first, "id": 1}]),
        json.dumps([first, "x"]),
        "[" * rng.choice((5, 100, 3000)),
        answer.replace(":", ": NaN, :", 1),
        f" \n{answer}\n ",
        json.dumps(calls, indent=2),
    )
