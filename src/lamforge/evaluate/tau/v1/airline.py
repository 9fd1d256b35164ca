"""The airline environment of tau-bench: what it does in its own way."""

from __future__ import annotations

import json
from typing import Any

from lamforge.evaluate.tau.cities import CITIES
from lamforge.evaluate.tau.desks.airline import AirlineDesk
from lamforge.evaluate.tau.desks.desk import read
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.evaluate.tau.v1.desk import V1Desk

Json = dict[str, Any]


class V1Airline(AirlineDesk, V1Desk):
    """Plain JSON; a booking takes no seats, and a change of flights leaves the cabin: so it is in the original."""

    @read
    def get_reservation_details(self, /, reservation_id: str) -> str:
        return json.dumps(self.found("reservations", reservation_id, "user"))  # it does say "user"

    @read
    def list_all_airports(self, /) -> str:
        return json.dumps(CITIES)

    @read
    def search_direct_flight(self, /, origin: str, destination: str, date: str) -> str:
        return json.dumps(
            [
                _on(flight, date)
                for flight in self._flights()
                if flight["origin"] == origin and flight["destination"] == destination and _available((flight, date))
            ]
        )

    @read
    def search_onestop_flight(self, /, origin: str, destination: str, date: str) -> str:
        results = []
        for first in self._flights():
            if first["origin"] != origin:
                continue
            for second in self._flights():
                if second["destination"] != destination or first["destination"] != second["origin"]:
                    continue
                arrival = first["scheduled_arrival_time_est"]
                next_date = f"2024-05-{int(date[-2:]) + 1}" if "+1" in arrival else date
                if arrival > second["scheduled_departure_time_est"]:
                    continue
                if _available((first, date), (second, next_date)):
                    # the second flight's seats and prices are those of the first day: so it is in the original
                    results.append([_on(first, date) | {"date": date}, _on(second, date) | {"date": next_date}])
        return json.dumps(results)

    def _flights(self) -> list[Json]:
        return [self.db["flights"].peek(number) for number in self.db["flights"]]


def _available(*legs: tuple[Json, str]) -> bool:
    if not all(day in flight["dates"] for flight, day in legs):
        return False
    return all(flight["dates"][day]["status"] == "available" for flight, day in legs)


def _on(flight: Json, date: str) -> Json:
    return {key: value for key, value in flight.items() if key != "dates"} | flight["dates"][date]


AIRLINE = Toolkit(V1Airline)
