"""Answers that should be right, made from the possible answers. For checks of checkers; never shown to a model."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

from lamforge.evaluate.bfcl.decoding import Kind
from lamforge.evaluate.bfcl.suites import kind_of, language_of
from lamforge.evaluate.bfcl.tasks import BfclTask

Made = list[dict[str, Any]]  # calls as {"name", "arguments"}


def perfect_calls(task: BfclTask, classes: dict[str, type]) -> list[list[Made]]:
    """The calls of each step of each turn; a task of a single turn has one turn of one step."""
    kind = kind_of(task.category)
    if kind == "multi_turn":
        return [[[_from_line(line, task, classes) for line in lines]] if lines else [] for lines in task.answer or []]
    if kind == "ast":
        return [[[_from_alternatives(task, expected) for expected in task.answer or []]]]
    wanted = [{"name": task.functions[0]["name"], "arguments": {}}] if kind == "relevance" else []
    return [[wanted]]


def as_answer(task: BfclTask, turns: list[list[Made]], kind: Kind) -> Any:
    """Calls as a handler would have kept them."""
    if kind_of(task.category) == "multi_turn":
        return [[_written(step, kind) for step in steps] for steps in turns]
    return _written(turns[0][0], kind)


def _written(calls: Made, kind: Kind) -> Any:
    if kind == "text":
        return json.dumps(calls)
    return [{str(call["name"]).replace(".", "_"): json.dumps(call["arguments"])} for call in calls]


def _from_line(line: str, task: BfclTask, classes: dict[str, type]) -> dict[str, Any]:
    called = ast.parse(line.strip(), mode="eval").body
    assert isinstance(called, ast.Call) and isinstance(called.func, ast.Name)
    arguments = {str(each.arg): ast.literal_eval(each.value) for each in called.keywords}
    if called.args:
        owner = next(classes[name] for name in reversed(task.classes) if hasattr(classes[name], called.func.id))
        names = list(inspect.signature(getattr(owner, called.func.id)).parameters)[1:]
        placed = dict(zip(names, map(ast.literal_eval, called.args), strict=False))
        arguments = {**placed, **arguments}
    return {"name": called.func.id, "arguments": arguments}


def _from_alternatives(task: BfclTask, expected: dict[str, Any]) -> dict[str, Any]:
    name, parameters = next(iter(expected.items()))
    document = next((each for each in task.functions if each["name"] == name), task.functions[0])
    arguments = {}
    for parameter, alternatives in parameters.items():
        value = _first(alternatives)
        if value is _LEFT_OUT:
            continue
        described = document["parameters"]["properties"].get(parameter, {})
        language = language_of(task.category)
        arguments[parameter] = value if language == "python" else _literal(value, described, language)
    return {"name": name, "arguments": arguments}


_LEFT_OUT = object()


def _first(alternatives: list[Any]) -> Any:
    for each in alternatives:
        if each != "":
            return _plain(each)
    return _LEFT_OUT


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        fields = {key: _first(among) if isinstance(among, list) else among for key, among in value.items()}
        return {key: item for key, item in fields.items() if item is not _LEFT_OUT}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _literal(value: Any, described: dict[str, Any], language: str) -> str:
    kind, inner = described.get("type", "any"), described.get("items", {}).get("type")
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        endings = {"long": "L", "float": "f"} if language == "java" else {"Bigint": "n"}
        return f"{value}{endings.get(kind, '')}"
    quoted = [_element(item, inner, language) for item in value]
    if language == "javascript":
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {_element(item, None, language)}" for key, item in value.items()) + "}"
        return f"[{', '.join(quoted)}]"
    if isinstance(value, dict):
        puts = " ".join(f'put("{key}", {_element(item, None, language)});' for key, item in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}"
    if kind == "ArrayList":
        return f"new ArrayList<>(Arrays.asList({', '.join(quoted)}))"
    return f"new {inner or 'Object'}[]{{{', '.join(quoted)}}}"


def _element(value: Any, inner: str | None, language: str) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return _literal(value, {"type": inner or "any"}, language)
