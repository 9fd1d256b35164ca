"""What the airline desk's tools are made with: flights, reservations, customers, and what they are paid with."""

from __future__ import annotations

from typing import Any, ClassVar

from lamforge.evaluate.tau.desks.desk import Desk

Json = dict[str, Any]
NEW_RESERVATIONS = ("HATHAT", "HATHAU", "HATHAV")
NEW_CERTIFICATES = tuple(f"certificate_{number}" for number in (3221322, 3221323, 3221324))
NOW = "2024-05-15T15:00:00"


class Bookings(Desk):
    """Flights, reservations and customers."""

    takes_seats: ClassVar[bool] = False  # whether a booking leaves fewer seats
    changes_cabin: ClassVar[bool] = False  # whether a change of flights changes the cabin, too

    def user(self, user_id: str) -> Json:
        """A customer."""
        return self.found("users", user_id)

    def reservation(self, reservation_id: str) -> Json:
        """A reservation."""
        return self.found("reservations", reservation_id)

    def given(self, shape: type[Any], values: Any) -> Any:
        """A list of objects that came with a call, as they are worked with."""
        return values

    def plain(self, values: Any) -> Any:
        """The same as JSON."""
        return values

    def named(self, flight: Any) -> tuple[str, str]:
        """The number and the day of a flight that came with a call."""
        return flight["flight_number"], flight["date"]

    def new_reservation_id(self) -> str:
        """The first that is free; the last one is overwritten by a fourth reservation."""
        taken = self.db["reservations"]
        return next((each for each in NEW_RESERVATIONS if each not in taken), NEW_RESERVATIONS[-1])

    def new_reservation(self, fields: Json) -> Json:
        """A reservation as it is kept."""
        return fields

    def certificate(self, certificate_id: str, amount: float) -> Json:
        """A certificate as a customer holds it."""
        return {"source": "certificate", "amount": amount, "id": certificate_id}

    def payment(self, payment_id: str, amount: float) -> Json:
        """A payment as a reservation's history has it."""
        return {"payment_id": payment_id, "amount": amount}

    def booked(self, flight: Any, price: float, origin: str, destination: str) -> Json:
        """A flight that came with a call, as it stands in a reservation."""
        flight.update(price=price, origin=origin, destination=destination)
        found: Json = flight
        return found

    def kept(self, flight: Any, booked: Json) -> Json:
        """A flight that came with a call and is booked already."""
        return self.booked(flight, booked["price"], booked["origin"], booked["destination"])

    def day(self, number: str, date: str) -> Json:
        """A flight's day in the timetable."""
        days = self.found("flights", number, f"flight {number}")["dates"]
        if date not in days:
            raise self.refusal(f"flight {number} not found on date {date}")
        day: Json = days[date]
        return day

    def book(self, flight: Any, cabin: str, people: int) -> tuple[Json, Json]:
        """A flight as it stands in a reservation, and its day in the timetable, if it can be booked."""
        number, date = self.named(flight)
        day = self.day(number, date)
        if day["status"] != "available":
            raise self.refusal(f"flight {number} not available on date {date}")
        if day["available_seats"][cabin] < people:
            raise self.refusal(f"not enough seats on flight {number}")
        offered = self.db["flights"][number]
        return self.booked(flight, day["prices"][cabin], offered["origin"], offered["destination"]), day

    def check_payments(self, user: Json, payments: list[Json], price: float) -> None:
        """Sees that the customer can pay with these, and that they add up."""
        for payment in payments:
            payment_id, amount = payment["payment_id"], payment["amount"]
            if payment_id not in user["payment_methods"]:
                raise self.refusal(f"payment method {payment_id} not found")
            method = user["payment_methods"][payment_id]
            if method["source"] in ("gift_card", "certificate") and method["amount"] < amount:
                raise self.refusal(f"not enough balance in payment method {payment_id}")
        paid = sum(payment["amount"] for payment in payments)
        if paid != price:
            raise self.refusal(f"payment amount does not add up, total price is {price}, but paid {paid}")

    def pay(self, reservation: Json, user: Json, payment_id: str, price: float) -> None:
        """Has an update paid; a gift card is charged before the payment is written down."""
        if payment_id not in user["payment_methods"]:
            raise self.refusal("payment method not found")
        method = user["payment_methods"][payment_id]
        if method["source"] == "certificate":
            raise self.refusal("certificate cannot be used to update reservation")
        if method["source"] == "gift_card" and method["amount"] < price:
            raise self.refusal("gift card balance is not enough")
        if method["source"] == "gift_card":
            method["amount"] -= price
        if price != 0:
            reservation["payment_history"].append(self.payment(payment_id, price))

    def no_more_certificates(self) -> str:
        """What is answered when all ids are in use."""
        return "None"  # where the original has no answer
