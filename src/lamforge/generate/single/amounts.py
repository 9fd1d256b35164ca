"""Numbers for arguments: of a usual size for their name, within what the schema allows."""

from __future__ import annotations

import math
import random
from typing import Any

from lamforge.generate.single.sample_texts import given_examples
from lamforge.generate.single.vocabulary import range_of

_EXAMPLE_SHARE = 0.35  # how often a number is one of the schema's examples
_SPAN = 99  # from the lowest to the highest number, where nothing says more
_MOST_DIGITS = 6  # behind the point


def amount(name: str, schema: dict[str, Any], rng: random.Random, *, whole: bool) -> float | int:
    """A number for an argument of that name; whether the schema takes it is for the caller to see."""
    examples = given_examples(schema, (int, float))
    if examples and rng.random() < _EXAMPLE_SHARE:
        return rng.choice(examples)
    low, high, digits = _range(name, schema, whole=whole)
    if step := schema.get("multipleOf"):
        first = math.ceil(low / step)
        value = step * rng.randint(first, max(first, math.floor(high / step)))
        return int(value) if whole else value
    if whole or (digits == 0 and high - low >= 1):
        value = rng.randint(math.ceil(low), max(math.ceil(low), math.floor(high)))
        return value if whole or rng.random() < 0.5 else float(value)
    if 0 < high - low < 10:
        digits = min(_MOST_DIGITS, max(digits, 1 - math.floor(math.log10(high - low))))
    return round(rng.uniform(low, high), digits)


def _range(name: str, schema: dict[str, Any], *, whole: bool) -> tuple[float, float, int]:
    """Lowest, highest and digits behind the point; the usual range of the name as far as the schema allows it."""
    nudge = 1 if whole else 0
    least = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf) + nudge)
    most = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf) - nudge)
    low, high, digits = range_of(name) or (1, 1 + _SPAN, 0 if whole else 1)
    if max(low, least) + (0 if whole else 1e-9) <= min(high, most):
        return max(low, least), min(high, most), digits
    if math.isinf(least):
        least = most - _SPAN
    return least, min(most, least + _SPAN) if math.isinf(most) else most, digits
