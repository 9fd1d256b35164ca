"""The airline desk's tools. What the benchmarks do differently stands in methods of `Bookings` that they override."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from lamforge.evaluate.tau.desks.bookings import NEW_CERTIFICATES, NOW, Bookings, Json
from lamforge.evaluate.tau.desks.desk import read, write
from lamforge.evaluate.tau.tau2.airline_records import (
    CabinClass,
    FlightInfo,
    FlightType,
    Insurance,
    Passenger,
    Payment,
)


class AirlineDesk(Bookings):
    """Flights, reservations and customers."""

    @write
    def book_reservation(
        self,
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
        wanted = self.given(FlightInfo, flights)
        people = self.plain(self.given(Passenger, passengers))
        payments = self.plain(self.given(Payment, payment_methods))
        user = self.user(user_id)
        reservation_id = self.new_reservation_id()
        reservation = self.new_reservation(
            {
                "reservation_id": reservation_id,
                "user_id": user_id,
                "origin": origin,
                "destination": destination,
                "flight_type": flight_type,
                "cabin": cabin,
                "flights": [],
                "passengers": people,
                "payment_history": payments,
                "created_at": NOW,
                "total_baggages": total_baggages,
                "nonfree_baggages": nonfree_baggages,
                "insurance": insurance,
            }
        )
        price, booked, days = 0, [], []
        for flight in deepcopy(wanted):
            seat, day = self.book(flight, cabin, len(people))
            booked.append(seat)
            days.append(day)
            price += seat["price"] * len(people)
        reservation["flights"] = _instead_of(wanted, booked)
        if insurance == "yes":
            price += 30 * len(people)
        price += 50 * nonfree_baggages
        self.check_payments(user, payments, price)
        for payment in payments:
            method = user["payment_methods"][payment["payment_id"]]
            if method["source"] == "gift_card":
                method["amount"] -= payment["amount"]
            elif method["source"] == "certificate":
                del user["payment_methods"][payment["payment_id"]]
        for day in days if self.takes_seats else ():
            day["available_seats"][cabin] -= len(people)
        self.db["reservations"][reservation_id] = reservation
        user["reservations"].append(reservation_id)
        return json.dumps(reservation)

    @write
    def cancel_reservation(self, /, reservation_id: str) -> str:
        reservation = self.reservation(reservation_id)
        history = reservation["payment_history"]
        history.extend([self.payment(each["payment_id"], -each["amount"]) for each in history])
        reservation["status"] = "cancelled"
        return json.dumps(reservation)

    @read
    def get_reservation_details(self, /, reservation_id: str) -> str:
        return json.dumps(self.reservation(reservation_id))

    @read
    def get_user_details(self, /, user_id: str) -> str:
        return json.dumps(self.user(user_id))

    @write
    def send_certificate(self, /, user_id: str, amount: int) -> str:
        methods = self.user(user_id)["payment_methods"]
        for certificate_id in NEW_CERTIFICATES:
            if certificate_id not in methods:
                methods[certificate_id] = self.certificate(certificate_id, amount)
                return f"Certificate {certificate_id} added to user {user_id} with amount {amount}."
        return self.no_more_certificates()

    @write
    def update_reservation_baggages(
        self, /, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
    ) -> str:
        reservation = self.reservation(reservation_id)
        user = self.user(reservation["user_id"])
        price = 50 * max(0, nonfree_baggages - reservation["nonfree_baggages"])
        self.pay(reservation, user, payment_id, price)
        reservation["total_baggages"] = total_baggages
        reservation["nonfree_baggages"] = nonfree_baggages
        return json.dumps(reservation)

    @write
    def update_reservation_flights(
        self, /, reservation_id: str, cabin: CabinClass, flights: list[FlightInfo | Json], payment_id: str
    ) -> str:
        wanted = self.given(FlightInfo, flights)
        reservation = self.reservation(reservation_id)
        user = self.user(reservation["user_id"])
        people = len(reservation["passengers"])
        price, booked = 0, []
        for flight in deepcopy(wanted):
            number, date = self.named(flight)
            kept = [
                each
                for each in reservation["flights"]
                if each["flight_number"] == number and each["date"] == date and cabin == reservation["cabin"]
            ]
            booked.append(self.kept(flight, kept[0]) if kept else self.book(flight, cabin, people)[0])
            price += booked[-1]["price"] * people
        price -= sum(flight["price"] for flight in reservation["flights"]) * people
        self.pay(reservation, user, payment_id, price)
        reservation["flights"] = _instead_of(wanted, booked)
        if self.changes_cabin:
            reservation["cabin"] = cabin
        return json.dumps(reservation)

    @write
    def update_reservation_passengers(self, /, reservation_id: str, passengers: list[Passenger | Json]) -> str:
        people = self.given(Passenger, passengers)
        reservation = self.reservation(reservation_id)
        if len(people) != len(reservation["passengers"]):
            raise self.refusal("number of passengers does not match")
        reservation["passengers"] = self.plain(people)
        return json.dumps(reservation)


def _instead_of(wanted: Any, booked: list[Json]) -> Any:
    """The flights as they are kept; what came as an empty text or object stays one, as in the original."""
    return booked if isinstance(wanted, list) else wanted
