"""Mixes: the counts that were announced are the counts that come, and ranks share one order."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.data.talks import cancelling

from lamforge.data import read_trajectories, trajectory_files, write_trajectories
from lamforge.data.mixture import Mix
from lamforge.data.mixture.mix import apportioned
from lamforge.data.rating import rate
from lamforge.errors import DataError, UsageError
from lamforge.messages import Rating, Trajectory


def several(letter: str, count: int, **changes: Any) -> list[Trajectory]:
    return [cancelling(f"{letter}{1000 + n}", trajectory_id=f"{letter}{n}", **changes) for n in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sources: 30 plain ones, 20 packed ones, 10 in Parquet of which 4 failed."""
    write_trajectories(tmp_path / "a.jsonl", several("a", 30))
    write_trajectories(tmp_path / "b.jsonl.gz", several("b", 20))
    mixed = [*several("c", 6, reward=None, rating=Rating(score=3)), *several("f", 4, reward=0)]
    write_trajectories(tmp_path / "c.parquet", mixed)
    return tmp_path


def mix(folder: Path, **settings: Any) -> Mix:
    settings.setdefault("sources", {"a": {"path": "a.jsonl"}, "b": {"path": "b.jsonl.gz"}, "c": {"path": "c.parquet"}})
    path = folder / "mix.yaml"
    path.write_text(yaml.safe_dump(settings))
    return Mix(path)


def names(mixed: Mix, *args: int, **options: int) -> list[str]:
    return [trajectory.trajectory_id for trajectory in mixed.stream(*args, **options)]


def test_without_weights_each_conversation_is_seen_as_often_as_its_epochs_say(folder: Path) -> None:
    sources = {"a": {"path": "a.jsonl", "epochs": 2}, "b": {"path": ["b.jsonl.gz", "c.parquet"], "epochs": 0.5}}
    mixed = mix(folder, sources=sources)
    assert {name: (share.wanted, share.conversations) for name, share in mixed.shares.items()} == {
        "a": (30, 60),
        "b": (26, 13),
    }
    assert mixed.shares["b"].left_out == {"its reward is 0": 4}
    seen = Counter(names(mixed))
    assert [seen[f"a{n}"] for n in range(30)] == [2] * 30
    assert len(seen) == 43
    assert sum(seen.values()) == len(mixed) == 73


def test_weights_divide_the_size_exactly(folder: Path) -> None:
    sources = {
        "a": {"path": "a.jsonl", "weight": 3},
        "b": {"path": "b.jsonl.gz", "weight": 2},
        "c": {"path": "c.parquet", "weight": 1, "epochs": 2},
    }
    mixed = mix(folder, size=32, sources=sources)
    assert {name: share.conversations for name, share in mixed.shares.items()} == {"a": 16, "b": 11, "c": 5}
    assert Counter(name[0] for name in names(mixed)) == {"a": 16, "b": 11, "c": 5}


def test_a_source_that_is_too_small_is_named_with_what_would_do(folder: Path) -> None:
    sources = {"a": {"path": "a.jsonl", "weight": 1}, "c": {"path": "c.parquet", "weight": 1}}
    with pytest.raises(DataError, match=r"sources.c: 20 conversations are asked for, and there are 6") as caught:
        mix(folder, size=40, sources=sources)
    assert caught.value.remedy is not None
    assert "epochs: 3.33" in caught.value.remedy


def test_a_cap_keeps_the_same_ones_in_every_pass(folder: Path) -> None:
    mixed = mix(folder, sources={"a": {"path": "a.jsonl", "cap": 7}})
    passes = [names(mixed, epoch=epoch) for epoch in range(3)]
    assert all(sorted(each) == sorted(passes[0]) for each in passes)
    assert len(set(passes[0])) == 7
    assert passes[0] != passes[1]


def test_what_one_pass_leaves_out_comes_in_the_next(folder: Path) -> None:
    mixed = mix(folder, sources={"a": {"path": "a.jsonl", "epochs": 0.5}})
    first, second = names(mixed, epoch=0), names(mixed, epoch=1)
    assert sorted(first + second) == sorted(f"a{n}" for n in range(30))


def test_scores_and_other_criteria_are_consumed(folder: Path) -> None:
    sources = {"c": {"path": "c.parquet", "where": {"reward": ["unjudged", 0], "min_score": 3}}}
    mixed = mix(folder, sources=sources)
    assert sorted(names(mixed)) == [f"c{n}" for n in range(6)]
    assert mixed.shares["c"].left_out == {"it is not rated": 4}


