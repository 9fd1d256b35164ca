"""BFCL's tasks as records: what is asked, which functions exist, what is right."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from lamforge.errors import DataError, bounded
from lamforge.evaluate.bfcl.suites import BACK_ENDS, Suite, kind_of
from lamforge.evaluate.bfcl.wheel import Release


@dataclass(frozen=True)
class BfclTask:
    """One entry of the benchmark.

    `id` is the official one, with "#2" behind it where the data give one id to a second entry.
    `answer` is, by kind of category: a list of {function: {parameter: alternatives}}; for several turns a list of calls
    in Python's notation for each turn; None where any call, or none, is right.
    """

    id: str
    category: str
    question: list[list[dict[str, Any]]]  # the messages of each turn
    functions: list[dict[str, Any]]  # documents in BFCL's own notation, as they stand in the data
    answer: list[Any] | None
    classes: list[str] = field(default_factory=list)  # the back ends of a conversation, in the order of the data
    state: str = "{}"  # what each back end starts with, as JSON
    later: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # functions that appear in a later turn

    @property
    def official_id(self) -> str:
        """The id as the data write it."""
        return self.id.partition("#")[0]

    def slim(self) -> BfclTask:
        """The task without what only the model and the checkers read, to be kept in numbers."""
        return replace(self, question=[], functions=[], state="{}", later={})

    @property
    def long(self) -> bool:
        """Whether back ends fill their state with much that is beside the point."""
        return "long_context" in self.category


def load_tasks(release: Release, suite: Suite, category: str) -> list[BfclTask]:
    """A category's tasks in the order of their numbers, which is the official one.

    Raises:
        DataError: if the release does not hold them as expected.
    """
    name = f"{suite.prefix}{category}.json"
    rows = sorted(_rows(release, f"data/{name}"), key=_number)
    kind = kind_of(category)
    answers: list[Any] = [None] * len(rows)
    if kind in ("ast", "multi_turn"):
        answered = sorted(_rows(release, f"data/possible_answer/{name}"), key=_number)
        if len(answered) != len(rows):
            raise DataError(f"{len(answered)} answers for {len(rows)} tasks", where=f"{release.path}: {name}")
        answers = [row["ground_truth"] for row in answered]  # by place: some ids are written differently
    documents = load_documents(release) if kind == "multi_turn" else {}
    try:
        names = numbered([row["id"] for row in rows])
        return [
            _task({**row, "id": name}, category, answer, documents)
            for row, name, answer in zip(rows, names, answers, strict=True)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"is not BFCL data as known: {error!r}", where=f"{release.path}: {name}") from error


def task_ids(release: Release, suite: Suite, category: str) -> list[str]:
    """The ids of a category's tasks; raises as `load_tasks` does."""
    return numbered([row["id"] for row in sorted(_rows(release, f"data/{suite.prefix}{category}.json"), key=_number)])


def sizes_of(release: Release, suite: Suite) -> dict[str, int]:
    """How many tasks each category has."""
    return {name: len(release.lines(f"data/{suite.prefix}{name}.json")) for name in suite.categories}


def load_documents(release: Release) -> dict[str, list[dict[str, Any]]]:
    """The functions of each back end."""
    return {name: _rows(release, f"data/multi_turn_func_doc/{file}.json") for name, file in BACK_ENDS.items()}


def numbered(ids: list[str]) -> list[str]:
    """Ids with "#2", "#3"… behind those that occur again: one release has an id twice."""
    seen: Counter[str] = Counter()
    names = []
    for name in ids:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def _task(row: dict[str, Any], category: str, answer: Any, documents: dict[str, list[dict[str, Any]]]) -> BfclTask:
    if kind_of(category) != "multi_turn":
        return BfclTask(row["id"], category, row["question"], row["function"], answer)
    classes = row["involved_classes"]
    functions = [document for name in classes for document in documents[name]]
    later: dict[int, list[dict[str, Any]]] = {}
    for turn, names in row.get("missed_function", {}).items():
        later[int(turn)] = []
        for name in names:
            missed = next((document for document in functions if document["name"] == name), None)
            if missed is not None:
                later[int(turn)].append(missed)
                functions.remove(missed)
    state = json.dumps(row.get("initial_config", {}))
    return BfclTask(row["id"], category, row["question"], functions, answer, classes, state, later)


def _rows(release: Release, name: str) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in release.lines(name)]
    except ValueError as error:
        raise DataError(f"is not JSON lines: {error}", where=f"{release.path}: {name}") from error


def _number(row: dict[str, Any]) -> int:
    """The place of an entry: 19 in "live_simple_19-3-15"."""
    try:
        return int(row["id"].rsplit("_", 1)[1].split("-")[0])
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise DataError(f"{bounded(row, 80)} has no id of BFCL's") from error
