"""Tools from wherever they are: Python files, JSON lists, OpenAPI documents, MCP servers."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, LamforgeError, SchemaError, UsageError, bounded
from lamforge.tools.annotations import written_out
from lamforge.tools.openapi import Document, fetch, is_url, parse_text, read_operations, read_text
from lamforge.tools.remote.bindings import (
    Auth,
    McpBinding,
    McpCommand,
    McpHttp,
    PythonBinding,
    PythonFile,
    RemoteTool,
    ToolFile,
)
from lamforge.tools.remote.files import is_tool_file, load_tool_file
from lamforge.tools.remote.hosts import host_of, is_private
from lamforge.tools.remote.imported import Imported
from lamforge.tools.remote.mcp import McpCaller
from lamforge.tools.remote.python import guest_of, loaded_here
from lamforge.tools.sandbox import GuestError, Level
from lamforge.tools.shapes import bare, described
from lamforge.tools.untrusted import check_tool

MCP = "mcp:"
_SOURCES = (
    "Name a .py file, a JSON list of tools, an OpenAPI document (file or URL), or an MCP server as "
    "mcp:URL or 'mcp:COMMAND ARGUMENTS'."
)


@dataclass(frozen=True)
class ImportOptions:
    """What a user says beside the source."""

    server: str | None = None  # address in place of an OpenAPI document's
    hosts: Sequence[str] = ()  # to which requests and references may go as well
    level: Level = "strict"  # of the sandbox for Python files
    trust: bool = False  # run Python files in this process
    only: Sequence[str] = ()  # patterns of names
    reads: Sequence[str] = ()  # patterns of names of tools that change nothing
    env: Sequence[str] = ()  # variables that an MCP server's process is given
    token_env: str | None = None  # variable with the bearer token of an MCP server over HTTP


def import_tools(source: str, options: ImportOptions | None = None) -> Imported:
    """The tools of a source with how they are executed; nothing is called but MCP's own list.

    Raises:
        DataError: if the source cannot be read.
        SchemaError: if there is no tool in it.
        UsageError: if it is of no known kind, or leads where nobody said that requests may go.
        ServerError, MissingExtraError: if an MCP server cannot be asked.
    """
    options = options or ImportOptions()
    imported = read_source(source, options)
    found = len(imported.file.tools)
    imported.select(list(options.only), list(options.reads))
    if not imported.file.tools:
        if imported.problems:
            raise imported.problems[0]
        remedy = "Loosen --only." if found else _SOURCES
        raise SchemaError("has no tool that can be imported", where=source, remedy=remedy)
    return imported


def read_source(source: str, options: ImportOptions) -> Imported:
    """Like `import_tools`, but with all tools, and maybe none."""
    if source.startswith(MCP):
        return _from_mcp(source.removeprefix(MCP).strip(), options)
    if source.endswith(".py"):
        return _from_python(Path(source), options)
    if is_url(source):
        value = parse_text(fetch(source, [host_of(source), *options.hosts]), source)
    elif Path(source).is_file():
        value = parse_text(read_text(Path(source)), source)
    else:
        raise UsageError(f"there is no source {bounded(source)}", remedy=_SOURCES)
    if isinstance(value, dict) and ("openapi" in value or "swagger" in value):
        return read_operations(Document(source, value, options.hosts), server=options.server, hosts=options.hosts)
    if is_tool_file(value):
        return Imported(load_tool_file(Path(source)))
    return _from_list(value, source)


def _from_list(value: Any, source: str) -> Imported:
    """Tools in either shape, which nothing can execute."""
    imported = Imported(ToolFile(source={"kind": "list", "from": source}, servers={}, tools=[]))
    for number, tool in enumerate(value if isinstance(value, list) else [value]):
        _add(imported, tool, f"{source}, tool {number}", tool.get("kind") if isinstance(tool, dict) else None, None)
    return imported


def _from_python(file: Path, options: ImportOptions) -> Imported:
    if not file.is_file():
        raise DataError("cannot be read: there is no such file", where=file)
    if options.trust:
        found = loaded_here(file).describe()
    else:
        found = _described_by_guest(file, options.level)
    sandbox = "none" if options.trust else options.level
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    imported = Imported(ToolFile(source={"kind": "python", "from": str(file), "sha256": digest}, servers={}, tools=[]))
    imported.file.servers["main"] = PythonFile(file=str(file.resolve()), sandbox=sandbox)
    for tool in found["tools"]:
        name = str(bare(tool).get("name"))
        binding = None if "kind" in tool else PythonBinding(function=name)
        _add(imported, tool, f"{file}, {name}", tool.get("kind", "write"), binding)
    for problem in found["problems"]:
        imported.problems.append(SchemaError(problem["what"], where=problem["where"], remedy=problem["remedy"]))
    if any(tool.binding for tool in imported.file.tools) and not options.reads:
        imported.notes.append("functions count as writes: name those that change nothing with --read PATTERN")
    return imported


def _described_by_guest(file: Path, level: Level) -> dict[str, Any]:
    """A file's functions, found by running it in a sandbox: its answer is as little trusted as its code."""
    guest = guest_of(file, level, 30.0)
    try:
        described = guest.call("describe")
        tools = [tool for tool in described["tools"] if isinstance(tool, dict)]
        problems = [{key: str(p.get(key) or "") for key in ("where", "what", "remedy")} for p in described["problems"]]
        return {"tools": tools, "problems": problems}
    except GuestError as error:
        what = f"{error.kind}: {error}"
        remedy = "Mend the file; or, if you wrote it and it needs more than a sandbox allows, --trust."
        raise DataError(what, where=f"{file}:{error.line}" if error.line else file, remedy=remedy) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError("is described by nothing that can be read", where=file) from error
    finally:
        guest.close()


