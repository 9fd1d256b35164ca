"""`lamforge tools`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import err, next_step, out, print_json, summary_table

app = typer.Typer(
    no_args_is_help=True, help="Bring your tools: import and check them.", rich_markup_mode=None, add_completion=False
)

Sandbox = Annotated[
    Literal["strict", "process"],
    typer.Option(help="For Python files: strict (no network, no files, no processes) or process (limits only)."),
]
Trust = Annotated[bool, typer.Option("--trust", help="Run Python files as you, without a sandbox.")]
Hosts = Annotated[
    list[str] | None, typer.Option(metavar="HOST", help="Another host that requests and references may go to.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, alone, on stdout.")]


@app.callback()
def _group() -> None:
    """Bring your tools: import and check them."""


@app.command("import")
def import_(
    source: Annotated[
        str,
        typer.Argument(help="A .py file, a JSON list, an OpenAPI file or URL, mcp:URL or 'mcp:COMMAND ARGUMENTS'."),
    ],
    out_: Annotated[
        Path | None, typer.Option("--out", help="FILE.json, or the folder of a domain; else it is printed.")
    ] = None,
    server: Annotated[str | None, typer.Option(help="Its address, in place of the OpenAPI document's.")] = None,
    allow_host: Hosts = None,
    read: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Tools that change nothing, such as 'get_*'.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="PATTERN", help="Import these tools only.")] = None,
    reset: Annotated[
        str | None, typer.Option(help='Brings the server back to its start: "POST /reset", restart or a tool\'s name.')
    ] = None,
    harvest: Annotated[bool, typer.Option("--harvest", help="Fill state.json with what the server shows.")] = False,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A variable that an MCP server's process is given.")
    ] = None,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The variable with the token for an MCP server over HTTP.")
    ] = None,
    sandbox: Sandbox = "strict",
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Import tools from Python, JSON, OpenAPI or an MCP server, with how they are executed."""
    from lamforge.domains.remote import import_domain
    from lamforge.tools.importing import import_tools
    from lamforge.tools.remote import tool_file_text, write_whole

    options = _options(sandbox, trust, server, allow_host, only, read, env, token_env)
    imported = import_tools(source, options)
    found: dict[str, Any] = {"tools": len(imported.file.tools), "notes": imported.notes}
    found["left_out"] = [str(problem) for problem in imported.problems]
    if out_ is None:
        print_json(imported.file.as_dict())
    elif out_.suffix == ".json":
        write_whole(out_, tool_file_text(imported.file))
        found["out"] = str(out_)
    else:
        found |= import_domain(out_, imported, reset=reset, harvest=harvest)
    if json and out_ is not None:
        print_json(found)
        return
    for note in [*imported.notes, *found.get("domain_notes", [])]:
        err.print(f"note: {note}", style="dim")
    for problem in imported.problems:
        err.print(f"left out: {problem}", style="yellow")
    if out_ is not None:
        _show(found, out_)


def _show(found: dict[str, Any], folder: Path) -> None:
    rows: list[tuple[str, object]] = [("tools", found["tools"]), ("left out", len(found["left_out"]))]
    rows += [("record", f"{count} {table}") for table, count in found.get("state", {}).items()]
    rows.append(("written", folder))
    summary_table("tools import", rows)
    next_step(f"lamforge tools check {folder}")


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A file of tools (JSON, OpenAPI, Python), or the folder of a domain.")],
    allow_host: Hosts = None,
    sandbox: Sandbox = "strict",
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Report everything that is wrong with tools, each thing with its place."""
    from lamforge.domains.checking import check_folder
    from lamforge.errors import SchemaError
    from lamforge.tools.checking import check_file

    options = _options(sandbox, trust, None, allow_host, None, None, None, None)
    findings = check_folder(path, options) if path.is_dir() else check_file(path, options)
    if json:
        print_json(findings.as_dict())
    else:
        for note in findings.notes:
            err.print(f"note: {note}", style="dim")
        for problem in findings.problems:
            out.print(str(problem), soft_wrap=True)
        out.print(f"{findings.tools} tools, {len(findings.problems)} problems")
    if findings.problems:
        raise typer.Exit(SchemaError.exit_code)


def _options(sandbox: Any, trust: bool, server: Any, hosts: Any, only: Any, reads: Any, env: Any, token: Any) -> Any:
    from lamforge.tools.importing import ImportOptions

    return ImportOptions(
        server=server,
        hosts=hosts or (),
        level=sandbox,
        trust=trust,
        only=only or (),
        reads=reads or (),
        env=env or (),
        token_env=token,
    )
