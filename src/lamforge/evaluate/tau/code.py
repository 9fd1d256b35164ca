"""What stands in a benchmark's code but is data: tasks, descriptions of tools, prompts. It is parsed and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from lamforge.errors import DataError

_LIMIT = 8 * 2**20  # characters of one file; the largest has 1 MB


class Code:
    """A Python file as a tree.

    Raises:
        DataError: if it is no Python.
    """

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        if len(text) > _LIMIT:
            raise DataError("is too long", where=where)
        try:
            self.tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise DataError(f"is no Python ({error})", where=where) from error

    def assigned(self, *names: str) -> Any:
        """The value that the first of these names is given, as `literal` reads it."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in names for t in node.targets):
                return self.literal(node.value)
        raise self.without(" or ".join(names))

    def class_named(self, name: str) -> ast.ClassDef:
        """A class."""
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
        raise self.without(name)

    def classes(self) -> Iterator[ast.ClassDef]:
        """All classes at the top."""
        return (node for node in self.tree.body if isinstance(node, ast.ClassDef))

    def without(self, what: str) -> DataError:
        """The error of a file that lacks something."""
        remedy = "Use a release of the benchmark that is known to work: see docs/evaluation-tau.md."
        return DataError(f"has no {what}", where=self.where, remedy=remedy)

    def literal(self, node: ast.expr) -> Any:
        """The value of constants, lists, dicts, `Class(key=...)` as a dict, names as their text, "...".strip().

        Raises:
            DataError: naming the line of anything else.
        """
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.List | ast.Tuple):
            return [self.literal(each) for each in node.elts]
        if isinstance(node, ast.Dict) and all(node.keys):
            return {self.literal(k): self.literal(v) for k, v in zip(node.keys, node.values, strict=True) if k}
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self.literal(node.operand)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strip":
            return str(self.literal(node.func.value)).strip()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args:
            return {keyword.arg: self.literal(keyword.value) for keyword in node.keywords}
        raise DataError("is nothing that can be read without running it", where=f"{self.where}:{node.lineno}")


def method(owner: ast.AST, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function of that name that is defined anywhere inside."""
    for node in ast.walk(owner):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return node
    return None


def template(owner: ast.AST, beginning: str) -> list[str] | None:
    """The first f-string inside that begins so, as its texts: values stand between them."""
    for node in ast.walk(owner):
        if isinstance(node, ast.JoinedStr):
            texts = [""]
            for part in node.values:
                if isinstance(part, ast.Constant):
                    texts[-1] += str(part.value)
                else:
                    texts.append("")
            if texts[0].startswith(beginning):
                return texts
    return None


def decorated(node: ast.AST, name: str) -> bool:
    """Whether a function has that decorator, called or not."""
    if not isinstance(node, ast.FunctionDef):
        return False
    names = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    return any(isinstance(each, ast.Name) and each.id == name for each in names)
