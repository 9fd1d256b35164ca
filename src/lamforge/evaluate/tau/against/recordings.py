"""Recorded conversations held again: every answer of a tool, every reward and pass^k must be as they were recorded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from lamforge.domains import result_text
from lamforge.errors import DataError, bounded
from lamforge.evaluate.reliability import pass_hat_k
from lamforge.evaluate.tau.against.findings import Agreement
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.judge import judge_calls, replayed, spoken
from lamforge.evaluate.tau.recorded import Recorded


def compare_recordings(domain: TauDomain, name: str, conversations: Iterable[Recorded], found: Agreement) -> None:
    """Replays conversations and counts what is as it was recorded.

    Args:
        name: Of the domain, for the categories.
    Raises:
        DataError: if a conversation is on a task that the data do not have.
    """
    tasks = {task.task_id: task for task in domain.tasks}
    rewards: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for each in conversations:
        if each.task_id not in tasks:
            remedy = "Name the split that it was recorded on with --split."
            raise DataError(f"there is no task {bounded(each.task_id)}", where=domain.folder, remedy=remedy)
        task, place = tasks[each.task_id], f"{name}, task {each.task_id}, trial {each.trial}"
        environment = domain.environment()
        for call, recorded in replayed(each.messages, environment):
            what = f"{call.name} {json.dumps(call.arguments)[:300]}"
            found.count(f"{name}: recorded answers", place, what, recorded or "", result_text(call))
        if each.reward is not None:
            right = judge_calls(domain, task, environment, spoken(each.messages, domain)) and each.ended == "stop"
            found.count(f"{name}: recorded rewards", place, "reward", str(float(each.reward)), str(float(right)))
            rewards[each.task_id].append((float(each.reward), float(right)))
        if each.gold_hash is not None:
            own = domain.expected(task).official_hash()
            found.count(f"{name}: recorded states", place, "state that is expected", each.gold_hash, own)
    _compare_reliability(name, list(rewards.values()), found)


def _compare_reliability(name: str, rewards: list[list[tuple[float, float]]], found: Agreement) -> None:
    trials = min(map(len, rewards), default=0)
    for k in range(1, trials + 1):
        recorded, own = (
            sum(pass_hat_k(sum(each[side] == 1 for each in task), len(task), k) for task in rewards) / len(rewards)
            for side in (0, 1)
        )
        found.count(f"{name}: pass^k", f"{name}, k = {k}", "mean over tasks", f"{recorded:.4f}", f"{own:.4f}")
        found.reliability[f"{name}, pass^{k}"] = round(own, 4)
