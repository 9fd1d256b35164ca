"""What is kept is bounded by bytes, whatever strangers send."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from lamforge.cache import ByteCache


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 130)), max_size=60))
def test_the_bytes_kept_never_pass_the_limit_and_values_are_never_mixed_up(asked: list[tuple[str, int]]) -> None:
    cache: ByteCache[tuple[str, int]] = ByteCache(100, size=lambda value: value[1])
    sizes = dict(reversed(asked))  # one size for each text
    for text, _ in asked:
        assert cache.get(text, lambda text=text: (text, sizes[text])) == (text, sizes[text])
        assert cache.bytes_kept <= 100


def test_the_value_that_was_not_asked_for_longest_is_forgotten_first() -> None:
    cache: ByteCache[str] = ByteCache(2, size=len)
    made: list[str] = []

    def get(text: str) -> str:
        return cache.get(text, lambda: made.append(text) or text)  # type: ignore[func-returns-value]

    for text in ("a", "b", "a", "c", "a", "b"):
        assert get(text) == text
    assert made == ["a", "b", "c", "b"]


def test_a_value_above_the_limit_is_made_each_time_and_drives_nothing_out() -> None:
    cache: ByteCache[str] = ByteCache(2, size=len)
    cache.get("a", lambda: "a")
    assert cache.get("long", lambda: "long") == "long"
    assert cache.bytes_kept == 1
    assert cache.get("a", lambda: "not made again") == "a"


def test_threads_may_ask_at_once() -> None:
    cache: ByteCache[str] = ByteCache(50, size=len)
    with ThreadPoolExecutor(8) as pool:
        texts = [str(number % 97) for number in range(4000)]
        assert list(pool.map(lambda text: cache.get(text, lambda: text), texts)) == texts
    assert 0 < cache.bytes_kept <= 50
