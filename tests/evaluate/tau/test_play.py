import asyncio

import pytest

from lamforge.errors import EngineError
from lamforge.evaluate.tau.play import play
from lamforge.evaluate.tau.users import HumanUser, ModelUser, PlainUser, ReplayUser
from lamforge.messages import Function, Message, ToolCall, Usage
from lamforge.simulate.episode import ContextOverflow


class Script:
    """An agent that says what it is given: texts, or lists of calls."""

    name = "script"

    def __init__(self, *turns):
        self.turns = iter(turns)
        self.seen = []

    async def respond(self, messages, tools):
        self.seen.append([message.model_copy() for message in messages])
        turn = next(self.turns, "Anything else?")
        if isinstance(turn, Exception):
            raise turn
        if isinstance(turn, str):
            return Message(role="assistant", content=turn), Usage(prompt_tokens=1)
        calls = [ToolCall(id="x", function=Function(name=name, arguments=given)) for name, given in turn]
        return Message(role="assistant", tool_calls=calls), Usage(prompt_tokens=1)


CANCEL = ("cancel_pending_order", {"order_id": "#W1", "reason": "no longer needed"})
TRANSFER = ("transfer_to_human_agents", {"summary": "s"})


def played(domain, agent, lines, task=0, **options):
    return asyncio.run(play(agent, ReplayUser(lines), domain, domain.tasks[task], seed=0, **options))


@pytest.mark.parametrize("rules", ["v1", "tau2"])
def test_the_right_calls_and_words_are_rewarded_when_the_user_leaves(domains, rules):
    agent = Script([CANCEL], "Your card now has 42.9 euros.")
    trajectory = played(domains[rules, "retail"], agent, ["Cancel #W1.", "Thanks! ###STOP###"])
    assert (trajectory.reward, trajectory.ended) == (1, "stop")
    assert trajectory.messages[-1].content == "Thanks! ###STOP###"
    assert trajectory.usage.model_calls == 2
    assert trajectory.state_diff


@pytest.mark.parametrize("rules", ["v1", "tau2"])
def test_a_wrong_state_or_silence_gets_nothing(domains, rules):
    domain = domains[rules, "retail"]
    silent = played(domain, Script([CANCEL], "Done."), ["Cancel #W1.", "###STOP###"])
    assert (silent.reward, silent.verdict.state, silent.verdict.outputs) == (0, True, False)
    idle = played(domain, Script("You have 42.9."), ["Cancel #W1.", "###STOP###"])
    assert (idle.reward, idle.verdict.state, idle.verdict.outputs) == (0, False, True)


def test_tau_bench_makes_only_the_first_call_of_a_message(domains):
    agent = Script([CANCEL, TRANSFER], "42.9")
    trajectory = played(domains["v1", "retail"], agent, ["Hi.", "###STOP###"])
    assert [len(m.tool_calls) for m in trajectory.messages if m.tool_calls] == [1]
    assert trajectory.reward == 1
    both = Script([CANCEL, ("get_user_details", {"user_id": "ida_1"})], "42.9")
    trajectory = played(domains["tau2", "retail"], both, ["Hi.", "###STOP###"])
    assert sum(m.role == "tool" for m in trajectory.messages) == 2


def test_a_transfer_ends_a_conversation_of_tau_bench_and_none_of_tau2(domains):
    task = 1  # of the airline: nothing is to be done
    ended = played(domains["v1", "airline"], Script([TRANSFER]), ["Hi."], task)
    assert (ended.reward, ended.ended, ended.messages[-1].role) == (1, "stop", "tool")
    goes_on = played(domains["tau2", "airline"], Script([TRANSFER], "Bye."), ["Hi.", "###TRANSFER###"], task)
    assert (goes_on.reward, goes_on.messages[-1].content) == (1, "###TRANSFER###")


