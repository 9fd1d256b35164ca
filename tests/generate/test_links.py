from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lamforge.domains import Domain, load_domain
from lamforge.generate import generate_multi, survey
from lamforge.generate.graph import Graph
from lamforge.generate.links import linked_name
from lamforge.messages import Trajectory

TOOLS = '''
from typing import Annotated

from pydantic import Field

from lamforge.domains import State, ToolError, tool


@tool(kind="read")
def find_guest(state: State, code: str, surname: str) -> dict:
    """Find a guest.

    Args:
        code: The code of a booking, such as "QX17".
        surname: The guest's last name.
    """
    for booking in state["bookings"].values():
        guest = state["guests"][booking["guest_id"]]
        if booking["code"] == code and guest["surname"] == surname:
            return guest
    raise ToolError("no such guest found")


@tool(kind="read")
def get_booking(state: State, reference: str) -> dict:
    """Show a booking.

    Args:
        reference: Such as "B-1001".
    """
    return _booking(state, reference)


@tool(kind="write")
def cancel_booking(state: State, reference: str) -> dict:
    """Cancel a booking that has not begun.

    Args:
        reference: Such as "B-1001".
    """
    booking = _booking(state, reference)
    booking["status"] = "cancelled"
    return booking


@tool(kind="write")
def changeNights(state: State, bookingId: str, nights: Annotated[int, Field(ge=1, le=60)]) -> dict:
    """Change the number of nights."""
    booking = _booking(state, bookingId)
    booking["nights"] = nights
    return booking


@tool(kind="write")
def update_mail(state: State, guestId: str, mail: Annotated[str, Field(json_schema_extra={"format": "email"})]) -> str:
    """Update a guest's e-mail address."""
    if guestId not in state["guests"]:
        raise ToolError("guest not found")
    state["guests"][guestId]["email"] = mail
    return "done"


def _booking(state: State, reference: str) -> dict:
    if reference not in state["bookings"]:
        raise ToolError(f"booking {reference} not found")
    return state["bookings"][reference]
'''


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    """A domain of tools, docstrings and a state alone, whose names do not fit each other."""
    folder = tmp_path_factory.mktemp("hotel")
    guests = {
        f"G{n}": {
            "guest_id": f"G{n}",
            "surname": f"Sur{chr(97 + n % 26)}{chr(97 + n // 26)}",
            "email": f"g{n}@x.example",
        }
        for n in range(40)
    }
    bookings = {
        f"B-{1000 + n}": {
            "booking_id": f"B-{1000 + n}",
            "code": f"QX{100 + n}",
            "guest_id": f"G{n % 40}",
            "nights": n % 9,
            "status": "booked",
        }
        for n in range(70)
    }
    (folder / "domain.yaml").write_text("name: hotel\ndescription: A hotel.\n")
    (folder / "policy.md").write_text("Help the guests.")
    (folder / "state.json").write_text(json.dumps({"guests": guests, "bookings": bookings}))
    (folder / "tools.py").write_text(TOOLS)
    return load_domain(folder)


def test_a_customer_is_identified_by_a_field_of_one_of_its_records(hotel: Domain) -> None:
    graph = Graph(hotel)
    assert graph.owner == "guests"
    assert graph.identify == [("find_guest", ["code", "surname"])]
    facts = graph.facts("find_guest", ["code", "surname"], "G3")
    assert hotel.environment().execute("find_guest", facts).result["guest_id"] == "G3"


def test_arguments_of_other_names_find_their_fields(hotel: Domain) -> None:
    links = Graph(hotel).links
    assert links["get_booking"] == {"reference": "booking_id"}
    assert links["changeNights"] == {"bookingId": "booking_id", "nights": "nights"}
    assert links["update_mail"] == {"guestId": "guest_id", "mail": "email"}


def test_every_tool_of_a_domain_never_seen_is_used(hotel: Domain, tmp_path: Path) -> None:
    assert not survey(hotel).unused
    made = generate_multi(hotel, tmp_path / "run", tasks=60, test_tasks=10, seed=1)
    assert (made.train, made.test) == (60, 10)
    talks = [Trajectory.model_validate_json(line) for line in (tmp_path / "run" / "trajectories.jsonl").open()]
    said = " ".join(m.content or "" for talk in talks for m in talk.messages if m.role == "user").lower()
    assert "cancel my booking" in said
    assert "e-mail address" in said


@pytest.mark.parametrize(
    ("name", "tool", "schema", "field"),
    [
        ("orderId", "get", {"type": "string"}, "order_id"),
        ("order", "get", {"type": "string"}, "order_id"),
        ("order_number", "get", {"type": "string"}, "order_id"),
        ("id", "get_order", {"type": "string"}, "order_id"),
        ("target_zip", "move", {"type": "string"}, "new_zip"),
        ("zip_code", "move", {"type": "string"}, "zip"),
        ("what", "get", {"type": "string", "description": 'Such as "W999".'}, "order_id"),
        ("when", "get", {"type": "string", "format": "date"}, "day"),
        ("what", "get", {"type": "string", "pattern": "^W[0-9]+$"}, "order_id"),
        ("colour", "get", {"type": "string"}, "colour"),
    ],
)
def test_names_examples_and_schemas_lead_to_fields(name: str, tool: str, schema: dict[str, Any], field: str) -> None:
    fields = {
        "order_id": [("W101", None), ("W102", None)],
        "zip": [("12345", None)],
        "day": [("2027-01-02", None)],
    }
    assert linked_name(name, tool, schema, fields, {"orders": "order_id"}) == field
