"""`lamforge chat`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import err, out

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def chat(
    model: Annotated[str, typer.Option(help="nano, a .gguf file, an http(s):// endpoint, or scripted.")] = "nano",
    domain: Annotated[str, typer.Option(help="A bundled domain's name, or your folder.")] = "store",
    tasks: Annotated[
        Path | None, typer.Option(help="A tasks.jsonl: the scripted user holds the conversation of one of them.")
    ] = None,
    task: Annotated[str, typer.Option(help="With --tasks: which one, by number from 0 or by id.")] = "0",
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0)] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the sampling and of the scripted user's words.")] = 0,
) -> None:
    """Talk to a model that acts on a domain; shows its calls and their results as they happen."""
    asyncio.run(_chat(model, domain, tasks, task, temperature, seed))


async def _chat(spec: str, domain_name: str, tasks: Path | None, which: str, temperature: float, seed: int) -> None:
    from lamforge.domains import find_task, load_domain
    from lamforge.engines import open_model
    from lamforge.simulate import ModelAgent, ScriptedUser, run_episode

    domain = load_domain(domain_name)
    chosen = find_task(tasks, which) if tasks is not None else None
    engine = open_model(spec)
    try:
        agent = _Shown(ModelAgent(engine, temperature=temperature, seed=seed), echo=chosen is not None)
        if chosen is None:
            await _interactive(agent, domain)
            return
        user = ScriptedUser(chosen, domain, seed=seed)
        trajectory = await run_episode(agent, user, domain, chosen, seed=seed)
        agent.show_new(trajectory.messages)
        for operation in trajectory.state_diff:
            out.print(f"  state: {operation}", style="magenta", markup=False)
        failures = "; ".join(trajectory.verdict.failures) or trajectory.ended
        out.print("solved" if trajectory.reward else f"not solved: {failures}", style="bold", markup=False)
    finally:
        await engine.aclose()


async def _interactive(agent: Any, domain: Any) -> None:
    """Reads the user's lines until an empty one or the end of input."""
    from lamforge.simulate import Conversation

    err.print(f"{domain.name}: {domain.description} An empty line ends the conversation.", style="dim", markup=False)
    conversation = Conversation(agent, domain)
    while True:
        try:
            line = await asyncio.to_thread(input, "you> ")
        except EOFError:
            line = ""
        if not line.strip():
            break
        ended = await conversation.say(line)
        agent.show_new(conversation.messages)
        if ended != "stop":
            out.print(f"(the conversation ended: {ended})", style="red")
            break


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
        out.print(f"user> {message.content}", style="cyan", markup=False)
    elif message.role == "tool":
        out.print(f"  <- {message.content}", style="dim", markup=False)
    elif message.role == "assistant":
        for made in message.tool_calls or ():
            out.print(
                f"  -> {made.function.name}({canonical_json(made.function.arguments)})", style="yellow", markup=False
            )
        if message.content:
            out.print(f"agent> {message.content}", style="green", markup=False)
