"""`hermes`: Qwen 2.5's own notation for tools, from Nous Research's Hermes models: JSON in `<tool_call>` blocks.

One variant, `qwen`: the template of Qwen2.5-Instruct.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lamforge.formats.base import AnyMessage, Piece, Tools
from lamforge.formats.fields import named_call, text_of
from lamforge.formats.grammar import HERMES
from lamforge.formats.pieced import Pieced
from lamforge.messages import as_dicts
from lamforge.tools import described, wrapped

_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_BEFORE_TOOLS = (
    "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_AFTER_TOOLS = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
    "<tool_call></tool_call> XML tags:\n<tool_call>\n"
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
)
_START, _END = "<|im_start|>", "<|im_end|>"


class Hermes(Pieced):
    """See `lamforge.formats.base.Format`."""

    id = "hermes/qwen"
    stop_tokens: tuple[str, ...] = (_END, "<|endoftext|>")
    special_tokens: tuple[str, ...] = ("<|endoftext|>", _START, _END)
    text_beside_calls = True
    notation = HERMES
    opening = f"{_START}assistant\n"

    def __init__(self) -> None:
        source = Path(__file__).with_name("hermes.jinja").read_text(encoding="utf-8")
        literals = {"SYSTEM": _SYSTEM, "BEFORE_TOOLS": _BEFORE_TOOLS, "AFTER_TOOLS": _AFTER_TOOLS}
        for name, text in literals.items():
            source = source.replace(f"@{name}@", text.replace("\n", "\\n").replace("'", "\\'"))
        self.chat_template = source

    def offered(self, tools: Tools) -> Tools:
        """Tools as the models were trained to see them: in OpenAI's wrapper."""
        return [wrapped(described(tool)) for tool in tools]

    def pieces(self, messages: Iterable[AnyMessage], tools: Tools | None) -> Iterator[Piece]:
        """One system block, then a block for each message; results that follow each other share a turn of the user."""
        rows = as_dicts(messages)
        own_system = bool(rows) and rows[0]["role"] == "system"
        yield Piece(f"{_START}system\n{text_of(rows[0], 0) if own_system else _SYSTEM}")
        if tools:
            lines = "".join("\n" + json.dumps(tool, ensure_ascii=False) for tool in tools)
            yield Piece(_BEFORE_TOOLS + lines + _AFTER_TOOLS)
        yield Piece(f"{_END}\n")
        for index, row in enumerate(rows):
            if index == 0 and own_system:
                continue
            if row["role"] == "tool":
                first = index == 0 or rows[index - 1]["role"] != "tool"
                last = index + 1 == len(rows) or rows[index + 1]["role"] != "tool"
                yield Piece(f"{_START}user" if first else "")
                yield Piece(f"\n<tool_response>\n{_result(row)}\n</tool_response>" + (f"{_END}\n" if last else ""))
                continue
            written = index if row["role"] == "assistant" else None
            yield Piece(f"{_START}{row['role']}\n")
            yield Piece(_body(row, index) + _END, written)
            yield Piece("\n")


def _body(row: dict[str, Any], index: int) -> str:
    parts = [text] if (text := text_of(row, index)) else []
    for call in row.get("tool_calls") or ():
        made = json.dumps(named_call(call["function"], index), ensure_ascii=False)
        parts.append(f"<tool_call>\n{made}\n</tool_call>")
    return "\n".join(parts)


def _result(row: dict[str, Any]) -> str:
    content = row.get("content")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
