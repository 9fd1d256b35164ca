"""What is wrong with single-turn items is found, named, and found in the right order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lamforge.domains import Domain, load_domain
from lamforge.errors import GenerationError, UsageError
from lamforge.generate import Toolbox
from lamforge.generate.single.checks import Examined, examine
from lamforge.generate.single.records import Assignment, Style, normalised
from lamforge.tools import load_tools, wrapped

WORKSHOP = Path(__file__).parents[2] / "examples" / "workshop_tools.json"
LOAN = {"name": "renew_loan", "arguments": {"loan_id": "L1"}}
BROKEN = '''

@tool(kind="read")
def slow(state: State, seconds: int) -> str:
    """Wait."""
    while seconds: pass


@tool(kind="read")
def clumsy(state: State, word: str) -> str:
    """Fail."""
    return word + 1


@tool(kind="read")
def broken(state: State, word: str) -> str:
    """Fail."""
    raise KeyError(word)
'''


@pytest.fixture(scope="module")
def box(library: Domain) -> Toolbox:
    return Toolbox([], library)


def look(
    box: Toolbox, entry: Any, style: Style = "simple", offered: tuple[str, ...] = ("renew_loan",), **more: Any
) -> Examined:
    targets = more.pop("targets", offered[:1])
    return examine(box, Assignment(style, offered, targets, more.pop("manner", "plain"), (), 1, 0), entry, None)


def kind(found: Examined) -> str:
    return "" if found.problem is None else f"{found.problem.stage}: {found.problem.kind}"


def active(library: Domain) -> list[str]:
    return [key for key, loan in library.base.tables["loans"].items() if loan["status"] == "active"]


def renewal(library: Domain, number: int = 0) -> dict[str, Any]:
    return {"name": "renew_loan", "arguments": {"loan_id": active(library)[number]}}


def test_an_item_that_holds_is_executed_and_every_value_has_its_source(box: Toolbox, library: Domain) -> None:
    loan = active(library)[0]
    found = look(box, {"query": f"Please renew {loan}", "answers": [renewal(library)]})
    assert found.problem is None
    assert found.execution.outcome == "passed"
    assert found.execution.results[0]["loan_id"] == loan
    assert found.execution.diff
    assert found.sources == [{"loan_id": "query"}]


def test_calls_that_nothing_can_execute_are_not_executable_which_is_no_pass() -> None:
    workshop = Toolbox(load_tools(WORKSHOP), name="workshop")
    call = {"name": "list_courses", "arguments": {"craft": "sewing"}}
    found = look(workshop, {"query": "Which sewing courses are there?", "answers": [call]}, offered=("list_courses",))
    assert found.problem is None
    assert found.execution.outcome == "not executable"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("a string", "format: shape"),
        ({"query": "Renew L1"}, "format: shape"),
        ({"query": "", "answers": [LOAN]}, "format: shape"),
        ({"query": "Renew L1", "answers": [{"name": "renew_loan"}]}, "format: shape"),
        ({"query": "Renew L1", "answers": [LOAN], "mood": "good"}, "format: shape"),
        ({"query": "Renew L1", "answers": [{"name": "burn_book", "arguments": {}}]}, "format: unknown function"),
        (
            {"query": "Renew L1", "answers": [{"name": "renew_loan", "arguments": {"loan_id": "L1", "x": 1}}]},
            "format: unknown argument",
        ),
        ({"query": "Renew L1", "answers": [{"name": "renew_loan", "arguments": {}}]}, "format: arguments"),
        ({"query": "Renew 1", "answers": [{"name": "renew_loan", "arguments": {"loan_id": 1}}]}, "format: arguments"),
        ({"query": "Call renew_loan on L1", "answers": [LOAN]}, "format: function named"),
        ({"query": "Renew L1", "answers": []}, "format: style"),
        ({"query": "Renew L1", "answers": [LOAN, LOAN]}, "format: style"),
        ({"query": "Renew L1", "answers": [LOAN], "reply": "Done."}, "format: style"),
        (
            {"query": "Renew L0", "answers": [{"name": "renew_loan", "arguments": {"loan_id": "L0"}}]},
            "execution: refused",
        ),
    ],
)
def test_what_is_wrong_has_a_stage_and_a_kind(box: Toolbox, entry: Any, problem: str) -> None:
    assert kind(look(box, entry)) == problem


def test_a_value_from_nowhere_is_invented(box: Toolbox, library: Domain) -> None:
    found = look(box, {"query": "Please renew my loan", "answers": [renewal(library)]})
    assert kind(found) == "semantic: invented value"


@pytest.mark.parametrize(
    ("style", "offered", "numbers", "problem"),
    [
        ("parallel", 1, (0, 1), ""),
        ("parallel", 1, (0,), "format: style"),
        ("parallel", 1, (0, 0), "format: style"),
        ("multiple", 2, (0,), ""),
        ("multiple", 1, (0,), "format: style"),
        ("multiple", 2, (0, 1), "format: style"),
        ("parallel_multiple", 2, (0, 1), "format: style"),  # of one function only
    ],
)
def test_a_style_has_its_shape(
    box: Toolbox, library: Domain, style: Style, offered: int, numbers: tuple[int, ...], problem: str
) -> None:
    answers = [renewal(library, number) for number in numbers]
    query = "Renew " + " and ".join(str(answer["arguments"]["loan_id"]) for answer in answers)
    names = ("renew_loan", "get_loan")[:offered]
    assert kind(look(box, {"query": query, "answers": answers}, style, names)) == problem


def test_an_irrelevant_query_has_a_reply_and_calls_of_what_is_not_offered_alone(box: Toolbox, library: Domain) -> None:
    call = renewal(library)
    entry = {"query": f"Renew {call['arguments']['loan_id']}", "answers": [call], "reply": "I have no tool for that."}
    withheld: dict[str, Any] = {"style": "irrelevance", "offered": ("find_member",), "targets": ("renew_loan",)}
    assert kind(look(box, entry, **withheld)) == ""
    assert kind(look(box, {**entry, "reply": " "}, **withheld)) == "format: style"
    assert kind(look(box, {**entry, "answers": []}, **withheld)) == "format: style"
    unrelated: dict[str, Any] = {**withheld, "targets": ()}
    assert kind(look(box, {**entry, "answers": []}, **unrelated)) == ""
    assert kind(look(box, entry, **unrelated)) == "format: unknown function"


@pytest.mark.parametrize(
    ("arguments", "reply", "problem"),
    [
        ({"member_id": "M1"}, "Which branch should it be?", ""),
        ({}, "What is the member's id, and which branch?", ""),
        ({"member_id": "M1", "branch": "north"}, "Which branch?", "format: style"),
        ({"member_id": "M1"}, "I need the branch.", "format: style"),
        ({"member_id": "M1"}, "What is your favourite colour?", "semantic: wrong question"),
        ({"member_id": "M2"}, "Which branch should it be?", "semantic: invented value"),
        ({"member_id": 5}, "Which branch should it be?", "format: arguments"),
    ],
)
def test_a_missing_argument_is_asked_for(box: Toolbox, arguments: dict[str, Any], reply: str, problem: str) -> None:
    answers = [{"name": "change_branch", "arguments": arguments}]
    entry = {"query": "Change where M1 picks books up", "answers": answers, "reply": reply}
    assert kind(look(box, entry, "missing_argument", ("change_branch",))) == problem


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("slow", {"seconds": 3}, "execution: timeout"),
        ("clumsy", {"word": "three"}, "execution: type"),
        ("broken", {"word": "three"}, "execution: runtime"),
    ],
)
def test_what_goes_wrong_in_a_tool_has_a_kind(
    library_copy: Path, monkeypatch: pytest.MonkeyPatch, name: str, arguments: dict[str, Any], problem: str
) -> None:
    monkeypatch.setattr("lamforge.generate.single.execution.TIMEOUT_S", 0.2)
    with (library_copy / "tools.py").open("a") as file:
        file.write(BROKEN)
    box = Toolbox([], load_domain(library_copy))
    entry = {"query": "Wait three or 3 seconds", "answers": [{"name": name, "arguments": arguments}]}
    assert kind(look(box, entry, offered=(name,))) == problem


def test_a_tool_of_the_file_may_not_be_called_like_one_of_the_domain(library: Domain) -> None:
    twin = wrapped({"name": "renew_loan", "description": "Renew.", "parameters": {"type": "object", "properties": {}}})
    with pytest.raises(UsageError, match="renew_loan"):
        Toolbox([twin], library)


def test_no_tools_at_all_are_refused() -> None:
    with pytest.raises(GenerationError, match="no tool"):
        Toolbox([])


def test_queries_that_differ_in_case_and_fillers_alone_are_the_same() -> None:
    assert normalised("Hi, please renew the loan L1!") == normalised("renew loan l1")
    assert normalised("renew loan L1") != normalised("renew loan L2")
