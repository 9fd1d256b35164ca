"""The report: one HTML file that needs nothing else. What a model wrote reaches the page as text, never as markup."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from lamforge.evaluate.conversations import SHOWN, conversations
from lamforge.evaluate.episodes import Episode, Suite
from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.summary import Summary, percent
from lamforge.evaluate.taxonomy import ERROR_KINDS

_PAGE = Path(__file__).with_name("page")


def render_report(summary: Summary, suite: Suite, episodes: Sequence[Episode]) -> str:
    """The report as HTML: the numbers, the plot, how they were made, and the conversations to browse.

    The page allows itself only its own script and style, by their hashes, and no request to anywhere.
    """
    style, script = _part("report.css"), _part("report.js")
    environment = ImmutableSandboxedEnvironment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = percent
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    page = environment.from_string(_part("report.html")).render(
        summary=summary,
        kinds=_kinds(summary),
        points=list(zip(summary.reliability, summary.baseline, strict=True)),
        made={name: value if isinstance(value, str) else json.dumps(value) for name, value in summary.made.items()},
        plot=Markup(reliability_plot(summary.reliability, summary.baseline)),
        hidden=max(0, len(episodes) - SHOWN),
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=Markup(_inert({"policy": suite.domain.policy, "conversations": conversations(suite, episodes)})),
    )
    return page.encode("utf-8", "replace").decode()


def _kinds(summary: Summary) -> list[tuple[str, int, str]]:
    """The kinds of error that occurred with their counts and meanings, the most frequent first."""
    found = [(name, summary.error_kinds[name], why) for name, why in ERROR_KINDS.items() if summary.error_kinds[name]]
    return sorted(found, key=lambda kind: -kind[1])


def _part(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _inert(value: Any) -> str:
    """JSON that cannot end the script element it stands in: `<`, `>`, `&` and non-ASCII are written as escapes."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
