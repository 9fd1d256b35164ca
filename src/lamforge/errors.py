"""Every error that a user can meet: what went wrong, where, and what to do about it.

Each class has one exit code of its own, which the command line returns. Nothing else in lamforge decides exit codes.
"""

from __future__ import annotations

_QUOTED = 200  # characters of an offending value that an error message repeats


def bounded(value: object, limit: int = _QUOTED) -> str:
    """The repr of a value, cut to `limit` characters, for use inside an error message."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class LamforgeError(Exception):
    """Base of all errors that end with one clear message instead of a traceback.

    Args:
        what: What went wrong, quoting the offending value with `bounded`.
        where: The file, line, record or setting it happened to.
        remedy: What the user can do next, as an instruction.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: object = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class UsageError(LamforgeError):
    """A command, option or configuration value that cannot be used."""

    exit_code = 2


class DomainError(LamforgeError):
    """A domain folder that cannot be loaded, or whose own code failed."""

    exit_code = 3


class SchemaError(LamforgeError):
    """A tool whose description or JSON Schema cannot be used."""

    exit_code = 4


class DataError(LamforgeError):
    """A data file that is missing, malformed or inconsistent with its manifest."""

    exit_code = 5


class ModelError(LamforgeError):
    """A model file or folder that cannot be loaded."""

    exit_code = 6


class EngineError(LamforgeError):
    """An engine or endpoint that failed while answering; never counted as a wrong answer."""

    exit_code = 7


class ServerError(EngineError):
    """A user's server or sandboxed tool that failed while answering; never counted as the tool's own refusal."""

    exit_code = 14


class OutputError(LamforgeError):
    """A result that could not be written."""

    exit_code = 8


class GenerationError(LamforgeError):
    """Generation that could not produce what was asked."""

    exit_code = 9


class TrainingError(LamforgeError):
    """Training that cannot start or go on."""

    exit_code = 10


class IncompleteError(LamforgeError):
    """A result with infrastructure errors left in it: printed, but not to be quoted."""

    exit_code = 11


class MissingExtraError(LamforgeError):
    """A verb that needs an optional dependency which is not installed."""

    exit_code = 12


INTERRUPTED_EXIT_CODE = 130  # 128 + SIGINT, the shell's convention
