"""How a format's bytes compare with another's template, and whether it reads its own calls back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from lamforge.formats.base import Format, Tools
from lamforge.formats.foreign import Case, Rendered, render_foreign
from lamforge.formats.probes import CALLS, PROBES
from lamforge.formats.registry import get_format, known_formats
from lamforge.messages import Function, Message, ToolCall

_AROUND = 40  # characters shown on either side of a difference
_THREE_PIECES = 80  # characters of a text up to which every cut into three pieces is tried


class Difference(NamedTuple):
    """Where two renderings of a conversation part."""

    conversation: str
    at: int  # characters that are equal before it
    ours: str  # the text around it
    theirs: str  # the same of the template; or why it renders nothing
    failed: bool = False  # whether the template rendered nothing


class Comparison(NamedTuple):
    """A format beside a template."""

    format: str
    equal: int  # conversations with the same bytes
    conversations: int
    first: Difference | None  # the first that differs

    @property
    def same(self) -> bool:
        """Whether every conversation has the same bytes."""
        return self.first is None


class Compared(NamedTuple):
    """A model's own template beside every known format."""

    formats: list[Comparison]
    error: str | None  # of a template that renders no conversation at all
    takes_tools: bool  # whether tools change what the template renders


def compare(templates: dict[str, str], tokens: dict[str, str]) -> Compared:
    """Renders every probe by a model's own templates and by every known format.

    Args:
        templates: "default", and "tool_use" for conversations with tools if the model has a second one.
        tokens: What templates may print, such as {"bos_token": "<s>"}.
    """
    formats = [get_format(name) for name in known_formats()]
    rows = [
        [_case(templates, tokens, probe.messages, _offered(fmt, probe.tools)) for probe in PROBES] for fmt in formats
    ]
    rows.append([_case(templates, tokens, probe.messages, None) for probe in PROBES])
    distinct = list({repr(case): case for row in rows for case in row}.values())
    known = dict(zip(map(repr, distinct), render_foreign(distinct), strict=True))
    *with_tools, without = [[known[repr(case)] for case in row] for row in rows]
    return Compared(
        [_comparison(fmt, texts) for fmt, texts in zip(formats, with_tools, strict=True)],
        next(iter(known.values())).error if all(made.text is None for made in known.values()) else None,
        any(
            mine.text not in (None, plain.text)
            for texts in with_tools
            for mine, plain in zip(texts, without, strict=True)
        ),
    )


def misread(fmt: Format) -> str | None:
    """The first text of the format's own calls that it does not read as what was written, at any cut; None if all are.

    Cuts: one piece, two pieces, three of short texts, and single characters.
    """
    for functions in CALLS:
        message = Message(role="assistant", tool_calls=[ToolCall(function=function) for function in functions])
        conversation = [Message(role="user", content="x"), message]
        span = fmt.spans(conversation)[0]
        text = fmt.render(conversation)[span.start : span.end]
        if any(_read(fmt, pieces) != functions for pieces in _cuts(text)):
            return text
    return None


def _cuts(text: str) -> Iterator[list[str]]:
    yield [text]
    yield list(text)
    for pieces in (2, 3) if len(text) <= _THREE_PIECES else (2,):
        for places in combinations(range(1, len(text)), pieces - 1):
            yield [text[a:b] for a, b in zip((0, *places), (*places, len(text)), strict=True)]


def _read(fmt: Format, pieces: list[str]) -> list[Function]:
    parser = fmt.stream_parser()
    for piece in pieces:
        parser.feed(piece)
    parser.close()
    return [call.function for call in parser.message.tool_calls or ()]


def _offered(fmt: Format, tools: Tools | None) -> Tools | None:
    return None if tools is None else fmt.offered(tools)


def _case(
    templates: dict[str, str], tokens: dict[str, str], messages: list[dict[str, Any]], tools: Tools | None
) -> Case:
    chosen = templates.get("tool_use") if tools else None
    variables = {**tokens, "messages": messages, "tools": tools, "documents": None, "add_generation_prompt": True}
    return Case(chosen or templates["default"], variables)


def _comparison(fmt: Format, theirs: list[Rendered]) -> Comparison:
    differences = []
    for probe, rendered in zip(PROBES, theirs, strict=True):
        ours = fmt.render(probe.messages, _offered(fmt, probe.tools), add_generation_prompt=True)
        if rendered.text is None:
            differences.append(Difference(probe.name, 0, ours[:_AROUND], rendered.error or "", failed=True))
        elif rendered.text != ours:
            at = _first_difference(ours, rendered.text)
            differences.append(Difference(probe.name, at, _around(ours, at), _around(rendered.text, at)))
    return Comparison(fmt.id, len(PROBES) - len(differences), len(PROBES), differences[0] if differences else None)


def _first_difference(ours: str, theirs: str) -> int:
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(ours), len(theirs)))


def _around(text: str, at: int) -> str:
    return text[max(0, at - _AROUND) : at + _AROUND]
