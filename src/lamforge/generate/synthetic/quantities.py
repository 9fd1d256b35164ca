"""Numbers: counts, amounts, measures with their units, shares; and how people say them."""

from __future__ import annotations

from random import Random
from typing import Any

from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.slot import Slot
from lamforge.grounding import in_words

# unit -> (as a description names it, as people write it behind a number)
UNITS: dict[str, tuple[str, tuple[str, ...]]] = {
    "m": ("metres", ("m", "metres", "meters", "m")),
    "cm": ("centimetres", ("cm", "centimetres", "cm")),
    "mm": ("millimetres", ("mm", "millimetres")),
    "km": ("kilometres", ("km", "kilometres", "kilometers")),
    "miles": ("miles", ("miles", "mi")),
    "feet": ("feet", ("feet", "ft")),
    "inches": ("inches", ("inches", "in")),
    "kg": ("kilograms", ("kg", "kilograms", "kilos")),
    "g": ("grams", ("g", "grams")),
    "lb": ("pounds", ("pounds", "lb", "lbs")),
    "t": ("tonnes", ("tonnes", "t")),
    "l": ("litres", ("litres", "l", "liters")),
    "ml": ("millilitres", ("ml", "millilitres")),
    "s": ("seconds", ("seconds", "s", "sec")),
    "minutes": ("minutes", ("minutes", "min", "mins")),
    "hours": ("hours", ("hours", "h", "hrs")),
    "days": ("days", ("days",)),
    "nights": ("nights", ("nights",)),
    "weeks": ("weeks", ("weeks",)),
    "months": ("months", ("months",)),
    "years": ("years", ("years",)),
    "celsius": ("degrees Celsius", ("°C", "degrees Celsius", "degrees", "C")),
    "fahrenheit": ("degrees Fahrenheit", ("°F", "degrees Fahrenheit", "F")),
    "kelvin": ("kelvins", ("K", "kelvin")),
    "degrees": ("degrees", ("degrees", "°")),
    "watts": ("watts", ("W", "watts")),
    "kw": ("kilowatts", ("kW", "kilowatts")),
    "kwh": ("kilowatt-hours", ("kWh", "kilowatt hours")),
    "volts": ("volts", ("V", "volts")),
    "amps": ("amperes", ("A", "amps", "amperes")),
    "ohms": ("ohms", ("ohms", "Ω")),
    "hz": ("hertz", ("Hz", "hertz")),
    "newtons": ("newtons", ("N", "newtons")),
    "joules": ("joules", ("J", "joules")),
    "pa": ("pascals", ("Pa", "pascals")),
    "bar": ("bar", ("bar",)),
    "kmh": ("km/h", ("km/h", "kilometres per hour", "kmh")),
    "mph": ("miles per hour", ("mph", "miles per hour")),
    "ms": ("metres per second", ("m/s", "metres per second")),
    "ms2": ("m/s^2", ("m/s^2", "m/s²")),
    "m2": ("square metres", ("m²", "square metres", "sqm", "m2")),
    "ha": ("hectares", ("hectares", "ha")),
    "m3": ("cubic metres", ("m³", "cubic metres", "m3")),
    "kgm3": ("kg/m^3", ("kg/m^3", "kg/m³")),
    "mol": ("moles", ("mol", "moles")),
    "molar": ("mol/l", ("mol/l", "M")),
    "gmol": ("g/mol", ("g/mol",)),
    "kcal": ("kilocalories", ("kcal", "calories")),
    "mg": ("milligrams", ("mg", "milligrams")),
    "bpm": ("beats per minute", ("bpm", "beats per minute")),
    "mb": ("megabytes", ("MB", "megabytes")),
    "gb": ("gigabytes", ("GB", "gigabytes", "gigs")),
    "mbps": ("Mbit/s", ("Mbit/s", "Mbps")),
    "px": ("pixels", ("pixels", "px")),
    "hp": ("horsepower", ("hp", "horsepower")),
    "db": ("decibels", ("dB", "decibels")),
    "coulombs": ("coulombs", ("C", "coulombs")),
    "nm": ("nanometres", ("nm", "nanometres")),
    "ly": ("light years", ("light years",)),
    "steps": ("steps", ("steps",)),
    "people": ("people", ("people",)),
}
_MONEY = (
    ("euros", "{} euros", "€{}", "{} euro", "{} EUR"),
    ("US dollars", "{} dollars", "${}", "{} USD", "{} bucks"),
    ("pounds", "{} pounds", "£{}", "{} GBP", "{} quid"),
)


