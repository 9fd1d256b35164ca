"""The back ends of a conversation, called by a dispatch table.

What a model writes is never run. A call is a name that stands in the table, and keyword arguments that are plain
values.
"""

from __future__ import annotations

import ast
import inspect
import json
import keyword
import math
import re
from collections.abc import Callable
from contextlib import nullcontext
from decimal import localcontext
from functools import lru_cache
from typing import Any

from lamforge.errors import DataError
from lamforge.evaluate.bfcl.decoding import Call
from lamforge.evaluate.bfcl.effort import MOST, Effort, tree_size
from lamforge.evaluate.bfcl.loading import own

_STATELESS = ("MathAPI",)
_DEPTH = 60  # lists and objects within each other in an argument; Python's own parser gives up at about a hundred
_DIGITS = 10_000  # digits that a computation is asked for; the data have at most a hundred
_BITS = 20_000  # of a power; Python prints no integer of more than about 14,000
_SHOWN = 1_000_000  # characters of a tree of files that is written out for people
_WORD = re.compile(r"\b([a-zA-Z_]\w*)\s*(?=\()")


class BackEnds:
    """Fresh instances of the back ends of one conversation.

    Args:
        state: What each starts with, as JSON: every conversation has a copy of its own.
        long: Fill the state with much that is beside the point.
        owner: Names these instances; see `_as_written`.
    """

    def __init__(self, classes: dict[str, type], names: list[str], state: str, *, long: bool, owner: str) -> None:
        self.instances: dict[str, Any] = {}
        self._methods: dict[str, Callable[..., Any]] = {}
        self._owners: dict[str, str] = {}
        self._mathematics = "MathAPI" in names
        starts = json.loads(state)
        for name in names:
            instance = classes[name]()
            if name not in _STATELESS:
                instance._load_scenario(starts.get(name, {}), long_context=long)
            self.instances[name] = instance
            for method in _public(classes[name]):
                self._methods[method] = getattr(instance, method)
                self._owners[method] = f"{owner}_{name.lower()}_instance.{method}"
        self.effort = Effort(self.instances.get("GorillaFileSystem"))

    def run(self, call: Call) -> str:
        """What a call gives, as the text that the model gets to read; an error is a text, too."""
        try:
            name = call.name.strip() if isinstance(call.name, str) else ""
            method = self._methods.get(name)
            if method is None:
                raise NameError(f"name {name!r} is not defined")
            arguments = {key.strip(): self._as_written(value) for key, value in call.arguments.items()}
            for key in arguments:
                if not key.isidentifier() or keyword.iskeyword(key):
                    raise SyntaxError("invalid syntax")
            _check_ends(name, arguments)
            self.effort.charge(name, arguments)
            with localcontext() if self._mathematics else nullcontext():  # a back end sets the precision for all
                text = _as_text(method(**arguments))
            self.effort.note(text)
            return text
        except Exception as error:  # of a back end, whose code is not ours
            return f"Error during execution: {error}"

    def run_line(self, line: str) -> str:
        """What a line of the possible answers gives, where arguments may stand without their names."""
        name, placed, named = _parsed(line)
        names = _parameters(self._methods[name].__func__) if placed else ()  # type: ignore[attr-defined]
        arguments = {**dict(zip(names, placed, strict=False)), **dict(named)}
        return self.run(Call(name, own(arguments)))  # back ends keep what they are given, and change it

    def shown_state(self) -> dict[str, str]:
        """The attributes that are compared, as people read them; none once showing them has become too much work."""
        if self.effort.spent > MOST:
            return {}
        shown = {
            f"{name}.{key}": _shown(value)
            for name, instance in self.instances.items()
            for key, value in vars(instance).items()
            if not key.startswith("_")
        }
        self.effort.spent += sum(map(len, shown.values())) // 10
        return shown

    def _as_written(self, value: Any) -> Any:
        """An argument as it is after the official checker has written it into a line of Python and run that.

        There, a word before a parenthesis loses the spaces behind it, and if it names a method it gets the instance
        before it; also inside texts. What is no literal, such as NaN, is an unknown name.
        """
        _check_plain(value)
        if not isinstance(value, (str, list, dict)):
            return value
        written = repr(value)
        if "(" not in written:
            return value
        changed = _WORD.sub(lambda word: self._owners.get(word[1], word[1]), written)
        return value if changed == written else ast.literal_eval(changed)


@lru_cache(maxsize=64)
def _public(kind: type) -> tuple[str, ...]:
    return tuple(name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name)))


@lru_cache(maxsize=1024)
def _parameters(method: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(method).parameters)[1:]


@lru_cache(maxsize=16384)
def _parsed(line: str) -> tuple[str, tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    called = ast.parse(line.strip(), mode="eval").body
    if not isinstance(called, ast.Call) or not isinstance(called.func, ast.Name):
        raise DataError(f"is no call: {line[:100]!r}", where="possible answers")
    named = tuple((str(each.arg), ast.literal_eval(each.value)) for each in called.keywords)
    return called.func.id, tuple(ast.literal_eval(each) for each in called.args), named


def _as_text(result: Any) -> str:
    if type(result) is not dict:
        return result if type(result) is str else str(result)
    try:
        return json.dumps(result)
    except Exception:  # what it holds is a back end's matter
        return str(result)


def _shown(value: Any) -> str:
    if hasattr(value, "contents") and tree_size(value, _SHOWN, contents=True) > _SHOWN:
        return "too many files to show"
    return str(value)


def _check_plain(value: Any, depth: int = 0) -> None:
    """Raises what Python raises on a literal that it cannot read."""
    if isinstance(value, float) and not math.isfinite(value):
        raise NameError(f"name {'nan' if math.isnan(value) else 'inf'!r} is not defined")
    if isinstance(value, (list, dict)):
        if depth > _DEPTH:
            raise SyntaxError("too many nested parentheses")
        for inner in value.values() if isinstance(value, dict) else value:
            _check_plain(inner, depth + 1)


def _check_ends(name: str, arguments: dict[str, Any]) -> None:
    """Refuses computations that would take forever, whose results nobody could print."""
    for key in ("precision", "decimal_places"):
        if isinstance(digits := arguments.get(key), int) and abs(digits) > _DIGITS:
            raise ValueError(f"{key} is too large")
    base, exponent = arguments.get("base"), arguments.get("exponent")
    if name != "power" or not isinstance(base, int) or not isinstance(exponent, int):
        return
    if abs(base) > 1 and base.bit_length() * exponent > _BITS:
        raise ValueError("Exceeds the limit for integer string conversion")
