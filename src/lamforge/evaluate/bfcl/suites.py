"""Which categories a version of BFCL has, and what they are called. It reads no data."""

from __future__ import annotations

from dataclasses import dataclass

from lamforge.errors import UsageError, bounded

_LIVE = (
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
    "live_irrelevance",
    "live_relevance",
)
_MULTI_TURN = ("multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context")
_V3 = ("simple", "java", "javascript", "multiple", "parallel", "parallel_multiple", "irrelevance", *_LIVE, *_MULTI_TURN)
_V4 = tuple(f"simple_{name}" for name in ("python", "java", "javascript")) + _V3[3:]
_V4_NOT_RUN = {
    "web_search_base": 100,
    "web_search_no_snippet": 100,
    "memory_kv": 155,
    "memory_vector": 155,
    "memory_rec_sum": 155,
}
_AS_PUBLISHED = {"v3": "2025.6.8", "v4": "2026.3.23"}  # of bfcl-eval on PyPI

BACK_ENDS = {  # of multi-turn tasks, by their names in the data: the module, and the function document's name
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}


@dataclass(frozen=True)
class Suite:
    """One version of the benchmark: its generation, and the release of bfcl-eval that its data come from.

    The version is the one that is wanted; results carry the one that the data really are (`Release.labelled`).

    `not_run` are the scoring categories that lamforge does not run, with how many tasks each has: they need a search
    engine's key, or a memory that is filled by conversations of its own. They count as 0 in official totals.
    """

    name: str  # "v3" or "v4"
    version: str
    categories: tuple[str, ...]
    not_run: dict[str, int]
    named: bool = False  # whether the version was asked for

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def prefix(self) -> str:
        """What the names of the data files begin with."""
        return f"BFCL_{self.name}_"

    def chosen(self, names: list[str] | None) -> tuple[str, ...]:
        """Categories by name, or by the part of a name that several share, such as "live" or "multi_turn".

        Raises:
            UsageError: naming a category that does not exist.
        """
        if not names:
            return self.categories
        groups = {"live": _LIVE, "multi_turn": _MULTI_TURN, "non_live": self.categories[:7]}
        found: set[str] = set()
        for name in names:
            if name not in groups and name not in self.categories:
                known = ", ".join([*groups, *self.categories])
                why = " is not run: see docs/evaluation.md" if name in self.not_run else " is no category"
                raise UsageError(f"{bounded(name)}{why}", where=str(self), remedy=f"Choose among: {known}.")
            found |= set(groups.get(name, (name,)))
        return tuple(category for category in self.categories if category in found)


def parse_suite(text: str) -> Suite:
    """The suite that "v3" (data as published with xLAM-2), "v3@2025.7.9" or "v4" names.

    Raises:
        UsageError: if it names none.
    """
    name, _, version = text.partition("@")
    if name not in _AS_PUBLISHED:
        raise UsageError(f"{bounded(text)} is no suite", remedy="Choose v3, v4, or one with a version: v3@2025.7.9.")
    named = bool(version)
    version = version or _AS_PUBLISHED[name]
    numbers = version.split(".")
    if not all(part.isdigit() and len(part) <= 4 for part in numbers) or len(numbers) < 2:
        raise UsageError(f"{bounded(version)} is no release of bfcl-eval", remedy="Write one such as v3@2025.7.9.")
    return Suite(name, version, _V3 if name == "v3" else _V4, {} if name == "v3" else _V4_NOT_RUN, named)


def language_of(category: str) -> str:
    """ "java", "javascript" or "python": what the functions of a category are written in."""
    return {"java": "java", "javascript": "javascript"}.get(category.removeprefix("simple_"), "python")


def kind_of(category: str) -> str:
    """How answers of a category are judged: "multi_turn", "irrelevance", "relevance" or "ast"."""
    if category.startswith("multi_turn"):
        return "multi_turn"
    return category.removeprefix("live_") if category.endswith("relevance") else "ast"
