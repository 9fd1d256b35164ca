"""Every kind of value by its name, as the vocabulary's files use them: `city`, `money(2,500)`, `list(person)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from lamforge.generate.synthetic import codes, dates, quantities, times, wording
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.quantities import UNITS
from lamforge.generate.synthetic.slot import Slot
from lamforge.generate.synthetic.wording import WORDS

_CALL = re.compile(r"(\w+)(?:\((.*)\))?")
_TEXTS: dict[str, Callable[[Random], str]] = {
    "person": wording.person,
    "first_name": wording.first_name,
    "last_name": wording.last_name,
    "city": wording.town,
    "street": wording.street,
    "address": wording.address,
    "company": wording.company,
    "venue": wording.place_name,
    "proper": wording.proper_name,
    "product": wording.product,
    "device": wording.device,
    "title": wording.title,
    "work": wording.work,
    "text": wording.free_text,
    "topic": wording.topic,
    "tag": wording.tag,
    "email": codes.email,
    "username": codes.username,
    "phone": codes.phone,
    "file": codes.file_name,
    "folder": codes.folder,
    "path": codes.path,
    "host": codes.host,
    "ip": codes.ip,
    "url": codes.url,
    "branch": codes.branch,
    "version": codes.version,
    "identifier": codes.identifier,
    "word": lambda rng: wording.coined(rng),
    "commit": lambda rng: codes.shaped(rng, "hhhhhhh"),
    "hash": lambda rng: codes.shaped(rng, "hhhhhhhhhhhh"),
    "zip": lambda rng: codes.shaped(rng, pick(rng, ("99999", "9999", "99999", "A9 9AA", "999 99"))),
    "plate": lambda rng: codes.shaped(rng, pick(rng, ("AAA-999", "AA-99-AA", "9AAA999", "AA 99 AAA", "A-AA 9999"))),
    "flight": lambda rng: codes.shaped(rng, pick(rng, ("AA999", "AA9999", "AA 999"))),
    "ticker": lambda rng: codes.shaped(rng, pick(rng, ("AAAA", "AAA", "AAAA", "AA"))),
    "isbn": lambda rng: codes.shaped(rng, pick(rng, ("9789999999999", "978-9-999-99999-9", "9999999999"))),
    "iban": lambda rng: codes.shaped(rng, pick(rng, ("AA99999999999999", "AA99 9999 9999 9999"))),
    "digits": lambda rng: codes.shaped(rng, "9" * (4 + int(rng.random() * 9))),
    "pin": lambda rng: codes.shaped(rng, "9999"),
    "hex": lambda rng: "#" + codes.shaped(rng, "hhhhhh"),
    "coin": lambda rng: (
        pick(rng, ("BTC", "ETH", "LTC", "XRP", "SOL", "ADA", "DOT")) if rng.random() < 0.5 else codes.shaped(rng, "AAA")
    ),
    "serial": lambda rng: codes.shaped(rng, pick(rng, ("AAA9999999", "99AA9999", "A9A9-A9A9", "AAAA-9999-9999"))),
    "dna": lambda rng: "".join(pick(rng, "ACGT") for _ in range(5 + int(rng.random() * 12))),
}
_LISTED = (
    "country region food genre language currency colour job subject sport animal plant disease drug material "
    "chemical planet airport"
).split()


def slot(rng: Random, kind: str, words: str, currency: int | None = None) -> Slot:
    """The kind of that name, decided for one tool.

    Args:
        words: The parameter's name in plain words: ids begin with its letters at times.
        currency: Which one amounts are in; any if None.
    Raises:
        ValueError: if there is no such kind.
    """
    match = _CALL.fullmatch(kind)
    if match is None:
        raise ValueError(f"{kind!r} is no kind of values")
    name, inside = match[1], match[2] or ""
    if name in ("list", "pair"):
        return _several(rng, inside, words, 2 if name == "pair" else 0)
    if name in _TEXTS:
        return _text(_TEXTS[name])
    if name in _LISTED:
        return _text(lambda rng: pick(rng, WORDS[name]))
    if name == "code":
        shape = inside or codes.id_shape(rng, words)
        example = codes.code(rng, shape)
        return Slot(
            {"type": "string"},
            f"such as {example}" if rng.random() < 0.3 else "",
            lambda rng: (said := codes.code(rng, shape), said),
        )
    if name in _MOMENTS:
        return _MOMENTS[name](rng)
    bounds = [float(each) for each in inside.split(",") if each]
    if name == "int":
        return quantities.count_slot(rng, *(bounds or (1, 500)))
    if name == "num":
        return quantities.plain_slot(rng, *(bounds or (0.5, 1000)))
    if name == "money":
        low, high = bounds or (2, 5000)
        return quantities.money_slot(rng, low, high, currency)
    if name == "percent":
        return quantities.percent_slot(rng, *bounds)
    if name in UNITS:
        return quantities.measure_slot(rng, name, *(bounds or (1, 100)))
    raise ValueError(f"{kind!r} is no kind of values")


_MOMENTS: dict[str, Callable[[Random], Slot]] = {
    "date": dates.day_slot,
    "born": lambda rng: dates.day_slot(rng, born=True),
    "time": times.time_slot,
    "moment": times.moment_slot,
    "month": dates.month_slot,
    "weekday": dates.weekday_slot,
    "year": dates.year_slot,
}


def _text(make: Callable[[Random], str]) -> Slot:
    return Slot({"type": "string"}, "", lambda rng: (said := make(rng), said))


def _several(rng: Random, kind: str, words: str, exactly: int = 0) -> Slot:
    """A list of two to five, of numbers up to eight, or of exactly so many."""
    one = slot(rng, kind, words)
    bracketed = one.schema["type"] in ("number", "integer")

    def draw(rng: Random) -> tuple[str, list[Any]]:
        found: dict[str, Any] = {}
        for _ in range(exactly or 2 + int(rng.random() * (3 + 3 * bracketed))):
            said, value = one.draw(rng)
            found[said] = value
        texts = list(found)
        if bracketed and rng.random() < 0.35:
            joined = "[" + ", ".join(texts) + "]" if rng.random() < 0.5 else ", ".join(texts)
        else:
            joined = listed(texts, rng)
        return joined, list(found.values())

    return Slot({"type": "array", "items": one.schema}, one.hint, draw)


def listed(parts: list[str], rng: Random) -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return (
        ", ".join(parts[:-1])
        + pick(rng, (" and ", " and ", ", and " if len(parts) > 2 else " and ", " as well as "))
        + parts[-1]
    )


def enum_slot(rng: Random, options: str) -> Slot:
    """One of `a|b~also b~another word|c`; what stands behind ~ is another way to say it."""
    parts = [each.split("~") for each in options.split("|")]
    style = rng.random()
    plain = [each[0] for each in parts]
    values = (
        [text.upper() for text in plain]
        if style < 0.12
        else [text.replace("_", "-") for text in plain]
        if style < 0.2
        else [text.capitalize() for text in plain]
        if style < 0.28
        else plain
    )
    if rng.random() < 0.3:
        order = list(range(len(parts)))
        rng.shuffle(order)
        parts, values = [parts[at] for at in order], [values[at] for at in order]
    told = ", ".join(
        f"{value} = {pick(rng, each[1:]).replace('_', ' ')}"
        for value, each in zip(values, parts, strict=True)
        if len(each) > 1
    )
    hint = told if told and rng.random() < 0.6 else ""
    schema: dict[str, Any] = {"type": "string", "enum": values}
    if not told and rng.random() < 0.08:
        schema, hint = (
            {"type": "string"},
            f"{pick(rng, ('one of ', 'either ', ''))}{', '.join(values[:-1])} or {values[-1]}",
        )

    def draw(rng: Random) -> tuple[str, str]:
        at = int(rng.random() * len(values))
        each = parts[at]
        said = each[0] if len(each) == 1 or rng.random() < 0.6 else pick(rng, each[1:])
        return said.replace("_", " "), values[at]

    return Slot(schema, hint, draw, varied=False)
