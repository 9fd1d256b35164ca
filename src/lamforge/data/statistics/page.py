"""The numbers of a data set as a page: one HTML file without a script."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lamforge.data.statistics.summary import Statistics, ToolCount, quantiles
from lamforge.pages import Bar, bars, histogram, render_page

_PAGE = Path(__file__).with_name("page") / "statistics.html"
_MOST = 12  # bars of one plot
_TOOLS = 30


def render_statistics(found: Statistics) -> str:
    """The page as HTML."""
    tokens = found.unit == "tokens"
    length = "tokens of a conversation, tools included" if tokens else "hundreds of characters of a conversation"
    called = [item for item in found.tools.items() if item[1].calls]
    kinds = {
        "Reward": found.rewards,
        "Domain": found.domains,
        "Source": found.origins,
        "Licence": found.licences,
        "Agent": found.agents,
        "How it ended": found.ended,
        "Messages by role": found.roles,
    }
    return render_page(
        _PAGE,
        found=found,
        called=len(called),
        calls=sum(tool.calls for tool in found.tools.values()),
        lengths=quantiles(found.lengths, 1 if tokens else 100),
        plots=[
            ("Turns", histogram("Conversations", found.turns, "turns of the user in a conversation")),
            ("Calls", histogram("Conversations", found.calls, "calls in a conversation")),
            ("Calls at once", histogram("Messages with calls", found.parallel, "calls in one message")),
            ("Tools offered", histogram("Conversations", found.offered, "tools offered in a conversation")),
            ("Length", histogram("Conversations", found.lengths, length)),
            *([("Rating", histogram("Conversations", found.scores, "score, rounded"))] if found.scores else []),
        ],
        kinds=[(name, bars(name, _shares(counts)), len(counts) - _MOST) for name, counts in kinds.items()],
        tools=bars("Calls of each tool", [_bar(name, tool) for name, tool in called[:_TOOLS]]),
        hidden=len(called) - _TOOLS,
        unused=[name for name, tool in found.tools.items() if not tool.calls],
    )


def _shares(counts: Counter[str]) -> list[Bar]:
    total = counts.total() or 1
    return [Bar(name, [f"{n:,}", f"{100 * n / total:.0f} %"], [n]) for name, n in counts.most_common(_MOST)]


def _bar(name: str, tool: ToolCount) -> Bar:
    return Bar(name, [f"{tool.offered:,}", f"{tool.calls:,}"], [tool.calls])
