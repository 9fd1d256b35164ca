"""How good conversations are: rules, where values come from, and models that read the whole."""

from lamforge.data.rating.raters import Rater, Raters, load_raters
from lamforge.data.rating.rules import CEILINGS, MEANINGS, find_faults
from lamforge.data.rating.run import Rated, estimate, rate, rating_of

__all__ = [
    "CEILINGS",
    "MEANINGS",
    "Rated",
    "Rater",
    "Raters",
    "estimate",
    "find_faults",
    "load_raters",
    "rate",
    "rating_of",
]
