"""Phase 2: conversations about a blueprint between a user who knows the intent and an agent who knows the tools.

Several attempts are made; those that hold by state, outputs and policy are kept, each distinct one. A mistake of the
simulated user is no failure of the agent, and is counted apart (APIGen-MT, arXiv 2504.03601, section 3.3).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lamforge.domains import Task
from lamforge.generate.blueprint import Draft
from lamforge.generate.cast import Cast
from lamforge.generate.kit import Kit
from lamforge.generate.teacher import ScriptedAgent
from lamforge.messages import Trajectory, content_id, derived_seed
from lamforge.simulate import Agent, ScriptedUser, User, error_kind, format_kind, run_episode
from lamforge.simulate.client_agent import ClientAgent
from lamforge.simulate.simulated_user import SimulatedUser

CHECKS = ("format", "execution", "policy", "state", "outputs")


async def converse(
    kit: Kit, cast: Cast, task: Task, draft: Draft | None, seed: int
) -> tuple[list[Trajectory], list[dict[str, Any]]]:
    """The distinct successful conversations about a task, and the others with the reason why they were rejected."""
    kept: dict[str, Trajectory] = {}
    rejected = []
    for attempt in range(cast.roles.attempts):
        drawn = derived_seed(seed, task.task_id, attempt)
        user = _user(kit, cast, task, drawn)
        trajectory = await run_episode(
            _agent(kit, cast, draft, drawn),
            user,
            kit.domain,
            task,
            seed=seed,
            attempt=attempt,
            max_turns=cast.roles.max_turns,
        )
        if isinstance(user, SimulatedUser) and user.choices.asked:
            trajectory.provenance["critic"] = asdict(user.choices)
        if reason := _reason(trajectory, user):
            stage = reason.partition(":")[0]
            record = {"stage": stage, "reason": reason, "task": task.as_dict(), "trajectory": trajectory.as_dict()}
            kind = error_kind(trajectory, task, kit.domain) or format_kind(trajectory, kit.domain)
            record["kind"] = "" if stage == "simulator" or kind is None else kind
            rejected.append(record | {"faults": [fault._asdict() for fault in getattr(user, "faults", ())]})
        else:
            kept.setdefault(content_id([m.as_dict() for m in trajectory.messages]), trajectory)
    return list(kept.values()), rejected


def _user(kit: Kit, cast: Cast, task: Task, seed: int) -> User:
    if cast.roles.user.scripted:
        return ScriptedUser(task, kit.domain, seed=seed)
    return SimulatedUser(cast.player, task, kit.domain, seed=seed)


def _agent(kit: Kit, cast: Cast, draft: Draft | None, seed: int) -> Agent:
    role = cast.roles.agent
    if role.scripted:
        assert draft is not None  # roles allow a scripted agent for drafts alone
        return ScriptedAgent(draft.script, draft.plan, kit.domain)
    return ClientAgent(cast.clients["agent"], temperature=role.temperature, max_tokens=role.max_tokens, seed=seed)


def _reason(trajectory: Trajectory, user: User) -> str | None:
    """Why a conversation is not kept: "simulator: ..." where the user is to blame, else "conversation: ..."."""
    if faults := getattr(user, "faults", ()):
        return "simulator: " + ", ".join(dict.fromkeys(fault.kind for fault in faults))
    if trajectory.ended != "stop":
        return f"conversation: {trajectory.ended}"
    failed = [check for check in CHECKS if not getattr(trajectory.verdict, check)]
    return f"conversation: {', '.join(failed)}" if failed else None
