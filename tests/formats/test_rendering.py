from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.errors import UsageError
from lamforge.formats import get_format
from lamforge.messages import Function, Message, ToolCall

TOOL = {
    "name": "look",
    "description": "Look é 'here'.",
    "parameters": {"type": "object", "properties": {"z": {}, "a": {}}},
}
XLAM = [f"{family}/{variant}" for family in ("xlam-qwen", "xlam-llama") for variant in ("hf", "vllm", "bfcl", "always")]
FORMATS = [*XLAM, "hermes/qwen"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
functions = st.builds(
    Function,
    name=st.text(min_size=1, max_size=8),
    arguments=st.dictionaries(st.text(max_size=6), json_values, max_size=3),
)
texts = st.text(max_size=20)
messages = st.one_of(
    st.builds(lambda c: Message(role="user", content=c), texts),
    st.builds(lambda c: Message(role="assistant", content=c), texts),
    st.builds(
        lambda f: Message(role="assistant", tool_calls=[ToolCall(function=x) for x in f]),
        st.lists(functions, min_size=1, max_size=3),
    ),
    st.builds(lambda c: Message(role="tool", content=c, tool_call_id="call_0"), texts),
)
conversations = st.builds(
    lambda system, rest: ([Message(role="system", content=system)] if system is not None else []) + rest,
    st.none() | texts,
    st.lists(messages, max_size=5),
)
formats = st.sampled_from(FORMATS)
toolsets = st.sampled_from([None, [], [TOOL], [TOOL, {"type": "function", "function": TOOL}]])


def test_the_bytes_of_the_models_own_template() -> None:
    conversation = [
        {"role": "user", "content": " Weather? \n"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "x", "function": {"name": "look", "arguments": {"z": "é<'", "a": 1}}}],
        },
        {"role": "tool", "content": " 20°C ", "tool_call_id": "x"},
        {"role": "assistant", "content": "Mild."},
    ]
    expected = (
        "<|im_start|>system\n"
        "You are a helpful assistant that can use tools. You are developed by Salesforce xLAM team.\n"
        "You have access to a set of tools. When using tools, make calls in a single JSON array: \n\n"
        '[{"name": "tool_call_name", "arguments": {"arg1": "value1", "arg2": "value2"}}, '
        "... (additional parallel tool calls as needed)]\n\n"
        "If no tool is suitable, state that explicitly. If the user's input lacks required parameters, ask for "
        "clarification. Do not interpret or respond until tool results are returned. Once they are available, process "
        "them or make additional calls if needed. For tasks that don't require tools, such as casual conversation or "
        "general advice, respond directly in plain text. The available tools are:\n\n"
        f"{json.dumps(TOOL, ensure_ascii=False, indent=4)}\n\n<|im_end|>"
        "<|im_start|>user\nWeather?<|im_end|>"
        '<|im_start|>assistant\n[{"name": "look", "arguments": {"z": "é<\'", "a": 1}}]<|im_end|>'
        "<|im_start|>tool\n 20°C <|im_end|>"
        "<|im_start|>assistant\nMild.<|im_end|>"
        "<|im_start|>assistant\n"
    )
    assert get_format("xlam-qwen", variant="hf").render(conversation, [TOOL], add_generation_prompt=True) == expected


SHORT = [
    {"role": "user", "content": "é?"},
    {"role": "assistant", "tool_calls": [{"function": {"name": "look", "arguments": '{"z": "é"}'}}]},
    {"role": "tool", "content": {"content": "20°C"}},
    {"role": "assistant", "content": "Mild."},
]


