"""References within a JSON Schema, and what it stands for once they are written out."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 128  # levels of a schema with its references written out


def unfolded_size(schema: Any) -> int | None:
    """Nodes of a schema with every reference written out, one to itself counted once; None if it is too deep.

    A few kilobytes of references to references can stand for billions of checks of one argument.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size_of(node: Any, depth: int) -> int:
        if not isinstance(node, (dict, list)) or id(node) in open_nodes:
            return 1
        if id(node) in sizes:
            return sizes[id(node)]
        if depth > MAX_DEPTH:
            raise RecursionError
        open_nodes.add(id(node))
        children = [v for k, v in node.items() if k != "$defs"] if isinstance(node, dict) else node
        size = 1 + sum(size_of(child, depth + 1) for child in children)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            size += size_of(target(schema, node["$ref"]), depth + 1)
        open_nodes.discard(id(node))
        sizes[id(node)] = size
        return size

    try:
        return size_of(schema, 0)
    except RecursionError:
        return None


def target(schema: Any, reference: str) -> Any:
    """What a reference within the schema points to (RFC 6901), or None."""
    node = schema
    for part in reference.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(key)
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node
