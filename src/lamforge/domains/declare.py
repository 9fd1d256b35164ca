"""What a domain's own files are written with: `@tool`, `@rule`, `ToolError`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lamforge.domains.state import State
from lamforge.errors import SchemaError, bounded
from lamforge.tools import argument_types, function_schema
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import Kind

if TYPE_CHECKING:
    from lamforge.domains.trace import Trace

__all__ = ["Kind", "Rule", "Tool", "ToolError", "rule", "tool"]


@dataclass(frozen=True)
class Tool:
    """A declared tool: the function, whether it changes the state, and its OpenAI description."""

    name: str
    kind: Kind
    function: Callable[..., Any]
    schema: dict[str, Any]
    types: dict[str, Any] | None  # parameter -> pydantic's adapter to its type; None where the types are JSON's

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return self.schema["function"]["parameters"]

    def typed(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments that fit the schema as the annotated types, such as a dataclass or an Enum.

        Raises:
            ToolError: if a type has demands that its schema does not express.
        """
        if self.types is None:
            return arguments
        try:
            return {name: self.types[name].validate_python(value) for name, value in arguments.items()}
        except ValidationError as error:
            first = error.errors()[0]
            raise ToolError(f"{first['msg']}; got {bounded(first['input'])}") from error


def executed_elsewhere(*_: Any, **__: Any) -> Any:
    """Stands in the place of the function of a tool that a server or another process executes."""
    raise ToolError("it is executed elsewhere, and cannot be called here")


def tool(*, kind: Kind) -> Callable[[Callable[..., Any]], Tool]:
    """Declares a function of a domain as a tool.

    The signature and the Google-style docstring become the JSON Schema that the model sees; the `state` argument stays
    hidden from it.

    Args:
        kind: "write" if the tool may change the state; changes made by a "read" tool are thrown away.
    Raises:
        SchemaError: if the kind is unknown or no JSON Schema can be made of the signature.
    """
    if kind not in ("read", "write"):
        raise SchemaError(f'@tool(kind={kind!r}) is unknown; use kind="read" or kind="write"')

    def declare(function: Callable[..., Any]) -> Tool:
        first = next(iter(inspect.signature(function).parameters.values()), None)
        if first is None or (first.name != "state" and first.annotation not in (State, "State")):
            raise SchemaError(
                f"tool {function.__name__!r} does not take the state",
                where=f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}",
                remedy=f"Make it the first parameter: def {function.__name__}(state: State, ...).",
            )
        schema = function_schema(function, hidden=("state", State))
        return Tool(function.__name__, kind, function, schema, argument_types(function, hidden=("state", State)))

    return declare


@dataclass(frozen=True)
class Rule:
    """A sentence of the policy and the test of it over a trace."""

    name: str
    sentence: str
    check: Callable[[Trace], Iterable[str] | None]

    def failures(self, trace: Trace) -> list[str]:
        """One message for each time that the trace breaks the rule."""
        return list(self.check(trace) or ())


def rule(sentence: str) -> Callable[[Callable[[Trace], Iterable[str] | None]], Rule]:
    """Declares a test of the policy: a function of a trace that yields one message for each violation.

    Args:
        sentence: The rule as a sentence that can be said to a customer.
    """

    def declare(check: Callable[[Trace], Iterable[str] | None]) -> Rule:
        return Rule(check.__name__, sentence, check)

    return declare
