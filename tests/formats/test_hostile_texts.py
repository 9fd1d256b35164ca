"""Texts made to be slow to read: the work grows with their length alone, and little of it falls on each character."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from typing import Any

import pytest

from lamforge.formats.parse import StreamParser, parse

CALL = '{"name":"a","arguments":{}}'
ARGUMENTS = '[{"name":"a","arguments":{"x":'
TOOL = {"name": "a", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}
LENGTH = 200_000  # characters
MOST = 100  # times what a loop over the characters takes, which is 10 to 20 ms for a million; most take 20 times

UNITS = '[ { [[ [] {} [1, [1 [1e [01 [- [t [true [" ["a ["a" [{" {" {"a": {"a":[ {"name" {"name": {name'.split()
UNITS += (
    "< <t ` ``` \\ \" \\\" [TOOL_CALLS] <tool_call> <tool_call>{ </tool_call> <think> </think> <|im_ {'name':".split()
)
UNITS += ["[1] ", "[1], ", "[[1],", "é"]
UNITS += ["```json\n", "```py\n", "``` {", "\n", " ", "[ ", "\n{n", '\n\n{"name', "[1, 2] ", '[{"a":1}]', '{"id":{}} ']
UNITS += [CALL, CALL + ",", CALL + "\n\n", f"```json\n[{CALL}]\n```\n", f"<tool_call>\n{CALL}\n</tool_call>\n"]
UNITS += ['{"name":"a","parameters":{}}', '{"parameters":{},"name":"a"} ', '[{"name": "a", "arg', '{"name": "a"} ']
UNITS += ['{"name":"a","arguments":{"x":[]}}', '{"name":"a","arguments":[]}', "[link](x) ", "- [ ] a\n", "a <b> "]
BEGUN = [  # what is written once, and what then comes again and again
    ("[", CALL + ","),
    ("<think>", "x<"),
    ("```py\n", "\n``"),
    ('[{"name": "a"; ', f"[{CALL}], "),
    ('[{"name":"a"', ',"b":1'),
    ('[{"name":"', "\\n"),
    *((ARGUMENTS + "[", unit) for unit in ("1,", "1e5,", "[1],", "[],", "{},", '{"a":{}},', '"\\n",', "null \n,")),
    *((ARGUMENTS, unit) for unit in (" ", "9", '{"a":')),
    *((ARGUMENTS + '"', unit) for unit in ("a", "\\n", "\\ud83d\\ude00", "\\")),
]
TEXTS = [unit * (LENGTH // len(unit)) for unit in UNITS] + [head + unit * (LENGTH // len(unit)) for head, unit in BEGUN]


def seconds(work: Callable[[], object]) -> float:
    """CPU time, the least of two, without the collection of other tests' garbage."""
    return min(timeit.repeat(work, timer=time.process_time, number=1, repeat=2))


def is_within(work: Callable[[], object], limit: float) -> bool:
    """Whether it takes less at best; what does not is tried again, for other programs take caches and clocks."""
    return any(seconds(work) < limit for _ in range(4))


def loop(text: str) -> int:
    count = 0
    for sign in text:
        if sign == "[":
            count += 1
    return count


def streamed(text: str, size: int) -> None:
    parser = StreamParser()
    for place in range(0, len(text), size):
        parser.feed(text[place : place + size])
    parser.close()


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:40]))
def test_no_text_is_slow_to_read(text: str) -> None:
    unit = seconds(lambda: loop(text))
    assert is_within(lambda: parse(text), MOST * unit)
    assert is_within(lambda: streamed(text, 4096), MOST * unit)
    # Pieces of four characters, as long as tokens, cost more each than the text in them.
    assert is_within(lambda: streamed(text[: LENGTH // 4], 4), 4 * MOST * unit / 4)


@pytest.mark.parametrize(
    "parameters",
    [
        TOOL["parameters"],
        {"type": "object", "properties": {f"p{n}": {"type": "integer"} for n in range(1000)}, "required": ["p1"]},
        {"type": "object", "required": [f"p{n}" for n in range(1000)]},
    ],
)
def test_calls_without_number_that_break_their_schema_are_not_slow_either(parameters: dict[str, Any]) -> None:
    text = f"[{', '.join([CALL] * (LENGTH // len(CALL)))}]"
    message = parse(text, [{"name": "a", "parameters": parameters}])
    assert message.tool_calls
    assert all(call.problems for call in message.tool_calls)
    work = seconds(lambda: parse(text, [{"name": "a", "parameters": parameters}]))
    assert work < MOST * seconds(lambda: loop(text)) + 0.5  # what the first calls have to be told
