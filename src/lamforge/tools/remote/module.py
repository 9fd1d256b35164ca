"""A file of Python functions as tools. It runs the file's code: in a sandbox's guest, or here when it is trusted."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from lamforge.errors import SchemaError
from lamforge.tools.schema import argument_types, function_schema


class NoSuchFunctionError(Exception):
    """The file has no tool of that name."""


class FunctionFile:
    """A loaded file.

    Args:
        file: The path; its folder is where it imports its neighbours from.
    Raises:
        Exception: whatever the file's own code raises.
    """

    def __init__(self, file: str) -> None:
        self._file = Path(file).resolve()
        self._functions: dict[str, Callable[..., Any]] = {}
        self._types: dict[str, dict[str, Any]] = {}
        self._declared: list[dict[str, Any]] = []
        self.load()

    def load(self) -> None:
        """Runs the file; what it keeps in its own variables begins anew."""
        module = _executed(self._file)
        self._functions = _public_functions(module)
        self._declared = _declared_tools(module)
        self._types = {}

    def describe(self) -> dict[str, Any]:
        """{"tools": the functions as OpenAI describes them, "problems": what is wrong with others}, in their order.

        Of a domain's file, which declares its tools, these are described with their `kind`; its other functions are
        its own affair. They cannot be run: they take the state.
        """
        tools, problems = list(self._declared), []
        for function in self._functions.values() if not self._declared else ():
            try:
                tools.append(function_schema(function, hidden=()))
            except SchemaError as error:
                problems.append({"where": error.where, "what": error.what, "remedy": error.remedy})
        return {"tools": tools, "problems": problems}

    def run(self, function: str, arguments: dict[str, Any]) -> Any:
        """What a function returns for arguments that fit its schema, as plain JSON.

        Raises:
            NoSuchFunctionError: if there is none of that name.
            Exception: whatever the function raises.
        """
        code = self._functions.get(function)
        if code is None:
            raise NoSuchFunctionError(function)
        if function not in self._types:
            self._types[function] = argument_types(code, hidden=())
        types = self._types[function]
        result = code(**{name: types[name].validate_python(value) for name, value in arguments.items()})
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        return json.loads(json.dumps(result, ensure_ascii=False))


def _executed(file: Path) -> ModuleType:
    name = f"lamforge_functions_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are resolved through it
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    spec.loader.exec_module(module)
    return module


def _public_functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions that a module defines itself, or names in `__all__`, by name."""
    listed = getattr(module, "__all__", None)
    return {
        name: item
        for name, item in vars(module).items()
        if inspect.isfunction(item)
        and (name in listed if listed is not None else item.__module__ == module.__name__ and not name.startswith("_"))
    }


def _declared_tools(module: ModuleType) -> list[dict[str, Any]]:
    """What `@tool` of a domain's file made, as OpenAI describes it, with its kind."""
    found = [item for item in vars(module).values() if isinstance(getattr(item, "schema", None), dict)]
    return [{**item.schema, "kind": item.kind} for item in found if getattr(item, "kind", None) in ("read", "write")]
