"""The Modelfile in docs/serving.md says what the format says, as far as that can be seen without Ollama."""

from __future__ import annotations

from pathlib import Path

from lamforge.formats import get_format
from lamforge.formats.xlam_variants import INSTRUCTION, QWEN, SYSTEM

DOCUMENT = Path(__file__).parents[2] / "docs" / "serving.md"


def test_the_modelfile_has_the_formats_own_words_turns_and_stop_tokens() -> None:
    modelfile = DOCUMENT.read_text(encoding="utf-8").partition("```text\nFROM ")[2].partition("```")[0]
    template = modelfile.partition('TEMPLATE """')[2].partition('"""')[0]
    assert f"{{{{ else }}}}{SYSTEM}{{{{ end }}}}\n" in template
    assert f"{{{{ if .Tools }}}}{INSTRUCTION}\n\n{{{{ end }}}}" in template
    assert template.startswith(QWEN.header("system"))
    assert template.endswith(QWEN.header("assistant"))
    assert template.count(QWEN.end) == 2
    assert [line for line in modelfile.splitlines() if line.startswith("PARAMETER stop")] == [
        f"PARAMETER stop {token}" for token in get_format("xlam-qwen/always").stop_tokens
    ]
