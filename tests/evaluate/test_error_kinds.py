from __future__ import annotations

import asyncio
import json

import pytest

from lamforge.engines.calls import checked
from lamforge.error_kinds import ERROR_KINDS, problem_kind
from lamforge.messages import Message
from lamforge.simulate import error_kind, format_kind

FIND = ("find_member", {"card_number": "75640"})
ASK = "Shall I change your branch to north?"
RIGHT = ("change_branch", {"member_id": "M30", "branch": "north"})
DONE = "It is done."


def served(domain, name, arguments):
    """The pieces of this call that a server marks."""

    async def written():
        yield {"tool_calls": [{"index": 0, "function": {"name": name, "arguments": json.dumps(arguments)}}]}
        yield {"finish_reason": "tool_calls"}

    async def read():
        return [piece async for delta in checked(written(), domain.tools) for piece in delta.get("tool_calls", ())]

    return [piece for piece in asyncio.run(read()) if "problems" in piece]


@pytest.fixture
def task(tasks):
    return tasks[0]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (None, ["Your card number?", FIND, ASK, RIGHT, DONE]),
        ("unparsable", ['[{"name": "find_member", "arguments": {"card_num']),
        ("policy_broken", ["Your card number?", RIGHT, DONE]),
        ("policy_broken", ["Your card number?", FIND, ("renew_loan", {"loan_id": "L100"}), DONE]),
        ("wrong_argument", ["Your card number?", FIND, ASK, ("change_branch", RIGHT[1] | {"branch": "south"}), DONE]),
        ("invalid_arguments", ["Your card number?", FIND, ASK, ("change_branch", {"branch": "north"}), DONE]),
        ("missing_call", ["Your card number?", ("find_member", {"card": 1}), FIND, DONE]),
        ("wrong_call", ["Your card number?", ("look_up_member", {}), FIND, DONE]),
        ("wrong_call", ["Your card number?", FIND, ASK, ("report_lost", {"loan_id": "L130"}), DONE]),
        ("unknown_tool", ["Your card number?", FIND, ASK, ("alter_branch", RIGHT[1]), DONE]),
        ("missing_call", ["Your card number?", FIND, DONE]),
        ("gave_up", ["I am sorry, that is not possible."]),
        ("extra_call", ["Your card number?", FIND, ASK, RIGHT, ("report_lost", {"loan_id": "L130"}), DONE]),
        ("output_missing", ["Your card number?", FIND, ASK, RIGHT, "Have a nice day."]),
    ],
)
def test_each_failure_gets_the_kind_that_describes_it(library, play, task, kind, lines):
    trajectory = play(task, *lines)
    assert error_kind(trajectory, task, library) == kind


def test_doing_something_where_nothing_was_to_be_done_is_a_needless_call(library, play, task):
    idle = task.model_copy(update={"actions": []})
    trajectory = play(idle, "Your card number?", FIND, ASK, RIGHT, DONE)
    assert error_kind(trajectory, idle, library) == "needless_call"


@pytest.mark.parametrize(
    ("kind", "name", "arguments"),
    [
        ("unknown_tool", "alter_branch", {"member_id": "M30", "branch": "north"}),
        ("invalid_arguments", "change_branch", {"branch": "north"}),
        ("invalid_arguments", "change_branch", {"member_id": "M30", "branch": "moon"}),
    ],
)
def test_a_wrong_call_has_the_same_kind_in_generation_serving_and_evaluation(
    library, play, task, kind, name, arguments
):
    (piece,) = served(library, name, arguments)
    assert problem_kind(piece["problems"][0]) == kind, "what the server counts"
    trajectory = play(task, "Your card number?", FIND, ASK, (name, arguments), DONE)
    assert error_kind(trajectory, task, library) == kind, "what evaluation counts"
    assert f"call_1 ({name}): {piece['problems'][0]}" in trajectory.verdict.failures
    mended = play(task, "Your card number?", FIND, ASK, (name, arguments), RIGHT, DONE)
    assert (mended.reward, error_kind(mended, task, library)) == (1, None)
    assert format_kind(mended, library) == kind, "why generation does not keep it, though it came out right"


def test_a_conversation_without_end_is_too_long_whatever_else_is_wrong(library, play, task):
    trajectory = play(task, *["What?"] * 9, max_turns=2)
    assert trajectory.ended == "max_turns"
    assert error_kind(trajectory, task, library) == "too_long"


def test_a_result_that_the_replay_does_not_repeat_is_nobodys_fault(library, play, task):
    trajectory = play(task, "Your card number?", FIND, DONE)
    trajectory.verdict.execution = False
    assert error_kind(trajectory, task, library) == "not_replayable"


def test_kinds_are_stated_once_and_cover_the_ones_found_after_a_round_trip_to_disk(library, play, task):
    trajectory = play(task, '[{"name": "find_member", "arguments": {"card_num')
    trajectory.messages = [Message.model_validate(m.as_dict()) for m in trajectory.messages]
    assert error_kind(trajectory, task, library) in ERROR_KINDS
