"""The `calculate` tool of tau-bench: what Python would make of an expression of numbers, without asking Python to.

It gives what the original gives, error texts included. Only what would take the machine's time or memory is refused:
integers of more than `MAX_BITS`, and expressions of more than `MAX_LENGTH` characters.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

from lamforge.domains import ToolError

MAX_BITS = 10_000  # far beyond any float (1,024), so that a smaller limit could not be seen in a result
MAX_LENGTH = 10_000
_CHARACTERS = frozenset("0123456789+-*/(). ")


def allowed(expression: str) -> bool:
    """Whether an expression has only the characters that the tool takes."""
    return all(character in _CHARACTERS for character in expression)


def calculate(expression: str) -> str:
    """The value of an expression, rounded to two places, as text.

    Args:
        expression: For which `allowed` holds.
    Raises:
        Exception: of whatever type Python would raise, with its message.
        ToolError: if it is too large to be worked out.
    """
    if len(expression) > MAX_LENGTH:
        raise ToolError("expression is too long")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "1(2)" makes Python's parser wonder aloud
        tree = ast.parse(expression.lstrip(" "), filename="<string>", mode="eval")
    return str(round(float(_value(tree.body)), 2))


def _power(base: Any, exponent: Any) -> Any:
    small = not (type(base) is type(exponent) is int) or abs(base) < 2 or exponent < 0
    if not small and exponent * math.log2(abs(base)) > MAX_BITS:
        raise ToolError("result is too large")
    return base**exponent


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: _power,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def _value(root: ast.expr) -> Any:
    """What an expression is worth; by a stack of its own, because sums of many terms are nested as deep."""
    values: list[Any] = []
    waiting: list[tuple[ast.expr, bool]] = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        parts = _parts(node)
        if parts and not ready:
            waiting.append((node, True))
            waiting += [(part, False) for part in reversed(parts)]
            continue
        taken = values[len(values) - len(parts) :]
        del values[len(values) - len(parts) :]
        value = _apply(node, taken)
        if type(value) is int and value.bit_length() > MAX_BITS:
            raise ToolError("result is too large")
        values.append(value)
    return values.pop()


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    return [node.func, *node.args] if isinstance(node, ast.Call) else []


def _apply(node: ast.expr, values: list[Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](*values)
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](*values)
    if isinstance(node, ast.Call):  # of a number, which Python refuses, too
        raise TypeError(f"{type(values[0]).__name__!r} object is not callable")
    if isinstance(node, ast.Tuple) and not node.elts:
        return ()
    raise ToolError("invalid expression")
