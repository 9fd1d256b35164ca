"""Plain tests on what people and agents say: a yes, a request to confirm, a value. They know nothing of any domain."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z']+")
_MORE = (
    "anything else",
    "something else",
    "any other",
    "else i can",
    "can i help",
    "can i do",
    "may i help",
)
_OFFERS = (*_MORE, "if you")
_NEEDS = (
    "i need your", "i need the", "i'll need", "i will need", "please provide", "please tell", "please give",
    "please share", "could you provide", "could you tell", "can you provide", "can you tell", "could you give",
    "may i have", "could i have",
)  # fmt: skip
_SENTENCE = re.compile(r".+?(?:[.!?]+(?=\s)|$)", re.DOTALL)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_AMOUNT = re.compile(r"(-?)[$€£]?(\d{1,40})(?:\.(\d{1,40}))?")
_NUMBER = re.compile(
    r"(?<![^\W_])(?<!\d[.,:/-])(?<![^\W\d_]-)(-?)[$€£]?(\d{1,40})(?:\.(\d{1,40}))?(?![^\W_]|[.,:/-]\d)"
)
_JOINTS = ".:/-"  # what digits on both sides of it make one number, date or time of
_UNSPACED = "\u2e80"  # from here on are scripts that put no spaces between words
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


def sentences(text: str) -> list[str]:
    """The sentences of a text, which make it up again when joined."""
    return _SENTENCE.findall(text)


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


def asks_for_something(text: str) -> bool:
    """Whether an agent's text ends with a wish to know or get something of the user.

    An offer of more help at its end, such as "Is there anything else?", is none.
    """
    *_, last = [part for part in sentences(text.lower().replace("’", "'")) if part.strip(" .!?")] or [""]
    if any(phrase in last for phrase in _OFFERS):
        return False
    return any(phrase in last for phrase in _NEEDS) or ("?" in last and "your" in words(last))


def asks(text: str) -> bool:
    """Whether a text asks the user for anything, somewhere; an offer of more help is no question."""
    parts = sentences(text.lower().replace("’", "'"))
    return any(
        ("?" in part or any(need in part for need in _NEEDS)) and not any(offer in part for offer in _MORE)
        for part in parts
    )


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


def says(text: str, value: str) -> bool:
    """Whether a text says a value: its words, with no letter or digit of another word around them but a plural s.

    A number must be said as a number of its own, however it is written: 1100 is said by "$1,100.00", and 10 is not said
    by "1,100", "10.5", "2024-10-01" or "V-10". Commas do not count elsewhere either.
    """
    text, sought = _THOUSANDS.sub("", text.lower()), _THOUSANDS.sub("", value.lower().strip())
    if (number := _AMOUNT.fullmatch(sought)) is not None:
        return any(_as_said(found) == _as_said(number) for found in _NUMBER.finditer(text))
    text, sought = text.replace(",", ""), sought.replace(",", "")
    start = text.find(sought) if sought else -1
    while start >= 0:
        end = start + len(sought)
        behind = end + 1 if text[end : end + 1] == "s" and sought[-1].isalpha() else end
        if not _goes_on(text, start) and not (_goes_on(text, end) and _goes_on(text, behind)):
            return True
        start = text.find(sought, start + 1)
    return False


def _as_said(number: re.Match[str]) -> tuple[str, str, str]:
    """A number's sign, whole part and decimals, without zeros that say nothing."""
    sign, whole, decimals = number.groups()
    return sign, whole.lstrip("0"), (decimals or "").rstrip("0")


def _goes_on(text: str, place: int) -> bool:
    """Whether what stands before a place of a text and what stands there are parts of one word or number."""
    before, there = text[max(place - 1, 0) : place], text[place : place + 1]
    if not (before and there):
        return False
    if before in _JOINTS:
        return there.isdigit() and text[max(place - 2, 0) : place - 1].isdigit()
    if there in _JOINTS:
        return before.isdigit() and text[place + 1 : place + 2].isdigit()
    return before.isalnum() and there.isalnum() and max(before, there) < _UNSPACED
