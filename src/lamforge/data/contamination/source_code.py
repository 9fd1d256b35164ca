"""What a Python file says without being run: its literals, and the tools and tasks that are written down in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_DEEP = 100  # nested literals
_NONE = object()


def parsed(content: bytes) -> ast.Module | None:
    """The file's syntax tree; None if it is no Python of this version."""
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def instructions_in(tree: ast.Module) -> Iterator[str]:
    """The texts that stand under `instruction`, as keyword or as key: tasks of tau-bench."""
    for node in ast.walk(tree):
        pairs: list[tuple[Any, ast.expr]] = []
        if isinstance(node, ast.Call):
            pairs = [(each.arg, each.value) for each in node.keywords]
        elif isinstance(node, ast.Dict):
            pairs = [
                (_literal(key), value) for key, value in zip(node.keys, node.values, strict=True) if key is not None
            ]
        for name, value in pairs:
            text = _literal(value) if name == "instruction" else None
            if isinstance(text, str):
                yield text


def tools_in(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """(name, names of its parameters) of each tool: OpenAI's dictionaries, and methods that are marked `is_tool`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            tool = _literal(node)
            function = tool.get("function") if isinstance(tool, dict) else None
            if isinstance(function, dict) and isinstance(function.get("name"), str):
                parameters = function.get("parameters")
                properties = parameters.get("properties") if isinstance(parameters, dict) else None
                yield function["name"], [str(name) for name in properties] if isinstance(properties, dict) else []
        elif isinstance(node, ast.FunctionDef) and any(_name(each) == "is_tool" for each in node.decorator_list):
            yield node.name, [each.arg for each in (*node.args.args, *node.args.kwonlyargs) if each.arg != "self"]


def _name(decorator: ast.expr) -> str | None:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else None


def _literal(node: ast.AST | None, depth: int = 0) -> Any:
    """The value of a literal; what is none, or holds something that is none, is left out of it."""
    if depth > _DEEP or node is None:
        return _NONE
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return [value for each in node.elts if (value := _literal(each, depth + 1)) is not _NONE]
    if isinstance(node, ast.Dict):
        pairs = ((_literal(k, depth + 1), _literal(v, depth + 1)) for k, v in zip(node.keys, node.values, strict=True))
        return {key: value for key, value in pairs if isinstance(key, str) and value is not _NONE}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, depth + 1), _literal(node.right, depth + 1)
        return left + right if isinstance(left, str) and isinstance(right, str) else _NONE
    return _NONE
