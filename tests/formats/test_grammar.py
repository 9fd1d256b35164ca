"""Grammars: what they let through is a call that parses and validates; what they cannot express they refuse."""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import llguidance
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.cache import ByteCache
from lamforge.domains import load_domain
from lamforge.errors import SchemaError
from lamforge.formats import Grammar, get_format, json_grammar
from lamforge.tools import validate_arguments

FORMATS = [get_format(name) for name in ("xlam-qwen/hf", "xlam-llama/hf", "hermes/qwen")]
FMT = FORMATS[0]


def tool(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "act", "parameters": {"type": "object", "properties": properties, **more}}


def walk(grammar: Grammar, rng: random.Random, steps: int = 4000) -> str | None:
    """A text that the grammar accepts, drawn byte by byte; None if it grew too long."""
    tokenizer = llguidance.LLTokenizer("byte")
    matcher = llguidance.LLMatcher(tokenizer, grammar.text)
    assert not matcher.get_error()
    written = bytearray()
    for _ in range(steps):
        if matcher.is_stopped():
            return written.decode()
        mask = matcher.compute_bitmask()
        allowed = [token for token in range(tokenizer.vocab_size) if mask[token // 8] >> (token % 8) & 1]
        closing = [token for token in allowed if token == tokenizer.eos_token or chr(token) in '"}]']
        chosen = rng.choice(closing if closing and rng.random() < 0.3 else allowed)
        if chosen == tokenizer.eos_token:
            return written.decode()
        written.append(chosen)
        assert matcher.consume_token(chosen)
    return None


leaf = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 2, "maxLength": 4},
        {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "zip code of ours"},
        {"type": "integer", "minimum": -3, "maximum": 12},
        {"type": "integer", "multipleOf": 7},
        {"type": "number", "exclusiveMinimum": 0.5, "maximum": 3},
        {"type": "boolean"},
        {"enum": ["a", "b c", 3, None, {"x": [1]}]},
        {"const": 'fixed \\ "value"'},
        {"type": ["string", "null"], "maxLength": 3},
        {"$ref": "#/$defs/node"},
    ]
)
schemas = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.builds(lambda items, n: {"type": "array", "items": items, "maxItems": n}, inner, st.integers(0, 3)),
        st.builds(lambda *options: {"anyOf": list(options)}, inner, inner),
        st.builds(
            lambda a, b, required: {"type": "object", "properties": {"a": a, "b é": b}, "required": required},
            inner,
            inner,
            st.lists(st.sampled_from(["a", "b é"]), unique=True),
        ),
    ),
    max_leaves=4,
)
NODE = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}, "next": {"$ref": "#/$defs/node"}}}


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda fmt: fmt.id)
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["x", "name", "arguments", "ü"]), schemas, max_size=3), st.integers(0, 10**6))
def test_what_the_grammar_accepts_is_a_call_that_validates(fmt: Any, properties: dict[str, Any], seed: int) -> None:
    offered = tool(properties, required=list(properties)[:1], **{"$defs": {"node": NODE}})
    text = walk(fmt.grammar([offered], "required"), random.Random(seed))
    if text is None:
        return
    message = fmt.parse(text, [offered])
    assert message.content is None
    assert message.problem is None
    assert message.tool_calls
    for call in message.tool_calls:
        assert validate_arguments(offered["parameters"], call.function.arguments) == [], text


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_a_free_answer_is_prose_or_calls_that_validate(seed: int) -> None:
    offered = [tool({"x": {"type": "integer", "minimum": 0, "maximum": 5}}, required=["x"])]
    text = walk(FMT.grammar(offered), random.Random(seed), steps=60)
    for call in FMT.parse(text or "", offered).tool_calls or ():
        assert not call.problems


CALL = '[{"name": "act", "arguments": {"x": 1}}]'


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("", True),
        ("Hello [1] {a} <b> `c`.", True),
        (CALL, True),
        (f"Let me see.\n{CALL}", True),
        (CALL[:-1] + ", " + CALL[1:], True),
        (CALL + " Done.", False),
        (CALL.replace(": ", ":"), False),
        (CALL[:-1], False),
        (CALL.replace("act", "fly"), False),
        (CALL.replace("1", '"1"'), False),
        (CALL.replace("}}", ', "y": 2}}'), False),
        (CALL[1:-1], False),
        (CALL[1:-1].replace("arguments", "parameters"), False),
        ('{"name": "Ann", "age": 5}', True),
        ('{"type": "function", "name": "act", "parameters": {"x": 1}}', False),
        ('{"id": "a \\"}", "name": "act", "arguments": {"x": 1}}', False),
    ],
)
def test_auto_leaves_prose_free_and_calls_bound(text: str, accepted: bool) -> None:
    offered = [tool({"x": {"type": "integer"}}, required=["x"])]
    grammar = FMT.grammar(offered)
    assert grammar is not None
    assert grammar.accepts(text) == accepted


