import json

import pytest

from lamforge.errors import DataError
from lamforge.evaluate.tau.code import Code
from lamforge.evaluate.tau.data import read_data
from lamforge.evaluate.tau.judge import judge_calls
from lamforge.evaluate.tau.load import load_tau_domain, rules_of
from lamforge.evaluate.tau.rules import TAU2, V1
from lamforge.evaluate.tau.schemas import parsed


def test_a_tau_bench_checkout_is_read_without_running_it(checkouts):
    data = read_data(checkouts["v1"], "retail")
    assert (data.layout, rules_of(data)) == ("tau-bench", V1)
    assert data.splits == {"test": ["0", "1"], "train": ["train-0", "train-1"]}
    assert data.tasks[0].actions[0].arguments == {"order_id": "#W1", "reason": "no longer needed"}
    assert [task.split for task in data.split("train")] == ["train", "train"]
    assert data.agent_prompt == "# Desk of retail\n"
    assert data.user_prompt("Be kind.") == "You are a customer.\n\nInstruction: Be kind.\n\nRules: be brief."
    names = [schema["function"]["name"] for schema in data.describe(V1.kits["retail"])]
    assert names == V1.kits["retail"].names


def test_a_tau2_bench_checkout_is_read_without_running_it(checkouts):
    data = read_data(checkouts["tau2"], "airline")
    assert (data.layout, rules_of(data)) == ("tau2-bench", TAU2)
    assert data.splits == {"base": ["0", "1"], "test": ["1"]}
    assert data.agent_prompt == "<instructions>\nHelp.\n</instructions>\n<policy>\nPolicy of airline.\n</policy>"
    assert data.user_prompt(data.tasks[1].instruction) == (
        "Be a customer.\n\n<scenario>\nInstructions:\n\tDomain: airline\n\tReason for call:\n\t\tAsk for nothing.\n"
        "\tTask instructions:\n\t\tBe polite.\n</scenario>"
    )
    schemas = {schema["function"]["name"]: schema["function"] for schema in data.describe(TAU2.kits["airline"])}
    assert list(schemas) == TAU2.kits["airline"].names
    booking = schemas["book_reservation"]
    assert booking["description"] == "Does book_reservation."
    assert booking["parameters"]["properties"]["cabin"]["enum"] == ["business", "economy", "basic_economy"]
    assert booking["parameters"]["$defs"]["Passenger"]["properties"]["dob"]["description"] == "Date of birth"


@pytest.mark.parametrize("rules", [V1, TAU2], ids=lambda rules: rules.name)
@pytest.mark.parametrize("layout", ["v1", "tau2"])
def test_either_data_can_be_played_by_either_rules(checkouts, layout, rules):
    data = read_data(checkouts[layout], "retail")
    domain = load_tau_domain(data, rules)
    task = domain.tasks[0]
    environment = domain.environment()
    assert not judge_calls(domain, task, environment, ["42.9"])
    for action in task.actions:
        assert environment.execute(action.name, action.arguments).ok
    assert judge_calls(domain, task, environment, ["It is 42.9."])
    refused = environment.execute("get_order_details", {"order_id": "#W9"}).error
    assert refused == {"v1": "order not found", "tau2": "Order not found"}[rules.name]


def test_the_digest_is_of_the_content_and_not_of_the_place(checkouts, tmp_path):
    from tests.evaluate.tau.conftest import write_v1

    assert read_data(write_v1(tmp_path), "retail").digest == read_data(checkouts["v1"], "retail").digest
    (tmp_path / "tau_bench/envs/retail/wiki.md").write_text("Another policy.")
    assert read_data(tmp_path, "retail").digest != read_data(checkouts["v1"], "retail").digest


@pytest.mark.parametrize("value", ["__import__('os').system('true')", "open('x')", "[1][0]", "f'{1}'", "{**{}}"])
def test_tasks_that_would_have_to_be_run_are_refused(value):
    with pytest.raises(DataError, match="without running it"):
        Code(f"TASKS = [{value}]", "tasks.py").assigned("TASKS")


def test_what_is_missing_is_named(tmp_path, checkouts):
    with pytest.raises(DataError, match="holds no data of tau's retail"):
        read_data(tmp_path, "retail")
    with pytest.raises(DataError, match="no split 'dev'"):
        read_data(checkouts["v1"], "retail").split("dev")
    with pytest.raises(DataError, match="is no wheel"):
        (tmp_path / "x.whl").write_text("x")
        read_data(tmp_path / "x.whl", "retail")


def test_records_of_another_shape_are_refused_with_their_place(checkouts, tmp_path):
    from tests.evaluate.tau.conftest import write_tau2

    write_tau2(tmp_path)
    path = tmp_path / "data/tau2/domains/retail/db.json"
    state = json.loads(path.read_text())
    state["users"]["ida_1"]["email"] = 7
    path.write_text(json.dumps(state))
    with pytest.raises(DataError, match=r"users\.ida_1\.email"):
        load_tau_domain(read_data(tmp_path, "retail"), TAU2)


def test_docstrings_are_read_as_tau2_bench_reads_them():
    text = """Do it. At once,
    and well.

    More of it.

    Args:
        first: The first, such as: this.
        second: The second
            on two lines.

    Returns:
        Something: else.
    """
    assert parsed(text) == (
        "Do it. At once,\n\nand well.\n\nMore of it.",
        {"first": "The first, such as: this.", "second": "The second\non two lines."},
    )
