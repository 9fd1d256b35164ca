"""Dates and times of day that a text says in its own way: 2026-03-05 as "March 5th, 2026", 14:30 as "half past two"."""

from __future__ import annotations

import re

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](.*))?$")
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_FIGURES = re.compile(r"(?<!\d)(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?!\d)")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?:[:.](\d\d))?\s*([ap])\.?m\b|(?<!\d)(\d{1,2}):(\d\d)")
_MONTHS = "january february march april may june july august september october november december".split()
_HOURS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_HOUR = rf"\b(\d{{1,2}}|{'|'.join(_HOURS)})"
_PART = "morning|afternoon|evening|night|tonight"
_BY_PART = re.compile(  # "evening 6", "night at 10:15", "2 o'clock in the afternoon", "two in the afternoon"
    rf"(?:{_PART})(?:,? (?:at|around|by))? {_HOUR}(?:[:.](\d\d))?"
    rf"|{_HOUR}(?:[:.](\d\d))?(?: o\W?clock)? (?:in the|at|this|tomorrow) (?:{_PART})|{_HOUR}() [ap]\.?m\b"
)
_PAST = re.compile(r"(half past|quarter past|quarter to)\s+(\w+)|(\w+)\s+o'?clock")

Clock = tuple[int, int]


def says_time(value: str, text: str) -> bool:
    """Whether a text (in lower case) says a date, a time of day or both, written as in ISO 8601."""
    if (date := _DATE.match(value)) is not None:
        year, month, day = (int(part) for part in date.groups()[:3])
        return _says_date(year, month, day, text) and _says_clock(date[4] or "", text)
    return _TIME.match(value) is not None and _says_clock(value, text)


def date_in_words(value: str, form: int) -> str:
    """A date as people write it, in one of four forms; what is no date comes back as it is."""
    if (date := _DATE.match(value)) is None or date[4]:
        return value
    year, month, day = (int(part) for part in date.groups()[:3])
    if not 1 <= month <= 12:
        return value
    name = _MONTHS[month - 1].capitalize()
    return (value, f"{name} {day}, {year}", f"{day} {name} {year}", f"{name} {day}{_ending(day)}, {year}")[form % 4]


def _ending(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _says_date(year: int, month: int, day: int, text: str) -> bool:
    for figures in _FIGURES.findall(text):
        said = sorted(int(figure) for figure in figures)
        if said in (sorted((year, month, day)), sorted((year % 100, month, day))):
            return True
    name = _MONTHS[month - 1] if 1 <= month <= 12 else "?"
    words = re.findall(r"[a-z]+|\d+", text)
    return str(year) in words and str(day) in words and any(w in (name, name[:3], name[:4]) for w in words)


def _says_clock(value: str, text: str) -> bool:
    if not value:
        return True
    clock = _TIME.match(value)
    if clock is None:
        return False
    wanted = int(clock[1]), int(clock[2])
    return wanted in set(_clocks(text))


def _clocks(text: str) -> list[Clock]:
    found: list[Clock] = [(12, 0)] * ("noon" in text) + [(0, 0)] * ("midnight" in text)
    for hour, minute, half, plain_hour, plain_minute in _CLOCK.findall(text):
        if half:
            found.append((int(hour) % 12 + 12 * (half == "p"), int(minute or 0)))
        else:
            found.append((int(plain_hour), int(plain_minute)))
    for relation, named, whole in _PAST.findall(text):
        word = named or whole
        if (hour_said := _hour(word)) is not None:
            offset = {"half past": 30, "quarter past": 15, "quarter to": -15}.get(relation, 0)
            minutes = hour_said * 60 + offset
            found += [(minutes // 60 % 24, minutes % 60), ((minutes // 60 + 12) % 24, minutes % 60)]
    for behind, behind_minute, ahead, ahead_minute, bare, _ in _BY_PART.findall(text):
        if (part_hour := _hour(behind or ahead or bare)) is not None and part_hour <= 12:
            minute_said = int(behind_minute or ahead_minute or 0)
            found += [(part_hour % 12, minute_said), (part_hour % 12 + 12, minute_said)]
    return found


def _hour(word: str) -> int | None:
    if word.isdecimal():
        return int(word[:3])
    return _HOURS.index(word) if word in _HOURS else None