@given(st.integers(1, 9), st.integers(0, 3), st.data())
def test_ranks_interleaved_are_the_order_of_one_alone_wherever_they_start(
    tmp_path_factory: pytest.TempPathFactory, ranks: int, epoch: int, data: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "ranks"
    if not path.exists():
        path.mkdir()
        write_trajectories(path / "a.jsonl", several("a", 23))
    mixed = mix(path, sources={"a": {"path": "a.jsonl", "epochs": 1.3}})
    alone = names(mixed, epoch=epoch)
    shards = [names(mixed, rank, ranks, epoch=epoch) for rank in range(ranks)]
    assert [shards[n % ranks][n // ranks] for n in range(len(alone))] == alone
    assert [len(shard) for shard in shards] == [mixed.length(rank, ranks) for rank in range(ranks)]
    start = data.draw(st.integers(0, len(shards[0])))
    assert names(mixed, 0, ranks, epoch=epoch, start=start) == shards[0][start:]


def test_the_same_seed_gives_the_same_order_and_another_one_another(folder: Path) -> None:
    assert names(mix(folder)) == names(mix(folder))
    assert names(mix(folder)) != names(mix(folder, seed=1))


def test_a_mix_stands_for_its_conversations_wherever_data_is_read(folder: Path) -> None:
    mixed = mix(folder)
    assert [each.trajectory_id for each in read_trajectories(mixed.path)] == names(mixed)
    assert [path.name for path in trajectory_files(mixed.path)] == ["mix.yaml", "a.jsonl", "b.jsonl.gz", "c.parquet"]


def test_records_come_whole_from_every_kind_of_file(folder: Path) -> None:
    every = [*several("a", 30), *several("b", 20), *several("c", 6, reward=None, rating=Rating(score=3))]
    known = {trajectory.trajectory_id: trajectory for trajectory in every}
    assert {trajectory.trajectory_id: trajectory for trajectory in mix(folder).stream()} == known


def test_a_wrong_line_is_named_before_anything_is_read_for_training(folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_text(path.read_text() + "\n{}\n")
    with pytest.raises(DataError, match=r"a\.jsonl:32"):
        mix(folder)


@pytest.mark.parametrize("name", ["tau.jsonl", "tau.jsonl.gz", "tau.parquet"])
def test_an_item_of_a_benchmark_is_refused_by_its_place(folder: Path, name: str) -> None:
    write_trajectories(folder / name, [cancelling(), cancelling("W1", provenance={"benchmark": "tau2-bench"})])
    with pytest.raises(DataError, match=r"tau\.\S+(:| row )\d: is an item of a benchmark \('tau2-bench'\)") as caught:
        mix(folder, sources={"a": {"path": "a.jsonl"}, "tau": {"path": name}})
    assert caught.value.remedy is not None and "benchmark_item" in caught.value.remedy


def test_items_of_a_benchmark_can_be_left_out_by_what_rating_found(folder: Path) -> None:
    marked = cancelling("W1", provenance={"benchmark": "tau2-bench"})
    write_trajectories(folder / "tau.jsonl", [cancelling(trajectory_id="own"), marked])
    rate([folder / "tau.jsonl"], folder / "rated.jsonl")
    mixed = mix(folder, sources={"a": {"path": "rated.jsonl", "where": {"without": ["benchmark_item"]}}})
    assert names(mixed) == ["own"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sources": {}}, "sources"),
        ({"sources": {"a": {"path": "a.jsonl", "weight": 1}}}, "sources.a.weight: there is nothing to divide"),
        (
            {"size": 9, "sources": {"a": {"path": "a.jsonl", "weight": 1}, "b": {"path": "b.jsonl.gz"}}},
            "sources.b: has no",
        ),
        ({"sources": {"a": {"path": "a.jsonl", "epoch": 1}}}, "sources.a.epoch"),
        ({"sources": {"a": {"path": "a.jsonl", "where": {"without": ["x"]}}}}, "'x' is the code of no rule"),
        ({"sources": {"a": {"path": "mix.yaml"}}}, "sources.a.path: is a mix itself"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(folder: Path, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        mix(folder, **settings)


@pytest.mark.parametrize("text", ["sources: " + "[" * 5000, "sources: 2024-99-99", "sources: [", "\xff"])
def test_a_file_that_is_no_yaml_is_named(folder: Path, text: str) -> None:
    path = folder / "mix.yaml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=r"mix\.yaml: cannot be read as YAML"):
        Mix(path)


def test_a_source_of_which_nothing_is_wanted_says_why(folder: Path) -> None:
    with pytest.raises(DataError, match=r"sources.a: no conversation is wanted; it is not rated \(30\)"):
        mix(folder, sources={"a": {"path": "a.jsonl", "where": {"min_score": 4}}})


@given(st.integers(0, 10**6), st.dictionaries(st.text(max_size=3), st.integers(1, 10**4), min_size=1, max_size=6))
def test_parts_add_up_and_each_is_its_share_but_for_one(total: int, weights: dict[str, int]) -> None:
    parts = apportioned(total, {name: Fraction(weight) for name, weight in weights.items()})
    assert sum(parts.values()) == total
    assert all(abs(parts[name] - Fraction(total * w, sum(weights.values()))) < 1 for name, w in weights.items())
