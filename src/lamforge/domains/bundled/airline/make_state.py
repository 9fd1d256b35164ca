"""Makes `state.json`: run it again and the same bytes come out. The cities are real, everybody in them is invented."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from math import acos, cos, radians, sin
from pathlib import Path
from typing import Any

SEED = 20270510
NOW = datetime(2027, 5, 10, 12, 0)  # as policy.md and tools.py say
TRAVELLERS, BOOKINGS = 240, 500
DAYS = range(-4, 14)  # of departures, counted from today
CITIES = {  # degrees north, degrees east; all of them keep the same time
    "Barcelona": (41.4, 2.2),
    "Berlin": (52.5, 13.4),
    "Copenhagen": (55.7, 12.6),
    "Hamburg": (53.6, 10.0),
    "Madrid": (40.4, -3.7),
    "Milan": (45.5, 9.2),
    "Oslo": (59.9, 10.8),
    "Paris": (48.9, 2.4),
    "Prague": (50.1, 14.4),
    "Rome": (41.9, 12.5),
    "Stockholm": (59.3, 18.1),
    "Vienna": (48.2, 16.4),
    "Warsaw": (52.2, 21.0),
    "Zurich": (47.4, 8.5),
}
HUBS = {
    "Vienna": ("Barcelona", "Berlin", "Copenhagen", "Paris", "Rome", "Stockholm", "Warsaw", "Zurich"),
    "Hamburg": ("Madrid", "Milan", "Oslo", "Paris", "Prague", "Stockholm", "Vienna", "Zurich"),
}
SEATS = [f"{row}{letter}" for row in range(1, 19) for letter in "ABCD"]
FACTORS = {"light": 1.0, "standard": 1.35, "flex": 1.9}  # of the price that a departure names
BAG_PRICE = 30
FIRST = """
    Abigail Aleksy Amalia Armin Beate Bruno Carlotta Cecil Cosima Damian Delia Edgar Elin Emeric Estelle Fabian Flora
    Gaspard Gwen Hedwig Hector Imke Isidor Jette Joris Karina Klemens Leonie Ludo Maike Marek Mireille Nerea Niklas
    Odette Oskar Philippa Pascal Rafaela Roland Sanna Severin Tilda Tobias Ulla Valentin Violeta Werner Xenia Yannis
""".split()
LAST = """
    Albrecht Arnaud Bielski Borgman Bramante Carrera Castel Dekker Duval Ekberg Ferrara Fjeld Garnier Halvorsen Hruska
    Iglesias Jankow Kettler Kowal Laurent Lindqvist Manzoni Mercier Nygaard Obermann Pavlik Quintana Rasmussen Ribas
    Sandoval Schuster Soler Svoboda Tessier Travnik Ulmer Vasari Weidner Wolny Zapata
