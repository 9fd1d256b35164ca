"""Fills `state.json` from what a server shows at its start, and finds what differs there every time."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import yaml

from lamforge.domains.remote.session import RemoteSession
from lamforge.domains.remote.settings import RemoteSettings
from lamforge.domains.state import BaseState, Tables
from lamforge.errors import DomainError
from lamforge.tools.remote import ToolFile, write_whole
from lamforge.tools.remote.files import NAME, load_tool_file

_PAUSE_S = 1.1  # between two observations: a time of day to the second is another one then


def harvest_state(folder: Path, settings: RemoteSettings) -> tuple[Tables, list[str]]:
    """Writes what the server shows at its start into `state.json`.

    Returns:
        The tables, and the fields that were different after a second reset; they are left out, and belong to
        `remote.volatile` in `domain.yaml`.
    Raises:
        DomainError: if the server shows nothing.
        ServerError: if it fails.
    """
    file = load_tool_file(folder / NAME)
    tables = _observed(folder, file, settings)
    volatile: list[str] = []
    if settings.reset is not None:
        time.sleep(_PAUSE_S)
        volatile = sorted(differing_fields(tables, _observed(folder, file, settings)))
        if volatile:
            settings = settings.model_copy(update={"volatile": [*settings.volatile, *volatile]})
            tables = _observed(folder, file, settings)
    if not any(tables.values()):
        remedy = "Name reads that show records under remote.observe; mark tools that change nothing with --read."
        raise DomainError("the server shows no records", where=folder, remedy=remedy)
    write_whole(folder / "state.json", json.dumps(tables, ensure_ascii=False, indent=1) + "\n")
    return tables, volatile


def add_volatile(folder: Path, fields: list[str]) -> None:
    """Names more fields under `remote.volatile` in a `domain.yaml`, which keeps its comments.

    Raises:
        DomainError: if it has to be done by hand.
    """
    path = folder / "domain.yaml"
    text = path.read_text(encoding="utf-8")
    remote: dict[str, Any] = (yaml.safe_load(text) or {}).get("remote") or {}
    known = remote.get("volatile") or []
    line = f"  volatile: {json.dumps([*known, *fields])}\n"
    if known or "\nremote:\n" not in text:
        what = f"these fields differ every time: {', '.join(fields)}"
        raise DomainError(what, where=path, remedy=f"Write under remote:\n{line}")
    write_whole(path, text.replace("\nremote:\n", f"\nremote:\n{line}", 1))


def differing_fields(first: Tables, second: Tables) -> set[str]:
    """The names of the fields of the same records that differ between two states."""
    found: set[str] = set()
    for table in first.keys() & second.keys():
        for key in first[table].keys() & second[table].keys():
            one, other = first[table][key], second[table][key]
            found |= {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    return found


def _observed(folder: Path, file: ToolFile, settings: RemoteSettings) -> Tables:
    session = RemoteSession(folder, file, settings.model_copy(update={"recording": "off"}), BaseState({}))
    try:
        return session.start.tables
    finally:
        session.close()
