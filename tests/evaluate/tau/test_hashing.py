import hashlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.domains import State
from lamforge.domains.state import BaseState
from lamforge.evaluate.tau.hashing import StateDigest

RECORDS = st.dictionaries(
    st.sampled_from("abc"),
    st.one_of(st.integers(0, 3), st.floats(0, 2), st.text(max_size=2), st.lists(st.none())),
    max_size=2,
)
TABLES = st.fixed_dictionaries(
    {
        name: st.dictionaries(st.sampled_from([f"{n:03}" for n in range(300)]), RECORDS, max_size=6)
        for name in ("x", "y")
    }
)


def as_tuples(value):
    if isinstance(value, dict):
        return tuple((key, as_tuples(item)) for key, item in sorted(value.items()))
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(TABLES, TABLES, st.booleans())
def test_it_is_the_hash_of_the_whole_state_written_out(tables, changes, large):
    if large:  # more than a checkpoint's worth
        tables["x"] = {f"{n:03}": {"n": n} for n in range(300)} | tables["x"]
    base = BaseState(tables)
    state = State(base)
    whole = {name: dict(records) for name, records in tables.items()}
    for name, records in changes.items():
        for key, record in records.items():
            state[name][key] = record
            whole[name][key] = record
    state.commit()
    text = str(as_tuples(whole))
    assert StateDigest(base, "v1").of(state) == hashlib.sha256(text.encode()).hexdigest()
    text = json.dumps(whole, sort_keys=True)
    assert StateDigest(base, "tau2").of(state) == hashlib.sha256(text.encode()).hexdigest()
