"""Chat templates of strangers: transformers' conventions, and no harm."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from lamforge.formats import foreign
from lamforge.formats.foreign import Case, Rendered, render_foreign
from lamforge.formats.probes import PROBES

SAYS_HELLO = Case("hello {{ name }}", {"name": "<ü>"})

# Every convention in one place: trimmed blocks, tojson, loop controls, generation, namespaces, slices, macros.
CONVENTIONS = """{%- macro shout(text) -%}{{ text | upper }}{%- endmacro -%}
{% set seen = namespace(calls=0) %}
    {% if tools is not none %}
{{ tools | tojson(indent=4) }}{{ tools | tojson }}
    {% endif %}
{% for message in messages %}
  {% generation %}
{{ message.role ~ ':' ~ (message.content or 'nothing') }}
  {% endgeneration %}
  {% if message.tool_calls %}
    {% set seen.calls = seen.calls + 1 %}
{{ message.tool_calls[0].function | tojson }}
    {% continue %}
  {% endif %}
{{ shout(message['role'][1:]) }}
{% endfor %}
{{ seen.calls }}{{ bos_token }}{% if add_generation_prompt %}>{% endif %}
"""


def only(template: str, **variables: Any) -> Rendered:
    return render_foreign([Case(template, variables)])[0]


def test_the_text_is_the_one_that_transformers_renders() -> None:
    utils = pytest.importorskip("transformers.utils.chat_template_utils")
    for probe in PROBES:
        variables = {"messages": probe.messages, "tools": probe.tools, "bos_token": "<s>"}
        expected, _ = utils.render_jinja_template(
            [probe.messages],
            tools=probe.tools,
            chat_template=CONVENTIONS,
            add_generation_prompt=True,
            bos_token="<s>",
        )
        assert only(CONVENTIONS, add_generation_prompt=True, documents=None, **variables).text == expected[0]


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ raise_exception('only one turn') }}", "only one turn"),
        ("{% if %}", "TemplateSyntaxError"),
        ("{{ nothing.at.all }}", "UndefinedError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ name.append(1) }}", "SecurityError"),
        ("{{ cycler.__init__.__globals__['os'].system('touch escaped') }}", "SecurityError"),
        ("{% include 'secret' %}", "TypeError"),
        ("{{ 'a' * 10000000000 }}", "too much memory"),
        ("{% for i in range(99999) %}aaaaaaaaaa{% endfor %}", "longer than 200000 characters"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "RecursionError"),
        ("(" * 50 + "{{" + "(" * 5000, "Error"),
        ("x" * (foreign._MAX_TEMPLATE + 1), "longer than"),
    ],
)
def test_whatever_goes_wrong_is_an_error_of_its_case(
    template: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rendered = only(template, name=["x"])
    assert rendered.text is None
    assert why in (rendered.error or "")
    assert len(rendered.error or "") <= 300
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "template",
    ["{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "{{ 9 ** (9 ** (9 ** 9)) }}"],
    ids=["while it renders", "while it is compiled"],
)
def test_a_template_without_end_is_stopped_and_those_before_it_count(
    template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "_SECONDS", 2)
    began = time.monotonic()
    first, endless, after = render_foreign([SAYS_HELLO, Case(template, {}), SAYS_HELLO])
    assert time.monotonic() - began < 20
    assert first == Rendered("hello <ü>")
    assert endless.text is None
    assert after.text is None
    assert "2 seconds" in (endless.error or "")


def test_one_bad_case_leaves_the_others_alone() -> None:
    cases = [SAYS_HELLO, Case("{{ 1 / 0 }}", {}), SAYS_HELLO]
    assert [rendered.text for rendered in render_foreign(cases)] == ["hello <ü>", None, "hello <ü>"]
