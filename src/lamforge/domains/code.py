"""The Python files of a domain folder, run in this process."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from lamforge.domains.declare import Rule, Tool
from lamforge.errors import DomainError, LamforgeError


@dataclass
class Code:
    """What a folder's Python files declare, and where it runs."""

    tools: list[Tool]
    rules: list[Rule]
    execution: dict[str, Any]


def load_code(folder: Path) -> Code:
    """Runs a folder's Python files in this process."""
    tools = [item for item in _declared(folder / "tools.py") if isinstance(item, Tool)]
    rules = [item for item in _declared(folder / "rules.py") if isinstance(item, Rule)]
    return Code(tools, rules, {"tools": "in-process"})


def _declared(path: Path) -> list[Any]:
    """The module-level objects of a Python file in the order of their definition."""
    if not path.exists():
        return []
    name = f"lamforge_domain_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are resolved through it
    try:
        spec.loader.exec_module(module)
    except LamforgeError:
        raise
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else "?")
        raise DomainError(f"{type(error).__name__}: {error}", where=f"{path}:{line}") from error
    return list(vars(module).values())
