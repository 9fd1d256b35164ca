"""Times of the day, alone or with a date: which form a tool wants them in, and how people say them."""

from __future__ import annotations

from random import Random

from lamforge.generate.synthetic.dates import day_in_words, some_day
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.slot import Slot

_HOURS = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")


def _clock(rng: Random) -> tuple[int, int]:
    return 6 + int(rng.random() * 17), pick(rng, (0, 0, 15, 30, 45, 5 * int(rng.random() * 12), int(rng.random() * 60)))


def _half(hour: int) -> str:
    return "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"


def _clock_in_words(rng: Random, hour: int, minute: int) -> str:
    small, noon = hour % 12 or 12, "am" if hour < 12 else "pm"
    options = [f"{small}:{minute:02d} {noon}", f"{small}:{minute:02d}{noon}", f"{small}.{minute:02d} {noon}"]
    if minute == 0:
        options += [
            f"{small} {noon}",
            f"{small}{noon}",
            f"{_HOURS[small % 12]} o'clock {_half(hour)}",
            f"{small} {_half(hour)}",
        ] * 2
    elif minute == 30:
        options += [f"half past {_HOURS[small % 12]} {_half(hour)}"] * 2
    elif minute == 15:
        options += [f"quarter past {_HOURS[small % 12]} {_half(hour)}"]
    elif minute == 45 and hour not in (11, 17):
        options += [f"quarter to {_HOURS[(small + 1) % 12]} {_half(hour)}"]
    return pick(rng, options)


def time_slot(rng: Random) -> Slot:
    """A time of the day: 24 hours in most tools, in the user's words in others."""
    if rng.random() < 0.25:

        def loose(rng: Random) -> tuple[str, str]:
            hour, minute = _clock(rng)
            said = f"{hour:02d}:{minute:02d}" if rng.random() < 0.3 else _clock_in_words(rng, hour, minute)
            return said, said

        return Slot({"type": "string"}, pick(rng, ("as the user says it", "such as '3 pm'", "any usual form")), loose)

    def draw(rng: Random) -> tuple[str, str]:
        hour, minute = _clock(rng)
        value = f"{hour:02d}:{minute:02d}"
        return (value if rng.random() < 0.5 else _clock_in_words(rng, hour, minute)), value

    return Slot(
        {"type": "string"}, pick(rng, ("HH:MM", "24-hour HH:MM", "as HH:MM (24 h)", "HH:MM, 24-hour clock")), draw
    )


def moment_slot(rng: Random) -> Slot:
    """A date with a time."""
    between, hint = pick(
        rng, (("T", "YYYY-MM-DDTHH:MM"), (" ", "YYYY-MM-DD HH:MM"), ("T", "ISO 8601, such as 2024-05-31T09:30"))
    )

    def draw(rng: Random) -> tuple[str, str]:
        day, (hour, minute) = some_day(rng), _clock(rng)
        value = f"{day.isoformat()}{between}{hour:02d}:{minute:02d}"
        if (way := rng.random()) < 0.3:
            return value, value
        said = day.isoformat() if way < 0.5 else day_in_words(rng, day)
        clock = f"{hour:02d}:{minute:02d}" if rng.random() < 0.5 else _clock_in_words(rng, hour, minute)
        return f"{said} at {clock}", value

    return Slot({"type": "string"}, hint, draw)
