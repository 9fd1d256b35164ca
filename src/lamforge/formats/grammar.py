"""What a model may write next: grammars in llguidance's form of Lark, which llama.cpp and vLLM understand.

A call is written as it was in training: its own spacing, the name of a tool that is offered, arguments that fit its
schema. What the grammar accepts validates; it accepts less than the schema in these ways: properties stand in the
schema's order, none beside those that are named; strings and lists are of bounded length, integers of bounded size.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import llguidance

from lamforge.cache import ByteCache
from lamforge.errors import SchemaError, UsageError, bounded
from lamforge.tools import bare, check_tool

MAX_LENGTH = 8192  # characters of a string, unless the schema says how many
MAX_INTEGER = 9 * 10**18  # and its negative, unless the schema says; the most that llguidance can bound
MAX_ITEMS = 256  # of a list, unless the schema says how many

_HEAD = "%llguidance {}\n"
_SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_FORMATS = {"date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "regex"}
_FORMATS |= {"json-pointer", "relative-json-pointer", "idn-email", "idn-hostname", "iri", "iri-reference"}
_FORMATS |= {"uri-reference", "uri-template"}  # validators check all these; any other is a remark
_OPEN_ENDED = {"enum", "const", "pattern", "format", "maxLength"}
# Notations of a call that a parser reads and that no answer is to hold when the grammar has another.
_OTHER_CALL = r'\{\s*("([^"\\]|\\.)*"\s*:\s*("([^"\\]|\\.)*"|[^"{}\[\],]*)\s*,\s*)*"(arguments|parameters)"'


_KEPT: ByteCache[str] = ByteCache(32 << 20, sys.getsizeof)  # grammars, and parts of them


class Notation(NamedTuple):
    """How a family writes calls: `begin` NAME `", "arguments": ` ARGUMENTS, then `between` and the next, or `end`."""

    begin: str
    between: str
    end: str


XLAM = Notation('[{"name": "', '}, {"name": "', "}]")
HERMES = Notation('<tool_call>\n{"name": "', '}\n</tool_call>\n<tool_call>\n{"name": "', "}\n</tool_call>")


@dataclass(frozen=True)
class Grammar:
    """A grammar as text; engines take it as it is."""

    text: str

    def ended_by(self, token: int) -> str:
        """The text of the grammar of such an answer with this token after it.

        An engine may take another token for the end than the one that the family was trained with.
        """
        return self.text.replace("start: ", f"start: answer <[{token}]>\nanswer: ", 1)

    def accepts(self, answer: str) -> bool:
        """Whether an assistant's whole text is one that the grammar allows."""
        tokenizer = llguidance.LLTokenizer("byte")
        matcher = llguidance.LLMatcher(tokenizer, self.text)
        tokens = tokenizer.tokenize_str(answer)
        return bool(matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting())


def call_grammar(
    notation: Notation,
    tools: list[dict[str, Any]],
    tool_choice: str = "auto",
    *,
    parallel: bool = True,
    response_schema: dict[str, Any] | None = None,
) -> Grammar | None:
    """The grammar of an answer that may, or must, call.

    Args:
        tools: In either shape.
        tool_choice: "auto" (prose, calls, or prose and then calls), "required", or the name of the only tool to call,
            which is called once, as in OpenAI's API. For "none" there is no grammar.
        parallel: Whether there may be several calls.
        response_schema: Of an answer that is no call, which is then no prose but JSON.
    Raises:
        UsageError: if the choice is not possible with these tools.
        SchemaError: naming the tool whose schema cannot be expressed, and why.
    """
    names = [bare(tool)["name"] for tool in tools]
    if tool_choice == "none" or (tool_choice == "auto" and not tools):
        return None
    if tool_choice not in (*names, "auto", "required") or not tools:
        known = ", ".join(names) or "none are given"
        remedy = f"Use auto, none, required, or a tool: {known}."
        raise UsageError(f"tool choice {bounded(tool_choice)} is not possible", remedy=remedy)
    chosen = [tool for tool in tools if tool_choice in ("auto", "required", bare(tool)["name"])]
    said = _json(json.dumps(response_schema), "response_format") if response_schema is not None else ""
    asked = [bare(tool) for tool in chosen]
    free = tool_choice == "auto"
    parallel = parallel and tool_choice in ("auto", "required")
    made_from = f"tools {json.dumps([notation, asked, free, parallel, said])}"
    return Grammar(_KEPT.get(made_from, lambda: _grammar(notation, asked, free, parallel, said)))


