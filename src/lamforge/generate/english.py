"""The little grammar that generated texts need: articles, plurals, forms of verbs, other ways to say a command."""

from __future__ import annotations

import re

_VOWEL = re.compile(r"(?i)(?!uni|use|usu|eu|one)[aeiou]|hour|honest|honour")
_DROPPED = frozenset(
    "a an the my your some of for to in on at with from by into its their and or how much many is are was me".split()
)
_KEPT_LAST = 5  # words of a tool's name
_NOUN_FIRST = re.compile(
    r"(calculate|compute|work out|estimate|determine|get|find|check|look up|show|find out|count|convert) (the .+)"
)
_THING_FIRST = re.compile(r"(book|order|buy|reserve|rent|hire|request|find|get|schedule|arrange) (an? .+)")
_OTHERWISE = {
    "book": ("book", "reserve", "get me", "make a booking for"),
    "order": ("order", "get me", "place an order for"),
    "buy": ("buy", "get me", "purchase"),
    "rent": ("rent", "hire", "get me"),
    "cancel": ("cancel", "call off"),
    "send": ("send", "send off"),
    "create": ("create", "set up", "make"),
    "add": ("add", "put in"),
    "remove": ("remove", "take out"),
    "delete": ("delete", "remove", "get rid of"),
    "change": ("change", "adjust"),
    "find": ("find", "look for", "search for"),
    "search": ("search",),
    "calculate": ("calculate", "work out", "compute"),
    "compute": ("compute", "calculate", "work out"),
    "estimate": ("estimate", "work out"),
    "check": ("check", "look up", "find out"),
    "get": ("get", "look up", "fetch"),
    "show": ("show me", "pull up"),
    "report": ("report", "file a report on"),
    "schedule": ("schedule", "arrange", "set up"),
    "register": ("register", "sign up"),
    "start": ("start", "kick off"),
    "log": ("log", "record", "note down"),
    "record": ("record", "log", "note down"),
}


def capitalised(text: str) -> str:
    """The first letter as a capital, the others as they are."""
    return text[:1].upper() + text[1:]


def indefinite(noun: str) -> str:
    """With a or an."""
    return f"{'an' if _VOWEL.match(noun) else 'a'} {noun}"


def plural(noun: str) -> str:
    """By spelling; of several words the last is in the plural."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def participle(verb: str) -> str:
    """Of a regular verb."""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "ed"


def third_person(command: str) -> str:
    """`book a ticket` -> `books a ticket`."""
    verb, space, rest = command.partition(" ")
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        verb = verb[:-1] + "ie"
    return verb + ("es" if verb.endswith(("s", "x", "ch", "sh", "o")) else "s") + space + rest


def gerund(command: str) -> str:
    """`book a ticket` -> `booking a ticket`."""
    verb, space, rest = command.partition(" ")
    if verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1]
    elif verb in (
        "get",
        "set",
        "put",
        "cut",
        "plan",
        "tag",
        "drop",
        "log",
        "swap",
        "run",
        "submit",
        "stop",
        "scan",
        "cancel",
        "trim",
        "ship",
        "plot",
    ):
        verb += verb[-1] if verb != "cancel" else "l"
    return f"{verb}ing{space}{rest}"


def bare_phrase(command: str) -> str:
    """The words of a command that name a tool."""
    words = re.sub(r"[^\w ]", " ", command.lower()).split()
    kept = [word for word in words if word not in _DROPPED]
    return " ".join(kept[:_KEPT_LAST])


def spoken_forms(command: str) -> tuple[list[str], list[str]]:
    """(other commands, questions) that ask for the same."""
    verb, _, rest = command.partition(" ")
    wishes = [f"{other} {rest}" for other in _OTHERWISE.get(verb, (verb,))]
    questions: list[str] = []
    if match := _NOUN_FIRST.fullmatch(command):
        noun = match[2]
        wishes += [f"tell me {noun}", f"give me {noun}"]
        many = re.match(r"the (\w+s)( |$)", noun) and not re.match(
            r"the (\w*(ss|us|is))( |$)|the \w+s (of|price|rate)", noun
        )
        verb_be = "are" if many else "is"
        questions += [
            f"what {verb_be} {noun}",
            f"can you tell me {noun}",
            f"what's {noun}" if verb_be == "is" else f"what are {noun}",
            f"do you know {noun}",
        ]
    elif match := _THING_FIRST.fullmatch(command):
        wishes += [f"get me {match[2]}"] if match[1] in ("book", "order", "buy", "rent", "hire") else []
        questions += (
            [f"can I get {match[2]}", f"could I have {match[2]}"]
            if match[1] in ("book", "order", "reserve", "rent", "hire")
            else []
        )
    return list(dict.fromkeys(wishes)), questions
