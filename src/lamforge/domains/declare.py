"""What a domain's own files are written with: `@tool`, `@rule`, `ToolError`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lamforge.errors import SchemaError
from lamforge.tools import argument_types, function_schema

if TYPE_CHECKING:
    from lamforge.domains.trace import Trace

Kind = Literal["read", "write"]


class ToolError(Exception):
    """A failure that the model is told of, such as an unknown order; the state goes back to before the call."""


@dataclass(frozen=True)
class Tool:
    """A declared tool: the function, whether it changes the state, and its OpenAI description."""

    name: str
    kind: Kind
    function: Callable[..., Any]
    schema: dict[str, Any]
    types: dict[str, Any]  # parameter -> pydantic's adapter to the annotated type

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return self.schema["function"]["parameters"]

    def call(self, state: Any, arguments: dict[str, Any]) -> Any:
        """Runs the function on a state with arguments that fit the schema."""
        return self.function(state, **{name: self.types[name].validate_python(v) for name, v in arguments.items()})


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
        schema = function_schema(function)
        return Tool(function.__name__, kind, function, schema, argument_types(function))

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
