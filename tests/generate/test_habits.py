from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamforge.domains import Domain, load_domain, load_tasks
from lamforge.generate import generate_multi, survey
from lamforge.messages import Trajectory

QUOTE = '''

@tool(kind="read")
def quote_renewal(state: State, loan_id: str) -> dict:
    """Work out the fee of a renewal.

    Args:
        loan_id: The loan's id.
    """
    return {"fee": 3 + _loan(state, loan_id)["renewals"]}


class Guest(TypedDict):
    name: str
    card_number: str


@tool(kind="write")
def lend_to(state: State, loan_id: str, new_guest: Guest, note: Literal["gift", "loan"] | None = None) -> dict:
    """Lend a book on.

    Args:
        loan_id: The loan's id.
        new_guest: Who gets it.
        note: Why.
    """
    return _loan(state, loan_id) | {"guest": state["loans"][loan_id].setdefault("guest", new_guest)}
'''

RULES = """

@rule("I have to tell you the fee first.")
def fee_first(trace: Trace):
    for call in trace.writes:
        if call.name == "renew_loan":
            quotes = [c for c in trace.before(call) if c.name == "quote_renewal" and c.arguments == call.arguments]
            said = [m.content or "" for m in trace.messages[: call.position] if m.role == "assistant"]
            if not quotes or str(quotes[-1].result["fee"]) not in said[-1]:
                yield f"{call.arguments['loan_id']} renewed without a word of the fee"


@rule("Dune and Ulysses are never renewed.")
def not_these(trace: Trace):
    for call in trace.writes:
        if call.name == "renew_loan" and call.result["title"] in ("Dune", "Ulysses"):
            yield f"{call.result['title']} renewed"
"""


@pytest.fixture
def strict(library_copy: Path) -> Domain:
    """The library, with a fee to be told before a renewal and most books never renewed."""
    with (library_copy / "tools.py").open("a") as file:
        file.write(QUOTE)
    tools = (library_copy / "tools.py").read_text()
    tools = tools.replace("import Literal", "import Literal\n\nfrom typing_extensions import TypedDict", 1)
    (library_copy / "tools.py").write_text(tools)
    with (library_copy / "rules.py").open("a") as file:
        file.write(RULES)
    words = {"confirm": "renew loan {loan_id} for {fee} euros", "done": "Renewed {renewals} times."}
    (library_copy / "wording.yaml").write_text(json.dumps({"tools": {"renew_loan": words}}))
    return load_domain(library_copy)


def conversations(domain: Domain, out: Path, tasks: int) -> list[Trajectory]:
    generate_multi(domain, out, tasks=tasks, test_tasks=0, seed=1)
    return [Trajectory.model_validate_json(line) for line in (out / "trajectories.jsonl").open()]


def test_what_is_mostly_forbidden_is_still_known_to_need_identification_and_a_yes(strict: Domain) -> None:
    habits = survey(strict)
    assert {"renew_loan", "lend_to"} <= habits.identified & habits.confirmed


def test_a_price_that_has_to_be_told_is_worked_out_and_told(strict: Domain, tmp_path: Path) -> None:
    assert survey(strict).prepared == {"renew_loan": ["quote_renewal"]}
    renewed = [
        row
        for row in conversations(strict, tmp_path / "run", 150)
        for message in row.messages
        if any(call.function.name == "renew_loan" for call in message.tool_calls or ())
    ]
    assert len(renewed) > 5
    assert all(row.verdict.policy for row in renewed)
    said = [message.content or "" for row in renewed for message in row.messages if message.role == "assistant"]
    assert any("euros. Shall I go ahead?" in text for text in said)
    assert any(text.startswith("Renewed ") for text in said)


def test_an_object_is_fed_from_one_record_and_what_may_be_left_out_is_confirmed(strict: Domain, tmp_path: Path) -> None:
    rows = conversations(strict, tmp_path / "run", 150)
    tasks = {task.task_id: task for task in load_tasks(tmp_path / "run" / "tasks-train.jsonl")}
    people = {(r["name"], r["card_number"]) for r in strict.base.tables["members"].values()}
    lent = [a.arguments for row in rows for a in tasks[row.task_id].actions if a.name == "lend_to"]
    assert all(tuple(arguments["new_guest"].values()) in people for arguments in lent)
    assert {arguments.get("note") for arguments in lent} == {None, "gift", "loan"}
    assert "{" not in json.dumps([m.content for row in rows for m in row.messages if m.role == "user"])
