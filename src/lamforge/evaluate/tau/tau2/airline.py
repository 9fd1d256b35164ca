"""The airline environment of tau2-bench. Each function is a tool; what it is for stands in the benchmark's own data."""

from __future__ import annotations

import json
from typing import Any

from lamforge.domains import State, ToolError
from lamforge.evaluate.tau.cities import CITIES
from lamforge.evaluate.tau.tau2.airline_records import (
    AirlineState,
    CabinClass,
    Certificate,
    DirectFlight,
    FlightInfo,
    FlightType,
    Insurance,
    Passenger,
    Payment,
    Reservation,
    ReservationFlight,
)
from lamforge.evaluate.tau.tau2.common import plain, toolkit

AIRLINE = toolkit("AirlineTools", AirlineState)
NEW_RESERVATIONS = ("HATHAT", "HATHAU", "HATHAV")
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
    flight_type: FlightType,
    cabin: CabinClass,
    flights: list[FlightInfo | Json],
    passengers: list[Passenger | Json],
    payment_methods: list[Payment | Json],
    total_baggages: int,
    nonfree_baggages: int,
    insurance: Insurance,
) -> str:
    wanted: list[Any] = _each(FlightInfo, flights)
    people: list[Any] = _each(Passenger, passengers)
    payments: list[Any] = _each(Payment, payment_methods)
    user = _user(db, user_id)
    reservation_id = _new_reservation_id(db)
    reservation = Reservation(
        reservation_id=reservation_id,
        user_id=user_id,
        origin=origin,
        destination=destination,
        flight_type=flight_type,
        cabin=cabin,
        flights=[],
        passengers=people,
        payment_history=payments,
        created_at=NOW,
        total_baggages=total_baggages,
        nonfree_baggages=nonfree_baggages,
        insurance=insurance,
    )
    price, days = 0, []
    for flight in wanted:
        booked, day = _bookable(db, flight, cabin, len(people))
        reservation.flights.append(booked)
        days.append(day)
        price += booked.price * len(people)
    if insurance == "yes":
        price += 30 * len(people)
    price += 50 * nonfree_baggages
    _check_payments(user, payments, price)
    for payment in payments:
        method = user["payment_methods"][payment.payment_id]
        if method["source"] == "gift_card":
            method["amount"] -= payment.amount
        elif method["source"] == "certificate":
            user["payment_methods"].pop(payment.payment_id)
    for day in days:
        day["available_seats"][cabin] -= len(people)
    db["reservations"][reservation_id] = plain(reservation)
    user["reservations"].append(reservation_id)
    return json.dumps(plain(reservation))


@AIRLINE.write
def cancel_reservation(db: State, /, reservation_id: str) -> str:
    reservation = _reservation(db, reservation_id)
    history = reservation["payment_history"]
    history.extend([plain(Payment(payment_id=each["payment_id"], amount=-each["amount"])) for each in history])
    reservation["status"] = "cancelled"
    return json.dumps(reservation)


@AIRLINE.read
def get_reservation_details(db: State, /, reservation_id: str) -> str:
    return json.dumps(_reservation(db, reservation_id))


@AIRLINE.read
def get_user_details(db: State, /, user_id: str) -> str:
    return json.dumps(_user(db, user_id))


@AIRLINE.read
def list_all_airports(db: State, /) -> str:
    return json.dumps([{"iata": code, "city": city} for code, city in CITIES.items()])


@AIRLINE.read
def search_direct_flight(db: State, /, origin: str, destination: str, date: str) -> str:
    return json.dumps([plain(flight) for flight in _search(db, date, origin, destination)])


@AIRLINE.read
def search_onestop_flight(db: State, /, origin: str, destination: str, date: str) -> str:
    results = []
    for first in _search(db, date, origin):
        first.date = date
        arrival = first.scheduled_arrival_time_est
        next_date = f"2024-05-{int(date[-2:]) + 1}" if "+1" in arrival else date
        for second in _search(db, next_date, first.destination, destination, arrival):
            second.date = next_date
            results.append([plain(first), plain(second)])
    return json.dumps(results)


@AIRLINE.write
def send_certificate(db: State, /, user_id: str, amount: int) -> str:
    methods = _user(db, user_id)["payment_methods"]
    for certificate_id in NEW_CERTIFICATES:
        if certificate_id not in methods:
            methods[certificate_id] = plain(Certificate(id=certificate_id, amount=amount, source="certificate"))
            return f"Certificate {certificate_id} added to user {user_id} with amount {amount}."
    raise ToolError("Too many certificates")


@AIRLINE.write
def update_reservation_baggages(
    db: State, /, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
) -> str:
    reservation = _reservation(db, reservation_id)
    user = _user(db, reservation["user_id"])
    price = 50 * max(0, nonfree_baggages - reservation["nonfree_baggages"])
    _pay(reservation, user, payment_id, price)
    reservation["total_baggages"] = total_baggages
    reservation["nonfree_baggages"] = nonfree_baggages
    return json.dumps(reservation)


