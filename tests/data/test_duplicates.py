"""Duplicates: what is like what, and which one of them stays."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.talks import ORDERS, agent, call, cancelling, talk, user

from lamforge.data import dedup_files, find_duplicates, read_trajectories, write_trajectories
from lamforge.data.duplicates import _features
from lamforge.messages import Rating, Trajectory
from lamforge.near_duplicates import similar

pytest.importorskip("rensa")

STORY = "Hello there, my neighbour told me about your shop and I have bought several things, but one of them came late"


def told(words: str, name: str, **changes: object) -> Trajectory:
    return talk(user(words), agent("I see."), **{"trajectory_id": name, **changes})


def test_the_very_same_counts_once_however_its_calls_are_numbered() -> None:
    one = cancelling()
    other = one.model_copy(deep=True, update={"trajectory_id": "other"})
    for message in other.messages:
        for each in message.tool_calls or ():
            each.id = f"x{each.id}"
        if message.tool_call_id:
            message.tool_call_id = f"x{message.tool_call_id}"
    found = find_duplicates([one, other], threshold=None)
    assert (found.keepers, found.exact, found.near) == ([None, 0], 1, 0)


def test_with_other_tools_offered_it_is_not_the_very_same() -> None:
    one = told(STORY, "a")
    found = find_duplicates([one, told(STORY, "b", tools=one.tools[:1]), told(STORY, "c")], threshold=None)
    assert found.keepers == [None, None, 0]


def test_a_word_more_in_a_long_story_makes_a_near_duplicate_and_another_story_does_not() -> None:
    several = [
        told(STORY, "a"),
        told(f"{STORY} indeed", "b"),
        told("Something else entirely, and longer than that", "c"),
    ]
    found = find_duplicates(several)
    assert (found.keepers, found.near) == ([None, 0, None], 1)
    assert find_duplicates(several, threshold=None).kept == 3


def test_the_same_words_with_other_calls_are_no_duplicates() -> None:
    one = talk(user("Where is it?"), call("get_order", order_id="W1"), agent("Here."))
    other = talk(user("Where is it?"), call("find_shop", city="Lyon"), agent("Here."))
    assert find_duplicates([one, other]).kept == 2


def test_a_question_with_its_tool_and_without_it_are_no_duplicates() -> None:
    served = talk(user(STORY), call("get_order", order_id="W1"), agent("Here."), trajectory_id="a")
    asked = talk(user(STORY), agent("Which order is it?"), trajectory_id="b")
    refused = talk(user(STORY), agent("I cannot."), trajectory_id="c", tools=ORDERS[1:])
    assert find_duplicates([served, refused], threshold=0.7).kept == 2
    assert find_duplicates([asked, refused], threshold=0.7).kept == 2
    shuffled = talk(user(STORY), agent("Which one?"), trajectory_id="d", tools=ORDERS[::-1])
    assert find_duplicates([asked, shuffled], threshold=0.7).near == 1


def test_masked_conversations_that_differ_in_ids_alone_are_duplicates() -> None:
    several = [cancelling("W1000"), cancelling("W2000")]
    assert find_duplicates(several).kept == 2
    assert find_duplicates(several, mask=True).kept == 1


def test_the_best_stays_then_the_first() -> None:
    rated = Rating(score=4.5)
    several = [
        told(STORY, "failed", reward=0, rating=Rating(score=5)),
        told(f"{STORY} indeed", "unjudged", reward=None),
        told(f"{STORY} again", "unrated"),
        told(f"{STORY} here", "good", rating=rated),
        told(f"{STORY} there", "as good", rating=rated),
    ]
    found = find_duplicates(several)
    assert found.keepers == [3, 3, 3, None, 3]
    assert found.cluster_sizes() == [5]


WORDS = st.lists(st.sampled_from([f"w{n}" for n in range(6)]), min_size=1, max_size=30)


@given(st.lists(WORDS, max_size=12), st.sampled_from([0.5, 0.8, 1.0]))
def test_no_two_that_stay_are_alike_and_each_that_goes_is_like_one_that_stays(
    texts: list[list[str]], threshold: float
) -> None:
    several = [told(" ".join(words), str(place)) for place, words in enumerate(texts)]
    features = [_features(trajectory, False) for trajectory in several]
    keepers = find_duplicates(several, threshold=threshold).keepers
    kept = [place for place, keeper in enumerate(keepers) if keeper is None]
    for one, other in combinations(kept, 2):
        assert features[one] != features[other]
        if threshold == 1.0:
            continue
        overlap = len(features[one] & features[other]) / len(features[one] | features[other])
        assert overlap < threshold + 0.1  # closer to the threshold one pair in 10,000 is missed
    for place, keeper in enumerate(keepers):
        assert keeper is None or (keeper in kept and similar(features[place], features[keeper], threshold))


def test_hardly_a_pair_at_the_threshold_is_missed() -> None:
    dice = random.Random(0)
    vocabulary = [f"w{n}" for n in range(5000)]
    several = []
    for number in range(400):
        words = dice.choices(vocabulary, k=56)
        several += [told(" ".join(words), f"{number}"), told(" ".join([*words[:28], "new", *words[31:]]), f"{number}b")]
    found = find_duplicates(several, threshold=0.8)
    assert found.near >= 399


def test_what_goes_says_what_stays_for_it(tmp_path: Path) -> None:
    write_trajectories(tmp_path / "in.jsonl", [told(STORY, "a"), told("Another thing.", "b"), told(STORY, "c")])
    dedup_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", tmp_path / "gone.jsonl")
    assert [each.trajectory_id for each in read_trajectories(tmp_path / "out.jsonl")] == ["a", "b"]
    (gone,) = read_trajectories(tmp_path / "gone.jsonl")
    assert (gone.trajectory_id, gone.provenance) == ("c", {"duplicate_of": "a"})


def test_conversations_in_which_nothing_is_said_are_no_duplicates_of_each_other() -> None:
    one, other = talk(agent("Hello!"), trajectory_id="a"), talk(agent("Welcome!"), trajectory_id="b")
    assert find_duplicates([one, other]).kept == 2
