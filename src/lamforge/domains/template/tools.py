from typing import Literal
from lamforge.domains import State, ToolError, tool

@tool(kind="read")
def find_member(state: State, card_number: str) -> dict:
    """Find a member.

    Args:
        card_number: Number on the library card.
    """
    for member in state["members"].values():
        if member["card_number"] == card_number:
            return member
    raise ToolError(f"card number {card_number} not found")

@tool(kind="read")
def get_loan(state: State, loan_id: str) -> dict:
    """Get a loan.

    Args:
        loan_id: Id of the loan.
    """
    if loan_id not in state["loans"]:
        raise ToolError(f"loan {loan_id} not found")
    return state["loans"][loan_id]

@tool(kind="write")
def renew_loan(state: State, loan_id: str) -> dict:
    """Renew a loan.

    Args:
        loan_id: Id of the loan.
    """
    if loan_id not in state["loans"]:
        raise ToolError(f"loan {loan_id} not found")
    loan = state["loans"][loan_id]
    if loan["status"] != "active":
        raise ToolError(f"loan {loan_id} is {loan['status']}")
    loan["renewals"] += 1
    return loan

@tool(kind="write")
def change_pickup(state: State, member_id: str, branch: Literal["north", "south", "east"]) -> dict:
    """Change the branch.

    Args:
        member_id: Id of the member.
        branch: Branch.
    """
    m = state["members"][member_id]
    m["branch"] = branch
    return m
