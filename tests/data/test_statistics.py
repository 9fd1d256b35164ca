"""The numbers of a data set, and their page."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.data.exchange import samples

from lamforge.data import read_trajectories
from lamforge.data.exchange import FORMS
from lamforge.data.statistics import quantiles, render_statistics, summarise
from lamforge.messages import Trajectory


def made(name: str, **changes: object) -> Trajectory:
    draft = FORMS[name].read(json.loads(json.dumps(samples.ROWS[name])))
    return draft.trajectory(name).model_copy(update=changes)


def test_everything_is_counted_once() -> None:
    found = summarise([made("openai"), made("openai", reward=0, task_id="other"), made("tau")], ["x"])
    assert (found.trajectories, found.tasks) == (3, 3)
    assert dict(found.rewards) == {"not judged": 1, "0": 1, "1": 1}
    assert dict(found.origins) == {"openai": 2, "tau": 1}
    assert dict(found.roles) == {"user": 3, "assistant": 6, "tool": 3, "system": 1}
    assert (found.turns, found.calls, found.offered) == (Counter({1: 3}), Counter({1: 3}), Counter({1: 2, 0: 1}))
    assert {name: vars(count) for name, count in found.tools.items()} == {
        "get_weather": {"offered": 2, "calls": 3, "conversations": 3}
    }
    assert json.loads(json.dumps(found.as_dict()))["quantiles"]["calls"]["max"] == 1


def test_tokens_are_counted_where_a_tokenizer_is_given(conversations: Path) -> None:
    found = summarise(read_trajectories(conversations), ["x"], tokens=lambda each: len(each.messages))
    assert (found.unit, found.lengths.total()) == ("tokens", 40)


@given(st.lists(st.integers(0, 50), min_size=1))
def test_quantiles_are_values_that_so_many_do_not_exceed(values: list[int]) -> None:
    found = quantiles(Counter(values))
    assert found["max"] == max(values)
    assert 2 * sum(value <= found["median"] for value in values) >= len(values)
    assert 2 * sum(value < found["median"] for value in values) < len(values)


def test_the_page_shows_names_as_text_and_asks_for_nothing() -> None:
    page = render_statistics(summarise([made("openai", domain="<script>x</script>")], ["<b>data</b>"]))
    assert "<script>x" not in page and "<b>data" not in page
    assert "&lt;b&gt;data" in page and "get_weather" in page
    assert "http://" not in page and "https://" not in page
