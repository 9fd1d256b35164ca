"""xLAM-2's two families: `xlam-qwen` (1B, 3B, 32B, on Qwen 2.5) and `xlam-llama` (8B, 70B, on Llama 3.1).

Each has the variants that are in use, because prompts of the wrong one cost accuracy:

- `hf`: the template shipped with the models. The instruction stands there only if no system message does.
- `vllm`: the template among vLLM's examples. Another default sentence; on Qwen a line break after each turn.
- `bfcl`: the prompt of BFCL's handlers. Always the instruction; JSON in ASCII.
- `always`: `hf` with the instruction in either case. What lamforge trains.

All mend what is plainly an error in the shipped templates: an assistant message with neither content nor calls prints
nothing (shipped: "None", or "[]" and a line break), tools that are not given print no instruction, as `None` does
(shipped for Qwen: the instruction), and a call prints its name and arguments alone, in this order, as JSON (shipped for
Qwen: any other key too; for Llama: the name unescaped).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lamforge.formats.base import AnyMessage, Piece, Tools
from lamforge.formats.fields import named_call, text_of
from lamforge.formats.grammar import XLAM
from lamforge.formats.pieced import Pieced
from lamforge.formats.xlam_variants import INSTRUCTION, VARIANTS, Family
from lamforge.messages import as_dicts
from lamforge.tools import described


class Xlam(Pieced):
    """A variant of one of the families; see `lamforge.formats.base.Format`. Tools are indented by 4."""

    text_beside_calls = False
    notation = XLAM

    def __init__(self, family: Family, variant: str) -> None:
        self.id = f"{family.name}/{variant}"
        self.stop_tokens = family.stop_tokens
        self.special_tokens = family.special_tokens
        self.opening = family.header("assistant")
        self._family = family
        self._variant = VARIANTS[variant]
        self._end = family.end + (family.break_vllm if self._variant.breaks else "")
        self.chat_template = self._template()

    def offered(self, tools: Tools) -> Tools:
        """Tools as the models were trained to see them: without OpenAI's wrapper."""
        return [described(tool) for tool in tools]

    def pieces(self, messages: Iterable[AnyMessage], tools: Tools | None) -> Iterator[Piece]:
        """One system block, then a block for each message."""
        family, variant = self._family, self._variant
        rows = as_dicts(messages)
        own_system = bool(rows) and rows[0]["role"] == "system"
        system = text_of(rows[0], 0).strip() if own_system else variant.system
        yield Piece(f"{family.begin}{family.header('system')}{system}\n")
        if tools is not None:
            if variant.always or not own_system:
                yield Piece(f"{INSTRUCTION}\n\n")
            for tool in tools:
                yield Piece(json.dumps(tool, ensure_ascii=variant.ascii, indent=4) + "\n\n")
        yield Piece(self._end)
        for index, row in enumerate(rows):
            if index == 0 and own_system:
                continue
            written = index if row["role"] == "assistant" else None
            yield Piece(family.header(row["role"]))
            yield Piece(self._body(row, index) + family.end, written)
            if self._end != family.end:
                yield Piece(self._end.removeprefix(family.end))

    def _body(self, row: dict[str, Any], index: int) -> str:
        """What stands between a message's header and its end-of-turn token."""
        escape = self._variant.ascii
        if row["role"] == "tool":
            content = row.get("content")
            if self._family.unwraps and isinstance(content, dict) and "content" in content:
                content = content["content"]
            return content if isinstance(content, str) else json.dumps(content, ensure_ascii=escape)
        if calls := row.get("tool_calls"):
            made = [named_call(call["function"], index) for call in calls]
            return "[" + ", ".join(json.dumps(call, ensure_ascii=escape) for call in made) + "]"
        return text_of(row, index).strip()

    def _template(self) -> str:
        family, variant = self._family, self._variant
        source = Path(__file__).with_name("xlam.jinja").read_text(encoding="utf-8")
        literals = {
            "BEGIN": family.begin,
            "OPEN": family.open,
            "CLOSE": family.close,
            "END": self._end,
            "TOOL_ROLE": family.tool_role,
            "SYSTEM": variant.system,
            "INSTRUCTION": INSTRUCTION,
        }
        flags = {"ALWAYS": variant.always, "UNWRAPS": family.unwraps}
        source = source.replace("@ASCII@indent", "ensure_ascii=true, indent" if variant.ascii else "indent")
        source = source.replace("tojson(@ASCII@)", "tojson(ensure_ascii=true)" if variant.ascii else "tojson")
        for name, text in literals.items():
            source = source.replace(f"@{name}@", text.replace("\n", "\\n").replace("'", "\\'"))
        for name, flag in flags.items():
            source = source.replace(f"@{name}@", "true" if flag else "false")
        return source
