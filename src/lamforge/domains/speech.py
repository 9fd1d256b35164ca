"""Plain tests on what people and agents say: a yes, a request to confirm. They know words, nothing of any domain."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z']+")
_YES = {"yes", "yeah", "yep", "yup", "sure", "correct", "right", "ok", "okay", "confirm", "confirmed", "absolutely"}
_YES |= {"definitely", "please", "proceed", "exactly", "indeed", "fine", "perfect"}
_NO = {"no", "not", "don't", "nope", "wait", "actually", "instead", "stop", "wrong", "hold"}
_LEAVE_IT = ("never mind", "leave it", "forget it", "forget about it", "let it be", "drop it")
_ASKS = (
    "confirm",
    "shall i",
    "should i",
    "would you like me to",
    "do you want me to",
    "go ahead",
    "proceed",
    "is that right",
    "is that correct",
    "is this correct",
    "yes/no",
)


def words(text: str) -> list[str]:
    """The lower-case words of a text."""
    return _WORD.findall(text.lower().replace("’", "'"))


def is_yes(text: str) -> bool:
    """Whether a reply agrees: a word of agreement and none that takes it back."""
    spoken = set(words(text))
    return bool(spoken & _YES) and not spoken & _NO


def withdraws(text: str) -> bool:
    """Whether a reply takes a wish back."""
    lowered = text.lower()
    return any(phrase in lowered for phrase in _LEAVE_IT)


def asks_to_confirm(text: str) -> bool:
    """Whether an agent's text asks the user to agree to something."""
    lowered = text.lower()
    return "?" in lowered and any(phrase in lowered for phrase in _ASKS)


def is_identifier(value: object) -> bool:
    """Whether a value is one that people copy rather than paraphrase: a string with a digit in it."""
    return isinstance(value, str) and any(character.isdigit() for character in value)


def mentions(text: str, value: object) -> bool:
    """Whether a text holds a value as words of its own, whatever its case; of a list, every element."""
    if isinstance(value, list):
        return all(mentions(text, element) for element in value)
    lowered, sought = text.lower(), str(value).lower()
    start = lowered.find(sought) if sought else -1
    while start >= 0:
        end = start + len(sought)
        if not (lowered[start - 1 : start].isalnum() and sought[0].isalnum()) and not (
            lowered[end : end + 1].isalnum() and sought[-1].isalnum()
        ):
            return True
        start = lowered.find(sought, start + 1)
    return False
