"""The airline environment of tau-bench. Each function is a tool; what it is for stands in the benchmark's own data."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from lamforge.domains import State, ToolError
from lamforge.evaluate.tau.cities import CITIES
from lamforge.evaluate.tau.v1.common import found, toolkit

AIRLINE = toolkit("flights", "reservations", "users")
NEW_RESERVATIONS = ("HATHAT", "HATHAU", "HATHAV")  # the last one is overwritten by a fourth
NEW_CERTIFICATES = tuple(f"certificate_{number}" for number in (3221322, 3221323, 3221324))
NOW = "2024-05-15T15:00:00"

Json = dict[str, Any]


@AIRLINE.write
def book_reservation(
    db: State,
    /,
    user_id: str,
    origin: str,
    destination: str,
    flight_type: str,
    cabin: str,
    flights: list[Json],
    passengers: list[Json],
    payment_methods: list[Json],
    total_baggages: int,
    nonfree_baggages: int,
    insurance: str,
) -> str:
    user = found(db["users"], user_id, "user")
    taken = db["reservations"]
    reservation_id = next((each for each in NEW_RESERVATIONS if each not in taken), NEW_RESERVATIONS[-1])
    reservation: Json = {
        "reservation_id": reservation_id,
        "user_id": user_id,
        "origin": origin,
        "destination": destination,
        "flight_type": flight_type,
        "cabin": cabin,
        "flights": deepcopy(flights),
        "passengers": passengers,
        "payment_history": payment_methods,
        "created_at": NOW,
        "total_baggages": total_baggages,
        "nonfree_baggages": nonfree_baggages,
        "insurance": insurance,
    }
    price = 0
    for flight in reservation["flights"]:
        _price(db, flight, cabin, len(passengers))
        price += flight["price"] * len(passengers)
    if insurance == "yes":
        price += 30 * len(passengers)
    price += 50 * nonfree_baggages
    _check_payments(user, payment_methods, price)
    for payment in payment_methods:
        method = user["payment_methods"][payment["payment_id"]]
        if method["source"] == "gift_card":
            method["amount"] -= payment["amount"]
        elif method["source"] == "certificate":
            del user["payment_methods"][payment["payment_id"]]
    db["reservations"][reservation_id] = reservation
    user["reservations"].append(reservation_id)
    return json.dumps(reservation)


@AIRLINE.write
def cancel_reservation(db: State, /, reservation_id: str) -> str:
    reservation = found(db["reservations"], reservation_id, "reservation")
    history = reservation["payment_history"]
    history.extend([{"payment_id": each["payment_id"], "amount": -each["amount"]} for each in history])
    reservation["status"] = "cancelled"
    return json.dumps(reservation)


@AIRLINE.read
def get_reservation_details(db: State, /, reservation_id: str) -> str:
    return json.dumps(found(db["reservations"], reservation_id, "user"))  # it does say "user"


@AIRLINE.read
def get_user_details(db: State, /, user_id: str) -> str:
    return json.dumps(found(db["users"], user_id, "user"))


@AIRLINE.read
def list_all_airports(db: State, /) -> str:
    return json.dumps(CITIES)


@AIRLINE.read
def search_direct_flight(db: State, /, origin: str, destination: str, date: str) -> str:
    return json.dumps(
        [
            _on(flight, date)
            for flight in _flights(db)
            if flight["origin"] == origin and flight["destination"] == destination and _available(flight, date)
        ]
    )


@AIRLINE.read
def search_onestop_flight(db: State, /, origin: str, destination: str, date: str) -> str:
    results = []
    for first in _flights(db):
        if first["origin"] != origin:
            continue
        for second in _flights(db):
            if second["destination"] != destination or first["destination"] != second["origin"]:
                continue
            arrival = first["scheduled_arrival_time_est"]
            next_date = f"2024-05-{int(date[-2:]) + 1}" if "+1" in arrival else date
            if arrival > second["scheduled_departure_time_est"]:
                continue
            if _available(first, date, second, next_date):
                # the second flight's seats and prices are those of the first day: so it is in the original
                results.append([_on(first, date) | {"date": date}, _on(second, date) | {"date": next_date}])
    return json.dumps(results)


@AIRLINE.write
def send_certificate(db: State, /, user_id: str, amount: float) -> str:
    methods = found(db["users"], user_id, "user")["payment_methods"]
    for certificate_id in NEW_CERTIFICATES:
        if certificate_id not in methods:
            methods[certificate_id] = {"source": "certificate", "amount": amount, "id": certificate_id}
            return f"Certificate {certificate_id} added to user {user_id} with amount {amount}."
    return "None"  # where the original has no answer


@AIRLINE.write
def update_reservation_baggages(
    db: State, /, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
) -> str:
    reservation = found(db["reservations"], reservation_id, "reservation")
    price = 50 * max(0, nonfree_baggages - reservation["nonfree_baggages"])
    method = _method_for_update(db, reservation, payment_id, price)
    reservation["total_baggages"] = total_baggages
    reservation["nonfree_baggages"] = nonfree_baggages
    _pay(reservation, method, payment_id, price)
    return json.dumps(reservation)


@AIRLINE.write
def update_reservation_flights(
    db: State, /, reservation_id: str, cabin: str, flights: list[Json], payment_id: str
) -> str:
    reservation = found(db["reservations"], reservation_id, "reservation")
    people = len(reservation["passengers"])
    price = 0
    flights = deepcopy(flights)
    for flight in flights:
        kept = [
            each
            for each in reservation["flights"]
            if each["flight_number"] == flight["flight_number"]
            and each["date"] == flight["date"]
            and cabin == reservation["cabin"]
        ]
        if kept:
            flight.update({key: kept[0][key] for key in ("price", "origin", "destination")})
        else:
            _price(db, flight, cabin, people)
        price += flight["price"] * people
    price -= sum(flight["price"] for flight in reservation["flights"]) * people
    method = _method_for_update(db, reservation, payment_id, price)
    reservation["flights"] = flights  # the cabin stays what it was: so it is in the original
    _pay(reservation, method, payment_id, price)
    return json.dumps(reservation)


@AIRLINE.write
def update_reservation_passengers(db: State, /, reservation_id: str, passengers: list[Json]) -> str:
    reservation = found(db["reservations"], reservation_id, "reservation")
    if len(passengers) != len(reservation["passengers"]):
        raise ToolError("number of passengers does not match")
    reservation["passengers"] = passengers
    return json.dumps(reservation)


def _price(db: State, flight: Json, cabin: str, people: int) -> None:
    """Writes into a flight that is booked what it costs and where it goes, if it can be booked."""
    number, date = flight["flight_number"], flight["date"]
    offered = found(db["flights"], number, f"flight {number}")
    if date not in offered["dates"]:
        raise ToolError(f"flight {number} not found on date {date}")
    day = offered["dates"][date]
    if day["status"] != "available":
        raise ToolError(f"flight {number} not available on date {date}")
    if day["available_seats"][cabin] < people:
        raise ToolError(f"not enough seats on flight {number}")
    flight.update(price=day["prices"][cabin], origin=offered["origin"], destination=offered["destination"])


def _check_payments(user: Json, payments: list[Json], price: float) -> None:
    for payment in payments:
        payment_id, amount = payment["payment_id"], payment["amount"]
        if payment_id not in user["payment_methods"]:
            raise ToolError(f"payment method {payment_id} not found")
        method = user["payment_methods"][payment_id]
        if method["source"] in ("gift_card", "certificate") and method["amount"] < amount:
            raise ToolError(f"not enough balance in payment method {payment_id}")
    paid = sum(payment["amount"] for payment in payments)
    if paid != price:
        raise ToolError(f"payment amount does not add up, total price is {price}, but paid {paid}")


def _method_for_update(db: State, reservation: Json, payment_id: str, price: float) -> Json:
    methods = db["users"][reservation["user_id"]]["payment_methods"]
    if payment_id not in methods:
        raise ToolError("payment method not found")
    method: Json = methods[payment_id]
    if method["source"] == "certificate":
        raise ToolError("certificate cannot be used to update reservation")
    if method["source"] == "gift_card" and method["amount"] < price:
        raise ToolError("gift card balance is not enough")
    return method


def _pay(reservation: Json, method: Json, payment_id: str, price: float) -> None:
    if method["source"] == "gift_card":
        method["amount"] -= price
    if price != 0:
        reservation["payment_history"].append({"payment_id": payment_id, "amount": price})


def _flights(db: State) -> list[Json]:
    return [db["flights"].peek(number) for number in db["flights"]]


def _available(first: Json, date: str, second: Json | None = None, next_date: str = "") -> bool:
    legs = [(first, date)] if second is None else [(first, date), (second, next_date)]
    if not all(day in flight["dates"] for flight, day in legs):
        return False
    return all(flight["dates"][day]["status"] == "available" for flight, day in legs)


def _on(flight: Json, date: str) -> Json:
    return {key: value for key, value in flight.items() if key != "dates"} | flight["dates"][date]
