"""Conversations in the layouts of tau-bench and tau2-bench, so that their own tools can read and score them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from lamforge.domains import Task
from lamforge.evaluate.tau.data import TauData
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.judge import spoken, unsaid_outputs
from lamforge.messages import Message, Trajectory

Json = dict[str, Any]
Costs = Mapping[tuple[str, int], tuple[float | None, float | None]]
_ENDED = {
    "stop": "user_stop",
    "max_turns": "max_steps",
    "errors": "too_many_errors",
    "empty": "agent_error",
    "context": "context_window_exceeded",
}
_EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)  # messages are ordered by their time in tau2's tools


def official_layout(
    trajectories: list[Trajectory], domain: TauDomain, data: TauData, made: Json, costs: Costs | None = None
) -> Any:
    """The conversations as the benchmark whose rules they were held by writes them.

    tau-bench's is a list of {task_id, trial, reward, info, traj}, tau2-bench's {timestamp, info, tasks, simulations}.

    Args:
        made: How the numbers were made.
        costs: Of agent and user in each conversation, by task and trial.
    """
    paid = costs or {}
    tasks = {task.task_id: task for task in data.tasks}
    if domain.book.name == "v1":
        return [_v1(each, tasks[each.task_id], domain, _paid(each, paid)) for each in trajectories]
    chosen = dict.fromkeys(each.task_id for each in trajectories)
    return {
        "timestamp": None,
        "info": _info(trajectories, domain, data, made),
        "tasks": [_tau2_task(tasks[task_id]) for task_id in chosen],
        "simulations": [_simulation(each, tasks[each.task_id], _paid(each, paid)) for each in trajectories],
    }


def _paid(trajectory: Trajectory, costs: Costs) -> tuple[float | None, float | None]:
    return costs.get((trajectory.task_id, trajectory.attempt), (None, None))


def _v1(trajectory: Trajectory, task: Task, domain: TauDomain, paid: tuple[float | None, float | None]) -> Json:
    actions = [{"name": action.name, "kwargs": action.arguments} for action in task.actions]
    described = {"user_id": "", "actions": actions, "instruction": task.instruction, "outputs": task.outputs}
    number = task.provenance.get("number", task.task_id)
    info: Json = {"task": described, "source": "user", "user_cost": paid[1]}
    if trajectory.ended == "stop":
        info["reward_info"] = _v1_reward(trajectory, task, domain, actions)
    return {
        "task_id": int(number) if str(number).isdigit() else number,
        "reward": float(trajectory.reward or 0),
        "info": info,
        "traj": [_v1_message(message, trajectory.messages) for message in trajectory.messages],
        "trial": trajectory.attempt,
    }


def _v1_reward(trajectory: Trajectory, task: Task, domain: TauDomain, actions: list[Json]) -> Json:
    if task.outputs:
        unsaid = unsaid_outputs(task, spoken(trajectory.messages, domain))
        found: Json = {
            "r_outputs": float(not unsaid),
            "outputs": {output: output not in unsaid for output in task.outputs},
        }
    else:
        gold = domain.expected(task).official_hash()
        found = {"r_actions": float(bool(trajectory.verdict.state)), "gt_data_hash": gold}
    return {"reward": float(trajectory.reward or 0), "info": found, "actions": actions}


def _v1_message(message: Message, messages: list[Message]) -> Json:
    wire = message.to_wire()
    if message.role == "tool":
        calls = (call for each in messages for call in each.tool_calls or ())
        wire["name"] = next((call.function.name for call in calls if call.id == message.tool_call_id), "")
    return wire


def _tau2_task(task: Task) -> Json:
    actions = [
        {"action_id": f"{task.task_id}_{number}", "name": action.name, "arguments": action.arguments}
        for number, action in enumerate(task.actions)
    ]
    return {
        "id": task.task_id,
        "user_scenario": {"persona": None, "instructions": task.instruction},
        "evaluation_criteria": {
            "actions": None if task.provenance.get("any_state") else actions,
            "communicate_info": task.outputs,
            "nl_assertions": task.provenance.get("nl_assertions") or None,
            "reward_basis": task.provenance.get("reward_basis", ["DB", "COMMUNICATE"]),
        },
    }


def _info(trajectories: list[Trajectory], domain: TauDomain, data: TauData, made: Json) -> Json:
    users = made.get("user") or {}
    return {
        "git_commit": "unknown",
        "num_trials": 1 + max((each.attempt for each in trajectories), default=0),
        "max_steps": made.get("max_turns") or domain.book.max_turns,
        "max_errors": domain.book.max_errors or 0,
        "user_info": {"implementation": "lamforge", "llm": users.get("model"), "llm_args": users},
        "agent_info": {"implementation": "lamforge", "llm": made.get("model"), "llm_args": {}},
        "environment_info": {"domain_name": data.domain, "policy": domain.policy},
        "seed": made.get("seed"),
    }


def _simulation(trajectory: Trajectory, task: Task, paid: tuple[float | None, float | None]) -> Json:
    return {
        **simulation_of(trajectory.messages, trajectory.task_id, trajectory.ended),
        "id": trajectory.trajectory_id,
        "reward_info": _reward_info(trajectory, task),
        "agent_cost": paid[0],
        "user_cost": paid[1],
        "trial": trajectory.attempt,
        "seed": trajectory.seed,
    }


def simulation_of(messages: list[Message], task_id: str, ended: str) -> Json:
    """A conversation as tau2-bench records one, without a reward."""
    spoken_since = [message for message in messages if message.role != "system"]
    times = [(_EPOCH + timedelta(seconds=second)).isoformat() for second in range(len(spoken_since) + 1)]
    return {
        "id": task_id,
        "task_id": task_id,
        "timestamp": times[0],
        "start_time": times[0],
        "end_time": times[-1],
        "duration": float(len(spoken_since)),
        "termination_reason": _ENDED.get(ended, "agent_error"),
        "messages": [
            {**_tau2_message(message), "turn_idx": turn, "timestamp": times[turn]}
            for turn, message in enumerate(spoken_since)
        ],
    }


def _reward_info(trajectory: Trajectory, task: Task) -> Json:
    basis = task.provenance.get("reward_basis", ["DB", "COMMUNICATE"])
    state, outputs = float(bool(trajectory.verdict.state)), float(bool(trajectory.verdict.outputs))
    parts = {name: value for name, value in (("DB", state), ("COMMUNICATE", outputs)) if name in basis}
    return {
        "reward": float(trajectory.reward or 0),
        "db_check": {"db_match": bool(state), "db_reward": state},
        "reward_basis": basis,
        "reward_breakdown": parts,
    }


def _tau2_message(message: Message) -> Json:
    if message.role == "tool":
        error = (message.content or "").startswith("Error: ")
        place = {"id": message.tool_call_id, "requestor": "assistant", "error": error}
        return {"role": "tool", "content": message.content, **place}
    calls = [
        {"id": call.id, "name": call.function.name, "arguments": call.function.arguments, "requestor": "assistant"}
        for call in message.tool_calls or ()
    ]
    return {"role": message.role, "content": message.content, "tool_calls": calls or None}
