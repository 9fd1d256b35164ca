from __future__ import annotations

import asyncio

import pytest

from lamforge.domains import Domain, Task
from lamforge.errors import DataError
from lamforge.messages import Message
from lamforge.simulate import ScriptedUser, personas

YES = ("Yes", "Sure", "Correct", "Right", "That's right, yes", "Please do", "Okay, yes")  # of the plain register
GOAL = {"tool": "change_branch", "arguments": {"branch": "north"}}


def _task(*goals: dict, persona: str = "plain", **script: object) -> Task:
    return Task(
        task_id="t",
        domain="library",
        instruction="",
        persona=persona,
        script={"facts": {"card_number": "12345"}, "goals": list(goals) or [GOAL], **script},
    )


class Talk:
    """A conversation with a scripted user."""

    def __init__(self, library: Domain, task: Task, seed: int = 0) -> None:
        self._user = ScriptedUser(task, library, seed=seed)
        self._messages = [Message(role="system", content="")]
        self.opening = self._next()

    def say(self, text: str) -> str | None:
        self._messages.append(Message(role="assistant", content=text))
        return self._next()

    def _next(self) -> str | None:
        words = asyncio.run(self._user.reply(self._messages))
        if words is not None:
            self._messages.append(Message(role="user", content=words))
        return words


@pytest.mark.parametrize("persona", personas())
@pytest.mark.parametrize("seed", range(5))
def test_every_persona_says_what_it_wants_and_tells_what_it_is_asked(library: Domain, persona: str, seed: int) -> None:
    talk = Talk(library, _task({**GOAL, "withheld": ["branch"]}, persona=persona), seed)
    assert "branch" in talk.opening.lower()
    assert "north" not in talk.opening.lower()
    assert "north" in talk.say("Could you tell me the branch?").lower()
    assert "12345" in talk.say("What is your card number?")
    assert talk.say("Done. Is there anything else?") is None


def test_the_same_seed_says_the_same_and_another_may_not(library: Domain) -> None:
    openings = {Talk(library, _task(), seed).opening for seed in range(20)}
    assert Talk(library, _task(), 7).opening == Talk(library, _task(), 7).opening
    assert len(openings) > 1


def test_it_agrees_to_the_right_summary_only(library: Domain) -> None:
    goal = {"tool": "renew_loan", "arguments": {"loan_id": "L104"}}
    assert Talk(library, _task(goal)).say("Shall I renew L104?").startswith(YES)
    objection = Talk(library, _task(goal)).say("Shall I renew L105?")
    assert objection.startswith("No")
    assert "L104" in objection


def test_it_objects_to_another_choice_from_the_list(library: Domain) -> None:
    assert Talk(library, _task()).say("Shall I change your branch to south?").startswith("No")


def test_it_changes_its_mind_when_asked_to_confirm(library: Domain) -> None:
    talk = Talk(library, _task({**GOAL, "first_wish": {"branch": "south"}}))
    assert "south" in talk.opening
    assert "north" in talk.say("Shall I change your branch to south?")
    assert talk.say("Shall I change your branch to north?").startswith(YES)


def test_it_corrects_a_mistake_when_nothing_is_found(library: Domain) -> None:
    talk = Talk(library, _task(mistaken={"card_number": "12945"}))
    assert "12945" in talk.say("What is your card number?")
    assert "12345" in talk.say("I could not find that card number. Could you check it?")


def test_what_an_agent_says_before_it_asks_is_no_question(library: Domain) -> None:
    talk = Talk(library, _task({**GOAL, "withheld": ["branch"]}))
    reply = talk.say("You want to change branch. I can help. Could you tell me your card number?")
    assert "12345" in reply
    assert "north" not in reply
    talk = Talk(library, _task({**GOAL, "withheld": ["branch"]}))
    reply = talk.say("Please provide:\n1. your card number\n2. the branch")
    assert "12345" in reply
    assert "north" in reply.lower()


def test_to_check_in_is_not_to_find_nothing(library: Domain) -> None:
    talk = Talk(library, _task(mistaken={"card_number": "12945"}))
    talk.say("What is your card number?")
    assert "12345" not in talk.say("You want to check in a book. Which branch?")


def test_it_goes_on_with_its_next_goal_and_then_leaves(library: Domain) -> None:
    talk = Talk(library, _task(GOAL, {"tool": "renew_loan", "arguments": {"loan_id": "L104"}}))
    assert "L104" in talk.say("Done. Is there anything else I can do?")
    assert talk.say("Done. Is there anything else I can do?") is None


def test_it_loses_patience_with_an_agent_that_only_asks(library: Domain) -> None:
    talk = Talk(library, _task())
    replies = [talk.say("What is your shoe size?") for _ in range(6)]
    assert None in replies


def test_a_task_written_by_hand_needs_no_script(library: Domain) -> None:
    loan = library.base.tables["loans"]["L100"]
    card = library.base.tables["members"][loan["member_id"]]["card_number"]
    action = {"name": "renew_loan", "arguments": {"loan_id": "L100"}}
    task = Task(task_id="t", domain="library", instruction="", actions=[action])
    talk = Talk(library, task)
    assert "L100" in talk.opening
    assert card in talk.say("What is your card number?")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ({"goals": []}, "script.goals"),
        ({"goals": [{"tool": "x"}], "mood": "bad"}, "script.mood"),
        ({"goals": [{"tool": "x"}], "mistaken": {"email": "a"}}, "mistaken names email"),
        ({"goals": [{"tool": "x", "withheld": ["colour"]}]}, "withheld names colour"),
    ],
)
def test_a_wrong_script_is_refused_with_its_place(library: Domain, script: dict, message: str) -> None:
    task = Task(task_id="mine", domain="library", instruction="", script=script)
    with pytest.raises(DataError, match=message) as caught:
        ScriptedUser(task, library, seed=0)
    assert "task 'mine'" in str(caught.value)


def test_a_task_with_nothing_to_say_is_refused(library: Domain) -> None:
    with pytest.raises(DataError, match="neither a script nor actions"):
        ScriptedUser(Task(task_id="t", domain="library", instruction=""), library, seed=0)
