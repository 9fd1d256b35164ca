"""Where values come from: numbers, dates and names traced to the texts that say them, in whatever words."""

from lamforge.grounding.calendar_words import date_in_words, says_time
from lamforge.grounding.numerals import in_words, is_among, numbers_in
from lamforge.grounding.text import Text, leaves, one_error, split_name, trace

__all__ = [
    "Text",
    "date_in_words",
    "in_words",
    "is_among",
    "leaves",
    "numbers_in",
    "one_error",
    "says_time",
    "split_name",
    "trace",
]
