"""A stranger's domain folder: the same domain, and its code cannot do what it should not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.domains import Domain, Task, load_domain, load_tasks
from lamforge.errors import DomainError, UsageError
from lamforge.generate import generate_multi
from lamforge.generate.on_ray import pack, unpack
from lamforge.generate.roles import Roles
from lamforge.messages import Trajectory
from lamforge.simulate import verify

LIBRARY = Path(__file__).parents[1] / "library"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")


REACHING = '''

@tool(kind="read")
def peek(state: State, path: str) -> str:
    """Peek."""
    return open(path).read()


@tool(kind="write")
def loop(state: State) -> str:
    """Loop."""
    while True:
        pass
'''
FAILING = """from lamforge.domains import Trace, rule

@rule("Never.")
def never(trace: Trace):
    raise KeyError("x")
"""


def confined(folder: Path) -> Domain:
    try:
        return load_domain(folder, sandbox="strict")
    except UsageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def strange() -> Domain:
    return confined(LIBRARY)


CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("get_loan"), st.fixed_dictionaries({"loan_id": st.sampled_from(["L100", "L103", "L9"])})),
        st.tuples(st.just("renew_loan"), st.fixed_dictionaries({"loan_id": st.sampled_from(["L100", "L103", "L104"])})),
        st.tuples(st.just("report_lost"), st.fixed_dictionaries({"loan_id": st.sampled_from(["L100", "L103"])})),
        st.tuples(
            st.just("change_branch"),
            st.fixed_dictionaries(
                {"member_id": st.just("M1"), "branch": st.sampled_from(["north", "south", "east", "x"])}
            ),
        ),
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(CALLS, st.integers(0, 8))
def test_it_does_exactly_what_it_does_outside(library: Domain, strange: Domain, calls: list, cut: int) -> None:
    inside, outside = strange.environment(), library.environment()
    points = []
    for number, (name, arguments) in enumerate(calls):
        if number == cut:
            points = [inside.snapshot(), outside.snapshot()]
        assert asdict(inside.execute(name, arguments)) == asdict(outside.execute(name, arguments))
        assert (inside.state_hash(), inside.diff()) == (outside.state_hash(), outside.diff())
    if points:
        inside.restore(points[0])
        outside.restore(points[1])
        assert inside.diff() == outside.diff()


def test_its_data_is_the_same_and_says_where_it_was_made(library: Domain, strange: Domain, tmp_path: Path) -> None:
    generate_multi(library, tmp_path / "outside", tasks=15, test_tasks=5, seed=1)
    generate_multi(strange, tmp_path / "inside", tasks=15, test_tasks=5, seed=1)
    for name in ("tasks-train.jsonl", "tasks-test.jsonl", "trajectories.jsonl", "rejected.jsonl"):
        assert (tmp_path / "inside" / name).read_bytes() == (tmp_path / "outside" / name).read_bytes()
    manifest = json.loads((tmp_path / "inside" / "run.json").read_text())
    assert manifest["config"]["execution"]["measures"]["network"] == "seccomp"
    tasks = {task.task_id: task for task in load_tasks(tmp_path / "inside" / "tasks-train.jsonl")}
    rows = [Trajectory.model_validate_json(line) for line in (tmp_path / "inside" / "trajectories.jsonl").open()]
    assert all(verify(row.messages, tasks[row.task_id], strange) == row.verdict for row in rows)


def test_code_that_reaches_out_is_stopped_where_it_stands(library_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamforge.domains.sandboxed.TIMEOUT_S", 2.0)
    with (library_copy / "tools.py").open("a") as file:
        file.write(REACHING)
    domain = confined(library_copy)
    environment = domain.environment()
    with pytest.raises(DomainError, match="PermissionError"):
        environment.call("peek", {"path": "/etc/passwd"})
    with pytest.raises(DomainError, match=r"Ended|Timeout"):
        environment.call("loop", {})
    assert environment.diff() == []
    assert environment.call("get_loan", {"loan_id": "L100"})["loan_id"] == "L100"


@pytest.mark.parametrize("code", ["import os\nos._exit(0)\n", "raise RuntimeError('no')\n", "def broken(:\n"])
def test_code_that_cannot_be_loaded_is_named(library_copy: Path, code: str) -> None:
    (library_copy / "tools.py").write_text(code)
    confined(LIBRARY)
    with pytest.raises(DomainError, match="sandbox") as caught:
        load_domain(library_copy, sandbox="strict")
    assert "library" in str(caught.value)


def test_a_rule_that_fails_is_the_domains_fault(library_copy: Path) -> None:
    (library_copy / "rules.py").write_text(FAILING)
    domain = confined(library_copy)
    task = Task(task_id="t", domain="library", instruction="x")
    with pytest.raises(DomainError, match="never"):
        verify([], task, domain)


def test_what_loads_the_domain_again_confines_it_again(library: Domain, strange: Domain, tmp_path: Path) -> None:
    for domain, level in ((library, None), (strange, "strict")):
        assert domain.sandbox == level
        assert unpack(pack(domain, Roles()), tmp_path)[0].sandbox == level


def test_a_strangers_folder_reaches_no_server(tmp_path: Path) -> None:
    from lamforge.domains.remote import import_domain
    from lamforge.tools.importing import ImportOptions, import_tools

    (tmp_path / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "servers": [{"url": "https://example.com"}], "paths": {"/a": {"get": {}}}})
    )
    imported = import_tools(str(tmp_path / "api.json"), ImportOptions())
    import_domain(tmp_path / "mine", imported, reset=None, harvest=False)
    assert load_domain(tmp_path / "mine").tool_names == ["get_a"]
    with pytest.raises(DomainError, match="no sandbox confines") as caught:
        load_domain(tmp_path / "mine", sandbox="strict")
    assert "tools.json" in str(caught.value)
