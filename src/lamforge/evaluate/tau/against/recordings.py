"""Recorded conversations held again: every answer of a tool, every reward and pass^k must be as they were recorded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from lamforge.domains import Task, result_text
from lamforge.errors import DataError, bounded
from lamforge.evaluate.reliability import pass_hat_k
from lamforge.evaluate.tau.against.findings import Agreement
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.judge import judge_calls, replayed, spoken
from lamforge.evaluate.tau.recorded import Recorded


def compare_recordings(
    domain: TauDomain, name: str, conversations: Iterable[Recorded], found: Agreement, file: object = "recordings"
) -> None:
    """Replays conversations and counts what is as it was recorded; those that tell nothing to compare are listed.

    Args:
        name: Of the domain, for the categories.
        file: That they were read from.
    Raises:
        DataError: if none of them can be compared.
    """
    tasks = {task.task_id: task for task in domain.tasks}
    rewards: dict[str, list[tuple[float, float]]] = defaultdict(list)
    compared, left = 0, []
    for each in conversations:
        place = f"{name}, task {bounded(each.task_id, 40)}, trial {each.trial}"
        if each.task_id not in tasks or each.reward is None:
            why = "has no recorded reward" if each.task_id in tasks else "is on a task that the data do not have"
            left.append(f"{file}: {place}: {why}")
            continue
        compared += 1
        right = _replay(domain, tasks[each.task_id], name, place, each, found)
        found.count(f"{name}: recorded rewards", place, "reward", str(float(each.reward)), str(float(right)))
        rewards[each.task_id].append((float(each.reward), float(right)))
    if not compared:
        what = left[0].removeprefix(f"{file}: ") if left else "it is empty"
        remedy = "Name the data and, with --split, the split that it was recorded on."
        raise DataError(f"holds nothing that can be compared ({what})", where=file, remedy=remedy)
    found.recorded[str(file)] = compared
    found.unmatched += left
    _compare_reliability(name, list(rewards.values()), found)


def _replay(domain: TauDomain, task: Task, name: str, place: str, each: Recorded, found: Agreement) -> bool:
    """Compares the answers of the tools, and the expected state's hash where it is recorded; whether all was right."""
    environment = domain.environment()
    calls = replayed(each.messages, environment)
    for call, recorded in calls:
        what = f"{call.name} {json.dumps(call.arguments)[:300]}"
        found.count(f"{name}: recorded answers", place, what, recorded or "", result_text(call))
    results = sum(message.role == "tool" for message in each.messages)
    if results > len(calls):
        what = "results without a call"
        found.count(f"{name}: recorded answers", place, what, f"{results} results", f"{len(calls)} calls")
    if each.gold_hash is not None:
        own = domain.expected(task).official_hash()
        found.count(f"{name}: recorded states", place, "state that is expected", each.gold_hash, own)
    return judge_calls(domain, task, environment, spoken(each.messages, domain)) and each.ended == "stop"


def _compare_reliability(name: str, rewards: list[list[tuple[float, float]]], found: Agreement) -> None:
    trials = min(map(len, rewards), default=0)
    for k in range(1, trials + 1):
        recorded, own = (
            sum(pass_hat_k(sum(each[side] == 1 for each in task), len(task), k) for task in rewards) / len(rewards)
            for side in (0, 1)
        )
        found.count(f"{name}: pass^k", f"{name}, k = {k}", "mean over tasks", f"{recorded:.4f}", f"{own:.4f}")
        found.reliability[f"{name}, pass^{k}"] = round(own, 4)
