"""The state of a server as far as its reads show it.

Reads without arguments come first; then those that take the id of a record that is known by then, wherever they show
more than the others did. What is not worth asking is found out once, on the first observation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamforge.domains.remote.settings import Call, RemoteSettings
from lamforge.domains.remote.tables import (
    id_field,
    key_name,
    keyed,
    merge,
    noun_of,
    plain,
    rows_of,
    singular,
    unwrapped,
    without,
)
from lamforge.domains.state import Record, Tables
from lamforge.errors import DomainError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import HttpBinding, RemoteTool

MAX_READS = 500  # requests of one observation
_SAMPLES = 4  # records that it is found out on whether a read shows more
_ROUNDS = 3  # of reads that need what reads before them showed

Ask = Callable[[RemoteTool, dict[str, Any]], Any]


class Observer:
    """Observes a server through its read tools.

    Args:
        ask: Calls a tool.
    """

    def __init__(self, tools: list[RemoteTool], settings: RemoteSettings, ask: Ask) -> None:
        self._settings = settings
        self._ask = ask
        self._volatile = set(settings.volatile)
        by_name = {tool.name: tool for tool in tools}
        self._fixed, self._chosen = _chosen(by_name, settings)
        self._fields: dict[str, str | None] = {}  # table -> the field that tells its records apart
        self._spelling = {plain(name): name for tool in tools for name in tool.parameters.get("properties") or ()}
        self._silent: set[str] = set()  # reads that show nothing that others do not
        self._left = MAX_READS

    def observe(self) -> Tables:
        """All that can be seen of the server now.

        Raises:
            DomainError: if that takes more than `MAX_READS` requests.
            ServerError: if the server fails.
        """
        self._left = MAX_READS
        tables: Tables = {}
        for call, tool in self._fixed:
            value = self._answer(tool, call.arguments)
            if value is not None:
                self._add(tables, rows_of(value, call.table or _table_of(tool)))
        waiting = [tool for tool in self._chosen if tool.name not in self._silent]
        for _ in range(_ROUNDS):
            for tool in list(waiting):
                if (table := _link(tool, tables, self._fields)) is not None:
                    waiting.remove(tool)
                    self._follow(tool, table, tables)
        return {name: tables[name] for name in sorted(tables)}

    def _follow(self, tool: RemoteTool, table: str, tables: Tables) -> None:
        """Asks a read about each record of a table, if it shows more of a few of them."""
        argument = tool.parameters["required"][0]
        found: list[tuple[str, Tables]] = []
        for number, key in enumerate(list(tables[table])):
            if number == _SAMPLES and not any(_shows_more(shown, tables) for _, shown in found):
                break
            name = _key_in(tables[table][key])
            value = self._answer(tool, {argument: tables[table][key].get(name, key)})
            if value is not None:
                found.append((key, self._shown(tool, table, key, value, tables)))
        if found and not any(_shows_more(shown, tables) for _, shown in found):
            self._silent.add(tool.name)
            return
        for _, shown in found:
            for name, records in shown.items():
                merge(tables, name, records)

    def _shown(self, tool: RemoteTool, table: str, key: str, value: Any, tables: Tables) -> Tables:
        """What an answer about one record shows: more of the record, or records that belong to it."""
        if not isinstance(value, list) and isinstance(unwrapped(value), dict):
            record = unwrapped(value)
            name, field = _key_in(tables[table][key]), self._fields.get(table)
            return {
                table: {key: {name: tables[table][key].get(name), **{k: v for k, v in record.items() if k != field}}}
            }
        parent = _key_in(tables[table][key])
        shown: Tables = {}
        rows = {
            name: [{parent: tables[table][key][parent], **row} for row in each]
            for name, each in rows_of(value, _table_of(tool)).items()
        }
        self._add(shown, rows)
        return shown

    def _add(self, tables: Tables, found: dict[str, list[Record]]) -> None:
        for table, rows in found.items():
            if self._fields.get(table) is None:
                self._fields[table] = id_field(rows, table)
            field = self._fields[table]
            name = key_name(table, field or "")
            merge(tables, table, keyed(rows, field, self._spelling.get(plain(name), name)))

    def _answer(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """What a read answers, without what differs every time; None if it refuses."""
        if self._left == 0:
            raise DomainError(
                f"to observe the server takes more than {MAX_READS} requests",
                remedy="Name the reads that matter under remote.observe in domain.yaml.",
            )
        self._left -= 1
        try:
            return without(self._ask(tool, arguments), self._volatile)
        except ToolError:
            return None


def _chosen(
    tools: dict[str, RemoteTool], settings: RemoteSettings
) -> tuple[list[tuple[Call, RemoteTool]], list[RemoteTool]]:
    """(reads with fixed arguments, reads that take an id)."""
    if settings.observe is not None:
        wanted = [each if isinstance(each, Call) else Call(tool=each) for each in settings.observe]
        for call in wanted:
            if call.tool not in tools:
                known = ", ".join(tools)
                what = f"remote.observe names {call.tool!r}, which is no tool"
                raise DomainError(what, remedy=f"Use one of: {known}.")
    else:
        wanted = [Call(tool=tool.name) for tool in tools.values() if tool.kind == "read"]
    fixed, linked = [], []
    for call in wanted:
        tool = tools[call.tool]
        missing = [name for name in tool.parameters.get("required") or () if name not in call.arguments]
        if not missing:
            fixed.append((call, tool))
        elif len(missing) == 1 and not call.arguments:
            linked.append(tool)
    return fixed, linked


def _table_of(tool: RemoteTool) -> str:
    """The table for what a read shows: the last word of its path, or the noun in its name."""
    if isinstance(tool.binding, HttpBinding):
        words = [part for part in tool.binding.path.split("/") if part and "{" not in part]
        if words:
            return words[-1].replace("-", "_")
    return noun_of(tool.name)


def _link(tool: RemoteTool, tables: Tables, fields: dict[str, str | None]) -> str | None:
    """The table whose ids a read takes: by its path, else by the argument's name."""
    argument = tool.parameters["required"][0]
    if isinstance(tool.binding, HttpBinding):
        name = next((p.name for p in tool.binding.parameters if p.argument == argument), "")
        before, found, _ = tool.binding.path.partition(f"/{{{name}}}")
        above = before.rsplit("/", 1)[-1].replace("-", "_")
        if found and tables.get(above) and fields.get(above):
            return above
    for table, records in tables.items():
        if (
            records
            and fields.get(table)
            and plain(argument) in (plain(f"{singular(table)}_id"), plain(fields[table] or ""))
        ):
            return table if plain(argument) != "id" else None
    return None


def _key_in(record: Record) -> str:
    """The name of a record's id: it stands first."""
    return next(iter(record))


def _shows_more(shown: Tables, tables: Tables) -> bool:
    for table, records in shown.items():
        for key, record in records.items():
            known = tables.get(table, {}).get(key)
            if known is None or any(field not in known or known[field] != value for field, value in record.items()):
                return True
    return False
