"""`lamforge call`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import err, out, print_json, show_notes
from lamforge.cli.model_options import Constrain, FormatName, MaxTools, ModelSpec
from lamforge.errors import UsageError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def call(
    query: Annotated[str, typer.Argument(help="What to ask; - reads it from stdin.")],
    tools: Annotated[Path, typer.Option(help="JSON file with a list of tools, bare or in OpenAI's wrapper.")],
    model: ModelSpec = "nano",
    format: FormatName = None,
    constrain: Constrain = True,
    max_tools: MaxTools = None,
    tool_choice: Annotated[str, typer.Option(help="auto, none, required, or the name of a tool.")] = "auto",
    system: Annotated[str | None, typer.Option(help="A system message.")] = None,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0)] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768)] = 512,
    seed: Annotated[int | None, typer.Option(help="Of the sampling.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON, alone, on stdout.")] = False,
) -> None:
    """Ask one question with tools from a JSON file; prints the call."""
    from lamforge.engines import open_model
    from lamforge.messages import Message
    from lamforge.tools import load_tools

    offered = load_tools(tools)
    _check_choice(tool_choice, offered)
    text = sys.stdin.read() if query == "-" else query
    messages = [Message(role="user", content=text)]
    if system is not None:
        messages.insert(0, Message(role="system", content=system))
    options = {"tool_choice": tool_choice, "temperature": temperature, "max_tokens": max_tokens, "seed": seed}
    opened = open_model(model, format=format, constrained=constrain, max_tools=max_tools)
    show_notes(opened)
    message = asyncio.run(_ask(opened, messages, offered, options))
    _show_problems(message)
    calls = [{"name": c.function.name, "arguments": c.function.arguments} for c in message.tool_calls or ()]
    if json:
        print_json({"content": message.content, "tool_calls": calls})
        return
    if message.content:
        out.print(message.content)
    for made in calls:
        print_json(made)


def _show_problems(message: Any) -> None:
    for made in message.tool_calls or ():
        for problem in made.problems:
            err.print(f"the call of {made.function.name} is wrong: {problem}", style="red")
    if message.problem:
        err.print(message.problem, style="red")


def _check_choice(tool_choice: str, tools: list[dict[str, Any]]) -> None:
    from lamforge.messages import TOOL_CHOICES

    if tool_choice in TOOL_CHOICES and any(tool["function"]["name"] == tool_choice for tool in tools):
        remedy = f"Rename the tool: {', '.join(TOOL_CHOICES)} are words of their own."
        raise UsageError(f"--tool-choice {tool_choice} is also the name of a tool", remedy=remedy)


async def _ask(model: Any, messages: list[Any], tools: list[dict[str, Any]], options: dict[str, Any]) -> Any:
    from lamforge.engines import collect

    try:
        message, _, _ = await collect(model.chat(messages, tools=tools, **options))
        return message
    finally:
        await model.aclose()
