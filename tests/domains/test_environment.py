from __future__ import annotations

import pytest

from lamforge.domains import Domain, ToolError, load_domain, result_text
from lamforge.errors import DomainError


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("fly", {}, "unknown tool 'fly'"),
        ("get_loan", {}, "loan_id"),
        ("get_loan", {"loan_id": 7}, "loan_id"),
        ("get_loan", {"loan_id": "L100", "extra": 1}, "extra"),
        ("change_branch", {"member_id": "M1", "branch": "west"}, "branch"),
        ("get_loan", {"loan_id": "L1"}, "loan L1 not found"),
    ],
)
def test_a_wrong_call_says_what_to_mend(library: Domain, name: str, arguments: dict, expected: str) -> None:
    with pytest.raises(ToolError, match=expected):
        library.environment().call(name, arguments)
    assert result_text(library.environment().execute(name, arguments)).startswith("Error: ")


def test_a_tool_that_breaks_is_reported_with_its_line(library_copy) -> None:
    tools = library_copy / "tools.py"
    tools.write_text(tools.read_text().replace('    loan["renewals"] += 1', '    loan["renewal"] += 1'))
    environment = load_domain(library_copy).environment()
    active = next(k for k, loan in environment.state["loans"].items() if loan["status"] == "active")
    with pytest.raises(DomainError, match=r"tools\.py:\d+: tool 'renew_loan' failed with KeyError"):
        environment.call("renew_loan", {"loan_id": active})


def test_a_result_is_plain_json_and_not_the_state_itself(library: Domain) -> None:
    environment = library.environment()
    result = environment.call("get_loan", {"loan_id": "L100"})
    result["title"] = "scribbled over"
    assert environment.state["loans"]["L100"] == library.base.tables["loans"]["L100"]
