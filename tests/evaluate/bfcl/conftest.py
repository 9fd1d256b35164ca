"""A release of our own in BFCL's layout, with tasks of every category; and the official one where it is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import DataError
from lamforge.evaluate.bfcl import Release, Suite, open_release, parse_suite

_CLASSES = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}
_DESK = """
class TicketAPI:
    def __init__(self):
        self.tickets = []
        self._secret = object()

    def _load_scenario(self, scenario, long_context=False):
        self.tickets = scenario.get("tickets", [])

    def open_ticket(self, title, labels=()):
        ticket = {"id": len(self.tickets) + 1, "title": title, "labels": labels}
        self.tickets.append(ticket)
        return {"id": ticket["id"]}

    def close_ticket(self, id):
        if not 0 < id <= len(self.tickets):
            raise ValueError("no such ticket")
        self.tickets[id - 1]["closed"] = True
        return {"closed": id}

    def list_tickets(self):
        return [each["title"] for each in self.tickets]
"""
_LAMP = {
    "name": "lamp.set",
    "description": "Sets a lamp.",
    "parameters": {
        "type": "dict",
        "properties": {
            "room": {"type": "string", "description": "Which room."},
            "level": {"type": "float", "description": "How bright."},
            "colours": {"type": "array", "items": {"type": "string"}, "description": "Colours in order."},
            "fade": {"type": "dict", "description": "How it changes."},
        },
        "required": ["room"],
    },
}
_HEAT = {
    "name": "heat",
    "description": "Sets the heating.",
    "parameters": {"type": "dict", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"]},
}
_LAMP_ON = {"lamp.set": {"room": ["hall", "the hall"], "level": [0.5, ""], "colours": [["red"], ""]}}
_WARM = {"heat": {"degrees": [21]}}


def _typed(name: str, kind: str, **more: Any) -> dict[str, Any]:
    properties = {"value": {"type": kind, "description": "A value.", **more}}
    return {
        "name": name,
        "description": "Takes a value.",
        "parameters": {"type": "dict", "properties": properties, "required": []},
    }


def _ticket(name: str, **properties: str) -> dict[str, Any]:
    described = {key: {"type": kind, "description": "."} for key, kind in properties.items()}
    return {"name": name, "description": ".", "parameters": {"type": "dict", "properties": described, "required": []}}


_SINGLE: dict[str, list[tuple[list[dict[str, Any]], Any]]] = {
    "simple": [([_LAMP], [_LAMP_ON]), ([_HEAT], [_WARM])],
    "java": [([_typed("Box.put", "Array", items={"type": "String"})], [{"Box.put": {"value": [["a", "b"]]}}])],
    "javascript": [([_typed("put", "array", items={"type": "String"})], [{"put": {"value": [["a", "b"]]}}])],
    "multiple": [([_LAMP, _HEAT], [_WARM])],
    "parallel": [([_HEAT], [_WARM, {"heat": {"degrees": [18]}}])],
    "parallel_multiple": [([_LAMP, _HEAT], [_WARM, _LAMP_ON])],
    "irrelevance": [([_HEAT], None)],
    "live_simple": [([_HEAT], [_WARM])],
    "live_multiple": [([_LAMP, _HEAT], [_LAMP_ON])],
    "live_parallel": [([_HEAT], [_WARM, _WARM])],
    "live_parallel_multiple": [([_LAMP, _HEAT], [_LAMP_ON, _WARM])],
    "live_irrelevance": [([_LAMP], None), ([], None)],
    "live_relevance": [([_LAMP], None)],
}


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of our own."""
    root = tmp_path_factory.mktemp("release")
    data = root / "bfcl_eval" / "data"
    code = root / "bfcl_eval" / "eval_checker" / "multi_turn_eval" / "func_source_code"
    for folder in (data / "possible_answer", data / "multi_turn_func_doc", code):
        folder.mkdir(parents=True)
    for name, file in _CLASSES.items():
        body = f"class {name}:\n    def _load_scenario(self, scenario, long_context=False):\n        pass\n"
        (code / f"{file}.py").write_text(body)
        (data / "multi_turn_func_doc" / f"{file}.json").write_text("")
    (code / "ticket_api.py").write_text(_DESK)
    documents = [
        _ticket("open_ticket", title="string", labels="array"),
        _ticket("close_ticket", id="integer"),
        _ticket("list_tickets"),
    ]
    _write(data / "multi_turn_func_doc" / "ticket_api.json", documents)
    for category, tasks in _SINGLE.items():
        _write_single(data, category, tasks)
    for name in ("base", "miss_func", "miss_param", "long_context"):
        _write_turns(data, f"multi_turn_{name}")
    return Release(root)


def _write_single(data: Path, category: str, tasks: list[tuple[list[dict[str, Any]], Any]]) -> None:
    ids = [f"{category}_{number}" + "-0-0" * category.startswith("live") for number in range(len(tasks))]
    rows = [
        {"id": task_id, "question": [[{"role": "user", "content": f"Please do {task_id}."}]], "function": functions}
        for task_id, (functions, _) in zip(ids, tasks, strict=True)
    ]
    _write(data / f"BFCL_v3_{category}.json", rows)
    if not category.endswith("relevance"):
        answers = [{"id": i, "ground_truth": answer} for i, (_, answer) in zip(ids, tasks, strict=True)]
        _write(data / "possible_answer" / f"BFCL_v3_{category}.json", answers)


def _write_turns(data: Path, category: str) -> None:
    missing = category == "multi_turn_miss_func"
    question = [
        [{"role": "user", "content": "Open a ticket on the lamp (hall)."}],
        [{"role": "user", "content": "Done."}],
    ]
    answer = [["open_ticket('lamp (hall)', labels=['x'])"], ["close_ticket(id=1)", "list_tickets()"]]
    if missing:
        question, answer = [question[0], [], question[1]], [[], answer[0], answer[1]]
    row = {
        "id": f"{category}_0",
        "question": question,
        "initial_config": {"TicketAPI": {"tickets": []}},
        "involved_classes": ["TicketAPI"],
        **({"missed_function": {"1": ["open_ticket"]}} if missing else {}),
    }
    _write(data / f"BFCL_v3_{category}.json", [row])
    _write(data / "possible_answer" / f"BFCL_v3_{category}.json", [{"id": row["id"], "ground_truth": answer}])


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _official(suite: Suite) -> Release:
    folder = os.environ.get("LAMFORGE_BFCL")
    try:
        return open_release(suite, Path(folder) if folder else None)
    except DataError as error:
        if "fetch" not in error.what:
            raise
        pytest.skip(f"there is no network: {error}")


@pytest.fixture(scope="session", params=["v3", "v4"])
def official(request: pytest.FixtureRequest) -> tuple[Suite, Release]:
    """(suite, release) of the official data: LAMFORGE_BFCL names a folder of wheels, or pip fetches them once."""
    suite = parse_suite(request.param)
    return suite, _official(suite)


@pytest.fixture(scope="session")
def published() -> Release:
    """The release of v3 as it was published."""
    return _official(parse_suite("v3"))
