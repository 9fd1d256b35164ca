"""Everything that is wrong with a file of tools, each thing with its place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lamforge.errors import DataError, LamforgeError, SchemaError, bounded
from lamforge.tools.importing import ImportOptions, read_source
from lamforge.tools.openapi import parse_text, read_text
from lamforge.tools.remote.bindings import ToolFile
from lamforge.tools.remote.files import is_tool_file, place_text, problem_text
from lamforge.tools.shapes import bare
from lamforge.tools.untrusted import check_tool
from lamforge.tools.validation import validate_arguments

_ANYWHERE = "https://server.invalid"  # in place of a server that a document does not name: nothing is sent


@dataclass
class Findings:
    """What a check found. `notes` are worth knowing and no faults."""

    tools: int = 0
    problems: list[LamforgeError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The findings as plain JSON."""
        problems = [{"where": each.where, "what": each.what, "remedy": each.remedy} for each in self.problems]
        return {"ok": not problems, "tools": self.tools, "problems": problems, "notes": self.notes}


def check_file(path: Path, options: ImportOptions) -> Findings:
    """All problems of a file of tools: a JSON list, a `tools.json`, an OpenAPI document or a Python file.

    Raises:
        UsageError: if a Python file cannot be confined as demanded.
    """
    findings = Findings()
    try:
        value = None if path.suffix == ".py" else parse_text(read_text(path), path)
        if is_tool_file(value):
            _check_tool_file(value, path, findings)
        elif path.suffix == ".py" or (isinstance(value, dict) and {"openapi", "swagger"} & value.keys()):
            _check_source(path, options, findings)
        else:
            _check_list(value, path, findings)
    except DataError as error:
        findings.problems.append(error)
    return findings


def check_list(tools: list[Any], where: str, findings: Findings) -> None:
    """Adds what is wrong with each of a list of tools."""
    names: dict[str, int] = {}
    for number, tool in enumerate(tools):
        place = f"{where}, tool {number}"
        findings.tools += 1
        findings.problems += tool_problems(tool, place)
        name = bare(tool).get("name") if isinstance(tool, dict) else None
        if isinstance(name, str):
            if name in names:
                what = f"a second tool is called {bounded(name)}, like tool {names[name]}"
                findings.problems.append(SchemaError(what, where=place, remedy="Rename or remove one of them."))
            names.setdefault(name, number)
            findings.notes += _hints(bare(tool), f"{place} ({name})")


def tool_problems(tool: Any, where: str) -> list[LamforgeError]:
    """Everything that is wrong with one tool; each part of it is looked at alone."""
    function = bare(tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not {"name", "description", "parameters"} & function.keys():
        return _raised(tool, where)
    parameters = function.get("parameters") or {}
    found = _raised({"name": function.get("name")}, where)
    found += _raised({"name": "x", "description": function.get("description")}, where)
    broken = _raised({"name": "x", "parameters": parameters}, where)
    if not found and not broken:
        broken = _raised(tool, where)
    if not broken:
        broken = _contradictions(parameters, where)
    return found + broken


def _raised(tool: Any, where: str) -> list[LamforgeError]:
    try:
        check_tool(tool, where=where)
        return []
    except LamforgeError as error:
        return [error]


def _contradictions(parameters: dict[str, Any], where: str) -> list[LamforgeError]:
    """What is no schema's fault by itself and yet cannot be meant."""
    properties = parameters.get("properties") or {}
    found: list[LamforgeError] = []
    for name in parameters.get("required") or ():
        if name not in properties and parameters.get("additionalProperties") is False:
            found.append(
                SchemaError(f"{bounded(name)} is required and no property", where=where, remedy="Describe it.")
            )
    for name, schema in properties.items():
        if isinstance(schema, dict) and "default" in schema and schema["default"] is not None:
            alone = {**parameters, "required": []}
            for problem in validate_arguments(alone, {name: schema["default"]}):
                found.append(SchemaError(f"the default of {name!r} does not fit: {problem}", where=where))
    return found


def _hints(function: dict[str, Any], where: str) -> list[str]:
    """What makes a tool hard to use."""
    if not function.get("description"):
        return [f"{where}: no description says what it does"]
    return []


def _check_list(value: Any, path: Path, findings: Findings) -> None:
    if isinstance(value, dict) and isinstance(value.get("tools"), list):
        value = value["tools"]
    check_list(value if isinstance(value, list) else [value], str(path), findings)


def _check_tool_file(value: Any, path: Path, findings: Findings) -> None:
    try:
        ToolFile.model_validate(value)
    except ValidationError as error:
        for each in error.errors():
            findings.problems.append(DataError(problem_text(each), where=f"{path}, {place_text(each)}"))
    plain = [
        {key: tool[key] for key in ("type", "function") if key in tool}
        for tool in value["tools"]
        if isinstance(tool, dict)
    ]
    check_list(plain, str(path), findings)


def _check_source(path: Path, options: ImportOptions, findings: Findings) -> None:
    try:
        imported = read_source(str(path), replace(options, server=options.server or _ANYWHERE))
    except (DataError, SchemaError) as error:
        findings.problems.append(error)
        return
    findings.tools = len(imported.file.tools)
    findings.problems += imported.problems
    findings.notes += imported.notes
    for tool in imported.file.tools:
        findings.problems += tool_problems(tool.openai, f"{path}, {tool.name}")
        findings.notes += _hints(tool.function, f"{path}, {tool.name}")
