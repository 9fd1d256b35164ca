"""Tools that are functions of a Python file: run in a sandbox, or in this process when the file is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from lamforge.errors import DataError, ServerError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote.bindings import PythonBinding, PythonFile, RemoteTool
from lamforge.tools.remote.execution import MAX_MESSAGE
from lamforge.tools.remote.module import FunctionFile
from lamforge.tools.sandbox import GuestError, Sandbox, Setting, beside

_PLAIN = {"ToolError", "ValueError", "LookupError", "Exception"}  # whose text says it all


class PythonCaller:
    """Runs the functions of one file. What a function raises is its refusal.

    Args:
        folder: Where the file's path starts.
    """

    def __init__(self, server: PythonFile, folder: Path) -> None:
        self._file = (folder / server.file).resolve()
        self._guest = None if server.sandbox == "none" else guest_of(self._file, server.sandbox, server.timeout_s)
        self._here: FunctionFile | None = None

    @property
    def measures(self) -> dict[str, str]:
        """What confines the functions; empty when they run in this process."""
        return self._guest.measures if self._guest else {}

    def call(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """See `lamforge.tools.remote.execution.Caller`."""
        assert isinstance(tool.binding, PythonBinding)
        function = tool.binding.function
        try:
            if self._guest is not None:
                return self._guest.call("run", function=function, arguments=arguments)
            return self._loaded().run(function, arguments)
        except GuestError as error:
            if not error.survived:
                raise ServerError(str(error), where=f"{self._file}, {function}") from error
            _refuse(error.kind, str(error), error)
        except Exception as error:
            _refuse(type(error).__name__, str(error), error)

    def restart(self) -> None:
        """Loads the file anew: what it keeps in its own variables begins from the start."""
        if self._guest is not None:
            self._guest.call("load")
        else:
            self._loaded().load()

    def close(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""
        if self._guest is not None:
            self._guest.close()

    def _loaded(self) -> FunctionFile:
        if self._here is None:
            self._here = loaded_here(self._file)
        return self._here


def guest_of(file: Path, level: Any, timeout_s: float) -> Sandbox:
    """A sandbox for a file of functions."""
    setting = Setting(
        "lamforge.tools.remote.module:FunctionFile",
        {"file": str(file.resolve())},
        level=level,
        readable=beside(file.resolve()),
        timeout_s=timeout_s,
    )
    return Sandbox(setting)


def loaded_here(file: Path) -> FunctionFile:
    """A trusted file, executed in this process.

    Raises:
        DataError: if it cannot be.
    """
    try:
        return FunctionFile(str(file))
    except (Exception, SystemExit) as error:
        raise DataError(f"{type(error).__name__}: {error}", where=file, remedy="Mend the file.") from error


def _refuse(kind: str, message: str, cause: Exception) -> NoReturn:
    text = message if kind in _PLAIN and message else f"{kind}: {message}" if message else kind
    raise ToolError(text[:MAX_MESSAGE]) from cause
