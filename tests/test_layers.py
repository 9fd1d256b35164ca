"""The architecture: imports run only downwards, and what needs no torch never loads it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import lamforge

ROOT = Path(lamforge.__file__).parent
LAYERS = (  # a later one may import an earlier one, never the reverse
    "errors",
    "error_kinds",
    "messages",
    "cache",
    "settings",
    "printable",
    "near_duplicates",
    "releases",
    "pages",
    "tools",
    "formats",
    "engines",
    "domains",
    "grounding",
    "simulate",
    "journal",
    "generate",
    "data",
    "train",
    "export",
    "serve",
    "evaluate",
    "cli",
)
HEAVY = ("torch", "transformers", "accelerate", "xllamacpp", "gguf", "tokenizers", "safetensors")
FACES = [path for path in sorted(ROOT.glob("*/__init__.py")) if path.parent.name in LAYERS]


@cache
def imports(source: str, package: str) -> list[tuple[str, int]]:
    """(absolute module, line) of every import in a source; relative ones are resolved against the package."""
    return list(_imports(ast.parse(source), package))


def _imports(tree: ast.AST, package: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module, node.lineno
            yield from ((f"{module}.{name.name}", node.lineno) for name in node.names)


def upward_imports(source: str, layer: str, package: str) -> list[str]:
    """The imports in a module of `layer` that point to a later layer, or to none that is listed."""
    wrong = []
    for module, line in imports(source, package):
        parts = module.split(".")
        if parts[0] != "lamforge" or len(parts) < 2 or parts[1] == "__version__":
            continue
        if parts[1] not in LAYERS or LAYERS.index(parts[1]) > LAYERS.index(layer):
            wrong.append(f"line {line}: {layer} imports {module}")
    return wrong


def modules() -> list[Path]:
    return [p for p in sorted(ROOT.rglob("*.py")) if p.relative_to(ROOT).parts[0].removesuffix(".py") in LAYERS]


def test_every_module_of_the_package_belongs_to_a_layer() -> None:
    known = {*LAYERS, "__init__", "__main__", "recipes", "__pycache__"}
    assert {path.stem for path in ROOT.iterdir()} <= known


def sources() -> Iterator[tuple[str, str, str]]:
    """(path, source, package) of every module."""
    for path in modules():
        relative = path.relative_to(ROOT)
        yield relative.as_posix(), path.read_text(encoding="utf-8"), ".".join(["lamforge", *relative.parent.parts])


def test_a_module_imports_only_its_own_layer_and_those_below() -> None:
    wrong = {
        path: found
        for path, source, package in sources()
        if (found := upward_imports(source, path.partition("/")[0].removesuffix(".py"), package))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("import lamforge.engines", "lamforge.tools"),
        ("from lamforge.engines import open_model", "lamforge.tools"),
        ("from lamforge import engines", "lamforge.tools"),
        ("def late():\n    from lamforge.engines import open_model", "lamforge.tools"),
        ("from ..engines import open_model", "lamforge.tools"),
        ("from .. import engines", "lamforge.tools"),
        ("from ...engines.open import open_model", "lamforge.tools.deeper"),
        ("import lamforge.nowhere", "lamforge.tools"),
    ],
)
def test_an_upward_import_is_found_in_whatever_way_it_is_written(source: str, package: str) -> None:
    assert upward_imports(source, "tools", package)


def test_downward_imports_are_no_fault() -> None:
    source = "from lamforge.errors import SchemaError\nfrom . import shapes\nfrom .. import __version__\nimport json"
    assert upward_imports(source, "tools", "lamforge.tools") == []


def private_imports(source: str, package: str) -> list[str]:
    """The imports of private names and modules of lamforge."""
    return [
        f"line {line}: {module}"
        for module, line in imports(source, package)
        if module.startswith("lamforge") and any(part[:1] == "_" and part[:2] != "__" for part in module.split("."))
    ]


def test_no_module_imports_a_private_name_of_another() -> None:
    wrong = {path: found for path, source, package in sources() if (found := private_imports(source, package))}
    assert wrong == {}


def test_a_private_import_is_found_in_whatever_way_it_is_written() -> None:
    for source in ("from lamforge.tools.shapes import bare, _x", "import lamforge._x", "from ._x import y"):
        assert len(private_imports(source, "lamforge.tools")) >= 1
    assert private_imports("from lamforge import __version__\nfrom os import _exit", "lamforge.tools") == []


def loaded_after(names: list[str]) -> set[str]:
    """The heavy libraries that a fresh Python has loaded once it has imported the modules."""
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(names) <= set(done.stdout.split())
    return set(done.stdout.split()) & set(HEAVY)


def test_no_packages_face_and_no_module_outside_train_loads_a_heavy_library_when_it_is_imported() -> None:
    importable = [
        path
        for path in modules()
        if (path.parent / "__init__.py").exists() and (path.relative_to(ROOT).parts[0] != "train" or path in FACES)
    ]
    names = [".".join(["lamforge", *path.relative_to(ROOT).with_suffix("").parts]) for path in importable]
    assert loaded_after([name.removesuffix(".__init__") for name in names]) == set()


@pytest.mark.parametrize("path", FACES, ids=lambda path: path.parent.name)
def test_a_packages_face_holds_names_and_nothing_else(path: Path) -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign, ast.If)
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert all(isinstance(node, allowed) for node in body)
    assert [n.targets[0].id for n in body if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)] == [
        "__all__"
    ]
