"""What a conversation is worth by tau's rules, found by replay: the final state, and what the agent has said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lamforge.domains import Call, Task, result_text
from lamforge.errors import bounded
from lamforge.evaluate.tau.environment import TauDomain, TauEnvironment
from lamforge.messages import Message, Verdict


def judge(messages: list[Message], task: Task, domain: TauDomain) -> Verdict:
    """The verdict on a conversation.

    `execution`: the replayed results equal the recorded ones; `state`: the final state equals the one that the task's
    actions lead to; `outputs`: the agent said what it had to.

    tau asks for nothing else: a call that was refused costs nothing, and no rule of the policy is tested.
    """
    environment = domain.environment()
    differences = [
        f"{call.name}: recorded {bounded(recorded)}, replayed {bounded(result_text(call))}"
        for call, recorded in replayed(messages, environment)
        if recorded != result_text(call)
    ]
    state = _state_reached(domain, task, environment)
    unsaid = unsaid_outputs(task, spoken(messages, domain))
    failures = [*differences]
    if not state:
        failures.append("the final state differs from the one that the task's actions lead to")
    failures += [f"the agent never said {bounded(output)}" for output in unsaid]
    return Verdict(execution=not differences, state=state, outputs=not unsaid, failures=failures)


def reward_of(verdict: Verdict, ended: str) -> Literal[0, 1]:
    """What a conversation is worth that came to this end."""
    return 1 if verdict.execution and verdict.state and verdict.outputs and ended == "stop" else 0


def replayed(messages: list[Message], environment: TauEnvironment) -> list[tuple[Call, str | None]]:
    """A conversation's calls, made again, each with the recorded text of its result.

    Results belong to calls by their order: recorded conversations have ids that occur twice.
    """
    results = iter([message.content or "" for message in messages if message.role == "tool"])
    return [
        (environment.execute(call.function.name, call.function.arguments, position), next(results, None))
        for position, message in enumerate(messages)
        for call in message.tool_calls or ()
    ]


def judge_calls(domain: TauDomain, task: Task, environment: TauEnvironment, said: Sequence[str]) -> bool:
    """Whether the calls that an environment has executed and what was said beside them are worth the reward."""
    return _state_reached(domain, task, environment) and not unsaid_outputs(task, said)


def spoken(messages: list[Message], domain: TauDomain) -> list[str]:
    """The agent's words that count: in tau-bench those of messages that make no call."""
    return [
        message.content
        for message in messages
        if message.role == "assistant" and message.content and not (domain.book.one_call and message.tool_calls)
    ]


def unsaid_outputs(task: Task, said: Sequence[str]) -> list[str]:
    """The outputs that no single message contains, case and the message's thousands separators aside."""
    if "COMMUNICATE" not in task.provenance.get("reward_basis", ["COMMUNICATE"]):
        return []
    plain = [text.lower().replace(",", "") for text in said]
    return [output for output in task.outputs if not any(output.lower() in text for text in plain)]


def _state_reached(domain: TauDomain, task: Task, environment: TauEnvironment) -> bool:
    if "DB" not in task.provenance.get("reward_basis", ["DB"]) or task.provenance.get("any_state"):
        return True
    return environment.state_hash() == domain.expected_hash(task)
