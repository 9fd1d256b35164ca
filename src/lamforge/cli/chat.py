"""`lamforge chat`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import err, out, show_notes
from lamforge.cli.model_options import Constrain, FormatName, MaxTools, ModelSpec

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def chat(
    model: ModelSpec = "nano",
    format: FormatName = None,
    constrain: Constrain = True,
    max_tools: MaxTools = None,
    domain: Annotated[str, typer.Option(help="A bundled domain's name, or your folder.")] = "store",
    tasks: Annotated[
        Path | None, typer.Option(help="A tasks.jsonl: the scripted user holds the conversation of one of them.")
    ] = None,
    task: Annotated[str, typer.Option(help="With --tasks: which one, by number from 0 or by id.")] = "0",
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0)] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the sampling and of the scripted user's words.")] = 0,
) -> None:
    """Talk to a model that acts on a domain; shows its calls and their results as they happen."""
    from lamforge.domains import find_task, load_domain
    from lamforge.engines import open_model
    from lamforge.simulate import ModelAgent

    loaded = load_domain(domain)
    chosen = find_task(tasks, task) if tasks is not None else None
    engine = open_model(model, format=format, constrained=constrain, max_tools=max_tools)
    show_notes(engine)
    agent = _Shown(ModelAgent(engine, temperature=temperature, seed=seed), echo=chosen is not None)
    with closing(asyncio.new_event_loop()) as loop:
        try:
            if chosen is None:
                _interactive(loop, agent, loaded)
            else:
                _finish(loop, _play(agent, loaded, chosen, seed))
        finally:
            _finish(loop, engine.aclose())
            _finish(loop, _settle())


def _finish(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
    """The result of `work`; Ctrl-C cancels it and goes on as KeyboardInterrupt."""
    task = loop.create_task(work)
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        raise


async def _settle() -> None:
    """Waits until the streams are closed that answers were read from, so that none is left when the loop ends."""
    await asyncio.sleep(0)  # closing begins with the loop's next round
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _play(agent: _Shown, domain: Any, task: Any, seed: int) -> None:
    """Lets the scripted user hold the conversation of a task."""
    from lamforge.simulate import ScriptedUser, run_episode

    trajectory = await run_episode(agent, ScriptedUser(task, domain, seed=seed), domain, task, seed=seed)
    agent.show_new(trajectory.messages)
    for operation in trajectory.state_diff:
        out.print(f"  state: {operation}", style="magenta")
    failures = "; ".join(trajectory.verdict.failures) or trajectory.ended
    out.print("solved" if trajectory.reward else f"not solved: {failures}", style="bold")


def _interactive(loop: asyncio.AbstractEventLoop, agent: _Shown, domain: Any) -> None:
    """Reads the user's lines until an empty one or the end of input.

    The loop stands still while the user types, so that Ctrl-C reaches the prompt.
    """
    from lamforge.simulate import Conversation

    err.print(f"{domain.name}: {domain.description} An empty line ends the conversation.", style="dim")
    conversation = Conversation(agent, domain)
    ended = "stop"
    while ended == "stop":
        try:
            line = input("you> ")
        except EOFError:
            line = ""
        if not line.strip():
            return
        ended = _finish(loop, conversation.say(line))
        agent.show_new(conversation.messages)
    out.print(f"(the conversation ended: {ended})", style="red")


class _Shown:
    """An agent whose calls, results and answers are printed as they come."""

    def __init__(self, agent: Any, *, echo: bool) -> None:
        self.name = agent.name
        self._agent = agent
        self._echo = echo  # whether to print the user's words too
        self._shown = 0

    async def respond(self, messages: list[Any], tools: list[dict[str, Any]]) -> Any:
        self.show_new(messages)
        return await self._agent.respond(messages, tools)

    def show_new(self, messages: list[Any]) -> None:
        for message in messages[self._shown :]:
            if message.role != "user" or self._echo:
                _show(message)
        self._shown = len(messages)


def _show(message: Any) -> None:
    from lamforge.messages import canonical_json

    if message.role == "user":
        out.print(f"user> {message.content}", style="cyan")
    elif message.role == "tool":
        out.print(f"  <- {message.content}", style="dim")
    elif message.role == "assistant":
        for made in message.tool_calls or ():
            out.print(f"  -> {made.function.name}({canonical_json(made.function.arguments)})", style="yellow")
        if message.content:
            out.print(f"agent> {message.content}", style="green")
        elif not message.tool_calls:
            out.print("agent> (the model said nothing)", style="dim")
