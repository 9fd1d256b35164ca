from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from lamforge.pages import Bar, bars, histogram

ATTACK = '"><script>alert(1)</script>&'


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag == "text"]


def test_labels_are_text_whatever_they_say() -> None:
    drawn = bars(ATTACK, [Bar(ATTACK, [ATTACK, ATTACK, ATTACK], [1, 2], lost=3)])
    tree = ElementTree.fromstring(drawn)
    assert {element.tag for element in tree.iter()} == {"svg", "g", "title", "text", "rect"}
    assert ATTACK in tree.attrib["aria-label"]
    assert ATTACK in texts(drawn)


def test_bars_share_one_scale_and_what_a_bar_is_made_of_stands_side_by_side() -> None:
    tree = ElementTree.fromstring(bars("tasks", [Bar("all", ["8"], [6, 2]), Bar("kept", ["4"], [3, 1], lost=4)]))
    boxes = [e.attrib for e in tree.iter("rect") if e.attrib["class"] != "track"]
    assert [box["class"] for box in boxes] == ["s0", "s1", "s0", "s1", "lost"]
    assert [float(box["width"]) for box in boxes] == [315, 105, 157.5, 52.5, 210]
    assert [float(box["x"]) for box in boxes] == [0, 315, 0, 157.5, 210]


def test_a_plot_without_values_is_an_empty_plot() -> None:
    assert texts(bars("nothing", [])) == []
    assert texts(histogram("nothing", {}, "turns")) == ["turns"]


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 10_000), min_size=1))
def test_a_histogram_counts_everything_once_in_few_bins(counts: dict[int, int]) -> None:
    drawn = histogram("turns", counts, "turns")
    numbers = [int(text.replace(",", "")) for text in re.findall(r'class="value"[^>]*>([\d,]+)<', drawn)]
    assert sum(numbers) == sum(counts.values())
    assert len(numbers) <= 16


@given(st.dictionaries(st.integers(0, 4000), st.integers(1, 100_000), min_size=1))
def test_no_label_of_a_histogram_covers_its_neighbour(counts: dict[int, int]) -> None:
    drawn = ElementTree.fromstring(histogram("turns", counts, "turns"))
    for kind in ("tick", "value"):
        labels = [e for e in drawn.iter("text") if e.attrib["class"] == kind and e.text != "turns"]
        ends = [(float(e.attrib["x"]), 3.5 * len(e.text or "")) for e in labels]
        for (left, half), (right, other) in pairwise(ends):
            assert left + half <= right - other