@AIRLINE.write
def update_reservation_flights(
    db: State, /, reservation_id: str, cabin: CabinClass, flights: list[FlightInfo | Json], payment_id: str
) -> str:
    wanted: list[Any] = _each(FlightInfo, flights)
    reservation = _reservation(db, reservation_id)
    user = _user(db, reservation["user_id"])
    people = len(reservation["passengers"])
    price, booked = 0, []
    for flight in wanted:
        kept = [
            each
            for each in reservation["flights"]
            if each["flight_number"] == flight.flight_number
            and each["date"] == flight.date
            and cabin == reservation["cabin"]
        ]
        booked.append(kept[0] if kept else plain(_bookable(db, flight, cabin, people)[0]))
        price += booked[-1]["price"] * people
    price -= sum(flight["price"] for flight in reservation["flights"]) * people
    _pay(reservation, user, payment_id, price)
    reservation["flights"] = booked
    reservation["cabin"] = cabin
    return json.dumps(reservation)


@AIRLINE.write
def update_reservation_passengers(db: State, /, reservation_id: str, passengers: list[Passenger | Json]) -> str:
    people = _each(Passenger, passengers)
    reservation = _reservation(db, reservation_id)
    if len(people) != len(reservation["passengers"]):
        raise ToolError("Number of passengers does not match")
    reservation["passengers"] = plain(people)
    return json.dumps(reservation)


@AIRLINE.read
def get_flight_status(db: State, /, flight_number: str, date: str) -> str:
    status: str = _day(db, flight_number, date)["status"]
    return status


def _each(shape: type[Any], values: Any) -> Any:
    """Objects of a shape; values that are not all JSON objects stay what they are, and what comes next refuses them."""
    return [shape(**value) for value in values] if all(isinstance(value, dict) for value in values) else values


def _user(db: State, user_id: str) -> Json:
    if user_id not in db["users"]:
        raise ToolError(f"User {user_id} not found")
    return db["users"][user_id]


def _reservation(db: State, reservation_id: str) -> Json:
    if reservation_id not in db["reservations"]:
        raise ToolError(f"Reservation {reservation_id} not found")
    return db["reservations"][reservation_id]


def _day(db: State, number: str, date: str) -> Json:
    if number not in db["flights"]:
        raise ToolError(f"Flight {number} not found")
    dates: Json = db["flights"][number]["dates"]
    if date not in dates:
        raise ToolError(f"Flight {number} not found on date {date}")
    day: Json = dates[date]
    return day


def _new_reservation_id(db: State) -> str:
    for reservation_id in NEW_RESERVATIONS:
        if reservation_id not in db["reservations"]:
            return reservation_id
    raise ToolError("Too many reservations")


def _bookable(db: State, flight: Any, cabin: str, people: int) -> tuple[ReservationFlight, Json]:
    """A flight as it stands in a reservation, and its day in the timetable, if it can be booked."""
    number = flight.flight_number
    day = _day(db, number, flight.date)
    if day["status"] != "available":
        raise ToolError(f"Flight {number} not available on date {flight.date}")
    if day["available_seats"][cabin] < people:
        raise ToolError(f"Not enough seats on flight {number}")
    offered = db["flights"][number]
    places = {"origin": offered["origin"], "destination": offered["destination"]}
    return ReservationFlight(flight_number=number, date=flight.date, price=day["prices"][cabin], **places), day


def _check_payments(user: Json, payments: list[Payment], price: int) -> None:
    for payment in payments:
        if payment.payment_id not in user["payment_methods"]:
            raise ToolError(f"Payment method {payment.payment_id} not found")
        method = user["payment_methods"][payment.payment_id]
        if method["source"] in ("gift_card", "certificate") and method["amount"] < payment.amount:
            raise ToolError(f"Not enough balance in payment method {payment.payment_id}")
    paid = sum(payment.amount for payment in payments)
    if paid != price:
        raise ToolError(f"Payment amount does not add up, total price is {price}, but paid {paid}")


def _pay(reservation: Json, user: Json, payment_id: str, price: int) -> None:
    """Has an update paid; a gift card is charged before the payment is written down."""
    if payment_id not in user["payment_methods"]:
        raise ToolError("Payment method not found")
    method = user["payment_methods"][payment_id]
    if method["source"] == "certificate":
        raise ToolError("Certificate cannot be used to update reservation")
    if method["source"] == "gift_card" and method["amount"] < price:
        raise ToolError("Gift card balance is not enough")
    if method["source"] == "gift_card":
        method["amount"] -= price
    if price != 0:
        reservation["payment_history"].append(plain(Payment(payment_id=payment_id, amount=price)))


def _search(
    db: State, date: str, origin: str | None, destination: str | None = None, leave_after: str | None = None
) -> list[DirectFlight]:
    found = []
    for number in db["flights"]:
        flight = db["flights"].peek(number)
        fits = origin in (None, flight["origin"]) and destination in (None, flight["destination"])
        if not fits or flight["dates"].get(date, {}).get("status") != "available":
            continue
        if leave_after is None or flight["scheduled_departure_time_est"] >= leave_after:
            day = flight["dates"][date]
            found.append(DirectFlight.model_validate({**flight, **day}))
    return found
