"""What the format does with messages that are unusual or wrong, and through a real tokenizer's template."""

from __future__ import annotations

from typing import Any

import pytest

from lamforge.errors import DataError, UsageError
from lamforge.formats import get_format

FMT = get_format("xlam-qwen/hf")


def body(message: dict[str, Any]) -> str:
    """What stands in a message's block."""
    return FMT.render([message]).rpartition("<|im_start|>")[2].removesuffix("<|im_end|>").partition("\n")[2]


@pytest.mark.parametrize("message", [{}, {"content": None}, {"content": ""}, {"tool_calls": []}])
def test_an_empty_assistant_message_prints_nothing(message: dict[str, Any]) -> None:
    assert body({"role": "assistant", **message}) == ""


@pytest.mark.parametrize(
    ("content", "printed"),
    [(" é \n", " é \n"), ({"content": "x", "n": 1}, "x"), ({"b": 1, "a": ["é"]}, '{"b": 1, "a": ["é"]}'), ([], "[]")],
)
def test_a_tools_result_is_printed_as_it_is_or_as_json(content: Any, printed: str) -> None:
    assert body({"role": "tool", "content": content}) == printed


def test_text_beside_calls_is_not_printed_and_other_keys_of_a_call_neither() -> None:
    function = {"arguments": {"a": 1}, "strict": True, "name": "f"}
    message = {"role": "assistant", "content": "Thinking.", "tool_calls": [{"id": "1", "function": function}]}
    assert body(message) == '[{"name": "f", "arguments": {"a": 1}}]'


def test_no_tools_and_an_empty_list_of_tools_differ() -> None:
    user = [{"role": "user", "content": "x"}]
    assert "The available tools are:\n\n<|im_end|>" in FMT.render(user, [])
    assert "tools are" not in FMT.render(user, None)


@pytest.mark.parametrize("arguments", ["{", "[]", None, 5, "[" * 100_000])
def test_arguments_that_are_no_object_name_the_message(arguments: Any) -> None:
    call = {"function": {"name": "f", "arguments": arguments}}
    with pytest.raises(DataError, match=r"messages\[1\]: the arguments of 'f' are no JSON object"):
        FMT.render([{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}])


def test_content_in_parts_names_the_message() -> None:
    with pytest.raises(DataError, match=r"messages\[0\]: the content is no text"):
        FMT.render([{"role": "user", "content": [{"type": "text", "text": "x"}]}])


def test_an_id_and_a_variant_that_differ_are_refused() -> None:
    assert get_format("xlam-qwen/always", "always").id == "xlam-qwen/always"
    with pytest.raises(UsageError, match="contradict"):
        get_format("xlam-qwen/always", variant="hf")


@pytest.mark.parametrize("variant", ["hf", "always"])
@pytest.mark.parametrize("tools", [None, [], [{"name": "f", "parameters": {"z": {}, "a": "é<&'"}}]])
def test_a_tokenizer_with_our_template_prints_the_same_bytes(variant: str, tools: list[dict[str, Any]] | None) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    fmt = get_format("xlam-qwen", variant)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer(tokenizers.models.BPE()), chat_template=fmt.chat_template
    )
    call = {"id": "1", "type": "function", "function": {"name": 'f"é', "arguments": {"b": ["<", "\\n\n"], "a": 1.5}}}
    messages = [
        {"role": "system", "content": " Be kind. "},
        {"role": "user", "content": "{{ x }} {% y %} 'z'"},
        {"role": "assistant", "content": None, "tool_calls": [call, call]},
        {"role": "tool", "tool_call_id": "1", "content": " r "},
        {"role": "tool", "tool_call_id": "1"},
        {"role": "assistant"},
    ]
    for rows in (messages, messages[1:]):
        printed = tokenizer.apply_chat_template(rows, tools=tools, tokenize=False, add_generation_prompt=True)
        assert printed == fmt.render(rows, tools, add_generation_prompt=True)
