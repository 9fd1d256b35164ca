from __future__ import annotations

import copy

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.domains import Domain, State, ToolError, load_domain
from lamforge.domains.patch import json_patch
from lamforge.domains.state import BaseState
from lamforge.errors import DomainError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.text(max_size=4), json_values, max_size=4)


def _identical(one: object, other: object) -> bool:
    """Equal with types: 1, 1.0 and True differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_identical(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_identical, one, other))
    return type(one) is type(other) and one == other


@given(records, records)
def test_a_patch_turns_one_value_into_the_other(before: dict, after: dict) -> None:
    patched = jsonpatch.apply_patch(copy.deepcopy(before), json_patch(before, after))
    assert _identical(patched, after)


@given(
    st.dictionaries(st.text(max_size=3), records, max_size=4), st.dictionaries(st.text(max_size=3), records, max_size=4)
)
def test_equal_states_have_equal_hashes_whatever_the_way_there(start: dict, end: dict) -> None:
    state = State(BaseState({"t": start}))
    for key in list(state["t"]):
        del state["t"][key]
    for key, record in end.items():
        state["t"][key] = copy.deepcopy(record)
    state.commit()
    assert dict(state["t"]) == end
    assert state.hash() == State(BaseState({"t": end})).hash()


def test_a_change_in_place_stays_in_its_own_environment(library: Domain) -> None:
    one, other = library.environment(), library.environment()
    one.call("change_branch", {"member_id": "M1", "branch": "east"})
    one.call("change_branch", {"member_id": "M2", "branch": "east"})
    assert one.state["members"]["M1"]["branch"] == "east"
    assert other.state["members"]["M1"] == library.base.tables["members"]["M1"]
    assert one.state_hash() != other.state_hash()


def test_a_read_tool_cannot_change_the_state(library_copy) -> None:
    tools = library_copy / "tools.py"
    tools.write_text(
        tools.read_text().replace(
            "            return member\n", '            member["branch"] = "gone"\n            return member\n'
        )
    )
    domain = load_domain(library_copy)
    environment = domain.environment()
    card = domain.base.tables["members"]["M1"]["card_number"]
    assert environment.call("find_member", {"card_number": card})["branch"] == "gone"
    assert environment.state_hash() == domain.environment().state_hash()


def test_a_failed_call_leaves_the_state_as_it_was(library_copy) -> None:
    tools = library_copy / "tools.py"
    tools.write_text(
        tools.read_text().replace(
            '    loan["renewals"] += 1\n', '    loan["renewals"] += 1\n    raise ToolError("late failure")\n'
        )
    )
    environment = load_domain(library_copy).environment()
    active = next(k for k, loan in environment.state["loans"].items() if loan["status"] == "active")
    before = environment.state_hash()
    with pytest.raises(ToolError, match="late failure"):
        environment.call("renew_loan", {"loan_id": active})
    assert environment.state_hash() == before
    assert environment.diff() == []


def test_a_snapshot_brings_back_changes_additions_and_deletions(library: Domain) -> None:
    environment = library.environment()
    environment.call("change_branch", {"member_id": "M1", "branch": "east"})
    snapshot, before = environment.snapshot(), environment.state_hash()
    environment.call("report_lost", {"loan_id": "L100"})
    assert "L100" not in environment.state["loans"]
    assert len(environment.state["reports"]) == 1
    environment.restore(snapshot)
    assert environment.state_hash() == before
    assert "L100" in environment.state["loans"]


def test_a_diff_is_a_json_patch_of_the_starting_state(library: Domain) -> None:
    environment = library.environment()
    environment.call("change_branch", {"member_id": "M1", "branch": "east"})
    environment.call("report_lost", {"loan_id": "L100"})
    patched = jsonpatch.apply_patch(copy.deepcopy(library.base.tables), environment.diff())
    assert patched == {name: dict(table) for name, table in environment.state.items()}


def test_a_value_that_json_cannot_hold_is_refused_by_name(library_copy) -> None:
    tools = library_copy / "tools.py"
    tools.write_text(
        tools.read_text().replace(
            '    member["branch"] = branch\n    return member', '    member["branch"] = {branch}\n    return "x"'
        )
    )
    with pytest.raises(DomainError, match="not JSON in table 'members'"):
        load_domain(library_copy).environment().call("change_branch", {"member_id": "M1", "branch": "east"})
