"""The airline's tools. They refuse what the booking system cannot do; what only the policy forbids is in `rules.py`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from lamforge.domains import State, ToolError, tool

NOW = datetime(2027, 5, 10, 12, 0)  # as policy.md says
FACTORS = {"light": 1.0, "standard": 1.35, "flex": 1.9}  # of the price that a departure names
BAG_PRICE, MOVE_FEE = 30, 40  # a bag; a passenger of a standard booking
REFUNDED = {"light": 0.0, "standard": 0.5, "flex": 1.0}  # share of what was paid
POINTS_PER_EURO = 100


@dataclass
class Companion:
    """Somebody who flies along."""

    name: str
    birth_date: str


@tool(kind="read")
def find_traveller_by_number(state: State, member_number: str) -> dict:
    """Find a traveller by member number.

    Args:
        member_number: Such as "TM48213".
    """
    for traveller in state["travellers"].values():
        if traveller["member_number"] == member_number.upper():
            return traveller
    raise ToolError(f"no traveller with member number {member_number} found")


@tool(kind="read")
def find_traveller_by_name(state: State, name: str, birth_date: str) -> dict:
    """Find a traveller by full name and date of birth.

    Args:
        name: First and last name.
        birth_date: Year-month-day, such as "1980-12-31".
    """
    for traveller in state["travellers"].values():
        if traveller["name"].lower() == name.lower() and traveller["birth_date"] == birth_date:
            return traveller
    raise ToolError(f"no traveller {name}, born {birth_date}, found")


@tool(kind="read")
def list_bookings(state: State, traveller_id: str) -> list[dict]:
    """List a traveller's bookings.

    Args:
        traveller_id: Such as "TR340".
    """
    own = [b for b in state["bookings"].values() if b["traveller_id"] == traveller_id]
    return [{field: b[field] for field in ("booking_id", "departure_id", "fare", "status")} for b in own]


@tool(kind="read")
def get_booking(state: State, booking_id: str) -> dict:
    """Show a booking: departure, fare, passengers with their seats, bags, what was paid.

    Args:
        booking_id: The booking number, such as "BX10271".
    """
    return _booking(state, booking_id)


@tool(kind="read")
def get_departure(state: State, departure_id: str) -> dict:
    """Show a departure: cities, times, price of a light fare, free seats, delay.

    Args:
        departure_id: Flight and day, such as "TN201-0516".
    """
    return _departure(state, departure_id)


@tool(kind="read")
def search_departures(state: State, origin: str, destination: str, date: str | None = None) -> list[dict]:
    """Find departures between two cities that can still be booked.

    Args:
        origin: The city to leave from.
        destination: The city to fly to.
        date: Only on this day, such as "2027-05-16".
    """
    wanted = [origin.lower(), destination.lower()]
    found = [
        {field: d[field] for field in ("departure_id", "date", "leaves", "arrives", "price")}
        for d in state["departures"].values()
        if wanted == [d["origin"].lower(), d["destination"].lower()] and date in (None, d["date"]) and d["free_seats"]
    ]
    if not found:
        raise ToolError(f"no free seats from {origin} to {destination} on {date or 'any day'}")
    return found


@tool(kind="read")
def quote_move(state: State, booking_id: str, new_departure_id: str) -> dict:
    """Work out what it costs to move a booking to another departure."""
    return _moved(state, booking_id, new_departure_id)


@tool(kind="read")
def quote_refund(state: State, booking_id: str) -> dict:
    """Work out what is refunded when a booking is cancelled."""
    return _refunded(state, booking_id)


@tool(kind="write")
def book_departure(
    state: State,
    traveller_id: str,
    departure_id: str,
    fare: Literal["light", "standard", "flex"],
    pay_with: Literal["card", "points"],
    bags: Annotated[int, Field(ge=0, le=3)] = 0,
) -> dict:
    """Book a departure for a traveller.

    Args:
        pay_with: The card on file, or points: 100 for each euro.
        bags: Checked bags, 30 euros each.
    """
    traveller, departure = _traveller(state, traveller_id), _scheduled(state, departure_id)
    price = _price(departure, fare) + BAG_PRICE * bags
    if pay_with == "points":
        if traveller["points"] < price * POINTS_PER_EURO:
            raise ToolError(f"{price * POINTS_PER_EURO} points are needed, {traveller['points']} are there")
        traveller["points"] -= price * POINTS_PER_EURO
    passenger = _seated(traveller["name"], traveller["birth_date"], departure)
    booking_id = f"BX{max(int(key[2:]) for key in state['bookings']) + 1}"
    state["bookings"][booking_id] = {
        "booking_id": booking_id,
        "traveller_id": traveller_id,
        "departure_id": departure_id,
        "fare": fare,
        "status": "booked",
        "passengers": [passenger],
        "bags": bags,
        "paid": price,
        "paid_with": pay_with,
    }
    return {"booking_id": booking_id, "seat": passenger["seat"], "paid": price}


@tool(kind="write")
def move_booking(state: State, booking_id: str, new_departure_id: str) -> dict:
    """Move a booking to another departure between the same cities. Seats are assigned anew."""
    quote, booking = _moved(state, booking_id, new_departure_id), _booking(state, booking_id)
    departure = _scheduled(state, new_departure_id)
    _give_seats_back(state, booking)
    booking["passengers"] = [_seated(p["name"], p["birth_date"], departure) for p in booking["passengers"]]
    booking |= {"departure_id": new_departure_id, "paid": booking["paid"] + quote["to_pay"]}
    return quote | {"seats": [passenger["seat"] for passenger in booking["passengers"]]}


@tool(kind="write")
def cancel_booking(
    state: State, booking_id: str, reason: Literal["change of plans", "illness", "booked by mistake"]
) -> dict:
    """Cancel a booking and refund what its fare allows.

    Args:
        reason: Why the traveller cancels.
    """
    quote, booking = _refunded(state, booking_id), _booking(state, booking_id)
    _give_seats_back(state, booking)
    if booking["paid_with"] == "points":
        _traveller(state, booking["traveller_id"])["points"] += quote["refund"] * POINTS_PER_EURO
    booking |= {"status": "cancelled", "reason": reason}
    return quote


@tool(kind="write")
def choose_seat(state: State, booking_id: str, name: str, new_seat: str) -> dict:
    """Give a passenger another seat.

    Args:
        name: The passenger's full name.
        new_seat: A free seat, such as "12A".
    """
    booking = _booking(state, booking_id, "booked")
    departure = _scheduled(state, booking["departure_id"])
    passenger = next((p for p in booking["passengers"] if p["name"].lower() == name.lower()), None)
    if passenger is None:
        raise ToolError(f"{name} is not on booking {booking_id}")
    if new_seat not in departure["free_seats"]:
        raise ToolError(f"seat {new_seat} is not free on {departure['departure_id']}")
    departure["free_seats"].remove(new_seat)
    _free(departure, [passenger["seat"]])
    passenger["seat"] = new_seat
    return {"booking_id": booking_id, **passenger}


@tool(kind="write")
def add_bags(state: State, booking_id: str, bags: Annotated[int, Field(ge=1, le=3)]) -> dict:
    """Add checked bags to a booking, 30 euros each.

    Args:
        bags: How many more.
    """
    booking = _booking(state, booking_id, "booked")
    booking |= {"bags": booking["bags"] + bags, "paid": booking["paid"] + BAG_PRICE * bags}
    return {"booking_id": booking_id, "total_bags": booking["bags"], "to_pay": BAG_PRICE * bags}


@tool(kind="write")
def add_companion(state: State, booking_id: str, new_companion: Companion) -> dict:
    """Add a passenger to a booking, at today's price.

    Args:
        new_companion: Full name and date of birth.
    """
    booking = _booking(state, booking_id, "booked")
    if new_companion.name.lower() in [passenger["name"].lower() for passenger in booking["passengers"]]:
        raise ToolError(f"{new_companion.name} is on booking {booking_id} already")
    departure = _scheduled(state, booking["departure_id"])
    passenger = _seated(new_companion.name, new_companion.birth_date, departure)
    booking["passengers"].append(passenger)
    price = _price(departure, booking["fare"])
    booking["paid"] += price
    return {
        "booking_id": booking_id,
        "passengers": len(booking["passengers"]),
        "seat": passenger["seat"],
        "to_pay": price,
    }


@tool(kind="write")
def check_in(state: State, booking_id: str) -> dict:
    """Check all passengers of a booking in, from 48 hours to 1 hour before departure."""
    booking = _booking(state, booking_id, "booked")
    if not 1 <= _hours_left(_scheduled(state, booking["departure_id"])) <= 48:
        raise ToolError("check-in opens 48 hours before departure and closes 1 hour before")
    booking["status"] = "checked in"
    return {"booking_id": booking_id, "seats": [passenger["seat"] for passenger in booking["passengers"]]}


@tool(kind="write")
def claim_compensation(state: State, booking_id: str, paid_as: Literal["points", "transfer"]) -> dict:
    """Pay compensation for a departure that was late or cancelled: 120 euros a passenger, half as much again in points.

    Args:
        paid_as: Points or a bank transfer.
    """
    booking = _booking(state, booking_id)
    departure = _departure(state, booking["departure_id"])
    if departure["status"] != "cancelled" and not departure["delay_minutes"]:
        raise ToolError(f"{departure['departure_id']} was neither late nor cancelled")
    if "compensation" in booking:
        raise ToolError(f"booking {booking_id} was compensated already")
    euros = 120 * len(booking["passengers"])
    points = euros * POINTS_PER_EURO * 3 // 2
    if paid_as == "points":
        _traveller(state, booking["traveller_id"])["points"] += points
    booking["compensation"] = paid_as
    return {"booking_id": booking_id, "amount": f"{points} points" if paid_as == "points" else f"{euros} euros"}


@tool(kind="write")
def transfer_to_colleague(
    state: State,
    traveller_id: str,
    topic: Literal["lost bag", "medical emergency", "child travelling alone", "complaint", "better price"],
) -> dict:
    """Transfer the traveller to a colleague."""
    _traveller(state, traveller_id)
    transfer_id = f"X{len(state['transfers']) + 1}"
    state["transfers"][transfer_id] = {"transfer_id": transfer_id, "traveller_id": traveller_id, "topic": topic}
    return {"transfer_id": transfer_id}


def _traveller(state: State, traveller_id: str) -> dict:
    if traveller_id not in state["travellers"]:
        raise ToolError(f"traveller {traveller_id} not found")
    return state["travellers"][traveller_id]


def _booking(state: State, booking_id: str, status: str | None = None) -> dict:
    """The booking, in the given status if there is one."""
    if booking_id not in state["bookings"]:
        raise ToolError(f"booking {booking_id} not found")
    booking = state["bookings"][booking_id]
    if status is not None and booking["status"] != status:
        raise ToolError(f"booking {booking_id} is {booking['status']}, not {status}")
    return booking


def _departure(state: State, departure_id: str) -> dict:
    if departure_id not in state["departures"]:
        raise ToolError(f"departure {departure_id} not found")
    return state["departures"][departure_id]


def _scheduled(state: State, departure_id: str) -> dict:
    departure = _departure(state, departure_id)
    if departure["status"] != "scheduled":
        raise ToolError(f"departure {departure_id} is {departure['status']}")
    return departure


def _hours_left(departure: dict) -> float:
    return (datetime.fromisoformat(f"{departure['date']} {departure['leaves']}") - NOW).total_seconds() / 3600


def _price(departure: dict, fare: str) -> int:
    return round(departure["price"] * FACTORS[fare])


def _seated(name: str, birth_date: str, departure: dict) -> dict:
    """The passenger on the free seat nearest to the tail, which is free no longer."""
    if not departure["free_seats"]:
        raise ToolError(f"departure {departure['departure_id']} has not enough free seats")
    return {"name": name, "birth_date": birth_date, "seat": departure["free_seats"].pop()}


def _give_seats_back(state: State, booking: dict) -> None:
    departure = _departure(state, booking["departure_id"])
    if departure["status"] == "scheduled":
        _free(departure, [passenger["seat"] for passenger in booking["passengers"]])


def _free(departure: dict, seats: list[str]) -> None:
    departure["free_seats"].extend(seats)
    departure["free_seats"].sort(key=lambda seat: (int(seat[:-1]), seat[-1]))


def _moved(state: State, booking_id: str, new_departure_id: str) -> dict:
    """What moving the booking costs. Nobody pays when the old departure was cancelled; prime members pay no fee."""
    booking, new = _booking(state, booking_id, "booked"), _scheduled(state, new_departure_id)
    old = _departure(state, booking["departure_id"])
    if new_departure_id == old["departure_id"]:
        raise ToolError(f"booking {booking_id} is on {new_departure_id} already")
    if (new["origin"], new["destination"]) != (old["origin"], old["destination"]):
        raise ToolError(f"{new_departure_id} does not fly from {old['origin']} to {old['destination']}")
    count = len(booking["passengers"])
    if len(new["free_seats"]) < count:
        raise ToolError(f"departure {new_departure_id} has not enough free seats")
    level = _traveller(state, booking["traveller_id"])["level"]
    free = old["status"] == "cancelled"
    fee = 0 if free or booking["fare"] == "flex" or level == "prime" else MOVE_FEE * count
    more = 0 if free else max(0, _price(new, booking["fare"]) - _price(old, booking["fare"])) * count
    return {"booking_id": booking_id, "fee": fee, "fare_difference": more, "to_pay": fee + more}


def _refunded(state: State, booking_id: str) -> dict:
    """What cancelling the booking gives back: all of it when the airline cancelled the departure."""
    booking = _booking(state, booking_id, "booked")
    cancelled = _departure(state, booking["departure_id"])["status"] == "cancelled"
    refund = round(booking["paid"] * (1 if cancelled else REFUNDED[booking["fare"]]))
    return {"booking_id": booking_id, "refund": refund, "paid_with": booking["paid_with"]}
