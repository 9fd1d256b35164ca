"""The bundled airline: its timetable, its tools, its rules."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from tests.domains.conversation import Conversation

from lamforge.domains import Domain, Environment, ToolError, load_domain

NOW = datetime(2027, 5, 10, 12, 0)
QUOTES = {"move_booking": ("quote_move", "to_pay"), "cancel_booking": ("quote_refund", "refund")}


@pytest.fixture(scope="module")
def airline() -> Domain:
    return load_domain("airline")


@pytest.fixture
def desk(airline: Domain) -> Environment:
    return airline.environment()


def hours_left(departure: dict[str, Any]) -> float:
    return (datetime.fromisoformat(f"{departure['date']} {departure['leaves']}") - NOW).total_seconds() / 3600


def pairs(airline: Domain) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each booking with its departure."""
    tables = airline.base.tables
    return [(booking, tables["departures"][booking["departure_id"]]) for booking in tables["bookings"].values()]


def test_the_timetable_is_one_that_aeroplanes_can_keep(airline: Domain) -> None:
    durations: dict[tuple[str, ...], set[float]] = {}
    for departure in airline.base.tables["departures"].values():
        leaves, arrives = (datetime.fromisoformat(f"{departure['date']} {departure[k]}") for k in ("leaves", "arrives"))
        route = tuple(sorted((departure["origin"], departure["destination"])))
        durations.setdefault(route, set()).add((arrives - leaves).total_seconds() / 60)
        assert departure["departure_id"].endswith(f"-{leaves:%m%d}")
        assert (departure["status"] == "scheduled") <= (leaves >= NOW)
        assert (departure["status"] in ("departed", "landed")) <= (leaves < NOW)
        assert ("cause" in departure) == (departure["status"] == "cancelled" or departure["delay_minutes"] > 0)
    assert all(len(minutes) == 1 and 60 <= min(minutes) <= 200 for minutes in durations.values())
    assert min(durations["Hamburg", "Prague"]) < min(durations["Hamburg", "Madrid"])


def test_nobody_sits_on_a_seat_that_is_free_or_another_passengers(airline: Domain) -> None:
    taken: Counter[tuple[str, str]] = Counter()
    for booking, departure in pairs(airline):
        for passenger in booking["passengers"]:
            assert re.fullmatch(r"([1-9]|1[0-8])[A-D]", passenger["seat"])
            assert passenger["seat"] not in departure["free_seats"]
            taken[booking["departure_id"], passenger["seat"]] += 1
    assert set(taken.values()) == {1}


def test_what_was_paid_is_what_fare_passengers_and_bags_cost(airline: Domain) -> None:
    factors = {"light": 1.0, "standard": 1.35, "flex": 1.9}
    for booking, departure in pairs(airline):
        each = round(departure["price"] * factors[booking["fare"]])
        assert booking["paid"] == each * len(booking["passengers"]) + 30 * booking["bags"]
        assert booking["bags"] <= (1 if booking["fare"] == "light" else 3)


def test_nobody_flies_twice_on_a_day(airline: Domain) -> None:
    days = [(booking["traveller_id"], departure["date"]) for booking, departure in pairs(airline)]
    assert len(set(days)) == len(days)


def test_a_booking_is_made_with_a_seat_and_paid_with_points(desk: Environment) -> None:
    made = desk.call(
        "book_departure",
        {"traveller_id": "TR361", "departure_id": "TN230-0519", "fare": "standard", "pay_with": "points", "bags": 1},
    )
    assert made["paid"] == round(115 * 1.35) + 30
    booking = desk.call("get_booking", {"booking_id": made["booking_id"]})
    assert booking["passengers"][0]["seat"] == made["seat"] == "17C"
    assert "17C" not in desk.call("get_departure", {"departure_id": "TN230-0519"})["free_seats"]
    assert desk.state["travellers"]["TR361"]["points"] == 34500 - 100 * made["paid"]