def _from_mcp(target: str, options: ImportOptions) -> Imported:
    server: McpHttp | McpCommand
    if is_url(target):
        auth = {"token": Auth(type="bearer", env=options.token_env)} if options.token_env else {}
        hosts = [host_of(target), *options.hosts]
        server = McpHttp(url=target, hosts=hosts, private=is_private(target), auth=auth)
    else:
        words = shlex.split(target)
        if not words:
            raise UsageError("names no MCP server", where=MCP, remedy=_SOURCES)
        server = McpCommand(command=words[0], args=words[1:], env=list(options.env), cwd=str(Path.cwd()))
    caller = McpCaller(server, Path.cwd())
    try:
        listed = caller.list_tools()
    finally:
        caller.close()
    imported = Imported(ToolFile(source={"kind": "mcp", "from": target}, servers={"main": server}, tools=[]))
    for tool in listed:
        reads = tool.annotations is not None and tool.annotations.read_only_hint is True
        kind = "read" if reads else "write"
        _add(imported, _mcp_function(tool), f"{target}, {tool.name}", kind, McpBinding(tool=tool.name))
    return imported


def _mcp_function(tool: Any) -> dict[str, Any]:
    schema = {key: value for key, value in json.loads(json.dumps(tool.input_schema)).items() if key != "$schema"}
    parameters, definitions = written_out(schema)
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", tool.name)[:64]
    told = " ".join((tool.description or tool.title or "").split())
    parameters = {"properties": {}, **parameters, **({"$defs": definitions} if definitions else {})}
    return {"name": name, "description": told, "parameters": parameters}


def _add(imported: Imported, tool: Any, where: str, kind: Any, binding: Any) -> None:
    """Adds a tool if it can be called; keeps the reason if not."""
    try:
        check_tool(tool, where=where)
        function = bare(tool)
        if any(other.name == function["name"] for other in imported.file.tools):
            raise SchemaError(f"a second tool is called {function['name']!r}", where=where, remedy="Rename one.")
        kind = kind if kind in ("read", "write") else "write"
        imported.file.tools.append(RemoteTool(kind=kind, function=described(function), binding=binding))
    except LamforgeError as error:
        imported.problems.append(error)
