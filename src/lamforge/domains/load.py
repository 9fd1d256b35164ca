"""Loading a domain folder: every file is checked, and what is wrong is said with its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lamforge.domains.code import Code, load_code
from lamforge.domains.domain import Domain, Header
from lamforge.domains.remote import RemoteSettings, load_remote
from lamforge.domains.state import Tables
from lamforge.domains.task import load_tasks
from lamforge.domains.wording import Wording
from lamforge.errors import DomainError, bounded
from lamforge.tools.sandbox import Level

BUNDLED = Path(__file__).parent / "bundled"
FILES = ("domain.yaml", "policy.md", "state.json", "tools.py", "tools.json", "rules.py", "wording.yaml", "tasks.jsonl")
HELD_OUT = "wording-held-out.yaml"  # of evaluations alone: no part of the version that training data are made with


def load_domain(name_or_folder: str | Path, *, sandbox: Level | None = None) -> Domain:
    """Loads a bundled domain by name or a user's folder by path.

    The folder's `tools.py` and `rules.py` are the user's own code and run in this process, unless `sandbox` is given.
    A folder with `tools.json` is executed by the server that it names.

    Args:
        sandbox: Run the folder's code in a guest process, confined so far.
    Raises:
        DomainError: if a file is missing or wrong; the message names the file and the place in it.
        SchemaError: if no JSON Schema can be made of a tool's signature.
        UsageError: if the sandbox is not to be had here.
    """
    folder = _find(name_or_folder)
    _check_files(folder)
    header = _validated(Header, read_yaml(folder / "domain.yaml"), folder / "domain.yaml")
    tables = load_state(folder / "state.json")
    if header.owner is not None and header.owner not in tables:
        raise DomainError(
            f"owner {bounded(header.owner)} is not a table of state.json",
            where=folder / "domain.yaml",
            remedy=f"Use one of: {', '.join(tables)}.",
        )
    wording = _validated(Wording, read_yaml(folder / "wording.yaml") or {}, folder / "wording.yaml")
    held_out = _validated(Wording, read_yaml(folder / HELD_OUT) or {}, folder / HELD_OUT)
    policy = _text(folder / "policy.md").strip()
    tasks = load_tasks(folder / "tasks.jsonl") if (folder / "tasks.jsonl").exists() else []
    code = _code(folder, sandbox)
    session = None
    if (folder / "tools.json").is_file():
        session, code.tools = load_remote(folder, header.remote or RemoteSettings(), tables, sandbox)
        code.execution |= {"tools": "server", "servers": session.describe()}
    if not code.tools:
        raise DomainError(
            "declares no tool", where=folder / "tools.py", remedy='Mark functions with @tool(kind="read").'
        )
    digest = _digest(folder, session.code_files if session is not None else [])
    parts = (folder, header, policy, tables, code.tools, code.rules, wording, tasks, digest)
    return Domain(*parts, session=session, execution=code.execution, held_out=held_out)


def _code(folder: Path, sandbox: Level | None) -> Code:
    if sandbox is None:
        return load_code(folder)
    from lamforge.domains.sandboxed import SandboxedCode

    guest = SandboxedCode(folder, sandbox)
    return Code(guest.tools, guest.rules, {"tools": "sandbox", "level": sandbox, "measures": guest.measures})


def _check_files(folder: Path) -> None:
    tools = [name for name in ("tools.py", "tools.json") if (folder / name).is_file()]
    if len(tools) > 1:
        remedy = "Keep tools.py for tools that act on state.json, or tools.json for a server's."
        raise DomainError("has both tools.py and tools.json", where=folder, remedy=remedy)
    for name in ("domain.yaml", "policy.md", "state.json", *(tools or ["tools.py"])):
        if not (folder / name).is_file():
            raise DomainError(
                f"{name} is missing", where=folder, remedy="`lamforge init DIR` writes a working example."
            )


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


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; None if there is no such file.

    Raises:
        DomainError: naming the line that is no YAML.
    """
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


def load_state(path: Path) -> Tables:
    """The tables of a `state.json`.

    Raises:
        DomainError: saying what is wrong with it.
    """
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


def _digest(folder: Path, further: list[Path]) -> str:
    """The SHA-256 of a folder's files, and of those that its tools run beside them."""
    digest = hashlib.sha256()
    for path in (*(folder / name for name in FILES), *further):
        name = path.name
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()