@pytest.mark.parametrize(
    ("name", "end"),
    [
        (
            "xlam-qwen/vllm",
            '<|im_end|>\n<|im_start|>user\né?<|im_end|>\n<|im_start|>assistant\n[{"name": "look", "arguments": '
            '{"z": "é"}}]<|im_end|>\n<|im_start|>tool\n20°C<|im_end|>\n<|im_start|>assistant\nMild.<|im_end|>\n',
        ),
        (
            "xlam-qwen/bfcl",
            '<|im_end|><|im_start|>user\né?<|im_end|><|im_start|>assistant\n[{"name": "look", "arguments": '
            '{"z": "\\u00e9"}}]<|im_end|><|im_start|>tool\n20°C<|im_end|><|im_start|>assistant\nMild.<|im_end|>',
        ),
        (
            "xlam-llama/hf",
            "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\né?<|eot_id|>"
            '<|start_header_id|>assistant<|end_header_id|>\n\n[{"name": "look", "arguments": {"z": "é"}}]<|eot_id|>'
            '<|start_header_id|>ipython<|end_header_id|>\n\n{"content": "20°C"}<|eot_id|>'
            "<|start_header_id|>assistant<|end_header_id|>\n\nMild.<|eot_id|>",
        ),
        (
            "hermes/qwen",
            "</tool_call><|im_end|>\n<|im_start|>user\né?<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"
            '{"name": "look", "arguments": {"z": "é"}}\n</tool_call><|im_end|>\n'
            '<|im_start|>user\n<tool_response>\n{"content": "20°C"}\n</tool_response><|im_end|>\n'
            "<|im_start|>assistant\nMild.<|im_end|>\n",
        ),
    ],
)
def test_how_each_family_and_variant_writes_turns(name: str, end: str) -> None:
    assert get_format(name).render(SHORT, [TOOL]).endswith(end)


def test_the_default_sentences() -> None:
    assert get_format("xlam-qwen/vllm").render([]).startswith("<|im_start|>system\nYou are a helpful assistant. You")
    assert get_format("xlam-llama/hf").render([]) == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
        "You are a helpful assistant that can use tools. You are developed by Salesforce xLAM team.\n<|eot_id|>"
    )


def test_a_system_message_drops_the_instruction_in_hf_and_keeps_it_in_always() -> None:
    conversation = [{"role": "system", "content": " Policy. "}, {"role": "user", "content": "x"}]
    hf = get_format("xlam-qwen", "hf").render(conversation, [TOOL])
    always = get_format("xlam-qwen", "always").render(conversation, [TOOL])
    assert hf.startswith('<|im_start|>system\nPolicy.\n{\n    "name": "look"')
    assert "single JSON array" not in hf
    assert always.startswith("<|im_start|>system\nPolicy.\nYou have access to a set of tools.")


def test_arguments_given_as_a_string_are_not_encoded_twice() -> None:
    fmt = get_format("xlam-qwen/hf")

    def rendered(arguments: Any) -> str:
        return fmt.render([{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}])

    assert rendered('{"a":  "b"}') == rendered({"a": "b"})


@given(formats, conversations, toolsets, st.booleans())
def test_the_template_renders_the_same_bytes_through_transformers(
    name: str, conversation: list[Message], tools: Any, prompt: bool
) -> None:
    utils = pytest.importorskip("transformers.utils.chat_template_utils")
    fmt = get_format(name)
    rows = [message.as_dict() for message in conversation]
    rendered, _ = utils.render_jinja_template(
        [rows], tools=tools, chat_template=fmt.chat_template, add_generation_prompt=prompt
    )
    assert rendered == [fmt.render(conversation, tools, add_generation_prompt=prompt)]


@given(formats, conversations, toolsets)
def test_spans_are_what_the_assistant_wrote_and_nothing_else(
    name: str, conversation: list[Message], tools: Any
) -> None:
    fmt = get_format(name)
    text = fmt.render(conversation, tools)
    spans = fmt.spans(conversation, tools)
    assert [span.message_index for span in spans] == [i for i, m in enumerate(conversation) if m.role == "assistant"]
    for span in spans:
        before = fmt.render(conversation[: span.message_index], tools, add_generation_prompt=True)
        if conversation[: span.message_index] or conversation[0].role != "system":
            assert text[: span.start] == before
        assert text[span.start : span.end].endswith(fmt.stop_tokens[0])


@given(st.sampled_from(XLAM), conversations, toolsets)
def test_a_longer_conversation_begins_with_the_shorter_one(name: str, conversation: list[Message], tools: Any) -> None:
    fmt = get_format(name)
    whole = fmt.render(conversation, tools)
    for length in range(1, len(conversation)):
        assert whole.startswith(fmt.render(conversation[:length], tools))


@given(formats, st.lists(functions, min_size=1, max_size=4))
def test_what_is_rendered_is_read_back(name: str, called: list[Function]) -> None:
    fmt = get_format(name)
    message = Message(role="assistant", tool_calls=[ToolCall(function=function) for function in called])
    span = fmt.spans([message])[0]
    read = fmt.parse(fmt.render([message])[span.start : span.end])
    assert read.content is None
    assert [call.function for call in read.tool_calls or ()] == called


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="xlam-qwen/hf, xlam-qwen/vllm"):
        get_format("xlam-qwen", "none")
