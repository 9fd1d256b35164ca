"""The same bytes three ways: our own renderer, transformers' `apply_chat_template`, llama.cpp's `--jinja`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_gguf import write_tiny_gguf

from lamforge.formats import get_format

FAMILIES = [
    f"{family}/{variant}" for family in ("xlam-qwen", "xlam-llama") for variant in ("hf", "vllm", "bfcl", "always")
]
FORMATS = [get_format(name) for name in (*FAMILIES, "hermes/qwen")]

NESTED = {"type": "object", "properties": {"größe": {"type": "number"}, "tags": {"type": "array", "items": {}}}}
PARAMETERS = {"type": "object", "properties": {"at": {"type": "string"}, "in": NESTED}, "required": ["at"]}
TOOLS = [
    {
        "type": "function",
        "function": {"name": "look", "description": 'Look "around" <there> & ü.', "parameters": PARAMETERS},
    },
    {
        "type": "function",
        "function": {"name": "wait", "description": "", "parameters": {"type": "object", "properties": {}}},
    },
]
# llama.cpp prints the number 1.0 as 1, so no argument here is a whole number written as a fraction.
ARGUMENTS = {
    "at": "é \"quoted\" \\ / <b> 'x'\n\t😀",
    "in": {"größe": 1.5, "tags": [1, None, True, {"a": []}]},
    "empty": {},
}


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


USER = {"role": "user", "content": "Hello, wörld."}
SYSTEM = {"role": "system", "content": "Be brief."}
CALLED = {"role": "assistant", "content": "", "tool_calls": [call("look", ARGUMENTS)]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": '{"seen": "ä"}'}
CONVERSATIONS: dict[str, list[dict[str, Any]]] = {
    "one": [USER],
    "system": [SYSTEM, USER],
    "answer": [SYSTEM, USER, {"role": "assistant", "content": "Yes?"}, USER],
    "call": [USER, CALLED, RESULT],
    "parallel": [
        SYSTEM,
        USER,
        {**CALLED, "tool_calls": [call("look", ARGUMENTS), call("wait", {})]},
        RESULT,
        RESULT,
        USER,
    ],
}
CASES = [(name, tools) for name in CONVERSATIONS for tools in (None, TOOLS)]


@pytest.fixture(scope="module")
def by_llama_cpp(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Format id -> the prompts of all cases."""
    model = write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")

    def on_the_wire(message: dict[str, Any]) -> dict[str, Any]:
        calls = [
            {**made, "function": {**made["function"], "arguments": json.dumps(made["function"]["arguments"])}}
            for made in message.get("tool_calls", ())
        ]
        return {**message, **({"tool_calls": calls} if calls else {})}

    requests = [
        {"messages": [on_the_wire(m) for m in CONVERSATIONS[name]], **({"tools": tools} if tools else {})}
        for name, tools in CASES
    ]
    asked = {"model": str(model), "templates": [fmt.chat_template for fmt in FORMATS], "requests": requests}
    script = Path(__file__).with_name("llama_cpp_templates.py")
    done = subprocess.run(
        [sys.executable, str(script)], input=json.dumps(asked), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip([fmt.id for fmt in FORMATS], json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(
    "case", range(len(CASES)), ids=[f"{name}-{'tools' if tools else 'plain'}" for name, tools in CASES]
)
@pytest.mark.parametrize("fmt", FORMATS, ids=lambda fmt: fmt.id)
def test_three_renderers_write_the_same_bytes(fmt: Any, case: int, by_llama_cpp: dict[str, list[str]]) -> None:
    transformers = pytest.importorskip("transformers")
    name, tools = CASES[case]
    ours = fmt.render(CONVERSATIONS[name], tools, add_generation_prompt=True)
    tokenizers = pytest.importorskip("tokenizers")
    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, chat_template=fmt.chat_template)
    theirs = tokenizer.apply_chat_template(CONVERSATIONS[name], tools=tools, add_generation_prompt=True, tokenize=False)
    assert theirs == ours
    assert by_llama_cpp[fmt.id][case] == ours
