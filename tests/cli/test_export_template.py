from __future__ import annotations

from pathlib import Path

from tests.command_line import lamforge

from lamforge.formats import get_format
from lamforge.formats.served import served_template


def test_a_template_is_printed_or_written_as_it_is(tmp_path: Path) -> None:
    expected = served_template(get_format("xlam-llama/vllm"))
    assert lamforge("export", "template", "xlam-llama/vllm").stdout == expected
    done = lamforge("export", "template", "xlam-llama/vllm", "--out", tmp_path / "t.jinja")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "t.jinja").read_text(encoding="utf-8") == expected


def test_an_unknown_format_and_a_place_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    done = lamforge("export", "template", "xlam-qwen/none")
    assert done.returncode == 2
    assert "Known formats: xlam-qwen/hf" in done.stderr
    done = lamforge("export", "template", "xlam-qwen/hf", "--out", tmp_path / "nowhere" / "t.jinja")
    assert done.returncode == 8
    assert "cannot be written" in done.stderr
