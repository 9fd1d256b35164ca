"""Tasks of the library and agents that are right, wrong or broken on purpose."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from lamforge.domains import Domain, Task
from lamforge.errors import EngineError
from lamforge.messages import Function, Message, ToolCall, Trajectory, Usage
from lamforge.simulate import ScriptedUser, run_episode

Line = str | tuple[str, dict[str, Any]]


class Puppet:
    """Says its lines, whatever happens."""

    name = "puppet"

    def __init__(self, *lines: Line) -> None:
        self._lines = iter(lines)

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        await asyncio.sleep(0)
        line = next(self._lines, "Is there anything else?")
        usage = Usage(prompt_tokens=100, completion_tokens=10)
        if isinstance(line, str):
            return Message(role="assistant", content=line), usage
        call = ToolCall(function=Function(name=line[0], arguments=line[1]))
        return Message(role="assistant", tool_calls=[call]), usage


class Clerk(Puppet):
    """Changes branches as it is told; forgets to with a chance that its seed decides. `breaks` failures come first."""

    name = "clerk"

    def __init__(self, seed: int, *, forgets: float = 0.0, breaks: list[int] | None = None, seconds: float = 0) -> None:
        super().__init__()
        self._forgetful = random.Random(seed).random() < forgets
        self._breaks = breaks if breaks is not None else [0]
        self._seconds = seconds

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        await asyncio.sleep(self._seconds)
        if self._breaks[0]:
            self._breaks[0] -= 1
            raise EngineError("the engine is gone")
        said = " ".join(m.content or "" for m in messages if m.role == "user").lower()
        made = [call.function for m in messages for call in m.tool_calls or ()]
        card = next((word.strip(".,") for word in said.split() if word.strip(".,").isdigit()), None)
        branch = next((b for b in ("north", "south", "east") if b in said), None)
        self._lines = iter(self._next(messages, made, card, branch))
        return await super().respond(messages, tools)

    def _next(self, messages: list[Message], made: list[Function], card: str | None, branch: str | None) -> list[Line]:
        if card is None or branch is None:
            return ["Please tell me your card number and the branch you want."]
        if not made:
            return [("find_member", {"card_number": card})]
        if len(made) > 1 or self._forgetful:
            return ["It is done. Is there anything else?"]
        asked = any("shall i" in (m.content or "").lower() for m in messages if m.role == "assistant")
        if not asked:
            return [f"Shall I change your branch to {branch}?"]
        member_id = next(m.content or "" for m in messages if m.role == "tool").split('"member_id": "')[1].split('"')[0]
        return [("change_branch", {"member_id": member_id, "branch": branch})]


@pytest.fixture
def puppet() -> type[Puppet]:
    return Puppet


@pytest.fixture
def clerk() -> type[Clerk]:
    return Clerk


@pytest.fixture
def tasks(library: Domain) -> list[Task]:
    """Eight members who want their books at another branch, and one who asks for nothing that changes anything."""
    made = []
    for number in range(30, 38):
        member = library.base.tables["members"][f"M{number}"]
        branch = "north" if member["branch"] != "north" else "east"
        goal = {"tool": "change_branch", "arguments": {"branch": branch}}
        made.append(
            Task(
                task_id=f"t{number}",
                domain="library",
                instruction=f"You want your books at {branch}.",
                actions=[{"name": "change_branch", "arguments": {"member_id": f"M{number}", "branch": branch}}],
                outputs=["done"],
                provenance={"shape": "action"},
                script={"facts": {"card_number": member["card_number"]}, "goals": [goal]},
            )
        )
    refused = {"goals": [{"tool": "renew_loan", "arguments": {"loan_id": "L100"}}]}
    made.append(Task(task_id="refused", domain="library", instruction="You want more.", outputs=[], script=refused))
    return made


@pytest.fixture
def play(library: Domain) -> Callable[..., Trajectory]:
    """Plays a task with an agent that says the given lines."""

    def play(task: Task, *lines: Line, **options: Any) -> Trajectory:
        user = ScriptedUser(task, library, seed=3)
        return asyncio.run(run_episode(Puppet(*lines), user, library, task, seed=3, **options))

    return play
