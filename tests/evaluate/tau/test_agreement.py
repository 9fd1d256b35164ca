import dataclasses

import pytest

from lamforge.errors import UsageError
from lamforge.evaluate.tau.against.agreement import agreement
from lamforge.evaluate.tau.data import read_data
from lamforge.evaluate.tau.judge import judge_calls
from lamforge.evaluate.tau.load import load_tau_domain, rules_of


def test_answers_states_and_rewards_are_those_of_the_official_code(official):
    few = [dataclasses.replace(data, tasks=data.tasks[:4]) for data in official[:1]]
    found = agreement(few, calls=60)
    assert found.complete, found.differences[:3]
    assert sum(found.total.values()) > 60


def test_every_released_task_is_solved_by_its_own_actions_and_words(official):
    counts = []
    for data in official:
        domain = load_tau_domain(data, rules_of(data))
        for task in domain.tasks:
            assert domain.unsatisfiable(task) is None
            environment = domain.environment()
            for action in task.actions:
                environment.execute(action.name, action.arguments)
            assert judge_calls(domain, task, environment, task.outputs or ["Done."])
        idle = domain.environment()
        counts.append((len(domain.tasks), sum(judge_calls(domain, task, idle, ["Done."]) for task in domain.tasks)))
    assert counts == [(114, 7), (50, 19)]  # and so many by doing nothing


def test_there_is_no_official_code_of_tau2_bench_to_compare_with(checkouts):
    with pytest.raises(UsageError, match="inspect-evals"):
        agreement([read_data(checkouts["tau2"], "retail")])
