"""The back ends' classes, imported from the official release without installing it.

Their code is the release's own and runs in this process; see `backends` for what is called in it.
"""

from __future__ import annotations

import copy
import importlib
import sys
import threading
from types import ModuleType
from typing import Any

from lamforge.errors import DataError, MissingExtraError
from lamforge.evaluate.bfcl.suites import BACK_ENDS
from lamforge.evaluate.bfcl.wheel import Release

_FOLDER = "bfcl_eval.eval_checker.multi_turn_eval.func_source_code"
_PLAIN = (str, int, float, bool, type(None))
_importing = threading.Lock()


def load_classes(release: Release) -> dict[str, type]:
    """The back ends of a release by name.

    Raises:
        DataError: if it has none that can be loaded.
        MissingExtraError: if the library that one of them computes with is not installed.
    """
    with _importing, _Imported(release):
        try:
            modules = {name: importlib.import_module(f"{_FOLDER}.{file}") for name, file in BACK_ENDS.items()}
            for module in modules.values():
                if getattr(module, "deepcopy", None) is copy.deepcopy:
                    module.deepcopy = own  # type: ignore[attr-defined]  # they copy large states, all plain values
            return {name: getattr(module, name) for name, module in modules.items()}
        except ModuleNotFoundError as error:
            if error.name == "mpmath":
                remedy = "Install it: pip install 'lamforge[eval]'."
                raise MissingExtraError("BFCL's mathematics needs mpmath", remedy=remedy) from error
            raise DataError(f"has no back ends ({error})", where=release.path) from error
        except (ImportError, AttributeError, SyntaxError) as error:
            raise DataError(f"its back ends cannot be loaded ({error})", where=release.path) from error


def own(value: Any) -> Any:
    """A deep copy; of plain values, which share nothing with each other, several times as fast as `copy.deepcopy`."""
    kind = type(value)
    if kind is dict:
        return {key: own(item) for key, item in value.items()}
    if kind is list:
        return [own(item) for item in value]
    return value if kind in _PLAIN else copy.deepcopy(value)


class _Imported:
    """While it is open, `bfcl_eval` is that of a release; other releases and an installed one are left as they are."""

    def __init__(self, release: Release) -> None:
        self._path = str(release.path)
        self._others: dict[str, ModuleType] = {}

    def __enter__(self) -> None:
        self._others = self._take()
        sys.path.insert(0, self._path)

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self._path)
        self._take()
        sys.modules.update(self._others)

    @staticmethod
    def _take() -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] == "bfcl_eval"]
        return {name: sys.modules.pop(name) for name in names}
