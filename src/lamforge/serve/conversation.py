"""What requests say of a conversation, as lamforge's messages and tools; shared by chat and responses."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from lamforge.engines import Options, field_of
from lamforge.errors import LamforgeError, bounded
from lamforge.messages import TOOL_CHOICES, Message
from lamforge.serve.calls import broken_call
from lamforge.serve.refusal import Refused, unsupported
from lamforge.tools import bare, check_schema, check_tool

MAX_MESSAGES = 4096
MAX_TOOLS = 512
MAX_SCHEMA_BYTES = 1024 * 1024  # of all tools, and the schema of the answer
_UNREAD = ("audio", "function_call", "refusal")  # what a message may say beside its content and its calls
MESSAGE_SCHEMA: dict[str, Any] = {  # for the OpenAPI document; what is sent is checked by `chat_message`
    "type": "object",
    "properties": {
        "role": {"enum": ["system", "developer", "user", "assistant"]},
        "content": {"type": "string"},
    },
    "required": ["role", "content"],
}

Temperature = Field(default=0.0, ge=0.0, le=2.0)  # an action is right or wrong: greedy unless asked
TopP = Field(default=1.0, gt=0.0, le=1.0)
Seed = Field(default=None, ge=-(2**63), lt=2**64)
ToolChoice = Literal["none", "auto", "required"] | dict[str, Any]


def text_of(content: Any, where: str) -> str | None:
    """The text of a message's content: a text, or a list of parts that are text.

    Raises:
        Refused: naming the part that is no text.
    """
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Refused(400, f"{where} is neither a text nor a list of parts", field=where)
    texts = []
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        text = part.get("refusal" if kind == "refusal" else "text") if isinstance(part, dict) else None
        if kind not in ("text", "input_text", "output_text", "refusal") or not isinstance(text, str):
            raise unsupported(f"{where}[{number}]", f"Only text can be read, not {bounded(kind or part, 60)}.")
        texts.append(text)
    return "".join(texts)


def chat_message(wire: dict[str, Any], number: int) -> Message:
    """One message of a chat request.

    Raises:
        Refused: naming what is wrong with it.
    """
    where = f"messages[{number}]"
    role = wire.get("role")
    for field in _UNREAD:
        if wire.get(field):
            raise unsupported(f"{where}.{field}")
    plain = {**wire, "content": text_of(wire.get("content"), f"{where}.content")}
    plain["role"] = "system" if role == "developer" else role
    if role == "tool" and not isinstance(wire.get("tool_call_id"), str):
        raise Refused(400, f"{where}.tool_call_id is missing", field=f"{where}.tool_call_id")
    try:
        calls = [_bare_call(call) for call in wire.get("tool_calls") or ()]
        broken = [text for call in calls if (text := broken_call(call["function"])) is not None]
        if broken:
            plain["content"] = "\n".join([plain["content"] or "", *broken]).lstrip()
            calls = [call for call in calls if broken_call(call["function"]) is None]
        return Message.from_wire({**plain, "tool_calls": calls})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused(400, f"{where} is no message of a chat: {bounded(wire)}", field=where) from error


def _bare_call(call: dict[str, Any]) -> dict[str, Any]:
    """A call without what clients add to it, such as OpenAI's `parsed_arguments`: the same arguments once more."""
    function = call["function"]
    return {"id": call.get("id"), "function": {key: function[key] for key in ("name", "arguments") if key in function}}


def checked_tools(
    tools: list[dict[str, Any]] | None, schema: dict[str, Any] | None = None
) -> list[dict[str, Any]] | None:
    """Tools that are safe to use.

    Args:
        schema: Of the answer, if one is asked for; grammars are made of all together.
    Raises:
        Refused: naming the tool that is not.
    """
    if not tools:
        return None
    if len(tools) > MAX_TOOLS:
        raise Refused(400, f"{len(tools)} tools are more than the {MAX_TOOLS} allowed", field="tools")
    if (size := len(json.dumps([tools, schema], ensure_ascii=False).encode())) > MAX_SCHEMA_BYTES:
        message = f"tools and the schema of the answer take {size} bytes, more than the {MAX_SCHEMA_BYTES} allowed"
        raise Refused(400, message, field="tools")
    names = set()
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if tool.get("type", "function") != "function":
            raise unsupported(f"{where}.type", "Only functions can be called.")
        try:
            check_tool(tool, where=where)
        except LamforgeError as error:
            raise Refused(400, str(error), field=where, code="invalid_schema") from error
        if not isinstance(bare(tool).get("strict"), (bool, type(None))):
            field = field_of(tool, number, "strict")
            raise Refused(400, f"{field} is neither true nor false", field=field)
        name = bare(tool)["name"]
        if name in names:
            raise Refused(400, f"{where}: a second tool is called {name!r}", field=where)
        names.add(name)
    return tools


def choice_of(tool_choice: str | dict[str, Any], tools: list[dict[str, Any]] | None) -> str:
    """A tool choice in `Model.chat`'s words.

    Raises:
        Refused: if it is of a kind that is not supported, or asks for a call where there are no tools.
    """
    if not tools and tool_choice not in ("none", "auto"):
        raise Refused(400, "tool_choice asks for a call, and there are no tools", field="tool_choice")
    if not tools:
        return "none"
    if isinstance(tool_choice, str):
        return tool_choice
    name = tool_choice.get("name")
    if isinstance(function := tool_choice.get("function"), dict):
        name = function.get("name")
    if tool_choice.get("type") != "function" or not isinstance(name, str):
        raise unsupported("tool_choice", "Use none, auto, required, or {type: function, function: {name}}.")
    number = next((number for number, tool in enumerate(tools) if bare(tool)["name"] == name), None)
    if number is None:
        raise Refused(400, f"tool_choice names {bounded(name)}, which is none of the tools", field="tool_choice")
    if name in TOOL_CHOICES:
        where = field_of(tools[number], number, "name")
        message = f"{where} is {name!r}, a word of tool_choice: such a tool cannot be chosen by name. Rename it."
        raise Refused(400, message, field=where)
    return name


def stops_of(stop: str | list[str] | None) -> tuple[str, ...]:
    """The texts that end an answer."""
    stops = (stop,) if isinstance(stop, str) else tuple(stop or ())
    return tuple(text for text in stops if text)


def response_schema(wanted: dict[str, Any] | None, field: str) -> dict[str, Any] | None:
    """The schema that an answer must follow, if one is asked for.

    Raises:
        Refused: if it is asked for in an unknown way.
    """
    if wanted is None or wanted.get("type") == "text":
        return None
    if wanted.get("type") == "json_object":
        return {"type": "object"}
    held = wanted.get("json_schema", wanted)
    schema = held.get("schema") if isinstance(held, dict) else None
    if wanted.get("type") != "json_schema" or not isinstance(schema, dict):
        raise Refused(400, f"{field} must be of type text, json_object or json_schema with a schema", field=field)
    try:
        check_schema(schema)
    except LamforgeError as error:
        raise Refused(400, f"{field}: {error}", field=field, code="invalid_schema") from error
    return schema


def options(fields: Any, max_tokens: int, schema: dict[str, Any] | None) -> Options:
    """How the answer is generated."""
    return Options(
        temperature=fields.temperature,
        top_p=fields.top_p,
        max_tokens=max_tokens,
        seed=getattr(fields, "seed", None),
        stop=stops_of(getattr(fields, "stop", None)),
        parallel_tool_calls=getattr(fields, "parallel_tool_calls", True),
        response_schema=schema,
    )
