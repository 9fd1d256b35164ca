"""Which format a template is, and where it differs."""

from __future__ import annotations

from typing import Any

import pytest

from lamforge.formats import get_format
from lamforge.formats.comparison import compare, misread
from lamforge.formats.parse import StreamParser
from lamforge.formats.registry import known_formats
from lamforge.formats.xlam import Xlam
from lamforge.formats.xlam_variants import QWEN

BEGINS = {"bos_token": "<|begin_of_text|>"}


@pytest.mark.parametrize("name", known_formats())
def test_each_known_template_is_told_from_all_others(name: str) -> None:
    compared = compare({"default": get_format(name).chat_template}, BEGINS)
    assert [row.format for row in compared.formats if row.same] == [name]
    assert compared.takes_tools
    assert compared.error is None


def test_the_first_difference_is_shown_on_both_sides() -> None:
    changed = get_format("xlam-qwen/hf").chat_template.replace("indent=4", "indent=2")
    rows = {row.format: row for row in compare({"default": changed}, {}).formats}
    row = rows["xlam-qwen/hf"]
    assert (row.equal, row.conversations) == (1, 8)
    assert row.first is not None
    assert row.first.conversation == "tools, no system message"
    at = row.first.at
    ours = get_format("xlam-qwen/hf").render([{"role": "user", "content": "Where is order W1?"}], [{"x": 1}])
    assert ours[:at].endswith("The available tools are:\n\n{\n  ")
    assert row.first.ours.endswith('{\n    "name": "find_order",\n    "description"'[: len("{\n  ") + 40])
    assert row.first.theirs.endswith('{\n  "name": "find_order",\n  "description": "F'[: len("{\n  ") + 40])
    assert max(len(row.first.ours), len(row.first.theirs)) <= 80


def test_a_second_template_is_used_for_conversations_with_tools() -> None:
    templates = {"default": "{{ 'plain' }}", "tool_use": get_format("hermes/qwen").chat_template}
    rows = {row.format: row for row in compare(templates, {}).formats}
    assert rows["hermes/qwen"].equal == 7
    assert rows["hermes/qwen"].first is not None
    assert rows["hermes/qwen"].first.conversation == "no tools"


def test_a_template_that_ignores_tools_is_seen_to() -> None:
    plain = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    compared = compare({"default": plain}, {})
    assert not compared.takes_tools
    assert compared.error is None


def test_a_template_that_renders_nothing_says_why() -> None:
    compared = compare({"default": "{{ raise_exception('no') }}"}, {})
    assert "refuses: no" in (compared.error or "")
    assert not compared.takes_tools
    assert all(row.equal == 0 and row.first and row.first.failed for row in compared.formats)


@pytest.mark.parametrize("name", known_formats())
def test_every_format_reads_its_own_calls_wherever_they_are_cut(name: str) -> None:
    assert misread(get_format(name)) is None


def test_a_parser_that_needs_a_call_in_one_piece_is_found_out() -> None:
    class Forgetful(StreamParser):
        def feed(self, chunk: str) -> list[dict[str, Any]]:
            return super().feed(chunk.replace("clock", "cluck") if len(chunk) > 30 else chunk)

    class Broken(Xlam):
        def stream_parser(self, tools: Any = None) -> StreamParser:
            return Forgetful(tools, self.stop_tokens)

    assert misread(Broken(QWEN, "hf")) == '[{"name": "clock", "arguments": {}}]<|im_end|>'
