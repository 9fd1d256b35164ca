"""What the next few characters of an assistant's text begin.

Each function is given these characters and whether no more of them can be had; None asks for more.
"""

from __future__ import annotations

import re

from lamforge.formats.triggers import CALL_KEYS, FENCE, MISTRAL, OPEN, OTHER_OBJECT

WIDTH = 64  # characters that are looked at, at most

_THINK = "<think>"
_OPENING = re.compile(r"(\[\s*)?(\{\s*)?")
_UNQUOTED = re.compile(r"'?([a-z]*)")
_LANGUAGE = re.compile(r"```([^\s`\[{<]*)")
_ITEM_BEGINNINGS = '"[-0123456789tfn'  # of the first item of a list of JSON that holds no object first


def begins_with_reasoning(ahead: str, final: bool) -> bool | None:
    """Whether the text opens with reasoning."""
    rest = ahead.lstrip()
    return None if _THINK.startswith(rest) and rest != _THINK and not final else rest.startswith(_THINK)


def kind(ahead: str, final: bool) -> str | None:
    """ "object", "list", "text", "other" (an object, no call), or "unquoted" (one without quotes, or cut off)."""
    opening = _OPENING.match(ahead)
    assert opening
    rest = ahead[opening.end() :]
    if not rest:
        return None if not final else "unquoted" if opening[2] and len(ahead) < WIDTH else "text"
    if not opening[2]:
        return "list" if rest[0] in _ITEM_BEGINNINGS else "text"
    if rest[0] == '"':
        return "other" if OTHER_OBJECT.match(ahead) else "object"
    word = _UNQUOTED.match(rest)
    assert word
    if word.end() == len(rest) and not final:
        return None
    return "unquoted" if word[1] in CALL_KEYS else "text"


def fence(ahead: str, final: bool) -> str | None:
    """The fence with its language; empty if these backticks are none."""
    opening = _LANGUAGE.match(ahead)
    undecided = opening.end() == len(ahead) if opening else FENCE.startswith(ahead)
    return None if undecided and not final else opening.group() if opening else ""


def marker(ahead: str, final: bool) -> str | None:
    """The marker that promises a call; empty if none stands here."""
    if found := next((word for word in (OPEN, MISTRAL) if ahead.startswith(word)), ""):
        return found
    return None if not final and any(word.startswith(ahead) for word in (OPEN, MISTRAL)) else ""


def leading_space(ahead: str, final: bool) -> int | None:
    """The number of white space characters."""
    space = len(ahead) - len(ahead.lstrip())
    return None if space == len(ahead) and not final else space


def first(ahead: str, final: bool) -> str | None:
    """The next character; empty at the end of the text."""
    return ahead[:1] if ahead or final else None
