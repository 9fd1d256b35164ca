"""OpenAPI documents as tools: whatever they refer to, import ends, and a schema stands on its own."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.errors import DataError, LamforgeError, SchemaError, UsageError
from lamforge.tools import check_tool, validate_arguments
from lamforge.tools.openapi import Document, parse_text, read_operations
from lamforge.tools.remote import HttpServer, RemoteTool
from lamforge.tools.remote.imported import Imported

URL = "https://api.example.com/v1"


def document(paths: dict[str, Any] | None = None, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "Shop"}, "servers": [{"url": URL}], "paths": paths or {}, **more}


def imported(value: dict[str, Any], source: str = "shop.json", **options: Any) -> Imported:
    return read_operations(Document(source, json.loads(json.dumps(value)), options.get("hosts", ())), **options)


def tools(value: dict[str, Any], **options: Any) -> dict[str, RemoteTool]:
    found = imported(value, **options)
    assert found.problems == []
    return {tool.name: tool for tool in found.file.tools}


def with_body(schema: Any, version: str = "3.1.0", media: str = "application/json", **schemas: Any) -> dict[str, Any]:
    body = {"required": True, "content": {media: {"schema": schema}}}
    return document(
        {"/x": {"post": {"operationId": "act", "requestBody": body}}}, version, components={"schemas": schemas}
    )


def properties(value: dict[str, Any]) -> dict[str, Any]:
    return tools(value)["act"].parameters["properties"]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_parameters_of_all_places_and_the_body_become_one_flat_object() -> None:
    operation = {
        "operationId": "put thing!",
        "summary": "Put a thing",
        "description": "Somewhere.",
        "parameters": [
            {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
            {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
            {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
            {"name": "session", "in": "cookie", "schema": {"type": "string"}},
            {"name": "name", "in": "query", "schema": {"type": "string"}},
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
                    }
                }
            },
        },
    }
    shared = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "verbose", "in": "query", "required": True, "schema": {"type": "string"}},
    ]
    tool = tools(document({"/things/{id}": {"parameters": shared, "put": operation}}))["put_thing"]
    assert tool.function["description"] == "Put a thing. Somewhere."
    assert list(tool.parameters["properties"]) == [
        "thing_id", "verbose", "name", "X-Trace", "session", "body_name", "size",
    ]  # fmt: skip
    assert tool.parameters["required"] == ["thing_id", "body_name"]
    assert tool.parameters["properties"]["verbose"] == {"type": "boolean"}
    assert tool.kind == "write"


def test_names_are_derived_where_the_document_has_none_and_never_clash() -> None:
    paths = {
        "/bikes": {"get": {}, "post": {}},
        "/bikes/{id}": {"get": {}, "delete": {}},
        "/a": {"get": {"operationId": "same"}},
        "/b": {"get": {"operationId": "same"}},
        "/c": {"get": {"operationId": "größe/ändern"}},
    }
    assert list(tools(document(paths))) == [
        "get_bikes", "create_bikes", "get_bike", "delete_bike", "same", "same_2", "gr_e_ndern",
    ]  # fmt: skip


def test_reads_are_the_methods_that_change_nothing_and_deprecated_ones_are_left_out() -> None:
    found = imported(document({"/a": {"get": {}, "head": {}, "post": {}, "put": {"deprecated": True}}}))
    assert [(tool.name, tool.kind) for tool in found.file.tools] == [
        ("get_a", "read"), ("head_a", "read"), ("create_a", "write"),
    ]  # fmt: skip
    assert found.notes == ["PUT /a is deprecated and left out"]


def test_a_type_that_contains_itself_becomes_a_definition() -> None:
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": ref("Node")}},
    }
    tool = tools(with_body({"type": "object", "properties": {"root": ref("Node")}}, Node=node))["act"]
    assert tool.parameters["properties"]["root"] == {"$ref": "#/$defs/Node"}
    assert tool.parameters["$defs"]["Node"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    good = {"root": {"name": "a", "children": [{"name": "b", "children": []}]}}
    assert validate_arguments(tool.parameters, good) == []
    assert validate_arguments(tool.parameters, {"root": {"children": [{"name": 3}]}})


def test_types_that_contain_each_other_bring_all_their_definitions() -> None:
    a = {"type": "object", "properties": {"b": ref("B")}}
    b = {"type": "object", "properties": {"a": ref("A"), "c": ref("C")}}
    c = {"type": "object", "properties": {"text": {"type": "string"}}}
    tool = tools(with_body(ref("A"), A=a, B=b, C=c))["act"]
    assert set(tool.parameters["$defs"]) == {"A", "B"}
    assert tool.parameters["$defs"]["B"]["properties"]["c"]["properties"]["text"] == {"type": "string"}


def test_inheritance_that_goes_round_in_a_circle_ends() -> None:
    pet = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "oneOf": [ref("Cat"), ref("Dog")],
        "discriminator": {"propertyName": "kind"},
    }
    cat = {"allOf": [ref("Pet"), {"type": "object", "properties": {"lives": {"type": "integer"}}}]}
    dog = {"allOf": [ref("Pet"), {"type": "object", "properties": {"tricks": {"type": "integer"}}}]}
    shelter = {"type": "object", "properties": {"pet": ref("Pet"), "cat": ref("Cat")}}
    tool = tools(with_body(shelter, Pet=pet, Cat=cat, Dog=dog))["act"]
    assert validate_arguments(tool.parameters, {"cat": {"kind": "cat", "lives": 9}}) == []
    assert validate_arguments(tool.parameters, {"cat": {"kind": "cat", "lives": "nine"}})
    assert validate_arguments(tool.parameters, {"cat": {"lives": 9}})
    assert validate_arguments(tool.parameters, {"pet": {"lives": 9}})


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [ref("X")]},
        {"anyOf": [ref("X"), {"type": "string"}]},
        {"oneOf": [ref("X")]},
        ref("X"),
        {"not": ref("X")},
        {"if": ref("X"), "then": ref("X")},
    ],
)
def test_a_schema_that_is_nothing_but_itself_is_survived(schema: Any) -> None:
    for tool in imported(with_body({"type": "object", "properties": {"x": ref("X")}}, X=schema)).file.tools:
        validate_arguments(tool.parameters, {"x": "a"})


def test_allof_is_merged_to_its_tightest() -> None:
    base = {"type": "object", "required": ["n"], "properties": {"n": {"type": "number", "minimum": 1, "maximum": 9}}}
    more = {"properties": {"n": {"type": "integer", "minimum": 3}, "m": {"enum": ["a", "b"]}}, "required": ["m"]}
    schema = {"allOf": [ref("Base"), more, {"properties": {"m": {"enum": ["b", "c"]}}}]}
    tool = tools(with_body(schema, Base=base))["act"]
    assert tool.parameters["properties"]["n"] == {"type": "integer", "minimum": 3, "maximum": 9}
    assert tool.parameters["properties"]["m"] == {"enum": ["b"]}
    assert tool.parameters["required"] == ["n", "m"]


def test_what_cannot_be_merged_stays_side_by_side() -> None:
    both = {"allOf": [{"pattern": "^a"}, {"pattern": "b$"}, {"type": "string"}]}
    tool = tools(with_body({"type": "object", "properties": {"x": both}}))["act"]
    assert validate_arguments(tool.parameters, {"x": "ab"}) == []
    assert validate_arguments(tool.parameters, {"x": "aa"})
    assert validate_arguments(tool.parameters, {"x": "bb"})


@pytest.mark.parametrize(
    ("schema", "fits", "fails"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [3]),
        ({"type": "string", "enum": ["a"], "nullable": True}, [None, "a"], ["b"]),
        ({"allOf": [ref("T")], "nullable": True}, [None, {"n": 1}], [{"n": "1"}]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ({"type": "integer", "maximum": 5, "exclusiveMaximum": False}, [5], [6]),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, ["a", 1], [1.5]),
        ({"type": "string", "pattern": "^(?!x)"}, ["xa"], [3]),
        ({"type": "file"}, ["a"], []),
    ],
)
def test_what_openapi_30_says_otherwise_is_said_in_json_schema(schema: Any, fits: list[Any], fails: list[Any]) -> None:
    target = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tool = tools(with_body({"type": "object", "properties": {"x": schema}}, "3.0.3", T=target))["act"]
    assert all(validate_arguments(tool.parameters, {"x": value}) == [] for value in fits)
    assert all(validate_arguments(tool.parameters, {"x": value}) for value in fails)


def test_types_of_31_and_neighbours_of_references_are_kept() -> None:
    schema = {"type": "object", "properties": {"x": {**ref("T"), "maxLength": 3, "description": "Short."}}}
    found = properties(with_body(schema, T={"type": ["string", "null"], "description": "Any.", "examples": ["abc"]}))
    assert found["x"] == {"type": ["string", "null"], "maxLength": 3, "examples": ["abc"], "description": "Short."}


def test_fields_that_only_answers_have_are_no_arguments() -> None:
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": ref("Id"),
            "name": {"type": "string"},
            "inner": {"type": "object", "properties": {"made": {"readOnly": True}}},
        },
    }
    tool = tools(with_body(schema, Id={"type": "string", "readOnly": True}))["act"]
    assert list(tool.parameters["properties"]) == ["name", "inner"]
    assert tool.parameters["required"] == ["name"]
    assert tool.parameters["properties"]["inner"]["properties"] == {}


@pytest.mark.parametrize(
    ("schema", "media", "body"),
    [
        ({"type": "array", "items": {"type": "string"}}, "application/json", "whole"),
        ({"oneOf": [{"type": "object", "properties": {"a": {}}}, {"type": "string"}]}, "application/json", "whole"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "application/vnd.api+json; v=1", "json"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "application/x-www-form-urlencoded", "form"),
        ({"type": "string"}, "text/plain", "text"),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]},
            "application/json",
            "json",
        ),
    ],
)
def test_bodies_of_every_kind_that_can_be_sent(schema: Any, media: str, body: str) -> None:
    tool = tools(with_body(schema, media=media))["act"]
    assert tool.binding is not None and tool.binding.type == "http" and tool.binding.body == body
    assert list(tool.parameters["properties"]) == ["a" if body in ("json", "form") else "body"]


def test_one_bad_operation_does_not_spoil_the_others() -> None:
    image = {"required": True, "content": {"image/png": {}}}
    paths = {
        "/good": {"get": {}},
        "/image": {"post": {"requestBody": image}},
        "/lost": {"get": {"parameters": [{"$ref": "#/components/parameters/Nowhere"}]}},
        "/odd": {"get": {"parameters": ["what"]}},
        "/worse": {"get": {"parameters": [{"name": "x", "in": "query", "schema": {"minimum": "a"}}]}},
        "/gone": {"$ref": "#/nowhere"},
        "/broken": {"get": {"parameters": {"a": 1}}},
    }
    found = imported(document(paths))
    assert [tool.name for tool in found.file.tools] == ["get_good"]
    places = [problem.where for problem in found.problems]
    assert len(places) == 6
    assert all(place and place.startswith("shop.json, ") for place in places)
    assert "POST /image" in places[1] or "POST /image" in places[0]


def test_a_remote_reference_is_refused_with_what_to_do() -> None:
    found = imported(with_body({"$ref": "https://elsewhere.example/types.json#/T"}))
    assert found.file.tools == []
    assert "is not fetched" in found.problems[0].what
    assert "--allow-host elsewhere.example" in (found.problems[0].remedy or "")


def test_files_beside_the_document_are_read_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "bike.yaml").write_text(
        "Bike:\n  type: object\n  properties:\n    wheel: {$ref: '#/Wheel'}\nWheel: {type: integer}\n"
    )
    value = with_body({"type": "object", "properties": {"bike": {"$ref": "types/bike.yaml#/Bike"}}})
    (tmp_path / "api").mkdir()
    assert properties_of(value, tmp_path / "api.json")["bike"]["properties"]["wheel"] == {"type": "integer"}
    above = json.loads(json.dumps(value).replace("types/bike.yaml", "../types/bike.yaml"))
    problem = imported(above, str(tmp_path / "api" / "api.json")).problems[0]
    assert "is not fetched" in problem.what


def properties_of(value: dict[str, Any], path: Path) -> dict[str, Any]:
    found = imported(value, str(path))
    assert found.problems == []
    return found.file.tools[0].parameters["properties"]


@pytest.mark.parametrize(
    ("server", "url"),
    [
        (
            {
                "url": "https://{region}.example.com/{v}/",
                "variables": {"region": {"default": "eu"}, "v": {"default": "2"}},
            },
            "https://eu.example.com/2",
        ),
        ({"url": "https://a.example.com"}, "https://a.example.com"),
    ],
)
def test_servers_have_variables(server: dict[str, Any], url: str) -> None:
    found = imported({**document({"/a": {"get": {}}}), "servers": [server]})
    main = found.file.servers["main"]
    assert isinstance(main, HttpServer)
    assert (main.url, main.private) == (url, False)


def test_an_operation_may_have_a_server_of_its_own() -> None:
    found = imported(document({"/a": {"get": {}, "post": {"servers": [{"url": "https://upload.example.com"}]}}}))
    assert [tool.binding.server for tool in found.file.tools if tool.binding] == ["main", "server_2"]


def test_a_document_without_a_server_asks_for_one() -> None:
    with pytest.raises(DataError, match="names no server") as caught:
        imported({**document(), "servers": []})
    assert "--server" in str(caught.value)
    found = imported({**document({"/a": {"get": {}}}), "servers": []}, server="https://x.example.com/")
    assert found.file.servers["main"].url == "https://x.example.com"  # type: ignore[union-attr]


def test_a_document_cannot_lead_to_a_private_address_that_nobody_named() -> None:
    value = {**document({"/a": {"get": {}}}), "servers": [{"url": "http://127.0.0.1:9"}]}
    with pytest.raises(UsageError, match="private address") as caught:
        imported(value)
    assert "--server http://127.0.0.1:9" in str(caught.value)
    main = imported(value, server="http://127.0.0.1:9").file.servers["main"]
    assert isinstance(main, HttpServer) and main.private


def test_a_document_from_the_net_cannot_lead_to_another_host_that_nobody_named() -> None:
    value = document({"/a": {"get": {}}})
    source = "https://docs.example.org/openapi.json"
    with pytest.raises(UsageError, match="another host") as caught:
        imported(value, source)
    assert "--allow-host api.example.com" in str(caught.value)
    main = imported(value, source, hosts=["api.example.com"]).file.servers["main"]
    assert isinstance(main, HttpServer) and main.hosts == ["api.example.com"]


def test_credentials_are_named_and_a_document_cannot_choose_the_variable() -> None:
    schemes = {
        "token": {"type": "http", "scheme": "Bearer"},
        "login": {"type": "http", "scheme": "basic"},
        "SECRET_ACCESS_KEY": {"type": "apiKey", "in": "query", "name": "k"},
        "jar": {"type": "apiKey", "in": "cookie", "name": "sid"},
        "oauth": {"type": "oauth2", "flows": {}},
        "digest": {"type": "http", "scheme": "digest"},
    }
    value = document(
        {
            "/a": {"get": {}},
            "/b": {"get": {"security": [{"digest": []}, {"login": [], "jar": []}]}},
            "/c": {"get": {"security": [{}, {"oauth": []}]}},
            "/d": {"get": {"security": []}},
            "/e": {"get": {"security": [{"digest": []}]}},
        },
        security=[{"token": []}],
        components={"securitySchemes": schemes},
    )
    value["info"]["title"] = "AWS"
    found = imported(value)
    auth = found.file.servers["main"].auth  # type: ignore[union-attr]
    assert all(each.env.startswith("LAMFORGE_AWS_") for each in auth.values())
    assert auth["SECRET_ACCESS_KEY"].env == "LAMFORGE_AWS_SECRET_ACCESS_KEY"
    bound = {tool.name: tool.binding.auth for tool in found.file.tools if tool.binding and tool.binding.type == "http"}
    assert bound == {"get_a": ["token"], "get_b": ["login", "jar"], "get_c": ["oauth"], "get_d": []}
    assert {name for name, each in auth.items() if not each.optional} == {"token", "login", "jar"}
    assert "needs digest" in found.problems[0].what
    assert any("digest" in note for note in found.notes)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"swagger": "2.0"}, "version '2.0'"),
        ({"openapi": "4.0.0"}, "no OpenAPI 3 document"),
        ({"openapi": "3.1.0", "paths": []}, "no server|paths is no object"),
    ],
)
def test_other_documents_are_refused(value: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        imported(value)


def test_yaml_is_read_as_version_12_means_it() -> None:
    text = "a: no\nb: 2020-01-01\nc: 12:30\nd: 007\ne: true\nf: ~\n200: ok\n"
    assert parse_text(text, "x") == {
        "a": "no", "b": "2020-01-01", "c": "12:30", "d": "007", "e": True, "f": None, "200": "ok",
    }  # fmt: skip
    with pytest.raises(DataError, match="x:3"):
        parse_text("a: 1\nb: [\n", "x")
    with pytest.raises(DataError):
        parse_text("!!python/object/apply:os.system ['true']", "x")


def test_a_bomb_of_aliases_and_a_value_inside_itself_are_survived() -> None:
    lines = ["a0: &a0 {type: string}"]
    lines += [
        f"a{n}: &a{n} {{type: object, properties: {{x: *a{n - 1}, y: *a{n - 1}, z: *a{n - 1}}}}}" for n in range(1, 30)
    ]
    bomb = parse_text("\n".join(lines), "x")
    value = with_body({"$ref": "#/bomb/a29"})
    value["bomb"] = bomb
    found = read_operations(Document("x", value))
    assert "more than" in found.problems[0].what
    circle: dict[str, Any] = yaml.safe_load("&a {type: object, properties: {self: *a}}")
    value = with_body({"type": "object"})
    value["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]["schema"] = circle
    assert read_operations(Document("x", value)).problems


def test_references_to_references_that_stand_for_billions_are_refused_and_cost_nothing() -> None:
    names = [f"T{n}" for n in range(40)]
    schemas = {
        name: {"type": "object", "properties": {key: ref(after) for key in "abcde"}} for name, after in pairwise(names)
    }
    schemas["T39"] = {"type": "string"}
    found = imported(with_body({"type": "object", "properties": {"t": ref("T0")}}, **schemas))
    assert "nodes once its references are written out" in found.problems[0].what


def test_what_is_deep_inside_is_left_to_definitions() -> None:
    names = [f"T{n}" for n in range(30)]
    schemas = {name: {"type": "object", "properties": {"next": ref(after)}} for name, after in pairwise(names)}
    schemas["T29"] = {"type": "integer"}
    tool = tools(with_body({"type": "object", "properties": {"t": ref("T0")}}, **schemas))["act"]
    value: Any = 1
    for _ in range(29):
        value = {"next": value}
    assert validate_arguments(tool.parameters, {"t": value}) == []
    assert validate_arguments(tool.parameters, json.loads(json.dumps({"t": value}).replace("1", '"one"')))


SCHEMAS = st.recursive(
    st.sampled_from(
        [{}, {"type": "string"}, {"type": "integer", "nullable": True}, ref("A"), ref("B"), ref("C"), True]
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)}
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=3), "nullable": st.booleans()}),
        st.fixed_dictionaries({"additionalProperties": inner, "not": inner}),
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(a=SCHEMAS, b=SCHEMAS, c=SCHEMAS, version=st.sampled_from(["3.0.0", "3.1.0"]))
def test_import_ends_for_any_schemas_and_its_tools_are_usable(a: Any, b: Any, c: Any, version: str) -> None:
    value = with_body(
        {"type": "object", "properties": {"a": ref("A"), "b": {"items": ref("B")}}}, version, A=a, B=b, C=c
    )
    before = json.dumps(value)
    found = imported(value)
    assert json.dumps(value) == before
    for tool in found.file.tools:
        check_tool(tool.openai)
        validate_arguments(tool.parameters, {"a": {"x": {"y": 1}}, "b": [["z"]]})


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda v: (
            st.lists(v, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "/a",
                        "get",
                        "post",
                        "parameters",
                        "requestBody",
                        "schema",
                        "in",
                        "name",
                        "content",
                        "application/json",
                        "$ref",
                        "servers",
                        "url",
                        "security",
                        "components",
                        "securitySchemes",
                        "type",
                    ]
                ),
                v,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_no_document_makes_it_fail_without_a_word(value: Any) -> None:
    try:
        imported({**document(), **(value if isinstance(value, dict) else {"paths": value}), "openapi": "3.0.0"})
    except LamforgeError as error:
        assert error.what


def test_errors_of_schemas_are_schema_errors() -> None:
    problem = imported(with_body({"type": "object", "properties": {"x": 3}})).problems[0]
    assert isinstance(problem, SchemaError)
    assert problem.where == "shop.json, POST /x, body, x"
