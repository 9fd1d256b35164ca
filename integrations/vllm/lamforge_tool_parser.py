"""lamforge's parser of tool calls as a plug-in of vLLM: the same calls wherever the text is cut, in linear time.

    vllm serve MODEL --enable-auto-tool-choice --tool-parser-plugin lamforge_tool_parser.py --tool-call-parser lamforge

lamforge must be installed where vLLM is. It reads all notations that `lamforge.formats` knows: xLAM-2's JSON list, code
fences, `<tool_call>`, `[TOOL_CALLS]`.

The interface is that of vLLM 0.10.2 to 0.33.0, read in the wheels of 0.10.2, 0.11.2, 0.15.1, 0.19.1, 0.22.1, 0.24.0,
0.29.0 and 0.33.0. What changed between them:

- `ToolParser` moved from `vllm.entrypoints.openai.tool_parsers` to `vllm.tool_parsers`, and the protocol's classes from
  `vllm.entrypoints.openai.protocol` to `...openai.engine.protocol` to `vllm.entrypoints.generate.base.protocol`.
- From 0.24 on `finish_streaming` is called at the end of a stream, if `engine_based_streaming` says so. Before, nothing
  tells the end but the end-of-text token; after `max_tokens` or a stop string, text that is held back because it might
  have become a call is lost.
- Before 0.24 a stream's last delta is replaced by what vLLM believes to be missing from the last call, if the delta's
  first entry has arguments. So there the first entry never has any.

With tool_choice "required" or a named tool vLLM writes and reads the call itself, and this parser is not asked. Up to
0.19 all choices of one streamed request (n > 1) share a parser: ask for one choice there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from lamforge.formats import StreamParser

try:
    from vllm.tool_parsers import ToolParser, ToolParserManager
except ImportError:  # where it was before
    from vllm.entrypoints.openai.tool_parsers import ToolParser, ToolParserManager

try:
    from vllm.entrypoints.generate.base import protocol
except ImportError:
    try:
        from vllm.entrypoints.openai.engine import protocol
    except ImportError:
        from vllm.entrypoints.openai import protocol

_REPLACES_LAST_DELTA = not hasattr(ToolParser, "get_remaining_unstreamed_args")


class LamforgeToolParser(ToolParser):
    """One answer's calls; vLLM makes one for each answer."""

    engine_based_streaming = True  # vLLM is to call `finish_streaming`

    def __init__(self, tokenizer: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(tokenizer, *args, **kwargs)
        self._parser = StreamParser()

    def extract_tool_calls(self, model_output: str, request: Any) -> Any:
        """The calls of a whole answer; a call that breaks off is content."""
        if request.tool_choice == "none":
            return protocol.ExtractedToolCallInformation(tools_called=False, tool_calls=[], content=model_output)
        parser = StreamParser()
        parser.feed(model_output)
        parser.close()
        message = parser.message
        calls = [
            protocol.ToolCall(
                id=_new_id(),
                function=protocol.FunctionCall(
                    name=call.function.name, arguments=json.dumps(call.function.arguments, ensure_ascii=False)
                ),
            )
            for call in message.tool_calls or ()
        ]
        return protocol.ExtractedToolCallInformation(
            tools_called=bool(calls), tool_calls=calls, content=message.content or None
        )

    def extract_tool_calls_streaming(
        self,
        previous_text: str,
        current_text: str,
        delta_text: str,
        previous_token_ids: Sequence[int],
        current_token_ids: Sequence[int],
        delta_token_ids: Sequence[int],
        request: Any,
    ) -> Any:
        """What `delta_text` adds; the other texts are not read again."""
        if request.tool_choice == "none":
            return protocol.DeltaMessage(content=delta_text) if delta_text else None
        deltas = self._parser.feed(delta_text)
        if delta_token_ids and delta_token_ids[-1] == getattr(self.model_tokenizer, "eos_token_id", None):
            deltas += self._parser.close()
        return self._message(deltas)

    def finish_streaming(self) -> Any:
        """What the end of the stream adds."""
        return self._message(self._parser.close())

    def get_remaining_unstreamed_args(self) -> str:
        """Nothing: arguments are streamed as they come."""
        return ""

    def _message(self, deltas: list[dict[str, Any]]) -> Any:
        """Deltas as one of vLLM's, with one entry for each call in it; None for none."""
        content = "".join(delta.get("content") or "" for delta in deltas)
        calls: dict[int, dict[str, Any]] = {}
        for call in (call for delta in deltas for call in delta.get("tool_calls", ())):
            function = calls.setdefault(call["index"], {"index": call["index"], "function": {}})["function"]
            if "id" in call:
                calls[call["index"]] |= {"id": _new_id(), "type": "function"}
                function["name"] = call["function"]["name"]
                self.prev_tool_call_arr.append({"name": function["name"], "arguments": {}})  # how many calls there are
            function["arguments"] = function.get("arguments", "") + call["function"]["arguments"]
        if not content and not calls:
            return None
        entries = list(calls.values())
        if entries and _REPLACES_LAST_DELTA:
            arguments = {"arguments": entries[0]["function"].pop("arguments")}
            entries.insert(1, {"index": entries[0]["index"], "function": arguments})
        # Only what is there is set: vLLM sends what is set.
        return protocol.DeltaMessage(
            **({"content": content} if content else {}),
            **({"tool_calls": [_entry(entry) for entry in entries]} if entries else {}),
        )


def _entry(entry: dict[str, Any]) -> Any:
    return protocol.DeltaToolCall(**{**entry, "function": protocol.DeltaFunctionCall(**entry["function"])})


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


ToolParserManager.register_module("lamforge", module=LamforgeToolParser)
