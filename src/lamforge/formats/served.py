"""Chat templates for other servers, which hand a template their tools as requests carry them: in OpenAI's wrapper."""

from __future__ import annotations

from lamforge.formats.base import Format

_TOOL = "tool | tojson"
_FUNCTION = "(tool.function if tool.function is defined else tool) | tojson"
_PROBE = {"type": "function", "function": {"name": "f"}}


def served_template(fmt: Format) -> str:
    """A Jinja template that shows wrapped tools in the shape in which the family's models were trained to see them.

    With it another server renders `fmt.render(messages, fmt.offered(tools))`, as lamforge does. The template in models,
    `fmt.chat_template`, prints tools as they are passed.
    """
    if fmt.offered([_PROBE]) == [_PROBE]:
        return fmt.chat_template
    assert fmt.chat_template.count(_TOOL) == 1
    return fmt.chat_template.replace(_TOOL, _FUNCTION)
