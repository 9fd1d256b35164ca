"""Writes a domain folder for imported tools."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lamforge.domains.remote.harvesting import add_volatile, harvest_state
from lamforge.domains.remote.settings import RemoteSettings
from lamforge.errors import DomainError, OutputError
from lamforge.tools.remote import HttpServer, PythonFile, ToolFile, tool_file_text, write_whole
from lamforge.tools.remote.files import NAME, load_tool_file, place_text, problem_text
from lamforge.tools.remote.imported import Imported

_POLICY = "You help the customers of {name}. Use the tools; never make up what they have not told you.\n"
_HINTS = """  # policy.md is what an agent is told: write there what it must know and must not do.
  # observe: [list_things, get_thing]  # the reads that show the state; by default all that can be found
  # volatile: [created_at]  # fields that differ every time
  # recording: record  # then replay: answers come from recordings.jsonl, and no server is asked
"""


def import_domain(folder: Path, imported: Imported, *, reset: str | None, harvest: bool) -> dict[str, Any]:
    """Writes a domain folder for an import, and with `harvest` its state.

    Returns:
        What was written, for a summary: "out", "files", "state" {table: records} and "domain_notes".
    Raises:
        OutputError, DomainError, ServerError: see `write_remote_domain` and `harvest_state`.
    """
    fresh = not (folder / "domain.yaml").exists()
    files = write_remote_domain(folder, imported.file, reset)
    summary: dict[str, Any] = {"out": str(folder), "files": [path.name for path in files], "domain_notes": []}
    settings = read_settings(folder)
    if reset is not None and not fresh and RemoteSettings(reset=reset).reset != settings.reset:
        summary["domain_notes"].append(f"domain.yaml is kept: its reset is {settings.reset!r}, not {reset!r}")
    if harvest:
        tables, volatile = harvest_state(folder, settings)
        summary["state"] = {table: len(records) for table, records in tables.items()}
        if volatile:
            add_volatile(folder, volatile)
            summary["domain_notes"].append(f"fields that differ every time are left out: {', '.join(volatile)}")
    return summary


def read_settings(folder: Path) -> RemoteSettings:
    """The `remote:` of a `domain.yaml`.

    Raises:
        DomainError: if it is wrong.
    """
    path = folder / "domain.yaml"
    try:
        value = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("remote") or {}
        return RemoteSettings.model_validate(value)
    except (OSError, yaml.YAMLError, AttributeError) as error:
        raise DomainError(f"cannot be read: {error}", where=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DomainError(problem_text(first), where=f"{path}, remote.{place_text(first)}") from error


def write_remote_domain(folder: Path, file: ToolFile, reset: str | None) -> list[Path]:
    """Writes `tools.json`, and the other files of a domain where they are missing.

    In a folder that has a `tools.json` already, the kinds that were set there are kept.

    Args:
        reset: How the server is brought back, as in `RemoteSettings.reset`.
    Returns:
        The files written.
    Raises:
        OutputError: if the folder holds something else, or cannot be written.
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / NAME).is_file():
        remedy = "Name a folder that does not exist yet, or one that `tools import` wrote."
        raise OutputError("is not empty", where=folder, remedy=remedy)
    if (folder / NAME).is_file():
        _keep_kinds(load_tool_file(folder / NAME), file)
    written = _copied_files(folder, file)
    contents = {
        "domain.yaml": _header(folder.name, file, reset),
        "policy.md": _POLICY.format(name=file.source.get("title") or folder.name),
        "state.json": "{}\n",
    }
    write_whole(folder / NAME, tool_file_text(file))
    written.append(folder / NAME)
    for name, text in contents.items():
        if not (folder / name).exists():
            write_whole(folder / name, text)
            written.append(folder / name)
    return written


def _keep_kinds(old: ToolFile, new: ToolFile) -> None:
    kinds = {tool.name: tool.kind for tool in old.tools}
    for tool in new.tools:
        tool.kind = kinds.get(tool.name, tool.kind)


def _copied_files(folder: Path, file: ToolFile) -> list[Path]:
    """Puts Python files into the folder, so that it stands on its own."""
    written = []
    for server in file.servers.values():
        if isinstance(server, PythonFile) and Path(server.file).is_absolute():
            target = folder / Path(server.file).name
            if target.name in ("tools.py", "rules.py"):
                target = target.with_name(f"functions_{target.name}")
            try:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(server.file, target)
            except OSError as error:
                raise OutputError(f"cannot be written: {error.strerror}", where=target) from error
            server.file = target.name
            written.append(target)
    return written


def _header(name: str, file: ToolFile, reset: str | None) -> str:
    title = file.source.get("title") or name
    kinds = {"http": "an HTTP server", "python": "Python functions"}
    reached = next((kinds.get(server.type, "an MCP server") for server in file.servers.values()), "nothing")
    lines = [f"name: {json.dumps(name, ensure_ascii=False)}"]
    lines.append(f"description: {json.dumps(f'{title}, over {reached}', ensure_ascii=False)}")
    lines.append("remote:")
    if reset is not None:
        lines.append(f"  reset: {json.dumps(reset)}  # brings the server back to its start")
    else:
        example = '"POST /reset"' if any(isinstance(s, HttpServer) for s in file.servers.values()) else "restart"
        lines.append(f"  reset: null  # such as {example}; without it, tools that change something are in no task")
    return "\n".join(lines) + "\n" + _HINTS
