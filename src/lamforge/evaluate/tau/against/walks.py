"""Calls that reach every corner of tau's tools: drawn from the state as it is, and made wrong in typed ways."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from lamforge.evaluate.tau.desks.bookings import NEW_RESERVATIONS
from lamforge.evaluate.tau.environment import TauEnvironment

Json = dict[str, Any]
_CABINS = ("business", "economy", "basic_economy")
_ADDRESS = ("address1", "address2", "city", "state", "country", "zip")
_STATUS = {"cancel": "pending", "modify": "pending", "exchange": "delivered", "return": "delivered"}


class Draw:
    """Arguments for one call, most of them such that the tool does what it is asked."""

    def __init__(self, environment: TauEnvironment, rng: random.Random) -> None:
        self._state = environment.state
        self._rng = rng

    def record(self, table: str, fits: Callable[[Json], bool] = lambda record: True) -> tuple[str, Json]:
        """A record's id and the record; most of them fit."""
        records = self._state[table]
        keys = list(records)
        key = self._rng.choice(keys)
        for _ in range(30 if self._rng.random() < 0.8 else 0):
            if fits(records.peek(key)):
                break
            key = self._rng.choice(keys)
        return key, records.peek(key)

    def retail(self, name: str) -> Json:
        """Arguments of a retail tool, and of the others."""
        rng = self._rng
        status = _STATUS.get(name.split("_")[0])
        order_id, order = self.record("orders", lambda each: each["status"] == status)
        user_id, user = self.record("users")
        product_id, product = self.record("products")
        items = rng.sample(order["items"], rng.randint(1, min(3, len(order["items"]))))
        methods = [*self._state["users"].peek(order["user_id"])["payment_methods"], *user["payment_methods"]]
        return {
            "order_id": order_id,
            "user_id": user_id,
            "product_id": product_id,
            "item_id": rng.choice([*product["variants"], product_id]),
            "reason": rng.choice(("no longer needed", "ordered by mistake", "changed my mind")),
            "item_ids": [item["item_id"] for item in items],
            "new_item_ids": [self._variant(item) for item in items],
            "payment_method_id": rng.choice([*methods, order["payment_history"][0]["payment_method_id"]]),
            "email": rng.choice((user["email"], user["email"].upper(), "nobody@example.com")),
            "first_name": rng.choice((user["name"]["first_name"], user["name"]["first_name"].lower())),
            "last_name": user["name"]["last_name"],
            **{part: rng.choice((user["address"][part], f"{part} {rng.randint(1, 99)}")) for part in _ADDRESS},
        }

    def _variant(self, item: Json) -> str:
        variants = self._state["products"].peek(item["product_id"])["variants"]
        offered = [key for key, variant in variants.items() if variant["available"] or self._rng.random() < 0.1]
        return self._rng.choice(offered or [item["item_id"]])

    def airline(self, name: str) -> Json:
        """Arguments of an airline tool, and of the others."""
        rng = self._rng
        reservation_id, reservation = self.record("reservations", lambda each: len(each["flights"]) < 3)
        user_id, user = self.record("users")
        number, flight = self.record("flights")
        cabin = rng.choice((*_CABINS, reservation["cabin"]))
        flights, price = self._flights(cabin, 1 if rng.random() < 0.7 else 2)
        people = rng.choice((user["saved_passengers"][:2], reservation["passengers"])) or reservation["passengers"]
        if name != "book_reservation" and rng.random() < 0.4:
            flights = [{key: each[key] for key in ("flight_number", "date")} for each in reservation["flights"]]
        insurance, nonfree = rng.choice(("yes", "no")), rng.randint(0, 2)
        total = (price + 30 * (insurance == "yes")) * len(people) + 50 * nonfree
        owner = self._state["users"].peek(reservation["user_id"])
        return {
            "reservation_id": reservation_id if rng.random() < 0.9 else rng.choice(NEW_RESERVATIONS),
            "user_id": user_id,
            "origin": flight["origin"],
            "destination": rng.choice((flight["destination"], "SEA", "JFK")),
            "flight_type": rng.choice(("one_way", "round_trip")),
            "cabin": cabin,
            "flights": flights,
            "passengers": people,
            "payment_methods": self._payments(user, total),
            "total_baggages": nonfree + rng.randint(0, 2),
            "nonfree_baggages": nonfree,
            "insurance": insurance,
            "payment_id": rng.choice(list(owner["payment_methods"]) or ["none"]),
            "amount": rng.choice((50, 100, 400)),
            "flight_number": number,
            "date": rng.choice(list(flight["dates"])),
        }

    def _flights(self, cabin: str, count: int) -> tuple[list[Json], int]:
        """Flights to book, and what one seat on all of them costs."""
        chosen, price = [], 0
        for _ in range(count):
            number, flight = self.record("flights")
            days = [day for day, each in flight["dates"].items() if each["status"] == "available"]
            day = self._rng.choice(days if days and self._rng.random() < 0.9 else list(flight["dates"]))
            price += flight["dates"][day].get("prices", {}).get(cabin, 0)
            chosen.append({"flight_number": number, "date": day})
        return chosen, price

    def _payments(self, user: Json, total: int) -> list[Json]:
        """Payments from one or two methods that add up."""
        method, other = (self._rng.choice(list(user["payment_methods"]) or ["none"]) for _ in range(2))
        held = user["payment_methods"].get(method, {}).get("amount")
        part = total if held is None else min(total, int(held))
        payments = [{"payment_id": method, "amount": part}]
        return payments if part == total else [*payments, {"payment_id": other, "amount": total - part}]


def mutated(arguments: Json, other: Json, rng: random.Random) -> tuple[str, Json]:
    """The arguments made wrong in one way, which is named; three in five stay as they are."""
    if rng.random() < 0.6 or not arguments:
        return "as drawn", arguments
    key = rng.choice(list(arguments))
    value = arguments[key]
    wrong = {
        "null": None,
        "number": rng.choice((7, -1, 2.5, 10**18)),
        "text": rng.choice(("", "x", "#W0", "12")),
        "flag": True,
        "list": [value, value],
        "object": {"value": value},
        "of another": other[key],
        "longer": value * 2 if isinstance(value, list | str) else value,
    }
    kind = rng.choice(("left out", "added", *wrong))
    if kind == "left out":
        return kind, {name: each for name, each in arguments.items() if name != key}
    return kind, {**arguments, "comment": "please"} if kind == "added" else {**arguments, key: wrong[kind]}


def walk(environment: TauEnvironment, domain: str, calls: int, seed: int) -> Iterator[tuple[str, str, Json]]:
    """Calls, each drawn from the state that the ones before it led to: (tool, how it was made wrong, arguments).

    The caller makes each call before it takes the next.
    """
    rng = random.Random(seed)
    draw = Draw(environment, rng)
    make = draw.retail if domain == "retail" else draw.airline
    tools = {
        tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in environment.domain.tools
    }
    for _ in range(calls):
        name = rng.choice(list(tools))
        texts = {"expression": _expression(rng), "summary": "a summary", "thought": "a thought"}
        every, other = make(name) | texts, make(name) | texts
        kind, arguments = mutated({key: every[key] for key in tools[name]}, other, rng)
        yield name, kind, arguments


def _expression(rng: random.Random) -> str:
    parts = [str(rng.choice((rng.randint(0, 999), round(rng.uniform(0, 99), 2)))) for _ in range(rng.randint(1, 4))]
    joined = parts[0] + "".join(f" {rng.choice('+-*')} {part}" for part in parts[1:])
    return rng.choice((joined, f"({joined}) / 7", f"-({joined})", joined + "$"))
