"""What other servers render with an exported template."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.tiny_gguf import write_tiny_gguf

from lamforge.formats import get_format
from lamforge.formats.foreign import Case, render_foreign
from lamforge.formats.probes import PROBES
from lamforge.formats.registry import known_formats
from lamforge.formats.served import served_template
from lamforge.tools import wrapped


@pytest.mark.parametrize("name", known_formats())
def test_tools_in_the_wrapper_and_bare_ones_give_what_lamforge_renders(name: str) -> None:
    fmt = get_format(name)
    shapes = [lambda tool: tool, wrapped] if fmt.offered([{"name": "f"}]) == [{"name": "f"}] else [wrapped]
    for shape in shapes:
        cases = [
            Case(
                served_template(fmt),
                {"messages": probe.messages, "tools": probe.tools and [shape(tool) for tool in probe.tools]}
                | {"add_generation_prompt": True},
            )
            for probe in PROBES
        ]
        for probe, rendered in zip(PROBES, render_foreign(cases), strict=True):
            offered = None if probe.tools is None else fmt.offered(probe.tools)
            assert rendered.text == fmt.render(probe.messages, offered, add_generation_prompt=True)


def test_llama_cpp_renders_it_so_too(tmp_path: Path) -> None:
    formats = [get_format(name) for name in ("xlam-qwen/always", "xlam-llama/hf", "hermes/qwen")]
    probes = [probe for probe in PROBES if probe.tools]
    asked = {
        "model": str(write_tiny_gguf(tmp_path / "tiny.gguf")),
        "templates": [served_template(fmt) for fmt in formats],
        "requests": [{"messages": p.messages, "tools": [wrapped(tool) for tool in p.tools or ()]} for p in probes],
    }
    script = Path(__file__).with_name("llama_cpp_templates.py")
    done = subprocess.run(
        [sys.executable, str(script)], input=json.dumps(asked), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for fmt, prompts in zip(formats, json.loads(done.stdout), strict=True):
        expected = [fmt.render(p.messages, fmt.offered(p.tools or []), add_generation_prompt=True) for p in probes]
        assert prompts == expected
