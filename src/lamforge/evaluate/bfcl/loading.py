"""The back ends' classes, imported from the official release without installing it.

Their code is the release's own and runs in this process; see `backends` for what is called in it.
"""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType

from lamforge.errors import DataError, MissingExtraError
from lamforge.evaluate.bfcl.wheel import Release

_FOLDER = "bfcl_eval.eval_checker.multi_turn_eval.func_source_code"
_MODULES = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}
_importing = threading.Lock()


def load_classes(release: Release) -> dict[str, type]:
    """The back ends of a release by name.

    Raises:
        DataError: if it has none that can be loaded.
        MissingExtraError: if the library that one of them computes with is not installed.
    """
    with _importing, _Imported(release):
        try:
            return {
                name: getattr(importlib.import_module(f"{_FOLDER}.{file}"), name) for name, file in _MODULES.items()
            }
        except ModuleNotFoundError as error:
            if error.name == "mpmath":
                remedy = "Install it: pip install 'lamforge[eval]'."
                raise MissingExtraError("BFCL's mathematics needs mpmath", remedy=remedy) from error
            raise DataError(f"has no back ends ({error})", where=release.path) from error
        except (ImportError, AttributeError, SyntaxError) as error:
            raise DataError(f"its back ends cannot be loaded ({error})", where=release.path) from error


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
