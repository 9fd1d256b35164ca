"""The tasks of tau2-bench: what a user is told, what is to be done and said, and what the reward is made of."""

from __future__ import annotations

import textwrap
from typing import Any

from lamforge.domains import Task
from lamforge.errors import DataError, bounded

_DEFAULT_BASIS = ["DB", "COMMUNICATE"]


def read_task(record: dict[str, Any], domain: str, where: str) -> Task:
    """A task of a file.

    Raises:
        DataError: if it has another shape, or begins in a state of its own.
    """
    try:
        criteria = record.get("evaluation_criteria") or {}
        actions = criteria.get("actions") or []
        if record.get("initial_state") or any(each.get("requestor", "assistant") != "assistant" for each in actions):
            raise ValueError("it has an initial state, or actions of the user")
        return task_of(record, domain, _scenario(record["user_scenario"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        number = bounded(record.get("id") if isinstance(record, dict) else record, 40)
        remedy = "--adapter tau2 --tau2-dir DIR runs it with the official code."
        raise DataError(f"task {number} is not as expected: {error}", where=where, remedy=remedy) from error


def task_of(record: dict[str, Any], domain: str, scenario: str) -> Task:
    """A task of tau2-bench, with what its user is told."""
    criteria = record.get("evaluation_criteria") or {}
    actions = criteria.get("actions")  # without any, not even none, the state is not looked at
    return Task.model_validate(
        {
            "task_id": str(record["id"]),
            "domain": f"tau-{domain}",
            "instruction": scenario,
            "actions": [{"name": each["name"], "arguments": each["arguments"]} for each in actions or ()],
            "outputs": criteria.get("communicate_info") or [],
            "provenance": {
                "purpose": (record.get("description") or {}).get("purpose"),
                "reward_basis": criteria.get("reward_basis") or _DEFAULT_BASIS,
                **({} if actions is not None else {"any_state": True}),
                "nl_assertions": criteria.get("nl_assertions") or [],
            },
        }
    )


def _scenario(scenario: dict[str, Any]) -> str:
    """What the simulated user is told of its situation, laid out as in tau2-bench."""
    instructions = scenario["instructions"]
    if not isinstance(instructions, str):
        parts = [f"Domain: {instructions['domain']}", f"Reason for call:\n{_indented(instructions['reason_for_call'])}"]
        for key, title in (("known_info", "Known info"), ("unknown_info", "Unknown info")):
            if instructions.get(key) is not None:
                parts.append(f"{title}:\n{_indented(instructions[key])}")
        parts.append(f"Task instructions:\n{_indented(instructions['task_instructions'])}")
        instructions = "\n".join(parts)
    lines = [] if scenario.get("persona") is None else [f"Persona:\n{_indented(scenario['persona'])}"]
    return "\n".join([*lines, f"Instructions:\n{_indented(instructions)}"])


def _indented(text: str) -> str:
    return textwrap.indent(text, "\t")
