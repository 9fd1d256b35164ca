"""What can be said against a conversation without asking a model: codes, each with the most that it lets one score."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from lamforge.data.checking import CODES, faults
from lamforge.data.rating.sources import Sources
from lamforge.errors import bounded
from lamforge.formats import get_format
from lamforge.grounding import leaves
from lamforge.messages import Finding, Message, Trajectory, canonical_json
from lamforge.tools import bare

BEST = 5.0
CEILINGS = {  # code -> the best score of a conversation in which it is found
    **{code: 1.0 for code, known in CODES.items() if known.error},
    "call_in_text": 1.0,
    "placeholder": 1.0,
    "invented_value": 2.0,
    "unanswered_result": 2.0,
    "repeated_call": 3.0,
    "repeated_answer": 3.0,
}
MEANINGS = {
    **{code: known.meaning for code, known in CODES.items() if known.error},
    "call_in_text": "the assistant's text holds a call, or the beginning of one, or a token of a chat template",
    "placeholder": "an argument is a stand-in, such as <order_id> or YOUR_API_KEY, that nobody has said",
    "invented_value": "an argument's value is not from the user, the system message, results or schema: from nowhere",
    "unanswered_result": "the conversation ends with a tool's result, which the user never hears of",
    "repeated_call": "the call before is made again, with the same arguments, though the user has said nothing since",
    "repeated_answer": "the assistant says for a third time what it has said before, word for word",
}

_READER = get_format("xlam-qwen")  # the calls' notation is the same in every variant
_TOKENS = (
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|endoftext|>",
    "[TOOL_CALLS]",
    "<tool_call>",
)
_BRACKETED = re.compile(
    r"<[a-z][a-z0-9 _-]{0,60}>|\{\{?[a-z][a-z0-9 _.-]{0,60}\}?\}|\[(?:your|insert|the)[a-z0-9 _-]{0,60}\]",
    re.IGNORECASE,
)
_STAND_IN = re.compile(
    r"your[_ -](?:api[_ -]?)?(?:key|token|id|name|email|password)|(?:insert|enter)[_ -]\w{1,40}[_ -]here"
    r"|string|example_value|placeholder|to be determined|tbd|unknown|undefined|null|none",
    re.IGNORECASE,
)
_MOST = 100  # values of one conversation that are complained of
_SAYING = 4  # words that an answer needs to count as repeated


def find_faults(trajectory: Trajectory) -> list[Finding]:
    """What the rules find, in the order of the messages; errors of `lamforge data check` are among it."""
    structural = (finding for finding in faults(trajectory) if finding.code in CEILINGS)
    found = [*structural, *_of_values(trajectory), *_of_calls(trajectory.messages), *_of_answers(trajectory.messages)]
    return sorted(found, key=lambda finding: finding.message)


def ceiling(findings: Iterable[Finding]) -> float:
    """The most that a conversation with these findings can score."""
    return min((CEILINGS[finding.code] for finding in findings), default=BEST)


def _of_values(trajectory: Trajectory) -> Iterator[Finding]:
    """Values that come from nowhere; each is told once."""
    properties = {tool.get("name"): _properties(tool) for tool in map(bare, trajectory.tools)}
    sources = Sources()
    told: set[str] = set()
    for place, message in enumerate(trajectory.messages):
        for call in message.tool_calls or () if len(told) < _MOST and message.weight != 0 else ():
            name = call.function.name
            for path, field, value, schema in leaves(call.function.arguments, properties.get(name, {})):
                code = _fault_of(value, sources.source(value, field, schema))
                if code is None or str(value) in told:
                    continue
                told.add(str(value))
                yield Finding(code=code, message=place, detail=f"{name}: {path}: {bounded(value)}")
        text = message.content or ""
        if message.role == "tool":
            sources.find(text)
        elif message.role == "assistant":
            sources.say(text)
        else:
            sources.hear(text)


def _fault_of(value: Any, source: str | None) -> str | None:
    """The code of the fault that a value is, given its source."""
    text = value.strip() if isinstance(value, str) else ""
    if _BRACKETED.fullmatch(text) or (source is None and _STAND_IN.fullmatch(text)):
        return "placeholder"
    return None if source is not None else "invented_value"


def _properties(tool: dict[str, Any]) -> dict[str, Any]:
    found = (tool.get("parameters") or {}).get("properties")
    return found if isinstance(found, dict) else {}


def _of_calls(messages: list[Message]) -> Iterator[Finding]:
    before = ""
    for place, message in enumerate(messages):
        if message.role == "user":
            before = ""  # who asks again may want to know it anew
        for call in message.tool_calls or ():
            made = canonical_json([call.function.name, call.function.arguments])
            if made == before:
                yield Finding(code="repeated_call", message=place, detail=bounded(made))
            before = made


def _of_answers(messages: list[Message]) -> Iterator[Finding]:
    said: Counter[str] = Counter()
    for place, message in enumerate(messages):
        text = (message.content or "").strip()
        if message.role != "assistant" or not text:
            continue
        if said[text] == 2 and len(text.split()) >= _SAYING:
            yield Finding(code="repeated_answer", message=place, detail=bounded(text))
        said[text] += 1
        if token := next((each for each in _TOKENS if each in text), None):
            yield Finding(code="call_in_text", message=place, detail=f"{token} in the text")
        elif not message.tool_calls:
            read = _READER.parse(text)
            if read.tool_calls or read.problem:
                yield Finding(code="call_in_text", message=place, detail=read.problem or "the text is a call")
