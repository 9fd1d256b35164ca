"""A model made of an engine that continues texts and a format that makes conversations of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, NamedTuple, Protocol

from lamforge.engines.base import Delta, Options
from lamforge.engines.calls import checked, strict_field
from lamforge.errors import SchemaError, UsageError
from lamforge.formats import Format, Grammar, json_grammar


class Ended(NamedTuple):
    """How a generated text ended."""

    reason: str  # "stop" or "length"
    usage: dict[str, int]  # prompt_tokens, completion_tokens, and cached_tokens where the engine tells


class TextEngine(Protocol):
    """Continues a text."""

    def write(
        self, prompt: str, options: Options, stop: tuple[str, ...], grammar: Grammar | None
    ) -> AsyncGenerator[str | Ended, None]:
        """The text that follows, piece by piece, and last how it ended. Closing the generator cancels it.

        Args:
            stop: Texts that end it and are not in it.
        Raises:
            ContextError: if the prompt does not fit.
            EngineError: if the engine fails.
        """
        ...


def answer(
    engine: TextEngine,
    fmt: Format,
    messages: list[Any],
    tools: list[dict[str, Any]] | None,
    tool_choice: str,
    options: Options,
    *,
    constrained: bool,
) -> AsyncGenerator[Delta, None]:
    """The assistant's answer as deltas; see `lamforge.engines.base.Model.chat`.

    Args:
        constrained: Whether calls can only be of offered tools with arguments that fit their schemas. A required call,
            a response schema and, if one tool is strict, all tools are kept in any case.
    Raises:
        UsageError: if the tool choice is not possible.
        SchemaError: if a schema cannot be kept by a grammar, or the engine keeps none and a tool is strict.
    """
    return checked(_answer(engine, fmt, messages, tools, tool_choice, options, constrained), tools)


async def _answer(
    engine: TextEngine,
    fmt: Format,
    messages: list[Any],
    tools: list[dict[str, Any]] | None,
    tool_choice: str,
    options: Options,
    constrained: bool,
) -> AsyncGenerator[Delta, None]:
    strict = strict_field(tools) if tool_choice != "none" else None
    offered = fmt.offered(tools) if tools is not None and tool_choice != "none" else None

    def asked() -> tuple[str, Grammar | None]:
        prompt = fmt.render(messages, offered, add_generation_prompt=True)
        return prompt, _grammar(fmt, offered, tool_choice, options, constrained or strict is not None)

    prompt, grammar = await asyncio.to_thread(asked)  # large tools take a while, and others are answered meanwhile
    parser = fmt.stream_parser() if offered is not None else None
    try:
        async with aclosing(engine.write(prompt, options, (*fmt.stop_tokens, *options.stop), grammar)) as pieces:
            async for piece in pieces:
                if not isinstance(piece, str):
                    break
                for delta in parser.feed(piece) if parser else [{"content": piece}] if piece else []:
                    yield delta
    except UsageError as error:  # of an engine that keeps no grammar
        if strict is None or constrained:
            raise
        raise SchemaError(f"cannot be kept: {error.what}", where=strict, remedy="Leave it out.") from error
    for delta in parser.close() if parser else []:
        yield delta
    called = parser is not None and bool(parser.message.tool_calls)  # whole ones; a broken one is no call
    assert isinstance(piece, Ended)
    reason = piece.reason if piece.reason == "length" else "tool_calls" if called else "stop"
    yield {"finish_reason": reason, "usage": piece.usage, "problem": parser.message.problem if parser else None}


async def continued(engine: TextEngine, prompt: str, options: Options) -> AsyncGenerator[Delta, None]:
    """The text that follows a prompt, as deltas; no format has a part in it."""
    async with aclosing(engine.write(prompt, options, options.stop, None)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Ended):
                yield {"finish_reason": piece.reason, "usage": piece.usage}
            else:
                yield {"content": piece}


def _grammar(
    fmt: Format, offered: list[dict[str, Any]] | None, tool_choice: str, options: Options, constrained: bool
) -> Grammar | None:
    schema = options.response_schema
    if tool_choice == "none" or (tool_choice == "auto" and not offered):
        return json_grammar(schema) if schema is not None else None
    if tool_choice == "auto" and not constrained and schema is None:
        return None
    return fmt.grammar(offered or [], tool_choice, options.parallel_tool_calls, schema)
