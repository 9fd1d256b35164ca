"""Reads files of expectations and checks that every one can be met: schemas, names, values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lamforge.errors import DataError, LamforgeError, SchemaError, bounded
from lamforge.evaluate.calls.records import Case, CaseFile, Checked, ExpectedCall
from lamforge.tools import check_tool, load_tools, validate_arguments, wrapped

_QUOTE = "In YAML a date, a time or a number that is meant as text stands in quotes."


def load_cases(path: Path) -> list[Checked]:
    """The cases of a YAML or JSON file, or of all `*.yaml` files in a folder, which share their tools.

    Raises:
        DataError: naming the file and the case that cannot be met, is there twice, or is not in the documented form.
        SchemaError: naming the tool that cannot be used.
    """
    paths = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    files = {each: _read(each) for each in paths}
    tools: dict[str, dict[str, Any]] = {}
    own: dict[Path, list[str]] = {}
    for each, content in files.items():
        own[each] = []
        for tool in _tools_of(each, content):
            name = tool["function"]["name"]
            if name in tools:
                raise SchemaError(f"a second tool is called {name!r}", where=each, remedy="Rename or remove one.")
            tools[name] = tool
            own[each].append(name)
    found: dict[str, Checked] = {}
    for each, content in files.items():
        for number, case in enumerate(content.cases, 1):
            checked = _checked(case, f"{each.stem}-{number}", tools, own[each], f"{each}, case {number}")
            if checked.case.id in found:
                raise DataError(f"two cases have the id {bounded(checked.case.id)}", where=each)
            found[checked.case.id] = checked
    if not found:
        raise DataError("holds no cases", where=path, remedy="Write them under `cases:`; see docs/evaluation.md.")
    return list(found.values())


def _read(path: Path) -> CaseFile:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
        return CaseFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise DataError(f"{place}: {first['msg']}, got {bounded(first['input'])}", where=path) from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy="Write YAML or JSON.") from error


def _tools_of(path: Path, content: CaseFile) -> list[dict[str, Any]]:
    if isinstance(content.tools, str):
        return load_tools(path.parent / content.tools)
    for tool in content.tools:
        check_tool(tool, where=path)
    return [wrapped(tool) for tool in content.tools]


def _checked(case: Case, name: str, tools: dict[str, dict[str, Any]], own: list[str], where: str) -> Checked:
    """The case with its id and tools.

    Raises:
        DataError: if no answer could meet it.
    """
    names = own if case.tools is None else case.tools
    if unknown := [each for each in names if each not in tools]:
        raise DataError(f"offers {bounded(unknown[0])}, which is no tool here", where=where)
    if len(set(names)) < len(names):
        raise DataError("offers a tool twice", where=where)
    offered = {each: tools[each]["function"].get("parameters") or {} for each in names}
    for call in case.calls or ():
        if call.name not in offered:
            raise DataError(f"wants {bounded(call.name)}, which is not offered", where=where)
        _check_call(call, offered[call.name], where)
    for parameter in case.ask or ():
        if not any(parameter in parameters.get("required", ()) for parameters in offered.values()):
            raise DataError(f"{bounded(parameter)} is required by no tool that is offered", where=where)
    made = Checked(case=case.model_copy(update={"id": case.id or name}), offered=[tools[each] for each in names])
    try:
        made.digest  # noqa: B018
    except (TypeError, ValueError) as error:  # such as a date that YAML made of a text
        raise DataError(f"holds what is no JSON: {error}", where=where, remedy=_QUOTE) from error
    return made


def _check_call(call: ExpectedCall, parameters: dict[str, Any], where: str) -> None:
    named = {*call.also, *call.optional}
    if unknown := sorted(named - call.arguments.keys()):
        raise DataError(f"{bounded(unknown[0])} is not among the arguments of {call.name}", where=where)
    if needed := sorted({*call.optional} & {*parameters.get("required", ())}):
        raise DataError(f"{needed[0]} is required by {call.name} and cannot be optional", where=where)
    variants = [call.arguments]
    variants += [{**call.arguments, name: value} for name, values in call.also.items() for value in values]
    for arguments in variants:
        try:
            problems = validate_arguments(parameters, arguments)
        except LamforgeError:
            raise
        except (TypeError, ValueError) as error:
            problems = [str(error)]
        if problems:
            raise DataError(f"no model could call {call.name} like this: {problems[0]}", where=where, remedy=_QUOTE)