def json_grammar(schema: dict[str, Any], *, where: str = "response_format") -> Grammar:
    """The grammar of an answer that is a JSON value of a schema.

    Raises:
        SchemaError: if the schema cannot be expressed.
    """
    return Grammar(f"{_HEAD}start: {_json(json.dumps(schema), where)}\n")


def _grammar(notation: Notation, tools: list[dict[str, Any]], free: bool, parallel: bool, said: str) -> str:
    calls = []
    rules = []
    for number, tool in enumerate(tools):
        check_tool(tool)
        calls.append(f"call_{number}")
        name = _literal(tool["name"] + '", "arguments": ')
        rules.append(f"call_{number}: {name} {_json(json.dumps(tool.get('parameters') or {}), tool['name'])}\n")
    several = f" ({_literal(notation.between)} call)*" if parallel else ""
    text = f"calls: call{several} {_literal(notation.end)}\ncall: {' | '.join(calls)}\n{''.join(rules)}"
    if not free:
        return f"{_HEAD}start: {_literal(notation.begin)} calls\n{text}"
    if said:
        return f"{_HEAD}start: said | {_literal(notation.begin)} calls\nsaid: {said}\n{text}"
    begins = re.sub(r"[\\.+*?()|\[\]{}^$/]", r"\\\g<0>", notation.begin).replace("\n", "\\n")
    other = rf"~/(.|\n)*{_OTHER_CALL}(.|\n)*/"
    prose = f"PROSE: /(.|\\n)*/ & ~/(.|\\n)*{begins}(.|\\n)*/ & {other}\n"
    lead = f"lead[lazy]: LEAD\nLEAD: /(.|\\n)*{begins}/ & {other}\n"
    return f"{_HEAD}start: PROSE | lead calls\n{prose}{lead}{text}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(schema: str, where: str) -> str:
    """The expression for a JSON value of a schema.

    Raises:
        SchemaError: saying what in the schema cannot be expressed.
    """
    return _KEPT.get(f"schema {schema}", lambda: _expression(schema, where))


def _expression(schema: str, where: str) -> str:
    root = _bounded_schema(json.loads(schema))
    text = f"%json {json.dumps({**root, 'x-guidance': _SPACING})}"
    problem = llguidance.LLMatcher.validate_grammar(f"{_HEAD}start: {text}\n")
    if problem:
        reason = problem.split("\n")[0].partition("JSON schema: ")[2] or problem.split("\n")[0]
        raise SchemaError(
            f"the schema cannot be a grammar: {reason[:300]}",
            where=where,
            remedy="Leave that out of the schema, or let the model write without a grammar.",
        )
    return text


def _bounded_schema(schema: Any, closed: bool = True) -> Any:
    """The schema with bounds on what has none; `closed` says whether objects take named properties alone."""
    if not isinstance(schema, dict):
        return schema
    bounded_schema = {key: _rewritten(key, value, closed) for key, value in schema.items()}
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if str(schema.get("format")) not in _FORMATS:
        bounded_schema.pop("format", None)
    if "string" in kinds and not _OPEN_ENDED & set(bounded_schema):
        bounded_schema["maxLength"] = max(MAX_LENGTH, schema.get("minLength", 0))
    if "array" in kinds and "maxItems" not in schema and not {"enum", "const"} & set(schema):
        bounded_schema["maxItems"] = max(MAX_ITEMS, schema.get("minItems", 0))
    if "integer" in kinds and not {"enum", "const"} & set(schema):
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        if low is None and (high is None or high > -MAX_INTEGER):
            bounded_schema["minimum"] = -MAX_INTEGER
        if high is None and (low is None or low < MAX_INTEGER):
            bounded_schema["maximum"] = MAX_INTEGER
    if closed and "properties" in schema and not {"additionalProperties", "patternProperties", "allOf"} & set(schema):
        bounded_schema["additionalProperties"] = False
    return bounded_schema


def _rewritten(key: str, value: Any, closed: bool) -> Any:
    """The value of a keyword, with the schemas in it bounded."""
    inside: Callable[[Any], Any] = lambda schema: _bounded_schema(schema, closed and key != "allOf")  # noqa: E731
    if key in ("properties", "patternProperties", "$defs", "definitions") and isinstance(value, dict):
        return {name: inside(schema) for name, schema in value.items()}
    if key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
        return [inside(schema) for schema in value]
    if key in ("items", "additionalProperties"):
        return inside(value)
    return value
