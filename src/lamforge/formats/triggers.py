"""Where in an assistant's text something else than plain prose may begin or end.

All that can be seen without waiting is looked at here, since it is fast: what matches may still be prose, what does not
match is.
"""

from __future__ import annotations

import re

from lamforge.formats.json_patterns import FLAT_LIST, FLAT_OBJECT, SETTLED, SPACE, unfinished

OPEN, CLOSE, MISTRAL, FENCE = "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "```"
CALL_KEYS = ("name", "arguments", "parameters")
FIRST_KEYS = (*CALL_KEYS, "id", "type", "description")  # what the object of a call may begin with

_KEY = "|".join(CALL_KEYS)
_MARKER = rf"<(?={OPEN[1:]}|\Z|{unfinished(OPEN[1:])})|\[(?={re.escape(MISTRAL[1:])}|\Z|{unfinished(MISTRAL[1:])})"
_TICKS = r"`(?=``|`?\Z)"
_FIRST_KEY = rf"\s{{0,64}}(?:\"|'?(?:(?:{_KEY})(?![a-z])|[a-z]{{0,10}}\Z))"
_LIST = rf"\[(?=\s{{0,64}}(?:\{{{_FIRST_KEY}|[\"\[\-0-9tfn]|\Z))"
# An object, or the first of a list, that begins as no call does.
_NEAR = r"[ \t\r\n]{0,30}"  # so that it lies within what `window` looks at
_BESIDE = rf'(?:name|id|type|description)"(?!{SPACE.pattern}:{SPACE.pattern}[\[{{])'  # in a call these are plain
_OTHER = rf'\{{{_NEAR}"(?!(?:arguments|parameters)"|{_BESIDE})'
OTHER_OBJECT = re.compile(rf'(?:\[{_NEAR})?{_OTHER}[^"\\\x00-\x1f]*"{SPACE.pattern}:')

# The group is set where JSON begins that holds no call, and matches as much of it as is read without a look at it.
_OTHER_JSON = rf"\[({SETTLED})|(?=\[{_NEAR}{_OTHER}|{_OTHER})({FLAT_LIST}|{FLAT_OBJECT})"
SPECIAL = re.compile(rf"{_OTHER_JSON}|{_TICKS}|{_MARKER}|{_LIST}|\{{(?={_FIRST_KEY})")

# In broken JSON. The group is set at an empty line, of at most 64 blanks, which ends it.
_BROKEN = rf"\n[^\S\n]{{0,64}}(?:(\n)|\Z)|{_TICKS}|{_MARKER}"
SPECIAL_IN_BROKEN = re.compile(rf"{_BROKEN}|\{{(?=\s{{0,64}}[\"']?(?:(?:{_KEY})\b|[a-z]{{0,10}}\Z))")
SPECIAL_WHEN_NOTED = re.compile(_BROKEN)

# A group is set where it ends, none where that may still come.
_THOUGHT = rf"<(?:(/think>)|\Z|{unfinished('/think>')})"
THOUGHT_END = re.compile(_THOUGHT)
CODE_END = re.compile(rf"{_THOUGHT}|\n[ \t]{{0,61}}(?:(```)|`{{0,2}}\Z)")
