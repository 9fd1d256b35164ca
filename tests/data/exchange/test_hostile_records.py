"""Whatever stands in a record, it is read or refused with a reason; one such record never ends an import."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.exchange import samples

from lamforge.data.exchange import FORMS, Unconvertible
from lamforge.data.exchange.importing import drafted

RECORDS = {
    **samples.ROWS,
    "tau2": {"info": samples.TAU2["info"], "simulation": samples.TAU2["simulations"][0]},
    "sgd": {"split": "dev", "services": {"Weather_1": []}, "dialogue": samples.SGD[0]},
    "sgd-lean": {"split": "dev", "services": {"Weather_1": []}, "dialogue": samples.SGD[0]},
    "apigen-mt": samples.SHAREGPT,
}
OURS = ("split", "services")  # what the reader of a schema puts beside a dialogue
TEXTS = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(["[", "{}", "[1]"])  # half surrogates, too
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(inner, (*path, key))
    return found


@pytest.mark.parametrize("name", list(FORMS))
@given(data=st.data())
def test_a_record_with_anything_anywhere_is_read_or_refused(name: str, data: st.DataObject) -> None:
    row = copy.deepcopy(RECORDS[name])
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from([place for place in places(row) if place[0] not in OURS]))
        inner = row
        for key in path:
            inner = inner[key]
        inner[last] = data.draw(VALUES)
    try:
        json.dumps(drafted(FORMS[name], row).trajectory(name).as_dict(), ensure_ascii=False, allow_nan=False).encode()
    except Unconvertible as error:
        assert error.reason and isinstance(error.detail, str)


@pytest.mark.parametrize("name", list(FORMS))
@given(row=VALUES)
def test_anything_at_all_is_read_or_refused(name: str, row: Any) -> None:
    with pytest.raises(Unconvertible):
        drafted(FORMS[name], row).trajectory(name)
