from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from lamforge.near_duplicates import masked, near_duplicates, words_of

few_words = st.lists(st.sampled_from("a b c d".split()), max_size=12)


def shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[n : n + 3]) for n in range(max(1, len(words) - 2))}


def slowly(texts: list[list[str]], threshold: float) -> list[int | None]:
    """By the definition: each text is compared with each that is kept before it."""
    like: list[int | None] = []
    for place, text in enumerate(texts):
        kept = [n for n in range(place) if like[n] is None]
        one = shingles(text)
        like.append(
            next((n for n in kept if len(one & shingles(texts[n])) / len(one | shingles(texts[n])) >= threshold), None)
        )
    return like


@given(st.lists(few_words, max_size=30), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_it_finds_exactly_what_comparing_each_with_each_finds(texts: list[list[str]], threshold: float) -> None:
    assert near_duplicates(texts, threshold) == slowly(texts, threshold)


def test_case_and_punctuation_make_no_difference_and_ids_only_when_they_are_not_masked() -> None:
    one, other = (words_of(text) for text in ("Please cancel my order #W17!", "please cancel, my ORDER w23"))
    assert near_duplicates([words_of("Yes."), words_of("yes")]) == [None, 0]
    assert near_duplicates([one, other]) == [None, None]
    assert near_duplicates([masked(one), masked(other)]) == [None, 0]


def test_a_single_changed_word_in_a_long_text_is_a_near_duplicate() -> None:
    words = [f"word{n}" for n in range(40)]
    assert near_duplicates([words, [*words[:-1], "other"]]) == [None, 0]


def test_fifty_thousand_turns_take_seconds() -> None:
    dice = random.Random(0)
    vocabulary = [f"w{n}" for n in range(3000)]
    texts = [dice.choices(vocabulary, k=dice.randint(3, 30)) for _ in range(25_000)]
    texts += [[*text[:-1], "changed"] for text in texts]
    like = near_duplicates(texts)
    assert all(place is None for place in like[:25_000])
    assert 15_000 < sum(place is not None for place in like) <= 25_000
