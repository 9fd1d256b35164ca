"""Verification by replay: a conversation is judged by what its calls do to a fresh environment, never by its looks."""

from __future__ import annotations

from typing import Literal

from lamforge.domains import Call, Domain, Environment, Task, Trace, result_text
from lamforge.domains.speech import says
from lamforge.errors import DataError, DomainError, bounded
from lamforge.formats import get_format
from lamforge.messages import Message, Verdict
from lamforge.tools import call_problems

_READER = get_format("xlam-qwen")  # the calls' notation is the same in every variant


def verify(messages: list[Message], task: Task, domain: Domain) -> Verdict:
    """Replays a conversation against its task.

    The verdict's parts: `format`, every call is readable, offered and valid against its schema; `execution`, the
    replayed results equal the recorded ones; `policy`, every rule is kept; `state`, the final state equals the one that
    the task's actions lead to; `outputs`, the agent said each of the task's outputs as a value of its own, not within a
    longer word or number (stricter than tau-bench, arXiv 2406.12045, whose substring "10" is in "1,100").

    Raises:
        DataError: if one of the task's own actions cannot be executed.
        DomainError: if a tool or a rule of the domain is broken.
    """
    environment = domain.environment()
    calls, differences = replay(messages, environment)
    trace = Trace(messages, calls, domain.base)
    broken = _broken_rules(trace, domain)
    misshapen = _format_failures(messages, domain)
    state_equal = environment.state_hash() == expected_state(domain, task)
    unsaid = _unsaid(messages, task)
    failures = [*misshapen, *differences, *broken]
    if not state_equal:
        failures.append("the final state differs from the one that the task's actions lead to")
    failures += [f"the agent never said {bounded(output)}" for output in unsaid]
    return Verdict(
        format=not misshapen,
        execution=not differences,
        policy=not broken,
        state=state_equal,
        outputs=not unsaid,
        failures=failures,
    )


def reward(verdict: Verdict, ended: str) -> Literal[0, 1]:
    """1 when the user left by itself and policy, state and outputs are right in a faithful replay.

    A call that a tool or its schema refused costs nothing by itself, as in tau-bench: what counts is what was done.
    """
    kept = verdict.execution and verdict.policy and verdict.state and verdict.outputs
    return 1 if kept and ended == "stop" else 0


def replay(messages: list[Message], environment: Environment) -> tuple[list[Call], list[str]]:
    """Executes a conversation's calls again, in order.

    Returns:
        The calls, and one sentence for each tool message that differs from the replayed result or is missing.
    """
    recorded = {m.tool_call_id: m.content for m in messages if m.role == "tool"}
    calls, differences = [], []
    for position, message in enumerate(messages):
        for call in message.tool_calls or ():
            done = environment.execute(call.function.name, call.function.arguments, position)
            calls.append(done)
            if recorded.get(call.id) != result_text(done):
                differences.append(
                    f"{call.id} ({call.function.name}): recorded {bounded(recorded.get(call.id))}, "
                    f"replayed {bounded(result_text(done))}"
                )
    return calls, differences


def expected_state(domain: Domain, task: Task) -> str:
    """The hash of the state that the task's actions lead to.

    Raises:
        DataError: if an action fails.
    """
    environment = domain.environment()
    for action in task.actions:
        done = environment.execute(action.name, action.arguments)
        if not done.ok:
            raise DataError(
                f"the action {action.name} of the task's ground truth fails: {done.error}",
                where=f"task {task.task_id}",
                remedy="The task was made for another version of the domain; generate it anew.",
            )
    return environment.state_hash()


def _broken_rules(trace: Trace, domain: Domain) -> list[str]:
    failures = []
    for rule in domain.rules:
        try:
            failures += [f"{rule.name}: {failure}" for failure in rule.failures(trace)]
        except Exception as error:
            raise DomainError(
                f"rule {rule.name!r} failed with {type(error).__name__}: {bounded(str(error))}",
                where=domain.folder / "rules.py",
                remedy="A rule must judge any conversation; mend it.",
            ) from error
    return failures


def _format_failures(messages: list[Message], domain: Domain) -> list[str]:
    failures = []
    for message in messages:
        if message.role != "assistant":
            continue
        if not message.tool_calls and (problem := _READER.parse(message.content or "").problem):
            failures.append(f"unreadable call: {problem}")
        for call in message.tool_calls or ():
            name, arguments = call.function.name, call.function.arguments
            failures += [f"{call.id} ({name[:60]}): {p}" for p in call_problems(domain.parameters, name, arguments)]
    return failures


def _unsaid(messages: list[Message], task: Task) -> list[str]:
    said = [m.content for m in messages if m.role == "assistant" and m.content]
    return [output for output in task.outputs if not any(says(text, output) for text in said)]