def number(rng: Random, low: float, high: float, decimals: int) -> float | int:
    """A number between the two; small ones are as frequent as large ones where the range is wide."""
    share = rng.random()
    if high > 200 and low >= 0 and rng.random() < 0.5:
        share **= 3
    value = low + share * (high - low)
    if not decimals or rng.random() < 0.45:
        whole = round(value)
        if whole >= 100 and rng.random() < 0.4:
            whole = max(int(low), round(whole, -1 if whole < 1000 else -2))
        return whole
    rounded = round(value, 1 + int(rng.random() * decimals))
    return int(rounded) if rounded.is_integer() else rounded


def written(rng: Random, value: float | int) -> str:
    """A number as people write it: mostly in digits, small ones sometimes in words, large ones with commas or a k."""
    if isinstance(value, int):
        if 2 <= value <= 12 and rng.random() < 0.12:
            return in_words(value)
        if value >= 1000:
            if value % 100 == 0 and rng.random() < 0.12:
                return f"{value / 1000:g}k" if rng.random() < 0.6 or value % 1000 else f"{value // 1000} thousand"
            if rng.random() < 0.2 and value >= 10_000:
                return f"{value:,}"
    return str(value)


def count_slot(rng: Random, low: float, high: float) -> Slot:
    """A whole number."""
    schema: dict[str, Any] = {"type": "integer"}
    if rng.random() < 0.12:
        schema |= {"minimum": int(low)}
    return Slot(
        schema, "", lambda rng: (written(rng, value := int(number(rng, low, high, 0))), value), varied=high - low > 8
    )


def plain_slot(rng: Random, low: float, high: float, decimals: int = 2) -> Slot:
    """A number without a unit."""
    return Slot({"type": "number"}, "", lambda rng: (written(rng, value := number(rng, low, high, decimals)), value))


def measure_slot(rng: Random, unit: str, low: float, high: float) -> Slot:
    """A number with a unit, which the description names and people mostly say."""
    named, spoken = UNITS[unit]
    whole = high - low > 150 or unit in (
        "days",
        "nights",
        "weeks",
        "months",
        "years",
        "people",
        "px",
        "bpm",
        "steps",
        "minutes",
    )
    typed = "integer" if whole and rng.random() < 0.6 else "number"

    def draw(rng: Random) -> tuple[str, float | int]:
        value = number(rng, max(low, 2) if high > 4 else low, high, 0 if typed == "integer" or whole else 2)
        text = written(rng, value)
        if rng.random() < 0.08 and unit not in ("celsius", "fahrenheit"):
            return text, value
        said = pick(rng, spoken)
        close = said in ("°C", "°F", "°") or (len(said) < 3 and text[-1].isdigit() and rng.random() < 0.3)
        return f"{text}{'' if close else ' '}{said}", value

    if unit in ("people", "nights", "days", "weeks", "months", "years"):
        return Slot({"type": typed}, f"in {named}", draw, varied=high - low > 8)
    return Slot(
        {"type": typed},
        pick(rng, (f"in {named}", f"({named})", f"in {named}", f"[{spoken[0]}]")),
        draw,
        varied=high - low > 8,
    )


def money_slot(rng: Random, low: float = 2, high: float = 5000, currency: int | None = None) -> Slot:
    """An amount in one currency, which the description names."""
    named, *forms = pick(rng, _MONEY) if currency is None else _MONEY[currency]
    plain = rng.random() < 0.25

    def draw(rng: Random) -> tuple[str, float | int]:
        value = number(rng, low, high, 2)
        if isinstance(value, float):
            value = round(value, 2)
        text = f"{value:.2f}" if isinstance(value, float) and rng.random() < 0.7 else written(rng, value)
        return (text if plain and rng.random() < 0.5 else pick(rng, forms).format(text)), value

    return Slot({"type": "number"}, f"in {named}", draw)


def percent_slot(rng: Random, low: float = 1, high: float = 60) -> Slot:
    """A share: as percent in most tools, as a fraction in a few."""
    if rng.random() < 0.12:

        def fraction(rng: Random) -> tuple[str, float]:
            percent = 1 + int(rng.random() * 99)
            said = pick(rng, (f"{percent} %", f"{percent}%", f"{percent} percent"))
            return said, percent / 100

        return Slot(
            {"type": "number"}, pick(rng, ("as a fraction, 0.05 for 5 %", "between 0 and 1, so 25 % is 0.25")), fraction
        )

    def draw(rng: Random) -> tuple[str, float | int]:
        value = number(rng, low, high, 2)
        return pick(rng, (f"{value} %", f"{value}%", f"{value} percent", f"{value} per cent")), value

    return Slot({"type": "number"}, pick(rng, ("in percent", "as a percentage", "percent, 5 for 5 %")), draw)
