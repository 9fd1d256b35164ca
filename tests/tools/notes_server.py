"""A small MCP server over stdio, or over HTTP on a port: well behaved, and not."""

from __future__ import annotations

import copy
import os
import sys
import time
from typing import Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel

READ = ToolAnnotations(read_only_hint=True)
START: dict[str, dict[str, Any]] = {
    f"N{n}": {"note_id": f"N{n}", "text": text, "colour": "red" if n % 2 else "blue"}
    for n, text in enumerate(["milk", "bread", "tea", "salt", "rice", "jam", "soap", "ink", "glue", "wool"], 1)
}
NOTES = copy.deepcopy(START)
server = MCPServer("notes")


class Part(BaseModel):
    name: str
    parts: list[Part] = []


@server.tool(annotations=READ)
def list_notes() -> list[dict[str, Any]]:
    """List all notes."""
    return list(NOTES.values())


@server.tool(annotations=READ)
def get_note(note_id: str) -> dict[str, Any]:
    """Show a note.

    Args:
        note_id: The note's id.
    """
    if note_id not in NOTES:
        raise ValueError(f"note {note_id} not found")
    return NOTES[note_id]


@server.tool()
def paint_note(note_id: str, colour: Literal["red", "green", "blue"]) -> dict[str, Any]:
    """Change the colour of a note."""
    get_note(note_id)["colour"] = colour
    return NOTES[note_id]


@server.tool()
def reset_notes() -> str:
    """Begin anew."""
    NOTES.clear()
    NOTES.update(copy.deepcopy(START))
    return "done"


@server.tool()
def delete_note(note_id: str) -> str:
    """Delete a note."""
    get_note(note_id)
    del NOTES[note_id]
    return "deleted"


@server.tool()
def assemble(part: Part) -> int:
    """Count the parts of a part."""
    return 1 + sum(assemble(each) for each in part.parts)


@server.tool()
def misbehave(how: Literal["exit", "hang", "noise", "flood", "secrets"]) -> str:
    """Do what servers should not."""
    if how == "exit":
        sys.stderr.write("the disk is on fire\n")
        sys.stderr.flush()
        os._exit(3)
    if how == "hang":
        time.sleep(60)
    if how == "noise":
        print("this is no JSON-RPC", flush=True)
    if how == "flood":
        return "x" * 100_000
    return " ".join(name for name in os.environ if name.startswith("LAMFORGE_TEST"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run()
