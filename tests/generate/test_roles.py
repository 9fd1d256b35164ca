from __future__ import annotations

import pytest

from lamforge.errors import UsageError
from lamforge.generate import load_roles
from lamforge.generate.roles import notes_on


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("seed=3", "nearest are single.seeds"),
        ("agent.engin=nano", "nearest are agent.engine, generator.engine, judges.0.engine"),
        ("xyzzy=1", "Keys are generator, judges,"),
        ("user.xyzzy=1", "Keys are user.engine,"),
    ],
)
def test_a_key_that_does_not_exist_is_told_with_those_that_do(override: str, told: str) -> None:
    with pytest.raises(UsageError, match="there is no key") as caught:
        load_roles(None, [override])
    assert told in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("engines", "told"),
    [
        ("nano nano nano", ["3 of 3 judges are one model, nano: they err together"]),
        (
            "http://a/v1#model=x http://b/v1#model=x http://b/v1#model=y",
            ["2 of 3 judges are one model, x: they err together"],
        ),
        ("http://a/v1#model=x http://a/v1#model=y", []),
        ("nano", []),
        ("", []),
    ],
)
def test_a_committee_in_which_one_model_has_the_majority_is_remarked(engines: str, told: list[str]) -> None:
    judges = [{"engine": engine} for engine in engines.split()]
    assert notes_on(load_roles(None, [f"judges={judges}"])) == told
