"""The report: one HTML file that needs nothing else. What a model wrote reaches the page as text, never as markup."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from lamforge.evaluate.conversations import SHOWN, conversations
from lamforge.evaluate.episodes import Episode, Suite
from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.summary import Summary
from lamforge.evaluate.taxonomy import ERROR_KINDS
from lamforge.pages import render_page

_PAGE = Path(__file__).with_name("page") / "report.html"


def render_report(summary: Summary, suite: Suite, episodes: Sequence[Episode]) -> str:
    """The report as HTML: the numbers, the plot, how they were made, and the conversations to browse."""
    return render_page(
        _PAGE,
        data={"policy": suite.domain.policy, "conversations": conversations(suite, episodes)},
        summary=summary,
        kinds=_kinds(summary),
        points=list(zip(summary.reliability, summary.baseline, strict=True)),
        made={name: value if isinstance(value, str) else json.dumps(value) for name, value in summary.made.items()},
        plot=Markup(reliability_plot(summary.reliability, summary.baseline)),
        hidden=max(0, len(episodes) - SHOWN),
    )


def _kinds(summary: Summary) -> list[tuple[str, int, str]]:
    """The kinds of error that occurred with their counts and meanings, the most frequent first."""
    found = [(name, summary.error_kinds[name], why) for name, why in ERROR_KINDS.items() if summary.error_kinds[name]]
    return sorted(found, key=lambda kind: -kind[1])
