"""Conversations that others recorded: tau-bench's list, tau2-bench's results.json, and our own trajectories.

`lamforge.data.exchange.tau` finds the records in the files, and converts them to be looked at. Here nothing is
converted: what is to be replayed has to be read as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.data.exchange.tau import is_tau2, tau2_records
from lamforge.data.record_files import records
from lamforge.errors import DataError, bounded
from lamforge.evaluate.tau.rules import Rules
from lamforge.messages import Message


@dataclass(frozen=True)
class Recorded:
    """One recorded conversation.

    Attributes:
        reward: What it was given; None if that is not recorded.
        gold_hash: The recorded hash of the state that the task's actions lead to, in tau-bench's own making.
        ended: "stop" if it came to its end.
    """

    task_id: str
    trial: int
    messages: list[Message]
    reward: float | None
    gold_hash: str | None
    ended: str

    @property
    def user_lines(self) -> list[str]:
        """What the user said, in order."""
        return [message.content for message in self.messages if message.role == "user" and message.content]


def read_recorded(path: Path, rules: Rules, split: str = "test") -> list[Recorded]:
    """The conversations of a file, or of the folder that a run of tau2-bench leaves.

    Args:
        rules: By which they were held, to tell how one ended whose file does not say.
        split: Of tau-bench's files, which number the tasks of one split.
    Raises:
        DataError: naming what is not as expected.
    """
    if not path.exists():
        raise DataError("there is no such file", where=path, remedy="Name a recording, such as an official.json.")
    tau2 = is_tau2(path)
    found = []
    for where, record in tau2_records(path) if tau2 else records(path):
        if isinstance(record, DataError):
            raise record
        try:
            if tau2:
                found.append(_of_tau2(record["simulation"], rules))
            else:
                found.append(_of_v1(record, rules, split) if "traj" in record else _of_lamforge(record))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            what = f"is no conversation of tau-bench, tau2-bench or lamforge ({bounded(str(error))})"
            raise DataError(what, where=where) from error
    return found


def how_it_ended(messages: list[Message], rules: Rules) -> str:
    """ "stop" if the user left, or the agent made a call that ends a conversation."""
    last = next((message for message in reversed(messages) if message.role in ("user", "assistant")), None)
    if last is None:
        return "max_turns"
    if last.role == "user":
        return "stop" if any(stop in (last.content or "") for stop in rules.stops) else "max_turns"
    return "stop" if any(call.function.name in rules.ends for call in last.tool_calls or ()) else "max_turns"


def _of_v1(record: dict[str, Any], rules: Rules, split: str) -> Recorded:
    messages = [Message.from_wire(message) for message in record["traj"]]
    reward_info = ((record.get("info") or {}).get("reward_info") or {}).get("info") or {}
    number = str(record["task_id"])
    return Recorded(
        task_id=number if split == "test" else f"{split}-{number}",
        trial=int(record.get("trial", 0)),
        messages=messages,
        reward=float(record["reward"]),
        gold_hash=reward_info.get("gt_data_hash"),
        ended=how_it_ended(messages, rules),
    )


def _of_tau2(record: dict[str, Any], rules: Rules) -> Recorded:
    ended = "stop" if record["termination_reason"] in ("user_stop", "agent_stop") else str(record["termination_reason"])
    reward = _number((record.get("reward_info") or {}).get("reward"))
    messages = [_tau2_message(message) for message in record["messages"]]
    return Recorded(str(record["task_id"]), int(record.get("trial") or 0), messages, reward, None, ended)


def _tau2_message(message: dict[str, Any]) -> Message:
    calls = [
        {"id": call.get("id") or "", "function": {"name": call["name"], "arguments": call["arguments"]}}
        for call in message.get("tool_calls") or ()
    ]
    known = {"role": message["role"], "content": message.get("content"), "tool_calls": calls or None}
    return Message.model_validate(known | ({"tool_call_id": message.get("id")} if message["role"] == "tool" else {}))


def _of_lamforge(record: dict[str, Any]) -> Recorded:
    messages = [Message.model_validate(message) for message in record["messages"]]
    attempt, ended = int(record.get("attempt", 0)), str(record.get("ended", "stop"))
    return Recorded(str(record["task_id"]), attempt, messages, _number(record.get("reward")), None, ended)


def _number(reward: Any) -> float | None:
    return None if reward is None else float(reward)
