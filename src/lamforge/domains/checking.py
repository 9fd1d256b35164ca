"""Everything that is wrong with a domain folder, each thing with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from lamforge.domains.domain import Header
from lamforge.domains.load import FILES, HELD_OUT, load_domain, load_state, read_yaml
from lamforge.domains.task import Task
from lamforge.domains.wording import Wording
from lamforge.errors import DataError, DomainError, LamforgeError, UsageError
from lamforge.tools.checking import Findings, check_file
from lamforge.tools.importing import ImportOptions
from lamforge.tools.remote.files import place_text, problem_text


def check_folder(folder: Path, options: ImportOptions) -> Findings:
    """All problems of a domain folder. Its Python files run in a sandbox, or here with `options.trust`.

    Raises:
        UsageError: if they cannot be confined as demanded.
    """
    findings = Findings()
    for name in ("domain.yaml", "policy.md", "state.json"):
        if not (folder / name).is_file():
            findings.problems.append(DomainError("is missing", where=folder / name, remedy="See docs/domains.md."))
    state = _tried(findings, lambda: load_state(folder / "state.json")) if (folder / "state.json").exists() else None
    _check_record(folder / "domain.yaml", Header, findings)
    for name in ("wording.yaml", HELD_OUT):
        _check_record(folder / name, Wording, findings)
    _check_tasks(folder / "tasks.jsonl", findings)
    for name in ("tools.json", "tools.py"):
        if (folder / name).is_file():
            _add(findings, check_file(folder / name, options))
    if not findings.problems:  # what only shows when everything is put together
        sandbox = None if options.trust or not (folder / "tools.py").exists() else options.level
        domain = _tried(findings, lambda: load_domain(folder, sandbox=sandbox))
        if domain is not None:
            findings.notes += [f"{tool} is in no task: {why}" for tool, why in domain.unusable.items()]
            domain.close()
    if state == {}:
        findings.notes.append(f"{folder / 'state.json'} is empty: tools import --harvest fills it from the server")
    if strangers := [path.name for path in sorted(folder.glob("*.y*ml")) if path.name not in (*FILES, HELD_OUT)]:
        findings.notes.append(f"{', '.join(strangers)}: not read; a domain's files are {', '.join(FILES)}")
    return findings


def _tried(findings: Findings, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except UsageError:
        raise
    except LamforgeError as error:
        findings.problems.append(error)
        return None


def _add(findings: Findings, others: Findings) -> None:
    findings.tools += others.tools
    findings.problems += others.problems
    findings.notes += others.notes


def _check_record(path: Path, model: type[BaseModel], findings: Findings) -> None:
    """Adds every problem of a YAML file."""
    value = _tried(findings, lambda: read_yaml(path))
    if value is None:
        return
    try:
        model.model_validate(value)
    except ValidationError as error:
        for each in error.errors():
            findings.problems.append(DomainError(problem_text(each), where=f"{path}, {place_text(each)}"))


def _check_tasks(path: Path, findings: Findings) -> None:
    """Adds every line that is no task."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            Task.model_validate(json.loads(line))
        except ValidationError as error:
            for each in error.errors():
                findings.problems.append(DataError(problem_text(each), where=f"{path}:{number}, {place_text(each)}"))
        except (ValueError, RecursionError) as error:
            findings.problems.append(DataError(f"is not JSON: {error}", where=f"{path}:{number}"))
