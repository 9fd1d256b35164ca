"""Ratings: what the rules find, what raters say, and that nobody is asked or paid twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.talks import agent, call, cancelling, result, talk, user
from tests.stub_openai import Faults, StubServer

from lamforge.data import read_trajectories, write_trajectories
from lamforge.data.rating import CEILINGS, MEANINGS, Raters, estimate, find_faults, load_raters, rate
from lamforge.data.rating.sources import Sources
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import DataError, IncompleteError, UsageError
from lamforge.messages import Message, Trajectory


def codes(*messages: Message) -> list[str]:
    return [finding.code for finding in find_faults(talk(*messages))]


def test_a_conversation_that_was_verified_by_replay_has_no_faults(conversations: Path) -> None:
    several = list(read_trajectories(conversations))
    assert len(several) >= 30
    assert [find_faults(trajectory) for trajectory in several] == [[]] * len(several)


def test_every_code_has_a_meaning() -> None:
    assert set(CEILINGS) == set(MEANINGS)


def test_an_id_that_nobody_said_is_invented_and_told_once() -> None:
    first, second = call("get_order", order_id="W7"), call("cancel_order", order_id="W7", reason="no longer needed")
    assert codes(user("Cancel my order W1042."), first, result(first, "{}"), second) == ["invented_value"]


def test_a_value_may_come_from_a_result_from_policy_or_from_a_proposal_that_was_agreed_to() -> None:
    find = call("find_shop", city="Paris")
    order = call("get_order", order_id="W88-17")
    policy = Message(role="system", content="The order of a test is W88-17.")
    assert codes(policy, user("Look at the test's order."), order) == []
    assert codes(user("Is there one in Paris?"), find, result(find, '{"order_id": "W88-17"}'), order) == []
    assert codes(user("Hello!"), agent("Is it about order W88-17?"), user("It is."), order) == []


def test_what_the_assistant_itself_has_just_said_is_no_source() -> None:
    thought = call("get_order", order_id="W88-17").model_copy(update={"content": "It must be W88-17."})
    assert codes(user("Look at my order."), thought) == ["invented_value"]
    assert codes(user("Look at my order."), agent("It must be W88-17."), call("get_order", order_id="W88-17")) == [
        "invented_value"
    ]


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (51.0, "computed"),  # two pieces
        (30.5, "computed"),  # with 5 of postage
        (25.5, "form"),
        (44.25, None),
        ("2026-03-05", "computed"),
        ("2026-04-05", None),
        ("25.5 * 2", "computed"),
        ("77.3 * 2", None),
        ("The customer wants both pieces taken back for 25.5 each.", "composed"),
        ("The customer wants order QX991 to be taken back at once.", None),
    ],
)
def test_sums_dates_and_prose_are_derived_from_what_is_known(value: Any, source: str | None) -> None:
    sources = Sources()
    sources.hear("Two pieces at 25.5 each, 5 for postage, from the 5th of March please, and at once.")
    assert sources.source(value, "x", {}) == source


@given(st.text(max_size=60), st.one_of(st.text(max_size=60), st.integers(), st.floats(allow_nan=False), st.none()))
def test_tracing_ends_for_any_value(said: str, value: Any) -> None:
    sources = Sources()
    sources.hear(said)
    sources.find(said)
    sources.source(value, "x", {})


def test_a_choice_among_what_the_schema_lists_is_not_traced() -> None:
    done = call("cancel_order", order_id="W1", reason="ordered by mistake")
    assert codes(user("Cancel W1, it was a slip of mine."), done) == []


@pytest.mark.parametrize("value", ["<order_id>", "YOUR_API_KEY", "{{order}}", "string", "[your order]"])
def test_a_stand_in_is_told_from_other_inventions(value: str) -> None:
    assert codes(user("Cancel my order."), call("get_order", order_id=value)) == ["placeholder"]


def test_loops_and_loose_ends_are_found() -> None:
    look = call("get_order", order_id="W1")
    again = [user("Look at W1."), look, result(look, "{}"), look, result(look, "{}")]
    assert codes(*again) == ["repeated_id", "repeated_call", "unanswered_result"]
    anew = look.model_copy(deep=True)
    for each in anew.tool_calls or ():
        each.id = "another"
    assert codes(user("Look at W1."), look, result(look, "{}"), agent("Done."), user("Again!"), anew) == []
    asking = [user("Hm."), agent("What is the id of the order?")]
    assert codes(*asking * 2) == []
    assert codes(*asking * 3) == ["repeated_answer"]


@pytest.mark.parametrize(
    "text",
    ['[{"name": "get_order", "arguments": {"order_id": "W1"}}]', '[{"name": "get_order", "argu', "Ok.<|im_end|>"],
)
def test_a_call_or_a_templates_token_in_the_text_is_found(text: str) -> None:
    assert codes(user("Look at W1."), agent(text)) == ["call_in_text"]


def written(tmp_path: Path, *several: Trajectory) -> Path:
    path = tmp_path / "in.jsonl"
    write_trajectories(path, several)
    return path


def said(score: object) -> dict[str, str]:
    return {"content": f"<answer>{json.dumps({'explanation': 'I read it.', 'score': score})}</answer>"}


def rated(path: Path) -> list[Any]:
    return [trajectory.rating for trajectory in read_trajectories(path)]


def test_a_score_is_the_raters_mean_but_no_more_than_the_rules_give(tmp_path: Path) -> None:
    bad = talk(user("Look at W1."), call("get_order", order_id="W2"))
    path = written(tmp_path, cancelling(), bad)
    with StubServer(lambda body: said(4.5)) as one, StubServer(lambda body: said(3)) as other:
        raters = load_raters(None, [one.url, other.url.replace("=stub", "=second")])
        made = rate([path], tmp_path / "out.jsonl", raters=raters)
    good, spoilt = rated(tmp_path / "out.jsonl")
    assert good.score == 3.75
    assert spoilt.score == CEILINGS["invented_value"]
    assert [(o.rater, o.score, o.explanation) for o in good.opinions] == [
        ("stub", 4.5, "I read it."),
        ("second", 3.0, "I read it."),
    ]
    assert (made.conversations, made.histogram, made.codes) == (2, [0, 0, 1, 1, 0], {"invented_value": 1})
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_without_raters_the_rules_alone_rate(tmp_path: Path) -> None:
    made = rate([written(tmp_path, cancelling())], tmp_path / "out.jsonl")
    (rating,) = rated(tmp_path / "out.jsonl")
    assert (rating.score, rating.opinions, made.mean) == (5.0, [], 5.0)


@pytest.mark.parametrize("answer", [{"content": "Quite good!"}, said(7), said("NaN"), {"content": ""}])
def test_an_opinion_that_cannot_be_read_counts_zero(tmp_path: Path, answer: dict[str, str]) -> None:
    with StubServer(lambda body: answer) as server:
        made = rate([written(tmp_path, cancelling())], tmp_path / "out.jsonl", raters=load_raters(None, [server.url]))
    (rating,) = rated(tmp_path / "out.jsonl")
    assert (rating.score, rating.opinions[0].readable, made.unreadable) == (0.0, False, 1)


def numbered(count: int) -> list[Trajectory]:
    return [cancelling(f"W{1000 + number}") for number in range(count)]


def by_number(body: dict[str, Any]) -> dict[str, str]:
    """The score is the last digit of the order, halved."""
    text = body["messages"][0]["content"]
    return said(int(text.split('"order_id": "W')[1][3]) / 2)


def test_with_an_engine_that_fails_often_every_conversation_gets_its_own_rating(tmp_path: Path) -> None:
    path = written(tmp_path, *numbered(40))
    faults = Faults(busy=0.05, malformed=0.05, reset=0.05, error=0.05)
    with StubServer(by_number, faults=faults, seed=1) as server:
        rate([path], tmp_path / "out.jsonl", raters=load_raters(None, [server.url]))
    assert [rating.score for rating in rated(tmp_path / "out.jsonl")] == [n % 10 / 2 for n in range(40)]


def test_what_was_paid_for_is_not_asked_again_when_a_ceiling_ended_the_run(tmp_path: Path) -> None:
    path = written(tmp_path, *numbered(12))
    raters = Raters(in_flight=1)
    with StubServer(by_number) as server:
        raters.raters = load_raters(None, [server.url]).raters
        with pytest.raises(BudgetError):
            rate([path], tmp_path / "out.jsonl", raters=raters, budget=Budget(max_tokens=8000))
        paid = server.counts["fine"]
        assert 0 < paid < 12
        assert not (tmp_path / "out.jsonl").exists()
        made = rate([path], tmp_path / "out.jsonl", raters=raters)
        assert server.counts["fine"] == 12
        assert made.spent["rater-1"]["cached"] == paid
    assert len(rated(tmp_path / "out.jsonl")) == 12


def test_a_rating_that_is_there_is_kept_unless_the_prompt_has_changed(tmp_path: Path) -> None:
    path = written(tmp_path, cancelling())
    with StubServer(lambda body: said(4)) as server:
        raters = load_raters(None, [server.url])
        rate([path], tmp_path / "one.jsonl", raters=raters)
        rate([tmp_path / "one.jsonl"], tmp_path / "two.jsonl", raters=raters)
        assert server.counts["fine"] == 1
        own = tmp_path / "prompts"
        own.mkdir()
        (own / "rater.md").write_text("Rate it: {{ messages | tojson }}")
        raters.prompts = own
        rate([tmp_path / "two.jsonl"], tmp_path / "three.jsonl", raters=raters)
        assert server.counts["fine"] == 2
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert rated(tmp_path / "three.jsonl")[0].opinions[0].prompt != rated(tmp_path / "two.jsonl")[0].opinions[0].prompt


def test_conversations_whose_engine_fails_stay_unrated_and_the_run_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lamforge.engines.client._BACK_OFF", 0.001)
    path = written(tmp_path, *numbered(3))
    broken = [True]

    def reply(body: dict[str, Any]) -> dict[str, str]:
        if broken and "W1001" in body["messages"][0]["content"]:
            raise ConnectionResetError
        return by_number(body)

    with StubServer(reply) as server:
        raters = load_raters(None, [server.url])
        with pytest.raises(IncompleteError, match="1 of 3 conversations have no rating"):
            rate([path], tmp_path / "out.jsonl", raters=raters)
        first, second, third = rated(tmp_path / "out.jsonl")
        assert (first.score, second, third.score) == (0.0, None, 1.0)
        broken.clear()
        assert rate([path], tmp_path / "out.jsonl", raters=raters).spent["rater-1"]["cached"] == 2
    assert [rating.score for rating in rated(tmp_path / "out.jsonl")] == [0.0, 0.5, 1.0]


def test_a_wrong_line_is_found_before_anybody_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, *numbered(3))
    path.write_text(path.read_text() + "{}\n")
    with StubServer(by_number) as server:
        with pytest.raises(DataError, match=r"in\.jsonl:4"):
            rate([path], tmp_path / "out.jsonl", raters=load_raters(None, [server.url]))
        assert server.counts == {}


def test_the_estimate_counts_prompts_and_prices(tmp_path: Path) -> None:
    settings = tmp_path / "raters.yaml"
    settings.write_text("raters:\n- engine: http://127.0.0.1:9/v1#model=x\n  price: {input: 1.0, output: 2.0}\n")
    found = estimate([written(tmp_path, *numbered(5))], load_raters(settings))["rater-1"]
    assert found.requests == 5
    assert found.cost == pytest.approx((found.prompt_tokens + 2 * found.completion_tokens) / 1e6)


def test_raters_that_cannot_rate_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="scripted"):
        load_raters(None, ["scripted"])
    with pytest.raises(UsageError, match="the same engine"):
        load_raters(None, ["nano", "nano"])
