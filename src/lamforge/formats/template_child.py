"""The child process that renders a stranger's chat template; `foreign.py` runs this file.

It reads one line of JSON on stdin, answers each case with one line on stdout, and knows jinja2 alone. Its conventions
are those of transformers' `apply_chat_template`. Templates run in jinja2's immutable sandbox, and the process may use
little time and memory and write no file.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import sys
from collections.abc import Callable
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    """`{% generation %}` marks what the assistant writes, for loss masks; here it is only its body."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own declaration

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """The statements between the tags."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def environment() -> ImmutableSandboxedEnvironment:
    """Where chat templates run: nothing in it reaches the machine."""

    def tojson(
        value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message: str) -> None:
        raise TemplateError(f"the template itself refuses: {message}")

    def strftime_now(form: str) -> str:
        return datetime.datetime.now().strftime(form)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    made.filters["tojson"] = tojson
    made.globals |= {"raise_exception": raise_exception, "strftime_now": strftime_now}
    return made


def rendered(template: Template, variables: dict[str, Any], characters: int) -> str:
    """The template's text.

    Raises:
        ValueError: if it is longer than `characters`.
    """
    pieces, left = [], characters
    for piece in template.generate(variables):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise ValueError(f"the text is longer than {characters} characters")
    return "".join(pieces)


def confine(seconds: int, memory: int) -> None:
    """Limits this process where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        limits = {"RLIMIT_CPU": seconds, "RLIMIT_AS": memory, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
        for name, limit in limits.items():
            with contextlib.suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (limit, limit))


def main() -> None:
    """Answers the cases in their order."""
    asked = json.loads(sys.stdin.buffer.readline())
    confine(asked["seconds"], asked["memory"])
    make: Callable[[str], Template] = environment().from_string
    for case in asked["cases"]:
        try:
            answer = {"text": rendered(make(case["template"]), case["variables"], asked["characters"])}
        except MemoryError:
            answer = {"error": "it needs too much memory"}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