MEMBERS = [
    '"name": "act"',
    '"name": "fly"',
    '"arguments": {"x": 1}',
    '"arguments": {"x": "1"}',
    '"parameters": {"y": 2}',
]
MEMBERS += [
    '"id": "a \\" }"',
    '"id": 5',
    '"type": ["function"]',
    '"type": {"a": 1}',
    '"k\\"": 1',
    '"n\\u0061me": "act"',
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(MEMBERS), max_size=5),
    st.sampled_from(["{}", "[{}]", "```json\n{}\n```", "<tool_call>{}</tool_call>", "So: {}"]),
)
def test_no_answer_in_auto_is_read_as_a_call_that_is_wrong(members: list[str], around: str) -> None:
    offered = [tool({"x": {"type": "integer"}}, required=["x"])]
    text = around.replace("{}", "{" + ", ".join(members) + "}")
    grammar = FMT.grammar(offered)
    assert grammar is not None
    if grammar.accepts(text):
        assert [call.problems for call in FMT.parse(text, offered).tool_calls or ()] in ([], [[]])


@pytest.mark.parametrize("bounds", [{"minimum": 10**18}, {"maximum": -(10**18)}, {"exclusiveMinimum": 5}])
def test_a_bound_on_one_side_leaves_more_than_one_number(bounds: dict[str, int]) -> None:
    grammar = FMT.grammar([tool({"x": {"type": "integer", **bounds}}, required=["x"])], "required")
    assert grammar is not None
    (edge,) = bounds.values()
    for value in (edge + 2, edge + 3) if "maximum" not in bounds else (edge - 2, edge - 3):
        assert grammar.accepts(CALL.replace("1}", f"{value}}}"))


def test_one_call_or_several_and_only_the_named_tool() -> None:
    offered = [tool({}), {"name": "other", "parameters": {"type": "object"}}]
    one, other = '{"name": "act", "arguments": {}}', '{"name": "other", "arguments": {}}'
    several = FMT.grammar(offered, "required")
    single = FMT.grammar(offered, "required", parallel=False)
    named = FMT.grammar(offered, "other")
    assert several and single and named
    for grammar, texts in (
        (several, [f"[{one}]", f"[{one}, {other}]"]),
        (single, [f"[{one}]", f"[{other}]"]),
        (named, [f"[{other}]"]),
    ):
        for text in (f"[{one}]", f"[{other}]", f"[{one}, {other}]", f"[{other}, {other}]"):
            assert grammar.accepts(text) == (text in texts or (grammar is several)), text
    assert FMT.grammar(offered, "none") is None


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"not": {"type": "string"}}, "not"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "integer", "minimum": 10**19}, "integer range"),
        ({"if": {"type": "string"}, "then": {"minLength": 2}}, "if"),
        ({"type": "string", "format": "iri"}, "iri"),
        ({"type": "object", "propertyNames": {"pattern": "a"}}, "propertyNames"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(schema: dict[str, Any], named: str) -> None:
    with pytest.raises(SchemaError, match=named) as caught:
        FMT.grammar([tool({"x": schema})])
    assert str(caught.value).startswith("act: ")


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"x": schema}}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": [f"value {n}" for n in range(100_000)]},
        _deep(200),
        {"type": "string", "pattern": "^(a+)+$(?=b)"},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"allOf": [{"$ref": "#/properties/x"}]},
    ],
)
def test_hostile_schemas_are_refused_or_expressed_soon(schema: dict[str, Any]) -> None:
    started = time.perf_counter()
    try:
        grammar = FMT.grammar([tool({"x": schema})])
        assert grammar is not None
        llguidance.LLMatcher(llguidance.LLTokenizer("byte"), grammar.text)
    except SchemaError:
        pass
    assert time.perf_counter() - started < 30  # a hang fails; benchmarks measure


def test_large_ids_can_be_written() -> None:
    grammar = FMT.grammar([tool({"x": {"type": "integer"}}, required=["x"])], "required")
    assert grammar is not None
    assert grammar.accepts(CALL.replace("1}", "175928847299117063}"))


def test_grammars_are_made_once() -> None:
    tools = load_domain("store").tools
    first, again = FMT.grammar(tools), FMT.grammar(json.loads(json.dumps(tools)))
    assert first and again
    assert first.text is again.text


def test_a_response_schema_is_kept() -> None:
    grammar = json_grammar({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    assert grammar.accepts('{"n": 5}')
    assert not grammar.accepts('{"n": "5"}')
    assert not grammar.accepts("[]")


def test_grammars_are_kept_up_to_a_number_of_bytes_whatever_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ByteCache(200_000, sys.getsizeof)
    monkeypatch.setattr("lamforge.formats.grammar._KEPT", kept)
    for number in range(12):
        choices = {"enum": [f"choice {number} {index}" for index in range(1000)]}
        FMT.grammar([tool({"x": choices})], "required")
        json_grammar(choices)
        assert kept.bytes_kept <= 200_000
    assert kept.bytes_kept > 50_000
