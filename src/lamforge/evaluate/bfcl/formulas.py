"""BFCL's scores from the counts of each category: the columns of the official tables, by the official formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lamforge.evaluate.bfcl.suites import Suite

Tables = dict[str, dict[str, "Score"]]


@dataclass(frozen=True)
class Score:
    """An accuracy over so many tasks; `complete` unless a part of it was not run, which counts as 0 in it."""

    accuracy: float
    count: int
    complete: bool = True

    def __str__(self) -> str:
        return f"{100 * self.accuracy:.2f}%" if self.complete else "N/A"


def tables(suite: Suite, counts: Mapping[str, tuple[float, int]], sizes: Mapping[str, int]) -> Tables:
    """The official tables by name, each {column: score}.

    Columns that the official tables show as N/A are not `complete`; the totals are shown in any case, with what was not
    run counted as 0, as the official ones are.

    Args:
        counts: (right, all) of each category that was run.
        sizes: How many tasks each category has.
    """
    parts = {name: Score(right / max(1, total), total) for name, (right, total) in counts.items()}
    for name, size in {**sizes, **suite.not_run}.items():
        parts.setdefault(name, Score(0.0, size, complete=False))
    return _v3(parts) if suite.name == "v3" else _v4(parts)


def _mean(*parts: Score) -> Score:
    return Score(_sum(parts) / len(parts), sum(part.count for part in parts), all(part.complete for part in parts))


def _weighted(*parts: Score) -> Score:
    total = sum(part.count for part in parts)
    accuracy = sum(part.accuracy * part.count for part in parts) / max(1, total)
    return Score(accuracy, total, all(part.complete for part in parts))


def _sum(parts: Sequence[Score]) -> float:
    return sum(part.accuracy for part in parts)


def _total(score: Score) -> Score:
    return Score(score.accuracy, score.count)


def _v3(parts: Mapping[str, Score]) -> Tables:
    simple = _mean(parts["simple"], parts["java"], parts["javascript"])
    ast = (simple, parts["multiple"], parts["parallel"], parts["parallel_multiple"])
    non_live = _total(_mean(*ast, parts["irrelevance"]))
    live_parts = _live(parts)
    live = _total(_weighted(*live_parts, parts["live_irrelevance"], parts["live_relevance"]))
    turns = _turns(parts)
    multi_turn = _total(_mean(*turns))
    irrelevance = _mean(parts["irrelevance"], parts["live_irrelevance"])
    return {
        "Non-Live": {"Non_Live Overall Acc": non_live, **_non_live_columns(parts, simple, ast, "simple", "")},
        "Live": _live_columns(parts, live),
        "Multi Turn": _turn_columns(multi_turn, turns),
        "Overall": {
            "Overall Acc": _total(_mean(live, non_live, multi_turn)),
            **_single_turn_totals(ast, live, live_parts),
            **_turn_totals(multi_turn, turns),
            "Relevance Detection": parts["live_relevance"],
            "Irrelevance Detection": irrelevance,
        },
    }


def _v4(parts: Mapping[str, Score]) -> Tables:
    simple = _mean(*(parts[f"simple_{name}"] for name in ("python", "java", "javascript")))
    ast = (simple, parts["multiple"], parts["parallel"], parts["parallel_multiple"])
    non_live = _total(_mean(*ast))
    live_parts = _live(parts)
    live = _total(_weighted(*live_parts))
    turns = _turns(parts)
    multi_turn = _total(_mean(*turns))
    irrelevance = _mean(parts["irrelevance"], parts["live_irrelevance"])
    searches = (parts["web_search_base"], parts["web_search_no_snippet"])
    memories = (parts["memory_kv"], parts["memory_vector"], parts["memory_rec_sum"])
    search, memory = _mean(*searches), _mean(*memories)
    agentic = _total(_mean(search, memory))
    groups = ((non_live, 0.1), (live, 0.1), (irrelevance, 0.1), (multi_turn, 0.3), (agentic, 0.4))
    overall = Score(sum(group.accuracy * share for group, share in groups), sum(group.count for group, _ in groups))
    memory_columns = dict(zip(("Memory KV", "Memory Vector", "Memory Recursive Summarization"), memories, strict=True))
    search_columns = dict(zip(("Web Search Base", "Web Search No Snippet"), searches, strict=True))
    return {
        "Non-Live": {
            "Non-Live Overall Acc": non_live,
            **_non_live_columns(parts, simple, ast, "simple_python", "simple_"),
        },
        "Live": _live_columns(parts, live),
        "Multi Turn": _turn_columns(multi_turn, turns),
        "Agentic": {
            "Agentic Overall Acc": agentic,
            "Web Search Summary": search,
            **search_columns,
            "Memory Summary": memory,
            **memory_columns,
        },
        "Overall": {
            "Overall Acc": overall,
            **_single_turn_totals(ast, live, live_parts),
            **_turn_totals(multi_turn, turns),
            "Web Search Acc": search,
            **search_columns,
            "Memory Acc": memory,
            **memory_columns,
            "Relevance Detection": parts["live_relevance"],
            "Irrelevance Detection": irrelevance,
        },
    }


def _live(parts: Mapping[str, Score]) -> tuple[Score, ...]:
    return tuple(parts[f"live_{name}"] for name in ("simple", "multiple", "parallel", "parallel_multiple"))


def _turns(parts: Mapping[str, Score]) -> tuple[Score, ...]:
    return tuple(parts[f"multi_turn_{name}"] for name in ("base", "miss_func", "miss_param", "long_context"))


def _non_live_columns(
    parts: Mapping[str, Score], simple: Score, ast: tuple[Score, ...], python: str, prefix: str
) -> dict[str, Score]:
    return {
        "AST Summary": _mean(*ast),
        "Simple AST": simple,
        "Python Simple AST": parts[python],
        "Java Simple AST": parts[f"{prefix}java"],
        "JavaScript Simple AST": parts[f"{prefix}javascript"],
        "Multiple AST": parts["multiple"],
        "Parallel AST": parts["parallel"],
        "Parallel Multiple AST": parts["parallel_multiple"],
        "Irrelevance Detection": parts["irrelevance"],
    }


def _live_columns(parts: Mapping[str, Score], live: Score) -> dict[str, Score]:
    simple, multiple, parallel, parallel_multiple = _live(parts)
    return {
        "Live Overall Acc": live,
        "AST Summary": _weighted(*_live(parts)),
        "Python Simple AST": simple,
        "Python Multiple AST": multiple,
        "Python Parallel AST": parallel,
        "Python Parallel Multiple AST": parallel_multiple,
        "Irrelevance Detection": parts["live_irrelevance"],
        "Relevance Detection": parts["live_relevance"],
    }


def _turn_columns(total: Score, turns: tuple[Score, ...]) -> dict[str, Score]:
    names = ("Base", "Miss Func", "Miss Param", "Long Context")
    return {"Multi Turn Overall Acc": total, **dict(zip(names, turns, strict=True))}


def _single_turn_totals(ast: tuple[Score, ...], live: Score, live_parts: tuple[Score, ...]) -> dict[str, Score]:
    kinds = ("Simple", "Multiple", "Parallel", "Parallel Multiple")
    return {
        "Non-Live AST Acc": _mean(*ast),
        **{f"Non-Live {kind} AST": score for kind, score in zip(kinds, ast, strict=True)},
        "Live Acc": live,
        **{f"Live {kind} AST": score for kind, score in zip(kinds, live_parts, strict=True)},
    }


def _turn_totals(total: Score, turns: tuple[Score, ...]) -> dict[str, Score]:
    names = ("Base", "Miss Func", "Miss Param", "Long Context")
    return {"Multi Turn Acc": total, **{f"Multi Turn {name}": turn for name, turn in zip(names, turns, strict=True)}}
