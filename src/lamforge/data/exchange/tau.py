"""Results of tau-bench (a list of {task_id, reward, info, traj, trial}) and of tau2-bench ({info, tasks, simulations}).

They are a benchmark's items: to be looked at and compared, never to be trained on. Each record says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.data.exchange.chat import message
from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import assistant, linked, listed_calls, result_of, text_of
from lamforge.data.record_files import Record, json_stream, records
from lamforge.errors import DataError, bounded
from lamforge.messages import Message

_ENDED = {"user_stop": "stop", "agent_stop": "stop", "max_steps": "max_turns"}


def reads(row: dict[str, Any]) -> bool:
    """Whether it is a result of tau-bench."""
    return isinstance(row.get("traj"), list) and "reward" in row and "task_id" in row


def read(row: dict[str, Any]) -> Draft:
    """A result of tau-bench. Its file does not say which tools there were."""
    listed = row.get("traj")
    if not isinstance(listed, list) or not listed:
        raise Unconvertible("messages", "there are none")
    notes: dict[str, int] = {}
    task = row.get("info", {}).get("task") if isinstance(row.get("info"), dict) else None
    owner = task.get("user_id") if isinstance(task, dict) else None
    return Draft(
        linked([message(each) for each in listed], notes),
        [],
        task=f"tau-bench/{row.get('task_id')}",
        reward=_reward(row.get("reward")),
        attempt=_whole(row.get("trial")),
        provenance={"benchmark": "tau-bench", **({"owner": owner} if isinstance(owner, str) else {})},
        notes=notes,
    )


def is_tau2(path: Path) -> bool:
    """Whether it is a file of results of tau2-bench, or the folder of one."""
    if path.is_dir():
        return (path / "results.json").is_file() and (path / "simulations").is_dir()
    if not path.name.endswith((".json", ".json.gz")):
        return False
    with json_stream(path) as stream:
        if stream.peek() != "{":
            return False
        try:
            for key in stream.members():
                if key == "simulations":
                    return True
                value = stream.value()
                if key == "info":
                    return isinstance(value, dict) and "environment_info" in value
        except DataError:
            return False
    return False


def tau2_records(path: Path) -> Iterator[Record]:
    """Each simulation, with what the file says of all of them beside it."""
    main = path / "results.json" if path.is_dir() else path
    info: Any = {}
    with json_stream(main) as stream:
        if stream.peek() != "{":
            raise DataError("is no file of results", where=main)
        for key in stream.members():
            if key == "simulations" and stream.peek() == "[":
                for number, each in enumerate(stream.elements()):
                    yield f"{main}, simulation {number}", {"info": info, "simulation": each}
            elif key == "info":
                info = stream.value()
            else:
                stream.value()
    folder = main.parent / "simulations"
    for file in sorted(folder.glob("*.json")) if main.name == "results.json" and folder.is_dir() else ():
        for where, each in records(file):
            yield where, each if isinstance(each, DataError) else {"info": info, "simulation": each}


def read_tau2(row: dict[str, Any]) -> Draft:
    """A simulation. What the user did with tools of its own is left out: the agent saw nothing of it."""
    run, info = row.get("simulation"), row.get("info")
    if not isinstance(run, dict) or not isinstance(run.get("messages"), list) or not run["messages"]:
        raise Unconvertible("messages", "there are none")
    info = info if isinstance(info, dict) else {}
    world = _part(info, "environment_info")
    notes: dict[str, int] = {}
    policy = world.get("policy")
    messages = [Message(role="system", content=policy)] if isinstance(policy, str) and policy else []
    messages += [found for each in run["messages"] if (found := _tau2_message(each, notes))]
    rewards = run.get("reward_info")
    return Draft(
        linked(messages, notes),
        _tau2_tools(world.get("tool_defs")),
        task=f"tau2/{world.get('domain_name', '')}/{run.get('task_id')}",
        domain=str(world.get("domain_name") or ""),
        reward=_reward(rewards.get("reward")) if isinstance(rewards, dict) else None,
        attempt=_whole(run.get("trial")),
        ended=_ended(run.get("termination_reason")),
        agent=str(_part(info, "agent_info").get("llm") or "unknown"),
        user=str(_part(info, "user_info").get("llm") or "unknown"),
        provenance={"benchmark": "tau2-bench"},
        notes=notes,
    )


def _tau2_message(each: Any, notes: dict[str, int]) -> Message | None:
    if not isinstance(each, dict):
        raise Unconvertible("messages", f"is no message: {bounded(each, 80)}")
    role = each.get("role")
    if each.get("requestor") == "user" or (role == "user" and each.get("tool_calls") and not each.get("content")):
        notes["the user's own tools left out"] = notes.get("the user's own tools left out", 0) + 1
        return None
    if role == "tool":
        return Message(role="tool", content=result_of(each.get("content")), tool_call_id=str(each.get("id") or ""))
    if role == "assistant":
        return assistant(text_of(each.get("content")), listed_calls(each.get("tool_calls")))
    if role in ("user", "system"):
        return Message(role=role, content=text_of(each.get("content")) or "")
    raise Unconvertible("role", f"unknown: {bounded(role)}")


def _tau2_tools(described: Any) -> list[dict[str, Any]]:
    """The tools of `tool_defs`: {name: {name, doc, params}}; none if the run was told to keep none."""
    if not isinstance(described, dict):
        return []
    listed = [
        {"name": name, "description": str(each.get("doc") or ""), "parameters": each.get("params")}
        for name, each in described.items()
        if isinstance(each, dict)
    ]
    return tools_of(listed)


def _part(info: dict[str, Any], key: str) -> dict[str, Any]:
    found = info.get(key)
    return found if isinstance(found, dict) else {}


def _reward(given: Any) -> Any:
    return int(given == 1) if isinstance(given, int | float) else None


def _whole(given: Any) -> int:
    return given if isinstance(given, int) and given >= 0 else 0


def _ended(reason: Any) -> str:
    return _ENDED.get(reason, reason) if isinstance(reason, str) else "unknown"