def test_a_move_costs_what_was_quoted_and_gives_the_seats_back(airline: Domain, desk: Environment) -> None:
    arguments = {"booking_id": "BX83151", "new_departure_id": "TN214-0516"}
    quote = desk.call("quote_move", arguments)
    assert (quote["fee"], quote["fare_difference"], quote["to_pay"]) == (80, 0, 80)
    moved = desk.call("move_booking", arguments)
    assert moved["to_pay"] == 80 and len(moved["seats"]) == 2
    old = airline.base.tables["departures"]["TN214-0523"]["free_seats"]
    assert set(desk.state["departures"]["TN214-0523"]["free_seats"]) == {*old, "10C", "8D"}
    assert not set(moved["seats"]) & set(desk.state["departures"]["TN214-0516"]["free_seats"])


@pytest.mark.parametrize(
    ("booking_id", "refund"), [("BX24179", 0), ("BX56099", 76), ("BX57401", 798), ("BX82067", 804)]
)
def test_the_refund_follows_the_fare_and_is_whole_when_the_airline_cancelled(
    desk: Environment, booking_id: str, refund: int
) -> None:
    assert desk.call("quote_refund", {"booking_id": booking_id})["refund"] == refund
    assert desk.call("cancel_booking", {"booking_id": booking_id, "reason": "illness"})["refund"] == refund


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("get_booking", {"booking_id": "BX1"}, "booking BX1 not found"),
        ("get_departure", {"departure_id": "TN1"}, "departure TN1 not found"),
        ("search_departures", {"origin": "Oslo", "destination": "Rome"}, "no free seats from Oslo to Rome on any day"),
        ("quote_move", {"booking_id": "BX83151", "new_departure_id": "TN230-0519"}, "does not fly from Warsaw"),
        ("quote_move", {"booking_id": "BX83151", "new_departure_id": "TN214-0523"}, "already"),
        ("quote_move", {"booking_id": "BX83151", "new_departure_id": "TN214-0512"}, "is cancelled"),
        ("quote_refund", {"booking_id": "BX45657"}, "is cancelled, not booked"),
        ("choose_seat", {"booking_id": "BX22837", "name": "Nobody", "new_seat": "3C"}, "is not on booking"),
        ("choose_seat", {"booking_id": "BX22837", "name": "Werner Wolny", "new_seat": "11C"}, "is not free"),
        ("add_bags", {"booking_id": "BX22837", "bags": 0}, "bags"),
        ("check_in", {"booking_id": "BX22837"}, "check-in opens 48 hours before"),
        ("claim_compensation", {"booking_id": "BX18851", "paid_as": "points"}, "neither late nor cancelled"),
        ("transfer_to_colleague", {"traveller_id": "TR1", "topic": "lost bag"}, "traveller TR1 not found"),
        (
            "book_departure",
            {"traveller_id": "TR355", "departure_id": "TN230-0519", "fare": "light", "pay_with": "points"},
            "11500 points are needed, 250 are there",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    desk: Environment, tool: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        desk.call(tool, arguments)
    assert desk.diff() == []


def careful(airline: Domain, tool: str, speaker: str | None = None, /, **arguments: Any) -> list[str]:
    """The rules that a call breaks although the agent goes about it as it should."""
    bookings, travellers = airline.base.tables["bookings"], airline.base.tables["travellers"]
    booking_id = arguments.get("booking_id")
    owner = speaker or (arguments.get("traveller_id") or bookings[booking_id]["traveller_id"])
    talk = Conversation(airline).user(f"I want this: {arguments}")
    talk.call(("find_traveller_by_number", {"member_number": travellers[owner]["member_number"]}))
    if booking_id:
        talk.call(("get_booking", {"booking_id": booking_id}))
    if tool in QUOTES:
        quote, field = QUOTES[tool]
        talk.call((quote, {name: value for name, value in arguments.items() if name != "reason"}))
        talk.agent(f"That is {talk.calls[-1].result[field]} euros.")
    talk.confirmed(tool, **arguments)
    assert talk.calls[-1].ok, talk.calls[-1].error
    return talk.broken()


def near(airline: Domain, hours: float) -> str:
    """A booking that leaves within so many hours."""
    found = [b["booking_id"] for b, d in pairs(airline) if b["status"] == "booked" and 0 < hours_left(d) < hours]
    return found[0]


def book(departure_id: str, fare: str = "standard", pay_with: str = "card", **more: Any) -> dict[str, Any]:
    return {"departure_id": departure_id, "fare": fare, "pay_with": pay_with, **more}


LOTTE = {"name": "Lotte Dekker", "birth_date": "2020-06-01"}


@pytest.mark.parametrize(
    ("rule", "tool", "arguments"),
    [
        (None, "move_booking", {"booking_id": "BX83151", "new_departure_id": "TN214-0516"}),
        ("light_stays", "move_booking", {"booking_id": "BX14247", "new_departure_id": "TN229-0516"}),
        (None, "move_booking", {"booking_id": "BX18218", "new_departure_id": "TN208-0514"}),  # cancelled by the airline
        ("move_in_time", "move_booking", {"booking_id": "BX20651", "new_departure_id": "TN221-0515"}),
        (None, "move_booking", {"booking_id": "BX76759", "new_departure_id": "TN210-0516"}),  # flex has more time
        (None, "cancel_booking", {"booking_id": "BX56099", "reason": "illness"}),
        (None, "add_companion", {"booking_id": "BX34038", "new_companion": LOTTE}),
        ("company_has_limits", "add_companion", {"booking_id": "BX41340", "new_companion": LOTTE}),
        (None, "choose_seat", {"booking_id": "BX97416", "name": "Bruno Fjeld", "new_seat": "8C"}),
        ("front_rows", "choose_seat", {"booking_id": "BX97416", "name": "Bruno Fjeld", "new_seat": "1B"}),
        (None, "choose_seat", {"booking_id": "BX22837", "name": "Werner Wolny", "new_seat": "3C"}),  # flex
        (None, "choose_seat", {"booking_id": "BX33162", "name": "Beate Quintana", "new_seat": "2B"}),  # prime
        (None, "choose_seat", {"booking_id": "BX62508", "name": "Hedwig Pavlik", "new_seat": "9B"}),
        ("exit_row", "choose_seat", {"booking_id": "BX62508", "name": "Klemens Pavlik", "new_seat": "9B"}),
        (None, "add_bags", {"booking_id": "BX46252", "bags": 1}),
        ("few_bags", "add_bags", {"booking_id": "BX24179", "bags": 1}),
        ("few_bags", "add_bags", {"booking_id": "BX46252", "bags": 2}),
        ("few_bags", "book_departure", {"traveller_id": "TR361", **book("TN230-0519", "light", bags=2)}),
        (None, "book_departure", {"traveller_id": "TR361", **book("TN230-0519", "light", "points", bags=1)}),
        ("no_points_for_flex", "book_departure", {"traveller_id": "TR361", **book("TN230-0519", "flex", "points")}),
        ("book_in_time", "book_departure", {"traveller_id": "TR365", **book("TN214-0510")}),
        ("one_flight_at_a_time", "book_departure", {"traveller_id": "TR353", **book("TN213-0516")}),
        (None, "claim_compensation", {"booking_id": "BX62013", "paid_as": "points"}),
        ("compensate_with_reason", "claim_compensation", {"booking_id": "BX89981", "paid_as": "points"}),
        ("compensate_with_reason", "claim_compensation", {"booking_id": "BX40956", "paid_as": "transfer"}),
        (None, "transfer_to_colleague", {"traveller_id": "TR472", "topic": "lost bag"}),
        ("transfer_with_reason", "transfer_to_colleague", {"traveller_id": "TR472", "topic": "complaint"}),
    ],
)
def test_a_rule_is_broken_by_what_it_forbids_and_by_nothing_else(
    airline: Domain, rule: str | None, tool: str, arguments: dict[str, Any]
) -> None:
    assert careful(airline, tool, **arguments) == ([rule] if rule else [])


def test_the_last_hours_before_departure_are_for_flying(airline: Domain) -> None:
    assert "cancel_in_time" in careful(airline, "cancel_booking", booking_id=near(airline, 2), reason="illness")
    assert "bags_in_time" in careful(airline, "add_bags", booking_id=near(airline, 4), bags=1)


def test_what_was_booked_in_the_conversation_counts(airline: Domain) -> None:
    talk = Conversation(airline).user("Book TN230-0519 and TN230-0522 for me, TM76809, and then move the second.")
    talk.call(("find_traveller_by_number", {"member_number": "TM76809"}))
    for departure_id in ("TN230-0519", "TN230-0522"):
        talk.confirmed("book_departure", traveller_id="TR361", **book(departure_id))
    second = talk.calls[-1].result["booking_id"]
    assert talk.broken() == []
    arguments = {"booking_id": second, "new_departure_id": "TN230-0519"}
    talk.call(("get_booking", {"booking_id": second})).call(("quote_move", arguments))
    talk.agent(f"That is {talk.calls[-1].result['to_pay']} euros.").confirmed("move_booking", **arguments)
    assert talk.broken() == ["one_flight_at_a_time"]


MOVE = {"booking_id": "BX83151", "new_departure_id": "TN214-0516"}
XENIA = ("find_traveller_by_number", {"member_number": "TM94946"})
LOOK = ("get_booking", {"booking_id": "BX83151"})
QUOTE = ("quote_move", MOVE)


def test_the_way_of_doing_it_has_rules_of_its_own(airline: Domain) -> None:
    def talk() -> Conversation:
        return Conversation(airline).user("Move BX83151 to TN214-0516, please.")

    right = talk().call(XENIA).call(LOOK).call(QUOTE).agent("80 euros.").confirmed("move_booking", **MOVE)
    assert right.broken() == []
    unknown = talk().call(LOOK)
    assert unknown.broken() == ["identify_first"]
    unseen = talk().call(XENIA).call(QUOTE).agent("80 euros.").confirmed("move_booking", **MOVE)
    assert unseen.broken() == ["look_up_first"]
    unasked = talk().call(XENIA).call(LOOK).call(QUOTE).agent("80 euros.").call(("move_booking", MOVE))
    assert unasked.broken() == ["confirm_first"]
    unpriced = talk().call(XENIA).call(LOOK).call(QUOTE).confirmed("move_booking", **MOVE)
    assert unpriced.broken() == ["name_the_amount"]
    guessed = Conversation(airline).user("Move BX83151.").call(XENIA).call(LOOK).call(QUOTE).agent("80 euros.")
    assert guessed.confirmed("move_booking", **MOVE).broken() == ["never_guess"]
    both = (
        talk().user("And BX91091, a bag each.").call(XENIA).call(LOOK).agent("A bag, 1, for BX83151: shall I go ahead?")
    )
    bags = ("add_bags", {"booking_id": "BX83151", "bags": 1})
    assert "one_at_a_time" in both.user("Yes.").call(bags, bags).broken()


def test_other_peoples_bookings_are_neither_changed_nor_told(airline: Domain) -> None:
    arguments = {"booking_id": "BX56099", "reason": "illness"}
    assert careful(airline, "cancel_booking", "TR406", **arguments) == [
        "own_bookings",
        "tell_nothing_of_others",  # the refund was named
    ]
    talk = (
        Conversation(airline)
        .user("When does BX56099 fly?")
        .call(XENIA)
        .call(("get_booking", {"booking_id": "BX56099"}))
    )
    assert talk.agent("I can only tell you about your own bookings.").broken() == []
    assert talk.agent("It is on TN214-0516.").broken() == ["tell_nothing_of_others"]
    listed = Conversation(airline).call(XENIA).call(("list_bookings", {"traveller_id": "TR353"}))
    assert listed.broken() == ["tell_nothing_of_others"]
