"""What the next few characters of an assistant's text begin.

Each function is given these characters and whether no more of them can be had; None asks for more.
"""

from __future__ import annotations

import re

WIDTH = 64  # characters that are looked at, at most

_THINK = "<think>"
_FENCE = "```"
_OPENING = re.compile(r"(\[\s*)?(\{\s*)?")
_UNQUOTED = re.compile(r"'?([a-z]*)")
_LANGUAGE = re.compile(r"```([^\s`\[{<]*)")
_BLOCK_END = re.compile(r"[ \t]*```")
_CALL_KEYS = ("name", "arguments", "parameters")
_ITEM_BEGINNINGS = '"[-0123456789tfn'  # of the first item of a list of JSON that holds no object first


def begins_with_reasoning(ahead: str, final: bool) -> bool | None:
    """Whether the text opens with reasoning."""
    rest = ahead.lstrip()
    return None if _THINK.startswith(rest) and rest != _THINK and not final else rest.startswith(_THINK)


def kind(ahead: str, final: bool) -> str | None:
    """ "object", "list", "unquoted" (a call without its quotes, or cut off), or "text"."""
    opening = _OPENING.match(ahead)
    assert opening
    rest = ahead[opening.end() :]
    if not rest:
        return None if not final else "unquoted" if opening[2] and len(ahead) < WIDTH else "text"
    if not opening[2]:
        return "list" if rest[0] in _ITEM_BEGINNINGS else "text"
    if rest[0] == '"':
        return "object"
    word = _UNQUOTED.match(rest)
    assert word
    if word.end() == len(rest) and not final:
        return None
    return "unquoted" if word[1] in _CALL_KEYS else "text"


def fence(ahead: str, final: bool) -> str | None:
    """The fence with its language; empty if these backticks are none."""
    opening = _LANGUAGE.match(ahead)
    undecided = opening.end() == len(ahead) if opening else _FENCE.startswith(ahead)
    return None if undecided and not final else opening.group() if opening else ""


def block_end(ahead: str, final: bool) -> int | None:
    """The length of a fence at the beginning of a line; 0 if there is none."""
    if end := _BLOCK_END.match(ahead):
        return end.end()
    return None if not final and not ahead.lstrip(" \t").strip("`") else 0


def leading_space(ahead: str, final: bool) -> int | None:
    """The number of white space characters."""
    space = len(ahead) - len(ahead.lstrip())
    return None if space == len(ahead) and not final else space
