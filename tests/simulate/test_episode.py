from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lamforge.domains import Action, Domain, Task
from lamforge.errors import DataError
from lamforge.messages import Function, Message, ToolCall, Usage
from lamforge.simulate import DoNothingAgent, ScriptedUser, run_episode, verify


class Puppet:
    """An agent that says its lines, whatever happens."""

    name = "puppet"

    def __init__(self, *lines: str | tuple[str, dict]) -> None:
        self._lines = iter(lines)

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        line = next(self._lines, "Is there anything else?")
        if isinstance(line, str):
            return Message(role="assistant", content=line), Usage(completion_tokens=1)
        call = ToolCall(function=Function(name=line[0], arguments=line[1]))
        return Message(role="assistant", tool_calls=[call]), Usage(completion_tokens=1)


@pytest.fixture
def task(library: Domain) -> Task:
    """Member M30 wants its books at another branch."""
    member = library.base.tables["members"]["M30"]
    branch = "north" if member["branch"] != "north" else "east"
    action = {"name": "change_branch", "arguments": {"member_id": "M30", "branch": branch}}
    script = {
        "facts": {"card_number": member["card_number"]},
        "goals": [{"tool": "change_branch", "arguments": {"branch": branch}}],
    }
    return Task(task_id="t", domain="library", instruction="", actions=[action], outputs=["done"], script=script)


def _right_lines(task: Task) -> list[str | tuple[str, dict]]:
    arguments = task.actions[0].arguments
    return [
        "What is your card number?",
        ("find_member", {"card_number": task.script["facts"]["card_number"]}),
        f"Shall I change your branch to {arguments['branch']}?",
        ("change_branch", arguments),
        "It is done.",
    ]


def _play(library: Domain, task: Task, *lines: str | tuple[str, dict], **options: Any):
    user = ScriptedUser(task, library, seed=3)
    return asyncio.run(run_episode(Puppet(*lines), user, library, task, seed=3, **options))


def test_an_agent_that_does_everything_right_is_rewarded(library: Domain, task: Task) -> None:
    trajectory = _play(library, task, *_right_lines(task))
    assert trajectory.reward == 1
    assert trajectory.verdict.failures == []
    assert trajectory.ended == "stop"
    assert trajectory.usage.model_calls == 5
    assert trajectory.state_diff[0]["path"] == "/members/M30/branch"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda lines: lines[:1] + lines[2:], "policy"),
        (lambda lines: lines[:2] + lines[3:], "policy"),
        (lambda lines: lines[:3] + lines[4:], "state"),
        (lambda lines: [*lines[:4], "Good bye."], "outputs"),
        (lambda lines: [*lines[:4], ("report_lost", {"loan_id": "L100"}), *lines[4:]], "state"),
    ],
)
def test_what_goes_wrong_is_named_in_the_verdict(library: Domain, task: Task, change: Any, part: str) -> None:
    trajectory = _play(library, task, *change(_right_lines(task)))
    assert trajectory.reward == 0
    assert getattr(trajectory.verdict, part) is False
    assert trajectory.verdict.failures


@pytest.mark.parametrize(("said", "right"), [("It is done, for $1,100.", False), ("It is done, for $10.00.", True)])
def test_a_number_within_another_was_not_said(library: Domain, task: Task, said: str, right: bool) -> None:
    owed = task.model_copy(update={"outputs": ["10"]})
    trajectory = _play(library, owed, *_right_lines(task)[:4], said)
    assert trajectory.verdict.outputs is right
    assert trajectory.reward == right


def test_a_refused_call_costs_the_format_but_not_the_reward(library: Domain, task: Task) -> None:
    lines = _right_lines(task)
    lines.insert(1, ("find_member", {"card": 5}))
    trajectory = _play(library, task, *lines)
    assert not trajectory.verdict.format
    assert trajectory.reward == 1


def test_a_changed_tool_result_is_found_by_replay(library: Domain, task: Task) -> None:
    trajectory = _play(library, task, *_right_lines(task))
    result = next(message for message in trajectory.messages if message.role == "tool")
    result.content = "{}"
    assert not verify(trajectory.messages, task, library).execution


def test_an_unreadable_call_is_a_format_failure(library: Domain, task: Task) -> None:
    trajectory = _play(library, task, '[{"name": "find_member", "arguments": {')
    assert not trajectory.verdict.format


def test_an_episode_ends_at_the_turn_limit(library: Domain, task: Task) -> None:
    trajectory = _play(library, task, *[("get_loan", {"loan_id": "L100"})] * 40, max_turns=7)
    assert trajectory.ended == "max_turns"
    assert trajectory.reward == 0
    assert sum(message.role == "assistant" for message in trajectory.messages) == 7


def test_doing_nothing_ends_and_earns_nothing(library: Domain, task: Task) -> None:
    user = ScriptedUser(task, library, seed=0)
    trajectory = asyncio.run(run_episode(DoNothingAgent(), user, library, task, seed=0))
    assert trajectory.ended == "stop"
    assert trajectory.reward == 0


def test_a_task_whose_truth_cannot_be_executed_is_refused(library: Domain, task: Task) -> None:
    wrong = task.model_copy(update={"actions": [Action(name="get_loan", arguments={"loan_id": "L1"})]})
    with pytest.raises(DataError, match="ground truth fails"):
        verify([], wrong, library)
