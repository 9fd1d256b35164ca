"""Loading a domain folder: every file is checked, and what is wrong is said with its place."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from pydantic import ValidationError

from lamforge.domains.declare import Rule, Tool
from lamforge.domains.domain import Domain, Header
from lamforge.domains.state import Tables
from lamforge.domains.task import load_tasks
from lamforge.domains.wording import Wording
from lamforge.errors import DomainError, LamforgeError, bounded

BUNDLED = Path(__file__).parent / "bundled"
FILES = ("domain.yaml", "policy.md", "state.json", "tools.py", "rules.py", "wording.yaml", "tasks.jsonl")


def load_domain(name_or_folder: str | Path) -> Domain:
    """Loads a bundled domain by name or a user's folder by path.

    The folder's `tools.py` and `rules.py` are the user's own code and run in this process.

    Raises:
        DomainError: if a file is missing or wrong; the message names the file and the place in it.
        SchemaError: if no JSON Schema can be made of a tool's signature.
    """
    folder = _find(name_or_folder)
    for name in ("domain.yaml", "policy.md", "state.json", "tools.py"):
        if not (folder / name).is_file():
            raise DomainError(
                f"{name} is missing", where=folder, remedy="`lamforge init DIR` writes a working example."
            )
    header = _validated(Header, _yaml(folder / "domain.yaml"), folder / "domain.yaml")
    tables = _state(folder / "state.json")
    if header.owner is not None and header.owner not in tables:
        raise DomainError(
            f"owner {bounded(header.owner)} is not a table of state.json",
            where=folder / "domain.yaml",
            remedy=f"Use one of: {', '.join(tables)}.",
        )
    tools = [item for item in _declared(folder / "tools.py") if isinstance(item, Tool)]
    if not tools:
        raise DomainError(
            "declares no tool", where=folder / "tools.py", remedy='Mark functions with @tool(kind="read").'
        )
    rules = [item for item in _declared(folder / "rules.py") if isinstance(item, Rule)]
    wording = _validated(Wording, _yaml(folder / "wording.yaml") or {}, folder / "wording.yaml")
    policy = _text(folder / "policy.md").strip()
    tasks = load_tasks(folder / "tasks.jsonl") if (folder / "tasks.jsonl").exists() else []
    return Domain(folder, header, policy, tables, tools, rules, wording, tasks, _digest(folder))


def _find(name_or_folder: str | Path) -> Path:
    path = Path(name_or_folder)
    if path.is_dir():
        return path
    bundled = BUNDLED / str(name_or_folder)
    if path.name == str(name_or_folder) and bundled.is_dir():
        return bundled
    names = ", ".join(sorted(p.name for p in BUNDLED.iterdir() if p.is_dir() and not p.name.startswith("_")))
    raise DomainError(
        f"no domain folder {bounded(str(name_or_folder))}",
        remedy=f"Give the path of a folder, or a bundled domain: {names}. `lamforge init DIR` starts one of your own.",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"cannot be read: {error}", where=path) from error


def _yaml(path: Path) -> Any:
    if not path.exists():
        return None
    try:
        return yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else path
        raise DomainError(f"is not YAML: {getattr(error, 'problem', error)}", where=place) from error


def _validated(model: type[Any], value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        raise DomainError(f"must be a mapping, not {bounded(value)}", where=path)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        fields = ", ".join(model.model_fields)
        raise DomainError(f"{place}: {first['msg']}", where=path, remedy=f"Known keys: {fields}.") from error


def _state(path: Path) -> Tables:
    try:
        tables = json.loads(_text(path))
        json.dumps(tables, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise DomainError("is nested too deep", where=path) from error
    except UnicodeEncodeError as error:
        raise DomainError("holds half a surrogate pair, which is no character", where=path) from error
    except ValueError as error:
        raise DomainError(f"is not JSON: {error}", where=path) from error
    shape = 'The shape is {"table": {"id": {"field": value}}}.'
    if not isinstance(tables, dict):
        raise DomainError(f"must be an object of tables, not {type(tables).__name__}", where=path, remedy=shape)
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise DomainError(f"table {name!r} must be an object of records", where=path, remedy=shape)
        for key, record in table.items():
            if not isinstance(record, dict):
                raise DomainError(f"record {name}/{key} must be an object", where=path, remedy=shape)
    return tables


def _declared(path: Path) -> list[Any]:
    """The module-level objects of a Python file in the order of their definition."""
    if not path.exists():
        return []
    name = f"lamforge_domain_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are resolved through it
    try:
        spec.loader.exec_module(module)
    except LamforgeError:
        raise
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else "?")
        raise DomainError(f"{type(error).__name__}: {error}", where=f"{path}:{line}") from error
    return list(vars(module).values())


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        path = folder / name
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()
