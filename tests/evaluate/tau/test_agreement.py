import dataclasses

import pytest

from lamforge.errors import UsageError
from lamforge.evaluate.tau.against.agreement import agreement
from lamforge.evaluate.tau.data import read_data


def test_answers_states_and_rewards_are_those_of_the_official_code(official):
    few = [dataclasses.replace(data, tasks=data.tasks[:4]) for data in official[:1]]
    found = agreement(few, calls=60)
    assert found.complete, found.differences[:3]
    assert sum(found.total.values()) > 60


def test_there_is_no_official_code_of_tau2_bench_to_compare_with(checkouts):
    with pytest.raises(UsageError, match="inspect-evals"):
        agreement([read_data(checkouts["tau2"], "retail")])
