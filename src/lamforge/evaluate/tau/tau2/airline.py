"""The airline environment of tau2-bench: what it does in its own way."""

from __future__ import annotations

import json
from typing import Any

from lamforge.evaluate.tau.cities import CITIES
from lamforge.evaluate.tau.desks.airline import AirlineDesk
from lamforge.evaluate.tau.desks.bookings import NEW_RESERVATIONS
from lamforge.evaluate.tau.desks.desk import read
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.evaluate.tau.tau2.airline_records import (
    AirlineState,
    Certificate,
    DirectFlight,
    Payment,
    Reservation,
    ReservationFlight,
)
from lamforge.evaluate.tau.tau2.desk import Tau2Desk, plain

Json = dict[str, Any]


class Tau2Airline(AirlineDesk, Tau2Desk):
    """Keeps typed records, and names whom or what it does not find."""

    owner = "AirlineTools"
    shape = AirlineState
    takes_seats = True
    changes_cabin = True

    @read
    def list_all_airports(self, /) -> str:
        return json.dumps([{"iata": code, "city": city} for code, city in CITIES.items()])

    @read
    def search_direct_flight(self, /, origin: str, destination: str, date: str) -> str:
        return json.dumps([plain(flight) for flight in self._search(date, origin, destination)])

    @read
    def search_onestop_flight(self, /, origin: str, destination: str, date: str) -> str:
        results = []
        for first in self._search(date, origin):
            first.date = date
            arrival = first.scheduled_arrival_time_est
            next_date = f"2024-05-{int(date[-2:]) + 1}" if "+1" in arrival else date
            for second in self._search(next_date, first.destination, destination, arrival):
                second.date = next_date
                results.append([plain(first), plain(second)])
        return json.dumps(results)

    @read
    def get_flight_status(self, /, flight_number: str, date: str) -> str:
        status: str = self.day(flight_number, date)["status"]
        return status

    def user(self, user_id: str) -> Json:
        """A customer."""
        return self.found("users", user_id, f"user {user_id}")

    def reservation(self, reservation_id: str) -> Json:
        """A reservation."""
        return self.found("reservations", reservation_id, f"reservation {reservation_id}")

    def given(self, shape: type[Any], values: Any) -> Any:
        """Typed objects; values that are not all JSON objects stay what they are, and what comes next refuses them."""
        return [shape(**value) for value in values] if all(isinstance(value, dict) for value in values) else values

    def plain(self, values: Any) -> Any:
        """The same as JSON."""
        return plain(values)

    def named(self, flight: Any) -> tuple[str, str]:
        """The number and the day of a flight that came with a call."""
        return flight.flight_number, flight.date

    def new_reservation_id(self) -> str:
        """The first that is free."""
        for reservation_id in NEW_RESERVATIONS:
            if reservation_id not in self.db["reservations"]:
                return reservation_id
        raise self.refusal("too many reservations")

    def new_reservation(self, fields: Json) -> Json:
        """Typed."""
        return Reservation(**fields).model_dump()

    def certificate(self, certificate_id: str, amount: float) -> Json:
        """Typed: amounts are floats."""
        return Certificate(id=certificate_id, amount=amount, source="certificate").model_dump()

    def payment(self, payment_id: str, amount: Any) -> Json:
        """Typed: amounts are whole."""
        return Payment(payment_id=payment_id, amount=amount).model_dump()

    def booked(self, flight: Any, price: Any, origin: str, destination: str) -> Json:
        """Typed."""
        places = {"origin": origin, "destination": destination}
        return ReservationFlight(
            flight_number=flight.flight_number, date=flight.date, price=price, **places
        ).model_dump()

    def kept(self, flight: Any, booked: Json) -> Json:
        """The same flight as it was."""
        return booked

    def no_more_certificates(self) -> str:
        """A refusal."""
        raise self.refusal("too many certificates")

    def _search(
        self, date: str, origin: str | None, destination: str | None = None, leave_after: str | None = None
    ) -> list[DirectFlight]:
        found = []
        for number in self.db["flights"]:
            flight = self.db["flights"].peek(number)
            fits = origin in (None, flight["origin"]) and destination in (None, flight["destination"])
            if not fits or flight["dates"].get(date, {}).get("status") != "available":
                continue
            if leave_after is None or flight["scheduled_departure_time_est"] >= leave_after:
                day = flight["dates"][date]
                found.append(DirectFlight.model_validate({**flight, **day}))
        return found


AIRLINE = Toolkit(Tau2Airline)