def test_the_greeting_is_the_agents_first_message_in_tau2_alone(domains):
    first, second = Script("Yes?"), Script("Yes?")
    played(domains["v1", "airline"], first, ["Hi.", "###STOP###"], 1)
    played(domains["tau2", "airline"], second, ["Hi.", "###STOP###"], 1)
    assert [m.role for m in first.seen[0]] == ["system", "user"]
    assert [m.role for m in second.seen[0]] == ["system", "assistant", "user"]


@pytest.mark.parametrize(
    ("rules", "turns", "limit", "ended"),
    [
        ("v1", ["a", "b", "c"], 3, "max_turns"),
        ("tau2", ["a", "b", "c"], 5, "max_turns"),
        ("tau2", [[("dance", {})]] * 12, None, "errors"),
        ("tau2", [""], None, "empty"),
        ("v1", [ContextOverflow("too long")], None, "context"),
    ],
)
def test_what_ends_otherwise_is_never_rewarded(domains, rules, turns, limit, ended):
    trajectory = played(domains[rules, "airline"], Script(*turns), ["Hi."] * 9, 1, max_turns=limit)
    assert (trajectory.ended, trajectory.reward) == (ended, 0)
    assert trajectory.verdict.state


def test_thousands_separators_count_in_the_answer_and_not_in_what_is_wanted(domains):
    domain = domains["v1", "retail"]
    assert domain.tasks[1].outputs == ["1,010", "10.1"]
    trajectory = played(domain, Script("It costs 1,010 or 10.1."), ["Hi.", "###STOP###"], 1)
    assert trajectory.verdict.failures == ["the agent never said '1,010'"]


def test_the_script_agrees_and_leaves_when_nothing_is_asked(domains):
    domain = domains["v1", "retail"]
    user = PlainUser(domain.tasks[0])
    agent = Script("I will cancel #W1. Do you confirm (yes/no)?", [CANCEL], "42.9 are back.")
    trajectory = asyncio.run(play(agent, user, domain, domain.tasks[0], seed=0))
    said = [m.content for m in trajectory.messages if m.role == "user"]
    assert domain.tasks[0].instruction in said[0]
    assert said[1:] == ["Yes, please go ahead.", "###STOP###"]
    assert trajectory.reward == 1


class Client:
    """Answers with what it is given, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers = iter(answers)
        self.asked = []
        self.model = type("Model", (), {"name": "customer"})

    async def ask(self, messages, **options):
        self.asked.append(messages)
        answer = Message(role="assistant", content=next(self.answers))
        return type("Answer", (), {"message": answer, "usage": Usage()})


@pytest.mark.parametrize("rules", ["v1", "tau2"])
def test_a_model_plays_the_user_from_the_other_side_and_sees_no_calls(domains, rules):
    client = Client("Cancel #W1.", "###STOP###")
    user = ModelUser(client, "You are Ida.", seed=3)
    domain = domains[rules, "retail"]
    agent = Script([CANCEL], "42.9 are back.")
    trajectory = asyncio.run(play(agent, user, domain, domain.tasks[0], seed=0))
    assert trajectory.reward == 1
    assert [(m.role, m.content) for m in client.asked[1]] == [
        ("system", "You are Ida."),
        ("user", "Hi! How can I help you today?"),
        ("assistant", "Cancel #W1."),
        ("user", "42.9 are back."),
    ]


def test_a_simulated_user_without_words_is_an_error_of_the_infrastructure(domains):
    domain = domains["tau2", "retail"]
    with pytest.raises(EngineError, match="said nothing"):
        asyncio.run(play(Script(), ModelUser(Client(""), "x"), domain, domain.tasks[0], seed=0))


def test_a_person_is_briefed_first_and_then_hears_the_agent(domains):
    heard = []

    def ask(text):
        heard.append(text)
        return None if len(heard) > 2 else "Yes."

    domain = domains["tau2", "retail"]
    trajectory = asyncio.run(play(Script("One?", "Two?"), HumanUser(ask, "Be Ida."), domain, domain.tasks[1], seed=0))
    assert heard == ["Be Ida.", "One?", "Two?"]
    assert trajectory.ended == "stop"
