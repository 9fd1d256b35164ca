"""xLAM-2 on Qwen 2.5: the prompt of Salesforce's xLAM-2-1b, -3b and -32b-fc-r.

Two variants. `hf` is the template shipped with the models: the instruction stands there only if the conversation has no
system message of its own. `always` has it in either case, as BFCL's handler for these models does.

Both mend what is plainly an error in the shipped template: an assistant message with neither content nor calls prints
nothing (shipped: "None", or "[]" and a line break), tools that are not given print no instruction, as `None` does
(shipped: the instruction), and a call prints its name and arguments alone, in this order (shipped: any other key too).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, bounded
from lamforge.formats.base import AnyMessage, Piece, Span, Tools, spans_of
from lamforge.formats.parse import parse
from lamforge.messages import Message, as_dicts

DEFAULT_SYSTEM = "You are a helpful assistant that can use tools. You are developed by Salesforce xLAM team."
INSTRUCTION = (
    "You have access to a set of tools. When using tools, make calls in a single JSON array: \n\n"
    '[{"name": "tool_call_name", "arguments": {"arg1": "value1", "arg2": "value2"}}, '
    "... (additional parallel tool calls as needed)]\n\n"
    "If no tool is suitable, state that explicitly. If the user's input lacks required parameters, ask for "
    "clarification. Do not interpret or respond until tool results are returned. Once they are available, process them "
    "or make additional calls if needed. For tasks that don't require tools, such as casual conversation or general "
    "advice, respond directly in plain text. The available tools are:"
)
START, END = "<|im_start|>", "<|im_end|>"
VARIANTS = ("hf", "always")


class XlamQwen:
    """The family `xlam-qwen`; see `lamforge.formats.base.Format`."""

    stop_tokens: tuple[str, ...] = (END, "<|endoftext|>")
    special_tokens: tuple[str, ...] = ("<|endoftext|>", START, END)

    def __init__(self, variant: str) -> None:
        self.id = f"xlam-qwen/{variant}"
        self._always = variant == "always"
        source = Path(__file__).with_name("xlam_qwen.jinja").read_text(encoding="utf-8")
        flag = "true" if self._always else "false"
        self.chat_template = source.replace("@DEFAULT_SYSTEM@", DEFAULT_SYSTEM).replace("@ALWAYS@", flag)
        self.chat_template = self.chat_template.replace(
            "@INSTRUCTION@", INSTRUCTION.replace("\n", "\\n").replace("'", "\\'")
        )

    def render(
        self, messages: Iterable[AnyMessage], tools: Tools | None = None, add_generation_prompt: bool = False
    ) -> str:
        """The exact text: one system block, then a block for each message, nothing between them.

        Tools are printed as they are passed, keys in their order, indented by 4. Arguments may be objects or, as on
        OpenAI's wire, JSON strings; `chat_template` cannot read strings and prints them as they are.

        Raises:
            DataError: naming the message whose content or arguments cannot be printed.
        """
        text = "".join(piece.text for piece in self._pieces(messages, tools))
        return text + f"{START}assistant\n" if add_generation_prompt else text

    def spans(self, messages: Iterable[AnyMessage], tools: Tools | None = None) -> list[Span]:
        """One span for each assistant message: its text or calls, and the end-of-turn token."""
        return spans_of(self._pieces(messages, tools))

    def parse(self, text: str, tools: Tools | None = None) -> Message:
        """See `lamforge.formats.parse.parse`; a stop token at the end is dropped."""
        stop = next((token for token in self.stop_tokens if text.endswith(token)), "")
        return parse(text.removesuffix(stop), tools)

    def _pieces(self, messages: Iterable[AnyMessage], tools: Tools | None) -> Iterator[Piece]:
        rows = as_dicts(messages)
        own_system = bool(rows) and rows[0]["role"] == "system"
        system = _stripped(rows[0], 0) if own_system else DEFAULT_SYSTEM
        yield Piece(f"{START}system\n{system}\n")
        if tools is not None:
            if self._always or not own_system:
                yield Piece(f"{INSTRUCTION}\n\n")
            for tool in tools:
                yield Piece(json.dumps(tool, ensure_ascii=False, indent=4) + "\n\n")
        yield Piece(END)
        for index, row in enumerate(rows):
            if index == 0 and own_system:
                continue
            yield Piece(f"{START}{row['role']}\n")
            yield Piece(_body(row, index) + END, index if row["role"] == "assistant" else None)


def _body(row: dict[str, Any], index: int) -> str:
    """What stands between a message's header and its end-of-turn token."""
    if row["role"] == "tool":
        return _result(row.get("content"))
    if calls := row.get("tool_calls"):
        return "[" + ", ".join(_call(call["function"], index) for call in calls) + "]"
    return _stripped(row, index)


def _stripped(row: dict[str, Any], index: int) -> str:
    content = row.get("content") or ""
    if not isinstance(content, str):
        raise DataError(
            f"the content is no text: {bounded(content)}",
            where=f"messages[{index}]",
            remedy="Join the text of its parts; these models read text alone.",
        )
    return content.strip()


def _result(content: Any) -> str:
    """A tool's result: text as it is, with its blanks; anything else as JSON."""
    if isinstance(content, dict) and "content" in content:
        content = content["content"]
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _call(function: dict[str, Any], index: int) -> str:
    arguments = function.get("arguments")
    if isinstance(arguments, str):  # OpenAI's wire form; printing the string itself would encode it twice
        with contextlib.suppress(ValueError, RecursionError):  # what cannot be read is named below
            arguments = json.loads(arguments or "{}")
    if not isinstance(arguments, dict):
        raise DataError(
            f"the arguments of {bounded(function['name'])} are no JSON object: {bounded(arguments)}",
            where=f"messages[{index}]",
            remedy="Give an object, or a string that holds one.",
        )
    return json.dumps({"name": function["name"], "arguments": arguments}, ensure_ascii=False)
