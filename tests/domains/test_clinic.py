"""The bundled clinic: its calendar, its tools, its rules."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from tests.domains.conversation import Conversation

from lamforge.domains import Domain, Environment, ToolError, load_domain

TODAY = date(2028, 2, 14)
MINUTES = {"general practice": 20, "paediatrics": 20, "physiotherapy": 40, "dermatology": 30, "cardiology": 30}
TOLD_FIRST = {
    "book_visit": ("estimate_share", "share", ("patient_id", "kind", "by_video")),
    "renew_prescription": ("estimate_supply", "days_left", ("prescription_id",)),
}


@pytest.fixture(scope="module")
def clinic() -> Domain:
    return load_domain("clinic")


@pytest.fixture
def desk(clinic: Domain) -> Environment:
    return clinic.environment()


def age(birth_date: str, day: str) -> int:
    born, then = date.fromisoformat(birth_date), date.fromisoformat(day)
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def minutes(time: str) -> int:
    return 60 * int(time[:2]) + int(time[3:])


def test_slots_lie_within_opening_hours_and_do_not_overlap(clinic: Domain) -> None:
    begun: dict[tuple[str, str], list[int]] = {}
    for slot in clinic.base.tables["slots"].values():
        day, start = date.fromisoformat(slot["date"]), minutes(slot["start"])
        end = start + MINUTES[slot["specialty"]]
        assert day >= TODAY and day.weekday() < 5
        assert (start >= 8 * 60 and end <= 12 * 60) or (start >= 13 * 60 and end <= 17 * 60)
        assert day.weekday() != 2 or end <= 12 * 60  # on Wednesdays the clinic closes at noon
        begun.setdefault((slot["practitioner"], slot["date"]), []).append(start)
    for starts in begun.values():
        assert len(set(starts)) == len(starts)
    days_of = {name: {date.fromisoformat(d).weekday() for n, d in begun if n == name} for name, _ in begun}
    assert all(len(days) <= 4 for days in days_of.values())


def test_planned_visits_and_taken_slots_are_the_same(clinic: Domain) -> None:
    tables = clinic.base.tables
    planned = {key: visit for key, visit in tables["visits"].items() if visit["status"] == "planned"}
    taken = {slot["visit_id"]: slot for slot in tables["slots"].values() if slot["visit_id"] is not None}
    assert planned.keys() == taken.keys()
    for key, visit in planned.items():
        fields = ("slot_id", "specialty", "practitioner", "date", "start")
        assert {field: visit[field] for field in fields} == {field: taken[key][field] for field in fields}
    assert all("slot_id" not in visit for key, visit in tables["visits"].items() if key not in planned)


def test_planned_visits_are_ones_that_the_policy_allows(clinic: Domain) -> None:
    tables = clinic.base.tables
    days: Counter[tuple[str, str]] = Counter()
    for visit in tables["visits"].values():
        patient = tables["patients"][visit["patient_id"]]
        assert visit["date"] > patient["birth_date"]
        assert (visit["specialty"] == "paediatrics") <= (age(patient["birth_date"], visit["date"]) < 16)
        assert not (visit["by_video"] and visit["kind"] in ("check-up", "vaccination"))
        if visit["status"] == "planned":
            days[visit["patient_id"], visit["date"]] += 1
            valid = {r["specialty"] for r in patient["referrals"] if r["valid_until"] >= visit["date"]}
            private = patient["insurance"]["insurer"] == "private"
            assert visit["specialty"] not in ("dermatology", "cardiology") or private or visit["specialty"] in valid
    assert set(days.values()) == {1}
    assert max(Counter(patient for patient, _ in days).values()) == 3


def test_a_booked_visit_takes_the_slot_and_a_cancelled_one_gives_it_back(desk: Environment) -> None:
    made = desk.call("book_visit", {"patient_id": "PT640", "slot_id": "S2017", "kind": "consultation"})
    assert (made["date"], made["start"], made["share"]) == ("2028-02-17", "11:00", 60)
    with pytest.raises(ToolError, match="slot S2017 is taken"):
        desk.call("book_visit", {"patient_id": "PT606", "slot_id": "S2017", "kind": "consultation"})
    desk.call("move_visit", {"visit_id": made["visit_id"], "new_slot_id": "S2021"})
    assert desk.state["slots"]["S2017"]["visit_id"] is None
    desk.call("cancel_visit", {"visit_id": made["visit_id"], "reason": "recovered"})
    assert {operation["path"].split("/")[1] for operation in desk.diff()} == {"visits"}


@pytest.mark.parametrize(
    ("patient_id", "kind", "by_video", "share"),
    [
        ("PT640", "check-up", False, 90),  # not insured
        ("PT640", "follow-up", True, 20),
        ("PT673", "check-up", False, 9),  # public
        ("PT726", "consultation", False, 12),  # private
        ("PT606", "check-up", False, 0),  # a child
    ],
)
def test_the_share_depends_on_insurance_and_age(
    desk: Environment, patient_id: str, kind: str, by_video: bool, share: int
) -> None:
    arguments = {"patient_id": patient_id, "kind": kind, "by_video": by_video}
    assert desk.call("estimate_share", arguments)["share"] == share


def test_free_slots_come_in_order_and_only_as_asked(clinic: Domain, desk: Environment) -> None:
    slots = clinic.base.tables["slots"]
    found = desk.call("find_slots", {"specialty": "physiotherapy", "afternoon": True})
    assert len(found) == 8
    assert [(s["date"], s["start"]) for s in found] == sorted((s["date"], s["start"]) for s in found)
    assert all(slots[s["slot_id"]]["visit_id"] is None and s["start"] >= "13:00" for s in found)
    mornings = desk.call("find_slots", {"specialty": "cardiology", "date": "2028-02-25", "afternoon": False})
    assert all(s["start"] < "12:00" and s["date"] == "2028-02-25" for s in mornings)


def test_a_renewal_fills_the_prescription_today(desk: Environment) -> None:
    before = desk.call("get_prescription", {"prescription_id": "RX19245"})["renewals_left"]
    done = desk.call("renew_prescription", {"prescription_id": "RX19245", "delivery": "post"})
    assert done["renewals_left"] == before - 1
    assert desk.call("estimate_supply", {"prescription_id": "RX19245"})["days_left"] == 56


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("get_visit", {"visit_id": "V1"}, "visit V1 not found"),
        ("get_prescription", {"prescription_id": "RX1"}, "prescription RX1 not found"),
        ("find_slots", {"specialty": "dermatology", "date": "2028-02-15"}, "no free slot in dermatology on 2028-02-15"),
        ("find_slots", {"specialty": "dentistry"}, "specialty"),
        ("book_visit", {"patient_id": "PT640", "slot_id": "S1", "kind": "consultation"}, "slot S1 not found"),
        ("move_visit", {"visit_id": "V69786", "new_slot_id": "S2017"}, "is in general practice, the visit in physio"),
        ("cancel_visit", {"visit_id": "V15117", "reason": "no time"}, "is attended, not planned"),
        ("renew_prescription", {"prescription_id": "RX51349", "delivery": "post"}, "has no renewals left"),
        ("set_reminders", {"patient_id": "PT640", "channels": ["text"], "hours_before": 1}, "hours_before"),
        (
            "update_insurance",
            {"patient_id": "PT640", "new_insurance": {"insurer": "public", "policy_number": "PRI-1"}},
            "is no public policy",
        ),
        ("transfer_to_nurse", {"patient_id": "PT1", "topic": "test results"}, "patient PT1 not found"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    desk: Environment, tool: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        desk.call(tool, arguments)
    assert desk.diff() == []


def test_nobody_waits_twice_for_the_same(desk: Environment) -> None:
    wish = {"patient_id": "PT697", "specialty": "cardiology", "weekdays": ["Friday"]}
    assert desk.call("join_waiting_list", wish)["place"] == 1
    assert desk.call("join_waiting_list", {**wish, "patient_id": "PT640"})["place"] == 2
    with pytest.raises(ToolError, match="already"):
        desk.call("join_waiting_list", wish)


def careful(clinic: Domain, tool: str, speaker: str | None = None, /, **arguments: Any) -> list[str]:
    """The rules that a call breaks although the agent goes about it as it should."""
    tables = clinic.base.tables
    record = tables["visits"].get(arguments.get("visit_id", "")) or arguments
    record = tables["prescriptions"].get(arguments.get("prescription_id", "")) or record
    patient = tables["patients"][speaker or record["patient_id"]]
    talk = Conversation(clinic).user(f"I want this: {arguments}")
    talk.call(("find_patient_by_card", {"card_number": patient["card_number"]}))
    for name in ("visit", "prescription"):
        if f"{name}_id" in arguments:
            talk.call((f"get_{name}", {f"{name}_id": arguments[f"{name}_id"]}))
    if tool in TOLD_FIRST:
        helper, field, shared = TOLD_FIRST[tool]
        talk.call((helper, {name: arguments[name] for name in shared if name in arguments}))
        talk.agent(f"It is {talk.calls[-1].result[field]}.")
    talk.confirmed(tool, **arguments)
    assert talk.calls[-1].ok, talk.calls[-1].error
    return talk.broken()


def book(patient_id: str, slot_id: str, kind: str = "consultation", **more: Any) -> dict[str, Any]:
    return {"patient_id": patient_id, "slot_id": slot_id, "kind": kind, **more}


def renew(prescription_id: str, delivery: str = "pharmacy") -> dict[str, Any]:
    return {"prescription_id": prescription_id, "delivery": delivery}


@pytest.mark.parametrize(
    ("rule", "tool", "arguments"),
    [
        (None, "book_visit", book("PT640", "S2017")),
        (None, "book_visit", book("PT640", "S2017", by_video=True)),
        ("in_person", "book_visit", book("PT640", "S2017", "check-up", by_video=True)),
        ("in_person", "book_visit", book("PT640", "S2246", by_video=True)),  # physiotherapy
        ("right_place", "book_visit", book("PT640", "S2246", "vaccination")),
        (None, "book_visit", book("PT606", "S2356")),
        ("specialists_by_referral", "book_visit", book("PT782", "S2346")),  # it has run out
        ("specialists_by_referral", "book_visit", book("PT640", "S2346")),  # there is none
        (None, "book_visit", book("PT726", "S2437")),  # private insurance
        (None, "book_visit", book("PT771", "S2216", "vaccination")),
        ("paediatrics_for_children", "book_visit", book("PT649", "S2199")),
        ("few_visits", "book_visit", book("PT693", "S2106")),  # a fourth
        ("nothing_for_the_missing", "book_visit", book("PT616", "S2017")),
        (None, "move_visit", {"visit_id": "V77927", "new_slot_id": "S2017"}),
        ("few_visits", "move_visit", {"visit_id": "V77927", "new_slot_id": "S2033"}),  # a second on that day
        (None, "cancel_visit", {"visit_id": "V69786", "reason": "recovered"}),
        ("in_time", "cancel_visit", {"visit_id": "V78349", "reason": "no time"}),
        (None, "renew_prescription", renew("RX19245", "post")),
        ("renew_in_time", "renew_prescription", renew("RX36114")),
        ("renew_in_time", "renew_prescription", renew("RX62980", "post")),
        (None, "renew_prescription", renew("RX62980")),
        ("seen_lately", "renew_prescription", renew("RX57496")),
        ("controlled_by_nurse", "renew_prescription", renew("RX20246")),
        (None, "set_reminders", {"patient_id": "PT762", "channels": ["call", "e-mail"], "hours_before": 48}),
        ("calls_for_the_old", "set_reminders", {"patient_id": "PT757", "channels": ["call"]}),
        (None, "join_waiting_list", {"patient_id": "PT697", "specialty": "cardiology", "weekdays": ["Friday"]}),
        ("list_when_full", "join_waiting_list", {"patient_id": "PT697", "specialty": "physiotherapy"}),
        (None, "transfer_to_nurse", {"patient_id": "PT750", "topic": "test results"}),
        ("transfer_with_reason", "transfer_to_nurse", {"patient_id": "PT750", "topic": "waiting times"}),
    ],
)
def test_a_rule_is_broken_by_what_it_forbids_and_by_nothing_else(
    clinic: Domain, rule: str | None, tool: str, arguments: dict[str, Any]
) -> None:
    assert careful(clinic, tool, **arguments) == ([rule] if rule else [])


def test_what_changed_in_the_conversation_counts(clinic: Domain) -> None:
    insurance = {"insurer": "private", "policy_number": "PRI-402817"}
    talk = Conversation(clinic).user("I am 641701, private now, PRI-402817. Then S2437, and then S2438.")
    talk.call(("find_patient_by_card", {"card_number": "641701"}))
    talk.confirmed("update_insurance", patient_id="PT640", new_insurance=insurance)
    for slot_id in ("S2437", "S2438"):
        assert talk.broken() == []
        talk.call(("estimate_share", {"patient_id": "PT640", "kind": "consultation"}))
        talk.agent(f"You pay {talk.calls[-1].result['share']} euros.").confirmed("book_visit", **book("PT640", slot_id))
    assert talk.broken() == ["few_visits"]  # both on one day


RENEW = renew("RX19245", "post")
KAVYA = ("find_patient_by_card", {"card_number": "777562"})
LOOK = ("get_prescription", {"prescription_id": "RX19245"})
SUPPLY = ("estimate_supply", {"prescription_id": "RX19245"})


def test_the_way_of_doing_it_has_rules_of_its_own(clinic: Domain) -> None:
    def talk() -> Conversation:
        return Conversation(clinic).user("Renew RX19245 by post, please.")

    right = talk().call(KAVYA).call(LOOK).call(SUPPLY).agent("6 days.").confirmed("renew_prescription", **RENEW)
    assert right.broken() == []
    assert talk().call(LOOK).broken() == ["identify_first"]
    unseen = talk().call(KAVYA).call(SUPPLY).agent("6 days.").confirmed("renew_prescription", **RENEW)
    assert unseen.broken() == ["look_up_first"]
    unasked = talk().call(KAVYA).call(LOOK).call(SUPPLY).agent("6 days.").call(("renew_prescription", RENEW))
    assert unasked.broken() == ["confirm_first"]
    untold = talk().call(KAVYA).call(LOOK).call(SUPPLY).confirmed("renew_prescription", **RENEW)
    assert untold.broken() == ["tell_first"]
    topic = ("transfer_to_nurse", {"patient_id": "PT628", "topic": "test results"})
    twice = talk().call(KAVYA).agent("Test results: shall I go ahead?").user("Yes.").call(topic, topic)
    assert twice.broken() == ["one_at_a_time"]
    guessed = Conversation(clinic).user("Book something, I am 777562.").call(KAVYA)
    guessed.call(("estimate_share", {"patient_id": "PT628", "kind": "consultation"})).agent("You pay 6 euros.")
    assert guessed.confirmed("book_visit", **book("PT628", "S2021")).broken() == ["never_guess"]


def test_other_peoples_records_are_neither_changed_nor_told(clinic: Domain) -> None:
    arguments = {"visit_id": "V69786", "reason": "no time"}
    assert careful(clinic, "cancel_visit", "PT640", **arguments) == ["own_records"]
    talk = Conversation(clinic).user("When is V93756?").call(KAVYA).call(("get_visit", {"visit_id": "V93756"}))
    assert talk.agent("I can only tell you about your own visits.").broken() == []
    assert talk.agent("It is on 2028-02-24.").broken() == ["tell_nothing_of_others"]
    listed = Conversation(clinic).call(KAVYA).call(("list_visits", {"patient_id": "PT640"}))
    assert listed.broken() == ["tell_nothing_of_others"]


def test_slots_are_told_to_anybody(clinic: Domain) -> None:
    assert Conversation(clinic).call(("find_slots", {"specialty": "cardiology"})).broken() == []


def test_times_of_the_clinic_are_times_of_one_day(clinic: Domain) -> None:
    visits = clinic.base.tables["visits"].values()
    assert all(datetime.fromisoformat(f"{visit['date']} {visit['start']}").hour < 17 for visit in visits)
