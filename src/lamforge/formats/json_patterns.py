"""What of JSON can be told at a glance: patterns that match nothing that more text could change.

Each alternative is told by its first character, so that a match is linear in its length. Python keeps about 500 bytes
for every repeat of a group until the match ends: repeats are bounded, and a caller matches again.
"""

from __future__ import annotations

import re

_W = r"[ \t\r\n]*"
_MANY = "{0,256}"
_NUMBER_SIGNS = r"[-+.0-9eE]"
_STRING = r'"[^"\\\x00-\x1f]*"'
_ESCAPE = (
    r'\\(?:["\\/bfnrt]|u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})'
    r"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_ESCAPED = rf'"[^"\\\x00-\x1f]*(?:{_ESCAPE}[^"\\\x00-\x1f]*){{0,16}}"'  # with few escapes
_NUMBER = rf"-?(?:0|[1-9][0-9]{{0,17}})(?:\.[0-9]{{1,17}})?(?:[eE][-+]?[0-9]{{1,2}})?(?!{_NUMBER_SIGNS})"  # as most are
_SCALAR = rf"(?:{_ESCAPED}|{_NUMBER}|true|false|null)"


def _list_of(value: str) -> str:
    return rf"\[(?:(?:{_W}{value}{_W},){_MANY}{_W}{value}{_W}|{_W})\]"


def _object_of(value: str) -> str:
    member = rf"{_W}{_STRING}{_W}:{_W}{value}{_W}"
    return rf"\{{(?:(?:{member},){_MANY}{member}|{_W})\}}"


_PLAIN = rf"(?:{_SCALAR}|{_list_of(_SCALAR)}|{_object_of(_SCALAR)})"
FLAT_LIST, FLAT_OBJECT = _list_of(_PLAIN), _object_of(_PLAIN)

SPACE = re.compile(_W)
_NAME = r'"([^"\\\x00-\x1f]*)"'
PLAIN = re.compile(rf'[^"\\\x00-\x1f]+|{_ESCAPE}')  # of what a string may hold: characters as they are, or an escape
TEXT = re.compile(rf"(?:{PLAIN.pattern}){_MANY}")
NUMBER_TEXT = re.compile(rf"{_NUMBER_SIGNS}*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

ELEMENTS = re.compile(rf"(?:{_W}{_SCALAR}{_W},){_MANY}")
MEMBERS = re.compile(rf"(?:{_W}{_STRING}{_W}:{_W}{_SCALAR}{_W},){_MANY}")
LISTS = re.compile(r"\[+")
SCALAR = re.compile(rf"{_SCALAR}(?!\Z)")
FLAT = re.compile(rf"(?:{_SCALAR}|{FLAT_LIST}|{FLAT_OBJECT})(?!\Z)")
KEY = re.compile(rf"{_STRING}{_W}:")
MEMBER = re.compile(rf'{_W}(,?){_W}"([^"\\\x00-\x1f]*)"{_W}:{_W}(?=["\-0-9tfn\[{{])')  # up to its value
CALL = re.compile(rf'\{{{_W}"name"{_W}:{_W}{_NAME}{_W},{_W}"arguments"{_W}:{_W}({FLAT_OBJECT}){_W}\}}')
# An object, or the first of a list, up to what is wrong with its first key.
WRONG_KEY = re.compile(rf'(?:\[{_W})?\{{{_W}{_NAME[:-1]}(?:(?=[\x00-\x1f])|"{_W}(?=[^ \t\r\n:]))')
NEXT_OBJECT = re.compile(rf"{_W},{_W}(?=\{{)")


def unfinished(word: str) -> str:
    """What may become this word: its beginnings, at the end of the text."""
    return rf"(?:{'|'.join(re.escape(word[:end]) for end in range(1, len(word)))})\Z"


def _wrong(word: str) -> str:
    return rf"{word[0]}(?!{word[1:]}|\Z|{unfinished(word[1:])})"


# A list of scalars after its bracket, to its end or to what makes it no JSON.
_WRONG_NUMBER = rf"(?!{NUMBER.pattern}(?!{_NUMBER_SIGNS}))[-0-9]{_NUMBER_SIGNS}{{0,60}}(?!{_NUMBER_SIGNS}|\Z)"
_NO_VALUE = rf'[^ \t\r\n"\-0-9tfn\[{{]|{_WRONG_NUMBER}|{"|".join(map(_wrong, ("true", "false", "null")))}'
SETTLED = (
    r'[ \t\r\n]{0,62}(?=["\-0-9tfn])'
    rf"(?:{_SCALAR}{_W},{_W}){_MANY}(?:{_SCALAR}{_W}(?:\]|(?=[^ \t\r\n,\]]))|(?={_NO_VALUE}))"
)
