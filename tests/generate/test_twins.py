"""Which numbers are drawn again, as a function of the rounds that are finished."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lamforge.generate.twins import drawn_again, number_of, twins


def record(split: str, number: int, draw: int, wish: str) -> dict[str, Any]:
    task = {"task_id": f"{wish}!", "script": None, "actions": [], "outputs": [wish], "instruction": ""}
    return {"split": split, "number": number, "draw": draw, "task": task if wish else None}


def played(wishes: dict[tuple[str, int], list[str]], rounds: int) -> list[dict[str, Any]]:
    """The records of so many rounds, if numbers want these things one draw after the other."""
    made = [record(*number, 0, wishes[number][0]) for number in wishes]
    for draw in range(1, rounds):
        made += [record(split, n, draw, wishes[split, n][draw]) for split, n, _ in drawn_again(made, draw)]
    return made


NUMBERS = [("train", number) for number in range(5)] + [("test", number) for number in range(3)]
WISHES = st.lists(st.lists(st.sampled_from(["", *"abcdefgh"]), min_size=4, max_size=4), min_size=8, max_size=8)


def test_a_later_draw_gives_way_to_an_earlier_one_of_a_higher_number() -> None:
    wishes = {("train", 0): ["a"], ("train", 1): ["a", "b", "c"], ("train", 2): ["b"]}
    assert drawn_again(played(wishes, 1), 1) == [("train", 1, 1)]
    assert drawn_again(played(wishes, 2), 2) == [("train", 1, 2)]
    assert drawn_again(played(wishes, 3), 3) == []


@given(WISHES, st.randoms())
def test_the_order_in_which_records_were_made_does_not_matter(wishes: list[list[str]], dice: Any) -> None:
    made = played(dict(zip(NUMBERS, wishes, strict=True)), 4)
    shuffled = dice.sample(made, len(made))
    assert twins(shuffled) == twins(made)
    assert all(drawn_again(shuffled, draw) == drawn_again(made, draw) for draw in range(1, 5))


@given(WISHES)
def test_what_is_kept_is_kept_whatever_is_drawn_later(wishes: list[list[str]]) -> None:
    known = dict(zip(NUMBERS, wishes, strict=True))
    kept: set[Any] = set()
    for rounds in range(1, 5):
        made = played(known, rounds)
        alike = twins(made)
        now = {number_of(each) for each in made if each["task"] and number_of(each) not in alike}
        assert kept <= now
        kept = now
