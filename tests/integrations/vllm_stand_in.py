"""What the plug-in meets in vLLM: the classes of its protocol, its base class, and how it serves a stream.

Each layout is that of the versions in its name, with their module paths, fields and ways to end a stream.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

from pydantic import BaseModel, Field

PLUGIN = Path(__file__).parents[2] / "integrations" / "vllm" / "lamforge_tool_parser.py"
EOS = 2


class FunctionCall(BaseModel):
    name: str
    arguments: str


class ToolCall(BaseModel):
    id: str = Field(default_factory=lambda: "chatcmpl-tool-0")
    type: Literal["function"] = "function"
    function: FunctionCall


class DeltaFunctionCall(BaseModel):
    name: str | None = None
    arguments: str | None = None


class DeltaToolCall(BaseModel):
    id: str | None = None
    type: Literal["function"] | None = None
    index: int
    function: DeltaFunctionCall | None = None


class ExtractedToolCallInformation(BaseModel):
    tools_called: bool
    tool_calls: list[ToolCall]
    content: str | None = None


class DeltaMessage(BaseModel):
    role: str | None = None
    content: str | None = None
    tool_calls: list[DeltaToolCall] = Field(default_factory=list)


PROTOCOL = (FunctionCall, ToolCall, DeltaFunctionCall, DeltaToolCall, ExtractedToolCallInformation, DeltaMessage)


class OldToolParser:
    """The base class up to 0.15."""

    def __init__(self, tokenizer: Any) -> None:
        self.prev_tool_call_arr: list[dict[str, Any]] = []
        self.current_tool_id = -1
        self.current_tool_name_sent = False
        self.streamed_args_for_tool: list[str] = []
        self.model_tokenizer = tokenizer


class NewToolParser(OldToolParser):
    """The base class from 0.24 on."""

    supports_required_and_named = True
    engine_based_streaming = False

    def __init__(self, tokenizer: Any, tools: list[Any] | None = None) -> None:
        super().__init__(tokenizer)
        self.tools = tools or []

    def get_remaining_unstreamed_args(self) -> str:
        if not self.prev_tool_call_arr:
            return ""
        last = len(self.prev_tool_call_arr) - 1
        expected = json.dumps(self.prev_tool_call_arr[last]["arguments"], ensure_ascii=False)
        sent = "".join(self.streamed_args_for_tool[last : last + 1])
        return expected[len(sent) :] if expected.startswith(sent) else ""


class Manager:
    """The registry; a plug-in's class is registered at once."""

    def __init__(self) -> None:
        self.registered: dict[str, type] = {}

    def register_module(self, name: str, force: bool = True, module: type | None = None) -> type:
        assert module is not None
        self.registered[name] = module
        return module


class Layout(SimpleNamespace):
    """A range of versions."""

    parsers: str  # the package of ToolParser and ToolParserManager
    protocol: str
    base: type
    finish: Callable[[Any, DeltaMessage | None], DeltaMessage | None]


def finish_old(parser: Any, delta: DeltaMessage | None) -> DeltaMessage | None:
    """The last delta becomes what seems to be missing from the last call, if its first entry has arguments."""
    calls = delta.tool_calls if delta else []
    if not calls or calls[0].function is None or calls[0].function.arguments is None:
        return delta
    last = len(parser.prev_tool_call_arr) - 1
    expected = json.dumps(parser.prev_tool_call_arr[last]["arguments"], ensure_ascii=False)
    sent = "".join(parser.streamed_args_for_tool[last : last + 1])
    sent = sent[: len(sent) - len(calls[0].function.arguments)]
    missing = expected.replace(sent, "", 1)
    return DeltaMessage(tool_calls=[DeltaToolCall(index=last, function=DeltaFunctionCall(arguments=missing))])


def finish_new(parser: Any, delta: DeltaMessage | None) -> DeltaMessage | None:
    """The last call gets what seems to be missing, then the parser is asked for what it holds back."""
    if delta is not None and delta.tool_calls and (function := delta.tool_calls[-1].function):
        function.arguments = (function.arguments or "") + parser.get_remaining_unstreamed_args()
    rest = parser.finish_streaming() if parser.engine_based_streaming else None
    if delta is None or rest is None:
        return delta or rest
    if rest.content:
        delta.content = (delta.content or "") + rest.content
    delta.tool_calls = delta.tool_calls + rest.tool_calls
    return delta


_OPENAI = "vllm.entrypoints.openai"
LAYOUTS = {
    "0.10 to 0.12": Layout(
        parsers=f"{_OPENAI}.tool_parsers", protocol=f"{_OPENAI}.protocol", base=OldToolParser, finish=finish_old
    ),
    "0.15": Layout(
        parsers="vllm.tool_parsers", protocol=f"{_OPENAI}.engine.protocol", base=OldToolParser, finish=finish_old
    ),
    "0.24": Layout(
        parsers="vllm.tool_parsers", protocol=f"{_OPENAI}.engine.protocol", base=NewToolParser, finish=finish_new
    ),
    "0.29 to 0.33": Layout(
        parsers="vllm.tool_parsers",
        protocol="vllm.entrypoints.generate.base.protocol",
        base=NewToolParser,
        finish=finish_new,
    ),
}


@contextmanager
def installed(layout: Layout) -> Iterator[Manager]:
    """Makes a layout importable as vLLM."""
    manager = Manager()
    modules: dict[str, ModuleType] = {}
    for name in (layout.parsers, layout.protocol):
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            path = ".".join(parts[:length])
            if path not in modules:
                modules[path] = ModuleType(path)
                modules[path].__path__ = []  # type: ignore[attr-defined]
            if length > 1:
                setattr(modules[".".join(parts[: length - 1])], parts[length - 1], modules[path])
    modules[layout.parsers].ToolParser = layout.base  # type: ignore[attr-defined]
    modules[layout.parsers].ToolParserManager = manager  # type: ignore[attr-defined]
    for kind in PROTOCOL:
        setattr(modules[layout.protocol], kind.__name__, kind)
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "vllm"}
    for name in before:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        yield manager
    finally:
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def plugged_in(layout: Layout) -> type:
    """The class that `--tool-parser-plugin FILE --tool-call-parser lamforge` finds."""
    with installed(layout) as manager:
        spec = importlib.util.spec_from_file_location("lamforge_tool_parser", PLUGIN)
        assert spec and spec.loader
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return manager.registered["lamforge"]


def streamed(layout: Layout, parser: Any, pieces: list[str], request: Any, *, eos: bool) -> list[dict[str, Any]]:
    """The deltas that a client gets for an answer that comes in pieces.

    Args:
        eos: Whether it ends with the end-of-text token, which comes with the last piece, and not by its length.
    """
    sent, text = [], ""
    for at, piece in enumerate(pieces):
        last = at == len(pieces) - 1
        ids = [7, EOS] if last and eos else [7]
        delta = parser.extract_tool_calls_streaming(text, text + piece, piece, [], [], ids, request)
        text += piece
        sent.append(layout.finish(parser, delta) if last else delta)
    return [delta.model_dump(exclude_unset=True) for delta in sent if delta is not None]
