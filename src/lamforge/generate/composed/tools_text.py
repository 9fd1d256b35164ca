"""The `tools.py` of a composed domain."""

from __future__ import annotations

import json
from textwrap import indent

from lamforge.generate.composed.changing_tools import DEEDS, contact, hand_over
from lamforge.generate.composed.looking_tools import READS, get, identify
from lamforge.generate.composed.parts import Part, Pen
from lamforge.generate.composed.sketch import Sketch

_HEAD = '''"""The tools of {firm}."""

from typing import Annotated, Literal

from pydantic import Field

from lamforge.domains import State, ToolError, tool
'''


def make_parts(pen: Pen) -> list[Part]:
    """All tools of a domain, those that look first."""
    sketch = pen.sketch
    parts = [identify(pen, way) for way in sketch.ways]
    parts.append(get(pen))
    parts += [READS[read](pen) for read in sketch.reads]
    parts += [DEEDS[action.deed](pen, action) for action in sketch.actions]
    if sketch.contact:
        parts.append(contact(pen, sketch.contact))
    if sketch.hand_over:
        parts.append(hand_over(pen))
    return parts


def tools_text(pen: Pen, parts: list[Part]) -> str:
    """The file."""
    functions = (_function(part, pen.notes) for part in parts)
    return "\n\n".join([_HEAD.format(firm=pen.sketch.firm), *_helpers(pen.sketch), *functions])


def _function(part: Part, notes: str) -> str:
    arguments = "".join(f", {each.name}: {each.annotation}" for each in part.arguments)
    told = [each for each in part.arguments if each.note and notes != "none"]
    if notes == "some":
        told = [each for each in told if "such as" in each.note or "Literal" in each.annotation]
    lines = [f'    """{part.summary}']
    if told:
        lines += ["", "    Args:", *(f"        {each.name}: {each.note}" for each in told), '    """']
    else:
        lines[0] += '"""'
    returned = "list[dict]" if part.role in ("list", "items") else "dict"
    head = f'@tool(kind="{part.kind}")\ndef {part.name}(state: State{arguments}) -> {returned}:'
    return "\n".join([head, *lines, indent(part.body, "    "), ""])


def _helpers(sketch: Sketch) -> list[str]:
    thing, person = sketch.thing, sketch.person
    checked = f'''def _open(state: State, key: str) -> dict:
    record = _thing(state, key)
    if record["status"] not in {json.dumps(sketch.business.open)}:
        raise ToolError(f"{thing.noun} {{key}} is {{record['status']}}")
    return record
'''
    return [_finder("_thing", thing.noun, thing.name), _finder("_person", person.noun, person.name), checked]


def _finder(name: str, noun: str, table: str) -> str:
    return f'''def {name}(state: State, key: str) -> dict:
    if key not in state["{table}"]:
        raise ToolError(f"{noun} {{key}} not found")
    return state["{table}"][key]
'''
