"""Values of composed domains' records: names, places, codes, dates and amounts that are drawn and never repeat."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import yaml

Shape = Callable[[random.Random], str]

_WORDS = Path(__file__).with_name("words.yaml")
_MINUTES = ("00", "15", "30", "45")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@lru_cache(maxsize=1)
def _words() -> dict[str, list[str]]:
    return yaml.safe_load(_WORDS.read_text(encoding="utf-8"))


def _of(part: str, rng: random.Random) -> str:
    return rng.choice(_words()[part])


def surname(rng: random.Random) -> str:
    """Such as "Corlund"."""
    return _of("surname_start", rng) + _of("surname_end", rng)


def person(rng: random.Random) -> str:
    """First and last name."""
    return f"{_of('first', rng)} {surname(rng)}"


def place(rng: random.Random) -> str:
    """A town, such as "Larkmere"."""
    return _of("place_start", rng) + _of("place_end", rng)


def street(rng: random.Random) -> str:
    """A house in a street."""
    return f"{rng.randint(1, 199)} {place(rng)} {_of('street_end', rng)}"


def email(name: str, rng: random.Random) -> str:
    """An address that goes with a name."""
    first, last = (part.lower().replace("'", "") for part in name.split(" ", 1))
    box = rng.choice([f"{first}.{last}", f"{first[0]}{last}", f"{last}{rng.randint(2, 99)}", f"{first}_{last[:4]}"])
    return f"{box}@{_of('mail', rng)}.{_of('mail_end', rng)}"


def phone(rng: random.Random) -> str:
    """A number that nobody has."""
    return f"{rng.choice(['555', '0555', '+44 555'])}-{rng.randint(1000, 9999)}"


def title(rng: random.Random) -> str:
    """The name of a work, a course, a tour: "The Silent Orchard"."""
    adjective, noun, other = _of("adjective", rng).title(), _of("noun", rng).title(), _of("noun", rng).title()
    forms = [f"The {adjective} {noun}", f"{adjective} {noun}", f"{noun} and {other}", f"The {noun} of {place(rng)}"]
    return rng.choice([*forms, f"{adjective} {noun}s", f"A {noun} in {place(rng)}", f"{surname(rng)}'s {noun}"])


def company(rng: random.Random) -> str:
    """The name of a firm."""
    return f"{surname(rng)} {_of('company_end', rng)}"


def note(rng: random.Random) -> str:
    """A few words, such as a pet's or a project's name."""
    return rng.choice([surname(rng), f"{_of('adjective', rng)} {_of('noun', rng)}", _of("noun", rng).title()])


def seat(rng: random.Random) -> str:
    """A row and a number."""
    return f"{rng.choice(_LETTERS[:14])}{rng.randint(1, 28)}"


def plate(rng: random.Random) -> str:
    """A car's number plate."""
    return f"{rng.choice(_LETTERS)}{rng.choice(_LETTERS)} {rng.randint(10, 999)} {rng.choice(_LETTERS)}"


def model(rng: random.Random) -> str:
    """What a maker calls a machine, such as "Corlund X40"."""
    return f"{surname(rng)} {rng.choice(_LETTERS)}{rng.choice([10, 20, 30, 40, 55, 60, 75, 100, 200, 300])}"


def room(rng: random.Random) -> str:
    """A room by number or by name."""
    named = f"{_of('adjective', rng)} room".capitalize()
    return rng.choice([f"Room {rng.randint(1, 60)}", f"{_of('noun', rng).capitalize()} Room", named])


def spot(rng: random.Random) -> str:
    """A numbered place, such as "B12"."""
    return rng.choice([f"{rng.choice(_LETTERS[:8])}{rng.randint(1, 40)}", f"No. {rng.randint(1, 90)}"])


def code_shape(prefix: str, rng: random.Random, *, printed: bool = False) -> Shape:
    """A way to write the ids of one table; each call gives another id.

    Args:
        prefix: What is written so, such as "loan"; its letters may begin the ids.
        printed: Only as on a card that people read from.
    """
    initial, digits = prefix[0].upper(), rng.choice([3, 4, 4, 5, 6])
    letters = prefix[: rng.choice([2, 3])].upper()

    def number(each: random.Random) -> str:
        return str(each.randint(10 ** (digits - 1), 10**digits - 1))

    def mixed(each: random.Random) -> str:
        return f"{each.choice(_LETTERS)}{each.randint(1, 9)}{each.choice(_LETTERS)}"

    forms: list[Shape] = [
        lambda each: f"{initial}{number(each)}",
        lambda each: f"{initial}-{number(each)}",
        lambda each: f"{letters}{number(each)}",
        lambda each: f"{letters}-{number(each)}",
        lambda each: f"{mixed(each)}-{each.randint(100, 999)}",
        lambda each: f"{each.randint(10, 99)}-{number(each)}",
        lambda each: f"{mixed(each)}{mixed(each)}",
        lambda each: f"#{number(each)}",
        lambda each: number(each),
        lambda each: f"{number(each)}/{each.randint(21, 39)}",
        lambda each: f"{prefix[:4].lower()}_{number(each)}",
    ]
    return rng.choice(forms[:-4] if printed else forms)


def postcode_shape(rng: random.Random) -> Shape:
    """A way to write postcodes: "48213", "482-13", "AB4 8XC"."""
    forms: list[Shape] = [
        lambda each: str(each.randint(10000, 99999)),
        lambda each: str(each.randint(1000, 9999)),
        lambda each: f"{each.randint(10, 99)}-{each.randint(100, 999)}",
        lambda each: "".join(each.choice(_LETTERS) for _ in "12") + f"{each.randint(1, 99)} {each.randint(1, 9)}AB",
    ]
    return rng.choice(forms)


def day(today: date, rng: random.Random, *, within: int = 60) -> str:
    """A date after today as ISO writes it."""
    return (today + timedelta(days=rng.randint(1, within))).isoformat()


def birth(rng: random.Random) -> str:
    """A date of birth."""
    return (date(1940, 1, 1) + timedelta(days=rng.randint(0, 24000))).isoformat()


def clock(rng: random.Random) -> str:
    """A time of the day, such as "14:30"."""
    return f"{rng.randint(7, 20):02}:{rng.choice(_MINUTES)}"


def amount(low: int, high: int, rng: random.Random) -> int | float:
    """A sum of money."""
    return rng.randint(low, high) if rng.random() < 0.5 else round(rng.uniform(low, high), 2)
