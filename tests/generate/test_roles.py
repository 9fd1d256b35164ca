from __future__ import annotations

import pytest

from lamforge.errors import UsageError
from lamforge.generate import load_roles


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
