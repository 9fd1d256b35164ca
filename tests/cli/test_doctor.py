"""What `lamforge doctor` says of files that were made to break it: an answer or an error, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.test_gguf_header import STRING, Field, fields, written
from typer.testing import CliRunner

from lamforge.cli.doctor import app
from lamforge.errors import LamforgeError, ModelError
from lamforge.formats import get_format

GOOD = get_format("xlam-qwen/hf").chat_template
TEMPLATES = [
    GOOD,
    "",
    "{{ messages",
    "{% for i in range(10**12) %}{{ i }}{% endfor %}",
    "{{ 'x' * 10**10 }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ messages.append }}{{ self }}{{ cycler }}",
    "{% include '/etc/passwd' %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{{ raise_exception('\x1b[2J\ud800') }}",
    "{{ 0 / 0 }}",
    "{{ messages[10**9].content }}",
    "(" * 5000 + "{{" + "(" * 5000,
    "\x00\ud800\u202e",
]
junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(TEMPLATES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["content", "name", "template", "default", "tool_use"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FILES = {
    "config": ["model_type", "x"],
    "tokenizer_config": ["chat_template", "bos_token", "eos_token", "added_tokens_decoder"],
    "tokenizer": ["added_tokens", "model"],
    "lamforge": ["format"],
}
folders = st.fixed_dictionaries(
    {},
    optional={
        name: st.dictionaries(st.sampled_from(keys), junk, max_size=len(keys)) | junk for name, keys in FILES.items()
    },
)


def doctor(path: Path) -> None:
    """Runs the verb on a model's files: as a table, and as JSON."""
    for options in ([], ["--json"]):
        done = CliRunner().invoke(app, [str(path), *options])
        if not isinstance(done.exception, LamforgeError):
            assert done.exit_code in (0, ModelError.exit_code), done.exception
            assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
            done.output.encode()
            if options:
                assert json.loads(done.stdout)["model"]["works"] is (done.exit_code == 0)


@settings(max_examples=25, deadline=None)
@given(folders, st.none() | st.sampled_from(TEMPLATES[1:]) | st.binary(max_size=20))
def test_any_hugging_face_folder_has_an_answer(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, Any], template: str | bytes | None
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    if template is not None:
        raw = template.encode(errors="surrogatepass") if isinstance(template, str) else template
        (folder / "chat_template.jinja").write_bytes(raw)
    doctor(folder)


@settings(max_examples=25, deadline=None)
@given(st.lists(fields(), max_size=3), st.sampled_from([None, *TEMPLATES[:-1]]))
def test_any_gguf_has_an_answer(
    tmp_path_factory: pytest.TempPathFactory, changed: list[Field], template: str | None
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "m.gguf"
    if template is not None:
        hostile = template.encode(errors="replace").decode()
        changed = [("tokenizer.chat_template", hostile, STRING, None), *changed]
    doctor(written(path, *changed))
