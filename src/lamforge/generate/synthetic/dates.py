"""Dates: which form a tool wants them in, and how people say them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.slot import Slot
from lamforge.generate.synthetic.wording import WORDS

_FIRST, _DAYS = date(2019, 1, 1), 365 * 14


def some_day(rng: Random) -> date:
    """A day of these years."""
    return _FIRST + timedelta(days=int(rng.random() * _DAYS))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    tail = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"


def day_in_words(rng: Random, day: date) -> str:
    """As people write it: with the month's name."""
    month = WORDS["month"][day.month - 1]
    if rng.random() < 0.15:
        month = month[:3]
    return pick(
        rng,
        (
            f"{day.day} {month} {day.year}",
            f"{month} {day.day}, {day.year}",
            f"{month} {ordinal(day.day)}, {day.year}",
            f"the {ordinal(day.day)} of {month} {day.year}",
            f"{month} {day.day} {day.year}",
        ),
    )


def day_slot(rng: Random, born: bool = False) -> Slot:
    """A date: ISO in most tools, with strokes or points in some, in the user's words in others.

    Args:
        born: A birthday: long ago, and never "tomorrow".
    """
    if not born and rng.random() < 0.22:

        def loose(rng: Random) -> tuple[str, str]:
            if (way := rng.random()) < 0.25:
                said = pick(
                    rng, ("tomorrow", "today", "next week", "the day after tomorrow", "this weekend", "next month")
                )
            elif way < 0.55:
                said = f"{pick(rng, ('next', 'this', 'next'))} {pick(rng, WORDS['weekday'])}"
            else:
                day = some_day(rng)
                said = pick(
                    rng,
                    (
                        f"{WORDS['month'][day.month - 1]} {day.day}",
                        f"{day.day} {WORDS['month'][day.month - 1]}",
                        day.isoformat(),
                    ),
                )
            return said, said

        return Slot(
            {"type": "string"},
            pick(rng, ("as the user says it", "such as 'tomorrow' or 'May 4'", "in plain words", "any usual form")),
            loose,
        )
    form, hint = pick(
        rng,
        (
            *((("%Y-%m-%d", "YYYY-MM-DD"),) * 6),
            ("%d/%m/%Y", "DD/MM/YYYY"),
            ("%m/%d/%Y", "MM/DD/YYYY"),
            ("%d.%m.%Y", "DD.MM.YYYY"),
        ),
    )
    schema = {"type": "string", "format": "date"} if form == "%Y-%m-%d" and rng.random() < 0.3 else {"type": "string"}

    def draw(rng: Random) -> tuple[str, str]:
        day = some_day(rng) - timedelta(days=int((8 + rng.random() * 70) * 365) if born else 0)
        value = day.strftime(form)
        return (value if rng.random() < 0.45 else day_in_words(rng, day)), value

    return Slot(
        schema, pick(rng, (hint, f"in the form {hint}", f"({hint})", f"format {hint}", f"written {hint}")), draw
    )


def month_slot(rng: Random) -> Slot:
    """A month, with its year in some tools."""
    if rng.random() < 0.4:

        def draw(rng: Random) -> tuple[str, str]:
            day = some_day(rng)
            value = f"{day.year}-{day.month:02d}"
            return (value if rng.random() < 0.3 else f"{WORDS['month'][day.month - 1]} {day.year}"), value

        return Slot({"type": "string"}, "YYYY-MM", draw)

    def plain(rng: Random) -> tuple[str, str]:
        said = pick(rng, WORDS["month"])
        return said, said

    return Slot({"type": "string"}, pick(rng, ("", "its English name")), plain)


def weekday_slot(rng: Random) -> Slot:
    """A day of the week, in some tools in lower case or short."""
    if rng.random() < 0.5:
        return Slot({"type": "string"}, "", lambda rng: (day := pick(rng, WORDS["weekday"]), day), varied=False)
    days = pick(
        rng,
        (
            [day.lower() for day in WORDS["weekday"]],
            [day[:3].lower() for day in WORDS["weekday"]],
            [day.upper() for day in WORDS["weekday"]],
        ),
    )
    return Slot(
        {"type": "string", "enum": days},
        "",
        lambda rng: (WORDS["weekday"][at := int(rng.random() * 7)], days[at]),
        varied=False,
    )


def year_slot(rng: Random) -> Slot:
    def draw(rng: Random) -> tuple[str, int]:
        year = 1900 + int(rng.random() * 131)
        return str(year), year

    return Slot({"type": "integer"}, "", draw)
