"""Domains whose tools are a real server's."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from tests.staging.rental import Refused, Rental, RentalServer, serving

from lamforge.domains import Domain, load_domain
from lamforge.domains.remote import import_domain
from lamforge.domains.remote.clock import clock_field
from lamforge.domains.remote.lock import ServerLock
from lamforge.errors import DataError, DomainError, OutputError, ServerError, UsageError
from lamforge.generate.on_ray import pack
from lamforge.generate.roles import Roles
from lamforge.tools.importing import ImportOptions, import_tools

RENT = {"rider_id": "R1", "bike_id": 101, "hours": 2}


@pytest.fixture
def server() -> Iterator[RentalServer]:
    with serving() as rental:
        rental.rental.start["bikes"]["101"]["status"] = "free"
        rental.rental.reset()
        yield rental


@pytest.fixture
def folder(server: RentalServer, tmp_path: Path) -> Path:
    imported(server, tmp_path / "rental")
    return tmp_path / "rental"


@pytest.fixture
def domain(folder: Path) -> Iterator[Domain]:
    loaded = load_domain(folder)
    yield loaded
    loaded.close()


def imported(server: RentalServer, folder: Path, reset: str | None = "POST /reset", **options: Any) -> dict[str, Any]:
    found = import_tools(f"{server.url}/openapi.json", ImportOptions(**options))
    return import_domain(folder, found, reset=reset, harvest=True)


def edited(folder: Path, **remote: Any) -> Domain:
    """The domain with other settings."""
    import yaml

    path = folder / "domain.yaml"
    header = yaml.safe_load(path.read_text())
    header["remote"].update(remote)
    path.write_text(yaml.safe_dump(header))
    return load_domain(folder)


def test_the_folder_stands_on_its_own(domain: Domain, folder: Path, server: RentalServer) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["domain.yaml", "policy.md", "state.json", "tools.json"]
    assert {table: len(records) for table, records in domain.base.tables.items()} == {
        "bikes": 60,
        "rentals": 70,
        "riders": 40,
    }
    assert "reset" not in domain.tool_names
    assert domain.execution == {"tools": "server", "servers": {"main": server.url}}
    assert "KEY" not in (folder / "tools.json").read_text().replace("LAMFORGE_BIKE_RENTAL_KEY", "")


def test_records_have_their_ids_under_the_name_that_arguments_have(domain: Domain) -> None:
    assert domain.base.tables["bikes"]["101"]["bike_id"] == 101
    assert list(domain.base.tables["rentals"]["T1"])[:3] == ["rental_id", "rider_id", "bike_id"]


def test_a_new_environment_asks_nothing_until_it_is_asked(domain: Domain, server: RentalServer) -> None:
    server.requests.clear()
    domain.environment()
    assert server.requests == []


def test_calls_change_the_server_and_the_difference_is_a_patch(domain: Domain, server: RentalServer) -> None:
    environment = domain.environment()
    call = environment.execute("rent_bike", RENT)
    assert call.ok and call.result["id"] == "T1001"
    assert server.rental.state["bikes"]["101"]["status"] == "rented"
    patched = jsonpatch.apply_patch(domain.base.tables, environment.diff())
    assert patched == environment.tables  # type: ignore[attr-defined]
    assert patched["rentals"]["T1001"]["hours"] == 2


def test_what_was_changed_and_changed_back_is_no_change(domain: Domain) -> None:
    environment = domain.environment()
    start = environment.state_hash()
    environment.call("rent_bike", RENT)
    assert environment.state_hash() != start
    environment.call("cancel_rental", {"rental_id": "T1001"})
    assert environment.state_hash() == start
    assert environment.diff() == []


def test_refusals_and_wrong_arguments_are_told_and_change_nothing(domain: Domain, server: RentalServer) -> None:
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    assert environment.execute("rent_bike", RENT).error == "bike 101 is rented"
    server.requests.clear()
    assert "hours" in (environment.execute("rent_bike", {**RENT, "hours": 99}).error or "")
    assert "unknown tool" in (environment.execute("fly", {}).error or "")
    assert server.requests == []


def test_environments_share_a_server_and_do_not_notice(domain: Domain) -> None:
    one, other = domain.environment(), domain.environment()
    one.call("rent_bike", RENT)
    assert other.call("get_bike", {"bike_id": 101})["status"] == "free"
    other.call("report_problem", {"bike_id": 101, "problem": "flat tyre"})
    assert one.call("get_bike", {"bike_id": 101})["status"] == "rented"
    assert other.call("get_bike", {"bike_id": 101})["status"] == "broken: flat tyre"
    assert domain.environment().diff() == []


def test_a_snapshot_is_come_back_to_by_repeating_what_led_to_it(domain: Domain) -> None:
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    snapshot, here = environment.snapshot(), environment.state_hash()
    environment.call("extend_rental", {"rental_id": "T1001", "new_hours": 9})
    environment.call("return_bike", {"rental_id": "T1001", "station": "museum"})
    environment.restore(snapshot)
    assert environment.state_hash() == here
    assert environment.call("get_rental", {"rental_id": "T1001"})["hours"] == 2


def test_reads_leave_the_server_where_it_is(domain: Domain, server: RentalServer) -> None:
    domain.environment().call("get_bike", {"bike_id": 101})
    server.requests.clear()
    for _ in range(3):
        domain.environment().call("get_bike", {"bike_id": 101})
    assert server.requests == ["GET /bikes/101"] * 3


def test_a_server_that_starts_otherwise_is_said_so(domain: Domain, server: RentalServer) -> None:
    server.rental.start["bikes"]["105"]["station"] = "moon"
    with pytest.raises(DomainError, match="bikes/105") as caught:
        domain.environment().diff()
    assert "--harvest" in str(caught.value)


def test_without_a_reset_writes_are_in_no_task_and_nothing_goes_back(server: RentalServer, tmp_path: Path) -> None:
    imported(server, tmp_path / "rental", reset=None)
    domain = load_domain(tmp_path / "rental")
    assert set(domain.unusable) == {
        "reset", "change_plan", "report_problem", "rent_bike", "extend_rental", "cancel_rental", "return_bike",
    }  # fmt: skip
    assert "remote.reset" in domain.unusable["rent_bike"]
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    assert len(environment.diff()) == 2
    with pytest.raises(DomainError, match="cannot be brought back") as caught:
        domain.environment().call("get_bike", {"bike_id": 101})
    assert "remote.reset" in str(caught.value)
    domain.close()


def test_a_write_that_fails_half_way_is_forgotten_by_a_reset(domain: Domain, server: RentalServer) -> None:
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    good = server.rental.extend

    def broken(rental_id: str, new_hours: int) -> Any:
        good(rental_id, new_hours)
        raise Refused(503, "the database is gone")

    server.rental.extend = broken  # type: ignore[method-assign]
    with pytest.raises(ServerError, match="503"):
        environment.execute("extend_rental", {"rental_id": "T1001", "new_hours": 9})
    server.rental.extend = good  # type: ignore[method-assign]
    assert environment.call("get_rental", {"rental_id": "T1001"})["hours"] == 2


def test_a_reset_that_does_not_bring_all_back_is_noticed(domain: Domain, server: RentalServer) -> None:
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    snapshot = environment.snapshot()
    environment.call("extend_rental", {"rental_id": "T1001", "new_hours": 9})
    assert environment.diff()
    server.rental.start["bikes"]["101"]["status"] = "broken: for good"
    environment.restore(snapshot)
    with pytest.raises(ServerError, match="which it had accepted"):
        environment.diff()


def test_fields_that_differ_every_time_are_found_and_left_out(server: RentalServer, tmp_path: Path) -> None:
    reset: Callable[[], None] = server.rental.reset
    count = iter(range(1000))

    def stamped() -> None:
        reset()
        for rider in server.rental.state["riders"].values():
            rider["seen_at"] = f"12:{next(count)}"

    server.rental.reset = stamped  # type: ignore[method-assign]
    summary = imported(server, tmp_path / "rental")
    assert summary["domain_notes"] == ["fields that differ every time are left out: seen_at"]
    domain = load_domain(tmp_path / "rental")
    assert "seen_at" not in domain.base.tables["riders"]["R1"]
    environment = domain.environment()
    assert "seen_at" not in environment.call("get_rider", {"rider_id": "R1"})
    environment.call("change_plan", {"rider_id": "R1", "plan": "yearly"})
    assert [operation["path"] for operation in environment.diff()] in (["/riders/R1/plan"], [])
    domain.close()


def test_the_time_of_day_in_an_answer_is_said_to_be_in_the_way(folder: Path, server: RentalServer) -> None:
    rent = server.rental.rent

    def stamped(**arguments: Any) -> dict[str, Any]:
        return {**rent(**arguments), "created_at": datetime.now(timezone.utc).isoformat()}

    server.rental.rent = stamped  # type: ignore[method-assign]
    domain = load_domain(folder)
    with pytest.raises(DomainError, match="created_at") as caught:
        domain.environment().call("rent_bike", RENT)
    assert "volatile: [created_at]" in str(caught.value)
    domain.close()
    mended = edited(folder, volatile=["created_at"])
    assert "created_at" not in mended.environment().call("rent_bike", RENT)
    mended.close()


NOW = datetime(2026, 3, 4, 12, 30, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"a": [{"at": "2026-03-04T12:30:14Z"}]}, "at"),
        ({"at": "2026-03-04T13:30:14.123456+01:00"}, "at"),
        ({"at": "2026-03-04 12:30:14"}, "at"),
        ({"at": "Wed, 04 Mar 2026 12:30:14 GMT"}, "at"),
        ({"at": 1772627414}, "at"),
        ({"at": 1772627414123}, "at"),
        ({"at": "2026-03-04"}, None),
        ({"at": "2026-03-03T12:30:14Z", "n": 5, "ok": True, "text": "12:30"}, None),
        ({"at": 17726274, "big": 10**30, "low": -1.5e300}, None),
    ],
)
def test_the_time_of_day_is_told_from_other_values(value: Any, field: str | None) -> None:
    assert clock_field(value, NOW) == field


def test_only_the_reads_that_are_named_are_observed(folder: Path, server: RentalServer) -> None:
    domain = edited(
        folder, observe=["list_bikes", {"tool": "list_bikes", "arguments": {"status": "free"}, "table": "free"}]
    )
    (folder / "state.json").write_text("{}")
    domain = load_domain(folder)
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    assert {operation["path"].split("/")[1] for operation in environment.diff()} == {"bikes", "free"}
    domain.close()
    with pytest.raises(DomainError, match="observe names 'nothing'"):
        edited(folder, observe=["nothing"])


def test_recorded_answers_replace_the_server(folder: Path, server: RentalServer) -> None:
    def visit(domain: Domain) -> list[Any]:
        environment = domain.environment()
        seen = [environment.call("get_bike", {"bike_id": 101}), environment.call("rent_bike", RENT)]
        seen += [environment.execute("rent_bike", RENT).error, environment.diff(), environment.state_hash()]
        other = domain.environment()
        return [*seen, other.call("get_bike", {"bike_id": 101}), other.diff()]

    recording = edited(folder, recording="record")
    told = visit(recording)
    recording.close()
    server.requests.clear()
    replaying = edited(folder, recording="replay")
    assert visit(replaying) == told
    assert server.requests == []
    with pytest.raises(DataError, match="has no answer"):
        replaying.environment().call("get_bike", {"bike_id": 150})
    assert "R1" in (folder / "recordings.jsonl").read_text()


def test_credentials_are_used_and_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct-horse-battery"
    monkeypatch.setenv("LAMFORGE_BIKE_RENTAL_KEY", secret)
    with serving(key=secret) as server:
        imported(server, tmp_path / "rental")
        domain = edited(tmp_path / "rental", recording="record")
        domain.environment().call("get_bike", {"bike_id": 105})
        domain.close()
        monkeypatch.delenv("LAMFORGE_BIKE_RENTAL_KEY")
        with pytest.raises(ServerError, match="401"):
            load_domain(tmp_path / "rental").environment().call("get_bike", {"bike_id": 106})
    assert not any(secret in path.read_text() for path in (tmp_path / "rental").iterdir())


def _hold(name: str, ready: Any, done: Any) -> None:
    with ServerLock(name, 10).held():
        ready.set()
        done.wait(30)


def test_another_process_is_waited_for_and_what_it_did_is_undone(domain: Domain, server: RentalServer) -> None:
    environment = domain.environment()
    environment.call("rent_bike", RENT)
    with ServerLock(server.url, 1).held() as undisturbed:
        assert not undisturbed
        server.rental.reset()
    assert environment.call("get_rental", {"rental_id": "T1001"})["hours"] == 2
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(server.url, ready, done))
    other.start()
    assert ready.wait(60)
    with pytest.raises(ServerError, match="another process"), ServerLock(server.url, 0.2).held():
        pass
    done.set()
    other.join()
    with ServerLock(server.url, 5).held():
        pass


def test_an_import_keeps_what_was_written_by_hand(folder: Path, server: RentalServer) -> None:
    (folder / "policy.md").write_text("Be kind.")
    tools = json.loads((folder / "tools.json").read_text())
    next(tool for tool in tools["tools"] if tool["function"]["name"] == "change_plan")["kind"] = "read"
    (folder / "tools.json").write_text(json.dumps(tools))
    summary = imported(server, folder, reset="PUT /reset")
    assert (folder / "policy.md").read_text() == "Be kind."
    assert summary["domain_notes"] == ["domain.yaml is kept: its reset is 'POST /reset', not 'PUT /reset'"]
    kept = load_domain(folder).tool("change_plan")
    assert kept is not None and kept.kind == "read"


def test_another_folder_is_not_written_into(server: RentalServer, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        imported(server, tmp_path)


@pytest.mark.parametrize(
    ("remote", "said"),
    [
        ({"reset": "reset please"}, "neither"),
        ({"reset": {"tool": "nothing"}}, "names 'nothing'"),
        ({"reset": "restart"}, "no process to restart"),
        ({"recording": "sometimes"}, "recording"),
        ({"what": 1}, "what"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(folder: Path, remote: dict[str, Any], said: str) -> None:
    with pytest.raises(DomainError, match=said) as caught:
        edited(folder, **remote)
    assert "domain.yaml" in str(caught.value)


def test_a_tool_can_be_the_reset(folder: Path, server: RentalServer) -> None:
    domain = edited(folder, reset={"tool": "reset"})
    assert "reset" not in domain.tool_names
    domain.environment().call("rent_bike", RENT)
    assert domain.environment().call("get_bike", {"bike_id": 101})["status"] == "free"
    domain.close()


def test_a_cluster_is_not_let_loose_on_one_server(domain: Domain, server: RentalServer) -> None:
    assert domain.shared_servers == [server.url]
    with pytest.raises(UsageError, match="one machine at a time"):
        pack(domain, Roles())


def test_a_folder_with_both_kinds_of_tools_is_refused(folder: Path) -> None:
    (folder / "tools.py").write_text("")
    with pytest.raises(DomainError, match="has both"):
        load_domain(folder)


def test_the_rental_of_the_tests_is_deterministic() -> None:
    assert Rental().start == Rental().start
