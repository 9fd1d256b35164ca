"""The library's tools."""

from typing import Literal

from lamforge.domains import State, ToolError, tool


@tool(kind="read")
def find_member(state: State, card_number: str) -> dict:
    """Find a member by the number on the library card.

    Args:
        card_number: The card's number.
    """
    for member in state["members"].values():
        if member["card_number"] == card_number:
            return member
    raise ToolError(f"card number {card_number} not found")


@tool(kind="read")
def get_loan(state: State, loan_id: str) -> dict:
    """Show a loan.

    Args:
        loan_id: The loan's id, such as "L104".
    """
    return _loan(state, loan_id)


@tool(kind="write")
def renew_loan(state: State, loan_id: str) -> dict:
    """Renew a loan.

    Args:
        loan_id: The loan's id, such as "L104".
    """
    loan = _loan(state, loan_id)
    if loan["status"] != "active":
        raise ToolError(f"loan {loan_id} is {loan['status']}")
    loan["renewals"] += 1
    return loan


@tool(kind="write")
def change_branch(state: State, member_id: str, branch: Literal["north", "south", "east"]) -> dict:
    """Change the branch where a member picks books up.

    Args:
        member_id: The member's id.
        branch: The new branch.
    """
    if member_id not in state["members"]:
        raise ToolError(f"member {member_id} not found")
    member = state["members"][member_id]
    member["branch"] = branch
    return member


@tool(kind="write")
def report_lost(state: State, loan_id: str) -> str:
    """Report a borrowed book as lost.

    Args:
        loan_id: The loan's id, such as "L104".
    """
    loan = _loan(state, loan_id)
    state["reports"][f"R{len(state['reports']) + 1}"] = {"loan_id": loan_id, "title": loan["title"]}
    del state["loans"][loan_id]
    return "reported"


def _loan(state: State, loan_id: str) -> dict:
    if loan_id not in state["loans"]:
        raise ToolError(f"loan {loan_id} not found")
    return state["loans"][loan_id]
