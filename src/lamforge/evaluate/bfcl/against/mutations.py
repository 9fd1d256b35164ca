"""Answers that are nearly right, in many ways: what the agreement with the official checkers is tried on.

All are made from the possible answers and a seed; a label says what was done. Never shown to a model.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from lamforge.evaluate.bfcl.against.changes import ODD, changed
from lamforge.evaluate.bfcl.against.misshapen import misshapen
from lamforge.evaluate.bfcl.against.perfect import Made, as_answer
from lamforge.evaluate.bfcl.decoding import Kind
from lamforge.evaluate.bfcl.suites import kind_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.messages import derived_seed


def mutated(task: BfclTask, turns: list[list[Made]], kind: Kind, count: int, seed: int) -> Iterator[tuple[str, Any]]:
    """(label, answer) of so many mutations of a right answer.

    Args:
        turns: What `perfect_calls` made.
    """
    rng = random.Random(derived_seed(seed, "mutations", task.id, kind))
    for _ in range(count):
        if rng.random() < 0.15:
            yield _of_text(task, turns, kind, rng)
        else:
            label, made = _of_calls(task, turns, rng)
            yield label, as_answer(task, made, kind)


def _of_text(task: BfclTask, turns: list[list[Made]], kind: Kind, rng: random.Random) -> tuple[str, Any]:
    """An answer whose form is wrong, or unusual."""
    answer = as_answer(task, turns, kind)
    if kind_of(task.category) == "multi_turn":
        place = rng.randrange(len(answer))
        if answer[place]:
            label, answer[place][0] = misshapen(answer[place][0], kind, rng)
        else:
            label, answer[place] = "talk", ["Which one do you mean?"]
        return label, answer
    return misshapen(answer, kind, rng)


def _of_calls(task: BfclTask, turns: list[list[Made]], rng: random.Random) -> tuple[str, list[list[Made]]]:
    made = copy.deepcopy(turns)
    names, place = [], rng.randrange(len(made))
    if kind_of(task.category) == "multi_turn" and rng.random() < 0.3:
        return _of_turns(made, place, rng), made
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        steps = made[place]
        if not steps or not steps[0]:
            steps[:] = [[{"name": rng.choice(_names(task)), "arguments": {}}]]
            names.append("call where there was none")
            continue
        names.append(_of_step(task, rng.choice(steps), rng))
    return " + ".join(names), made


def _of_turns(turns: list[list[Made]], place: int, rng: random.Random) -> str:
    choice = rng.randrange(6)
    if choice == 0:
        del turns[place]
        return "turn left out"
    if choice == 1:
        turns[place] = []
        return "nothing in a turn"
    if choice == 2:
        turns[place] = [[call] for step in turns[place] for call in step]
        return "one call a step"
    if choice == 3:
        other = rng.randrange(len(turns))
        turns[place], turns[other] = turns[other], turns[place]
        return "turns exchanged"
    if choice == 4:
        turns[place] = turns[place] + turns[place]
        return "turn twice"
    turns.append([])
    return "one turn more"


def _of_step(task: BfclTask, step: Made, rng: random.Random) -> str:
    change = rng.choice(_STEP_CHANGES)
    if rng.random() < 0.6 or not step:
        change = _value_changed
    return change(task, step, rng) if step else "nothing"


def _names(task: BfclTask) -> list[str]:
    return [document["name"] for document in task.functions] or ["unheard_of"]


def _call_dropped(task: BfclTask, step: Made, rng: random.Random) -> str:
    del step[rng.randrange(len(step))]
    return "call left out"


def _call_doubled(task: BfclTask, step: Made, rng: random.Random) -> str:
    step.insert(rng.randrange(len(step) + 1), copy.deepcopy(rng.choice(step)))
    return "call twice"


def _calls_shuffled(task: BfclTask, step: Made, rng: random.Random) -> str:
    rng.shuffle(step)
    return "calls in another order"


def _function_renamed(task: BfclTask, step: Made, rng: random.Random) -> str:
    call = rng.choice(step)
    others = (
        f"{call['name']}s",
        str(call["name"]).upper(),
        str(call["name"]).replace(".", "_"),
        f"{call['name']} ",
        None,
        "",
    )
    call["name"] = rng.choice((*others, rng.choice(_names(task))))
    return "other function"


def _parameter_dropped(task: BfclTask, step: Made, rng: random.Random) -> str:
    arguments = rng.choice(step)["arguments"]
    if arguments:
        del arguments[rng.choice(list(arguments))]
    return "parameter left out"


def _parameter_added(task: BfclTask, step: Made, rng: random.Random) -> str:
    call = rng.choice(step)
    known = [
        name for each in task.functions if each["name"] == call["name"] for name in each["parameters"]["properties"]
    ]
    name = rng.choice([*known, "unheard_of", "from"])
    call["arguments"].setdefault(name, copy.deepcopy(rng.choice(ODD)))
    return "parameter added"


def _parameter_renamed(task: BfclTask, step: Made, rng: random.Random) -> str:
    arguments = rng.choice(step)["arguments"]
    if arguments:
        name = rng.choice(list(arguments))
        arguments[rng.choice((name.upper(), name + "_", name[:-1] or "x"))] = arguments.pop(name)
    return "parameter renamed"


def _parameters_reordered(task: BfclTask, step: Made, rng: random.Random) -> str:
    call = rng.choice(step)
    items = list(call["arguments"].items())
    rng.shuffle(items)
    call["arguments"] = dict(items)
    return "parameters in another order"


def _alternative_taken(task: BfclTask, step: Made, rng: random.Random) -> str:
    for call in step:
        for expected in task.answer or []:
            if isinstance(expected, dict) and call["name"] in expected:
                for name, among in expected[call["name"]].items():
                    if rng.random() < 0.5 and isinstance(among, list) and among:
                        call["arguments"][name] = copy.deepcopy(rng.choice(among))
    return "another alternative"


def _value_changed(task: BfclTask, step: Made, rng: random.Random) -> str:
    call = rng.choice(step)
    holder: Any = call["arguments"]
    if not holder:
        return "no value to change"
    while True:
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        inner = holder[key]
        if isinstance(inner, (dict, list)) and inner and rng.random() < 0.6:
            holder = inner
            continue
        holder[key] = changed(inner, rng)
        return f"{type(inner).__name__} to {type(holder[key]).__name__}"


_STEP_CHANGES: tuple[Callable[[BfclTask, Made, random.Random], str], ...] = (
    _call_dropped,
    _call_doubled,
    _calls_shuffled,
    _function_renamed,
    _parameter_dropped,
    _parameter_added,
    _parameter_renamed,
    _parameters_reordered,
    _alternative_taken,
    _alternative_taken,
)