""".split()


def make_state(seed: int = SEED) -> dict[str, dict[str, Any]]:
    """The tables of the airline."""
    rng = random.Random(seed)
    departures = _departures(rng)
    travellers = _travellers(rng)
    bookings = _bookings(rng, list(travellers.values()), list(departures.values()))
    return {"travellers": travellers, "bookings": bookings, "departures": departures, "transfers": {}}


def kilometres(origin: str, destination: str) -> float:
    """The great-circle distance."""
    (lat, lon), (other_lat, other_lon) = [tuple(map(radians, CITIES[city])) for city in (origin, destination)]
    return 6371 * acos(sin(lat) * sin(other_lat) + cos(lat) * cos(other_lat) * cos(lon - other_lon))


def _departures(rng: random.Random) -> dict[str, Any]:
    departures = {}
    pairs = [pair for hub, cities in HUBS.items() for city in cities for pair in ((hub, city), (city, hub))]
    for number, (origin, destination) in enumerate(pairs, 201):
        distance = kilometres(origin, destination)
        minutes = round((30 + distance / 12) / 5) * 5  # 720 km an hour, and taxiing
        leaves = timedelta(minutes=rng.randrange(6 * 60, 20 * 60, 5))
        for offset in DAYS:
            if rng.random() < 0.25:  # no aeroplane that day
                continue
            start = datetime.combine(NOW.date() + timedelta(days=offset), datetime.min.time()) + leaves
            departure_id = f"TN{number}-{start:%m%d}"
            departures[departure_id] = {
                "departure_id": departure_id,
                "origin": origin,
                "destination": destination,
                "date": f"{start:%Y-%m-%d}",
                "leaves": f"{start:%H:%M}",
                "arrives": f"{start + timedelta(minutes=minutes):%H:%M}",
                "price": round(35 + distance * rng.uniform(0.09, 0.16)),
                **_fate(rng, start, start + timedelta(minutes=minutes)),
                "free_seats": [],
            }
    return departures


def _fate(rng: random.Random, start: datetime, end: datetime) -> dict[str, Any]:
    """How a departure fares; bad luck is frequent here, so that there is something to talk about."""
    delay = rng.choice((0, 0, 0, 25, 50, 95, 185, 210, 260)) if start < NOW else 0
    if rng.random() < 0.06:
        status, delay = "cancelled", 0
    elif start >= NOW:
        status = "scheduled"
    else:
        status = "landed" if end + timedelta(minutes=delay) < NOW else "departed"
    fate = {"status": status, "delay_minutes": delay}
    if status == "cancelled" or delay:
        fate["cause"] = rng.choice(("weather", "technical fault", "lack of crew"))
    return fate


def _birth_date(rng: random.Random, youngest: int, oldest: int) -> str:
    return f"{date(2027 - rng.randint(youngest, oldest), 1, 1) + timedelta(days=rng.randrange(365))}"


def _travellers(rng: random.Random) -> dict[str, Any]:
    travellers = {}
    names = rng.sample([f"{first} {last}" for first in FIRST for last in LAST], TRAVELLERS)
    numbers = rng.sample(range(10_000, 100_000), TRAVELLERS)
    for place, (name, number) in enumerate(zip(names, numbers, strict=True), 301):
        travellers[f"TR{place}"] = {
            "traveller_id": f"TR{place}",
            "name": name,
            "birth_date": _birth_date(rng, 20, 78),
            "member_number": f"TM{number}",
            "level": rng.choice(("member", "member", "plus", "prime")),
            "points": rng.randrange(0, 60_000, 250),
        }
    return travellers


def _bookings(rng: random.Random, travellers: list[Any], departures: list[Any]) -> dict[str, Any]:
    bookings = {}
    taken: dict[str, list[str]] = {d["departure_id"]: rng.sample(SEATS, len(SEATS)) for d in departures}
    days: set[tuple[str, str]] = set()  # nobody flies twice on one day
    nearness = [_weight(departure) for departure in departures]
    numbers = sorted(rng.sample(range(10_000, 100_000), BOOKINGS))
    for place, number in enumerate(numbers):
        traveller = travellers[place] if place < len(travellers) else rng.choice(travellers)
        departure = rng.choices(departures, weights=nearness)[0]
        while (traveller["traveller_id"], departure["date"]) in days:
            departure = rng.choices(departures, weights=nearness)[0]
        days.add((traveller["traveller_id"], departure["date"]))
        fare = rng.choices(tuple(FACTORS), weights=(30, 40, 30))[0]
        people = [traveller, *_companions(rng, traveller)] if fare != "light" else [traveller]
        bags = rng.choice((0, 0, 1)) if fare == "light" else rng.choice((0, 1, 1, 2))
        bookings[f"BX{number}"] = {
            "booking_id": f"BX{number}",
            "traveller_id": traveller["traveller_id"],
            "departure_id": departure["departure_id"],
            "fare": fare,
            "status": _status(rng, departure),
            "passengers": [
                {"name": p["name"], "birth_date": p["birth_date"], "seat": taken[departure["departure_id"]].pop()}
                for p in people
            ],
            "bags": bags,
            "paid": round(departure["price"] * FACTORS[fare]) * len(people) + BAG_PRICE * bags,
            "paid_with": "points" if fare != "flex" and rng.random() < 0.2 else "card",
        }
    for departure in departures:
        if departure["status"] == "scheduled":
            seats = taken[departure["departure_id"]][: rng.choice((0, 2, 5, 6, 7, 8, 9, 10))]
            departure["free_seats"] = sorted(seats, key=SEATS.index)
    return bookings


def _weight(departure: dict[str, Any]) -> int:
    """How often a departure is booked: more often near today, and when something went wrong."""
    days = (date.fromisoformat(departure["date"]) - NOW.date()).days
    trouble = departure["status"] == "cancelled" or departure["delay_minutes"] > 180
    return (3 if 0 <= days < 3 else 1) * (4 if trouble else 1)


def _companions(rng: random.Random, traveller: dict[str, Any]) -> list[dict[str, str]]:
    last = traveller["name"].split()[1]
    names = rng.sample([first for first in FIRST if first not in traveller["name"]], rng.choice((0, 0, 0, 0, 1, 2)))
    return [{"name": f"{name} {last}", "birth_date": _birth_date(rng, 3, 70)} for name in names]


def _status(rng: random.Random, departure: dict[str, Any]) -> str:
    if departure["status"] in ("departed", "landed"):
        return "flown"
    hours = (datetime.fromisoformat(f"{departure['date']} {departure['leaves']}") - NOW).total_seconds() / 3600
    if departure["status"] == "scheduled" and hours < 48 and rng.random() < 0.25:
        return "checked in"
    return rng.choices(("booked", "cancelled"), weights=(94, 6))[0]


def as_text(state: dict[str, dict[str, Any]]) -> str:
    """JSON with one record to a line, so that a change is easy to see."""
    tables = []
    for name, records in state.items():
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(record)}" for key, record in records.items())
        tables.append(f"{json.dumps(name)}: {{\n{lines}\n}}" if lines else f"{json.dumps(name)}: {{}}")
    return "{\n" + ",\n".join(tables) + "\n}\n"


if __name__ == "__main__":
    Path(__file__).with_name("state.json").write_text(as_text(make_state()), encoding="utf-8")
