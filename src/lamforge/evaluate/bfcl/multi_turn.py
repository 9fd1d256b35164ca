"""Whether a conversation reached its end: BFCL's comparison of states and results, turn by turn.

The model's calls and the expected ones run on instances of their own, made anew for each check.
"""

from __future__ import annotations

from typing import Any

from lamforge.evaluate.bfcl.backends import BackEnds
from lamforge.evaluate.bfcl.decoding import Call, Decoder, Unreadable
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.values import Fault


def check_conversation(task: BfclTask, answer: Any, decoder: Decoder, classes: dict[str, type]) -> Fault | None:
    """What is wrong with the answers of a conversation; None if it is right.

    Args:
        answer: For each turn a list with the answer of each step.
    """
    expected: list[list[str]] = task.answer or []
    if type(answer) is not list:
        return Fault("multi_turn:inference_error", "there is no list of answers")
    if len(answer) != len(expected):
        message = f"it ended after {len(answer)} of {len(expected)} turns"
        return Fault("multi_turn:force_terminated", message)
    made = fresh_back_ends(task, classes)
    right = fresh_back_ends(task, classes, owner="lamforge_ground_truth_eval_")
    results: list[str] = []
    for turn, (steps, lines) in enumerate(zip(answer, expected, strict=True)):
        called = readable_steps(steps, decoder)
        results += [made.run(call) for calls in called for call in calls]
        wanted = [right.run_line(line) for line in lines]
        if not lines:  # nothing can be done in this turn; what is done all the same shows in the next
            continue
        if not called:
            return Fault("multi_turn:empty_turn_model_response", f"turn {turn + 1}: nothing was called")
        fault = _state_fault(made, right, turn) or _result_fault(results, wanted, turn)
        if fault is not None:
            return fault
    return None


def readable_steps(steps: Any, decoder: Decoder) -> list[list[Call]]:
    """The calls of each step of a turn that has some; what cannot be read is talk."""
    found = []
    for step in steps if type(steps) is list else []:
        try:
            calls = decoder.steps(step)
        except Unreadable:
            continue
        if calls:
            found.append(calls)
    return found


def fresh_back_ends(task: BfclTask, classes: dict[str, type], owner: str = "lamforge_eval_") -> BackEnds:
    """The back ends of a task as a conversation begins. `owner` stands in texts that look like code: see `BackEnds`."""
    return BackEnds(classes, task.classes, task.state, long=task.long, owner=f"{owner}{task.id}")


def _state_fault(made: BackEnds, right: BackEnds, turn: int) -> Fault | None:
    for name, instance in right.instances.items():
        for key, value in vars(instance).items():
            if not key.startswith("_") and getattr(made.instances[name], key) != value:
                message = f"turn {turn + 1}: {name}.{key} differs"
                return Fault("multi_turn:instance_state_mismatch", message)
    return None


def _result_fault(results: list[str], wanted: list[str], turn: int) -> Fault | None:
    """Every expected result of the turn must have occurred by now, as often as it is expected."""
    left = list(results)
    for result in wanted:
        if result not in left:
            message = f"turn {turn + 1}: no call gave {result[:200]!r}"
            return Fault("multi_turn:execution_response_mismatch", message)
        left.remove(result)
    return None
