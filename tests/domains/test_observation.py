"""What servers answer, as tables of records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.domains.remote.observation import MAX_READS, Observer
from lamforge.domains.remote.settings import RemoteSettings
from lamforge.domains.remote.tables import first_difference, id_field, noun_of, rows_of, without
from lamforge.errors import DomainError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import HttpBinding, McpBinding, Parameter, RemoteTool


def tool(name: str, path: str | None = None, kind: Any = "read") -> RemoteTool:
    """A read; its required arguments are the parts of the path in braces, or the words after "by" in its name."""
    arguments = [part.strip("{}") for part in (path or "").split("/") if part.startswith("{")]
    if path is None and "_by_" in name:
        arguments = [name.split("_by_")[1]]
    parameters = {"type": "object", "properties": {a: {} for a in arguments}, "required": arguments}
    binding: Any = McpBinding(tool=name)
    if path is not None:
        places = [Parameter(argument=a, name=a, place="path") for a in arguments]
        binding = HttpBinding(method="GET", path=path, parameters=places)
    return RemoteTool(kind=kind, function={"name": name, "parameters": parameters}, binding=binding)


def observe(answers: dict[str, Any], *tools: RemoteTool, **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """(the tables, what was asked)."""
    asked: list[str] = []

    def ask(tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        asked.append(tool.name + "".join(f" {value}" for value in arguments.values()))
        answer = answers[tool.name]
        answer = answer(*arguments.values()) if callable(answer) else answer
        if answer is None:
            raise ToolError("no")
        return answer

    return Observer(list(tools), RemoteSettings(**settings), ask).observe(), asked


@pytest.mark.parametrize(
    ("answer", "tables"),
    [
        ([{"id": 1}], {"t": [{"id": 1}]}),
        ({"items": [{"id": 1}], "total": 1}, {"t": [{"id": 1}]}),
        (
            {"bikes": [{"id": 1}], "page": {"next": None}},
            {"t": [{"id": "main", "bikes": [{"id": 1}], "page": {"next": None}}]},
        ),
        ({"bikes": [{"id": 1}], "riders": [{"id": 2}]}, {"bikes": [{"id": 1}], "riders": [{"id": 2}]}),
        ({"B1": {"a": 1}, "B2": {"a": 2}}, {"t": [{"id": "B1", "a": 1}, {"id": "B2", "a": 2}]}),
        ({"open": True}, {"t": [{"id": "main", "open": True}]}),
        ({"settings": {"open": True}}, {"t": [{"id": "main", "open": True}]}),
        (["a", "b"], {"t": [{"value": "a"}, {"value": "b"}]}),
        ("text", {"t": [{"value": "text"}]}),
        ([], {"t": []}),
    ],
)
def test_answers_of_every_shape_are_records(answer: Any, tables: dict[str, Any]) -> None:
    assert rows_of(answer, "t") == tables


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"name": "a", "id": 1}, {"name": "a", "id": 2}], "id"),
        ([{"id": 1, "bike_id": "B1"}, {"id": 2, "bike_id": "B2"}], "bike_id"),
        ([{"bikeId": 1, "id": 5}, {"bikeId": 2, "id": 5}], "bikeId"),
        ([{"rider_id": 1, "bike_id": 5, "uuid": "x"}, {"rider_id": 1, "bike_id": 6, "uuid": "y"}], "bike_id"),
        ([{"code": "a"}, {"code": "a"}], None),
        ([{"id": None}], None),
        ([{"id": True}], None),
        ([], None),
    ],
)
def test_the_field_that_tells_records_apart(rows: list[dict[str, Any]], field: str | None) -> None:
    assert id_field(rows, "bikes") == field


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("list_bikes", "bikes"),
        ("getAllBikes", "bikes"),
        ("bikes", "bikes"),
        ("find_by_name", "by_name"),
        ("list", "list"),
    ],
)
def test_reads_are_named_after_what_they_show(name: str, noun: str) -> None:
    assert noun_of(name) == noun


BIKES = [{"id": 1, "model": "city"}, {"id": 2, "model": "cargo"}]


def test_a_read_about_one_record_is_asked_only_where_it_shows_more() -> None:
    tools = [tool("bikes", "/bikes"), tool("bike", "/bikes/{bike_id}")]
    tables, asked = observe({"bikes": BIKES, "bike": lambda key: BIKES[key - 1]}, *tools)
    assert tables == {"bikes": {"1": {"bike_id": 1, "model": "city"}, "2": {"bike_id": 2, "model": "cargo"}}}
    detailed = observe({"bikes": BIKES, "bike": lambda key: {"bike": {**BIKES[key - 1], "lock": key}}}, *tools)
    assert detailed[0]["bikes"]["2"] == {"bike_id": 2, "model": "cargo", "lock": 2}
    assert asked == detailed[1] == ["bikes", "bike 1", "bike 2"]


def test_what_belongs_to_a_record_is_found_through_it() -> None:
    tools = [
        tool("projects", "/projects"),
        tool("tasks", "/projects/{id}/tasks"),
        tool("notes", "/tasks/{task_id}/notes"),
    ]
    answers = {
        "projects": [{"id": "P1"}, {"id": "P2"}],
        "tasks": lambda project: [{"id": f"{project}-T", "title": "x"}],
        "notes": lambda task: [{"note_id": f"{task}-N", "text": "y"}],
    }
    tables, _ = observe(answers, *tools)
    assert tables["tasks"]["P1-T"] == {"task_id": "P1-T", "project_id": "P1", "title": "x"}
    assert tables["notes"]["P2-T-N"] == {"note_id": "P2-T-N", "task_id": "P2-T", "text": "y"}


def test_names_of_arguments_decide_how_ids_are_spelt_and_where_they_lead() -> None:
    tools = [tool("list_bikes"), tool("get_bike_by_bikeId")]
    tables, asked = observe({"list_bikes": BIKES, "get_bike_by_bikeId": lambda key: {"id": key, "lock": 1}}, *tools)
    assert tables["bikes"]["1"] == {"bikeId": 1, "model": "city", "lock": 1}
    assert asked[1] == "get_bike_by_bikeId 1"


def test_reads_that_refuse_show_nothing_and_writes_are_never_asked() -> None:
    tools = [tool("bikes", "/bikes"), tool("secrets", "/secrets"), tool("wipe", "/wipe", "write")]
    tables, asked = observe({"bikes": BIKES, "secrets": None}, *tools)
    assert list(tables) == ["bikes"]
    assert asked == ["bikes", "secrets"]


def test_an_observation_is_bounded() -> None:
    many = [{"id": number} for number in range(MAX_READS + 1)]
    with pytest.raises(DomainError, match="more than 500 requests") as caught:
        observe(
            {"bikes": many, "bike": lambda key: {"id": key, "lock": key}},
            tool("bikes", "/bikes"),
            tool("bike", "/bikes/{id}"),
        )
    assert "remote.observe" in str(caught.value)


def test_volatile_fields_are_nowhere() -> None:
    tables, _ = observe({"bikes": [{"id": 1, "seen": {"at": 3, "by": 4}}]}, tool("bikes", "/bikes"), volatile=["at"])
    assert tables == {"bikes": {"1": {"bike_id": 1, "seen": {"by": 4}}}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "id", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "items", "a", "bike_id"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_answers_make_tables_and_the_same_ones_each_time(one: Any, other: Any) -> None:
    tools = [tool("bikes", "/bikes"), tool("bike", "/bikes/{bike_id}"), tool("parts", "/bikes/{bike_id}/parts")]
    answers = {"bikes": one, "bike": lambda _: other, "parts": lambda _: one}
    tables, _ = observe(answers, *tools)
    assert observe(answers, *tools)[0] == tables
    assert first_difference(tables, tables) is None
    for records in tables.values():
        assert all(isinstance(key, str) and isinstance(record, dict) for key, record in records.items())


@given(JSON)
def test_without_nothing_everything_stays(value: Any) -> None:
    assert without(value, set()) == value
    assert "'a':" not in str(without(value, {"a"}))
