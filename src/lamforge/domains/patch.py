"""Differences between JSON values as JSON Patch (RFC 6902), in an order that depends on the values alone."""

from __future__ import annotations

from typing import Any

Operation = dict[str, Any]


def pointer(*parts: object) -> str:
    """A JSON Pointer (RFC 6901) made of unescaped parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def json_patch(before: Any, after: Any, path: str = "") -> list[Operation]:
    """The operations that turn `before` into `after`; lists of another length are replaced whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        operations: list[Operation] = []
        for key in sorted(before.keys() | after.keys()):
            place = path + pointer(key)
            if key not in after:
                operations.append({"op": "remove", "path": place})
            elif key not in before:
                operations.append({"op": "add", "path": place, "value": after[key]})
            else:
                operations += json_patch(before[key], after[key], place)
        return operations
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            op for i, pair in enumerate(zip(before, after, strict=True)) for op in json_patch(*pair, path + pointer(i))
        ]
    if before == after and type(before) is type(after):
        return []
    return [{"op": "replace", "path": path, "value": after}]
