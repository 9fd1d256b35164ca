"""The clinic's tools. They refuse what its system cannot do; what only the policy forbids is in `rules.py`."""

from dataclasses import dataclass
from datetime import date as day
from datetime import timedelta
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from lamforge.domains import State, ToolError, tool

TODAY = day(2028, 2, 14)  # before the clinic opens, as policy.md says
FEES = {"consultation": 60, "check-up": 90, "vaccination": 40, "follow-up": 30}  # euros
VIDEO_DISCOUNT = 10  # euros
SHARES = {"public": 0.1, "private": 0.2, "none": 1.0}  # of the fee that a patient pays; children pay nothing
CHILD = 16  # years

Kind = Literal["consultation", "check-up", "vaccination", "follow-up"]
Channel = Literal["text", "e-mail", "call"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


class Specialty(Enum):
    """What the clinic offers."""

    GENERAL = "general practice"
    CHILDREN = "paediatrics"
    PHYSIOTHERAPY = "physiotherapy"
    SKIN = "dermatology"
    HEART = "cardiology"


@dataclass
class Insurance:
    """Who insures a patient."""

    insurer: Literal["public", "private"]
    policy_number: str


@tool(kind="read")
def find_patient_by_card(state: State, card_number: str) -> dict:
    """Find a patient by the number on the patient card.

    Args:
        card_number: Six digits, such as "104233".
    """
    for patient in state["patients"].values():
        if patient["card_number"] == card_number:
            return patient
    raise ToolError(f"no patient with card number {card_number} found")


@tool(kind="read")
def find_patient_by_name(state: State, name: str, birth_date: str) -> dict:
    """Find a patient by full name and date of birth.

    Args:
        name: First and last name.
        birth_date: Year-month-day, such as "1980-12-31".
    """
    for patient in state["patients"].values():
        if patient["name"].lower() == name.lower() and patient["birth_date"] == birth_date:
            return patient
    raise ToolError(f"no patient {name}, born {birth_date}, found")


@tool(kind="read")
def list_visits(state: State, patient_id: str) -> list[dict]:
    """List a patient's visits, planned ones first.

    Args:
        patient_id: Such as "PT620".
    """
    _patient(state, patient_id)
    own = [visit for visit in state["visits"].values() if visit["patient_id"] == patient_id]
    own.sort(key=lambda visit: (visit["status"] != "planned", visit["date"]))
    return [{field: visit[field] for field in ("visit_id", "specialty", "date", "start", "status")} for visit in own]


@tool(kind="read")
def get_visit(state: State, visit_id: str) -> dict:
    """Show a visit: practitioner, specialty, kind, date and time, whether it is by video.

    Args:
        visit_id: The visit number, such as "V10045".
    """
    return _visit(state, visit_id)


@tool(kind="read")
def list_prescriptions(state: State, patient_id: str) -> list[dict]:
    """List a patient's prescriptions."""
    _patient(state, patient_id)
    own = [p for p in state["prescriptions"].values() if p["patient_id"] == patient_id]
    return [{field: p[field] for field in ("prescription_id", "medicine", "renewals_left")} for p in own]


@tool(kind="read")
def get_prescription(state: State, prescription_id: str) -> dict:
    """Show a prescription: medicine, size of a pack, tablets a day, when it was filled last, renewals left.

    Args:
        prescription_id: The prescription number, such as "RX10211".
    """
    return _prescription(state, prescription_id)


@tool(kind="read")
def find_slots(
    state: State, specialty: Specialty, date: str | None = None, afternoon: bool | None = None
) -> list[dict]:
    """Find free slots of a specialty, the first eight.

    Args:
        date: Only on this day, such as "2028-02-16".
        afternoon: Only in the afternoon (true) or in the morning (false).
    """
    found = [
        {field: slot[field] for field in ("slot_id", "practitioner", "date", "start")}
        for slot in sorted(state["slots"].values(), key=lambda slot: (slot["date"], slot["start"]))
        if (slot["specialty"], slot["visit_id"]) == (specialty.value, None)
        and date in (None, slot["date"])
        and afternoon in (None, slot["start"] >= "12:00")
    ]
    if not found:
        raise ToolError(f"no free slot in {specialty.value} on {date or 'any day'}")
    return found[:8]


@tool(kind="read")
def estimate_share(state: State, patient_id: str, kind: Kind, by_video: bool = False) -> dict:
    """Work out what a patient pays for a visit, in euros, after the insurance has paid.

    Args:
        kind: What the visit is for.
        by_video: Whether it is by video, which is cheaper.
    """
    return _share(_patient(state, patient_id), kind, by_video)


@tool(kind="read")
def estimate_supply(state: State, prescription_id: str) -> dict:
    """Work out for how many more days the last pack of a prescription lasts."""
    prescription = _prescription(state, prescription_id)
    lasts = timedelta(days=prescription["tablets"] // prescription["daily"])
    left = day.fromisoformat(prescription["last_filled"]) + lasts - TODAY
    return {"prescription_id": prescription_id, "days_left": max(left.days, 0)}


@tool(kind="write")
def book_visit(state: State, patient_id: str, slot_id: str, kind: Kind, by_video: bool = False) -> dict:
    """Book a free slot for a patient.

    Args:
        slot_id: The slot, such as "S2004".
        kind: What the visit is for.
        by_video: Whether it is by video.
    """
    share = _share(_patient(state, patient_id), kind, by_video)["share"]
    visit_id = f"V{max(int(key[1:]) for key in state['visits']) + 1}"
    slot = _take(state, slot_id, visit_id)
    when = {field: slot[field] for field in ("slot_id", "specialty", "practitioner", "date", "start")}
    what = {"kind": kind, "by_video": by_video, "status": "planned"}
    state["visits"][visit_id] = {"visit_id": visit_id, "patient_id": patient_id, **what, **when}
    return {**state["visits"][visit_id], "share": share}


@tool(kind="write")
def move_visit(state: State, visit_id: str, new_slot_id: str) -> dict:
    """Move a planned visit to another free slot of the same specialty.

    Args:
        visit_id: The visit number.
        new_slot_id: The slot to move to.
    """
    visit = _visit(state, visit_id, "planned")
    slot = _take(state, new_slot_id, visit_id)
    if slot["specialty"] != visit["specialty"]:
        raise ToolError(f"slot {new_slot_id} is in {slot['specialty']}, the visit in {visit['specialty']}")
    state["slots"][visit["slot_id"]]["visit_id"] = None
    visit |= {field: slot[field] for field in ("slot_id", "practitioner", "date", "start")}
    return visit


@tool(kind="write")
def cancel_visit(state: State, visit_id: str, reason: Literal["recovered", "no time", "other clinic"]) -> dict:
    """Cancel a planned visit.

    Args:
        visit_id: The visit number.
        reason: Why the patient cancels.
    """
    visit = _visit(state, visit_id, "planned")
    state["slots"][visit.pop("slot_id")]["visit_id"] = None
    visit |= {"status": "cancelled", "reason": reason}
    return {"visit_id": visit_id, "status": "cancelled"}


@tool(kind="write")
def renew_prescription(state: State, prescription_id: str, delivery: Literal["pharmacy", "post"]) -> dict:
    """Renew a prescription by one pack.

    Args:
        prescription_id: The prescription number.
        delivery: Fetched at the pharmacy today, or sent by post within four days.
    """
    prescription = _prescription(state, prescription_id)
    if not prescription["renewals_left"]:
        raise ToolError(f"prescription {prescription_id} has no renewals left; the patient needs a visit")
    if prescription["last_filled"] == f"{TODAY}":
        raise ToolError(f"prescription {prescription_id} was renewed today")
    prescription |= {"renewals_left": prescription["renewals_left"] - 1, "last_filled": f"{TODAY}"}
    prescription["delivery"] = delivery
    return {field: prescription[field] for field in ("prescription_id", "medicine", "renewals_left", "delivery")}


@tool(kind="write")
def set_reminders(
    state: State, patient_id: str, channels: list[Channel], hours_before: Annotated[int, Field(ge=2, le=72)] = 24
) -> dict:
    """Set how a patient is reminded of visits.

    Args:
        channels: All ways wanted; none for no reminders.
        hours_before: How long before a visit.
    """
    patient = _patient(state, patient_id)
    patient |= {"reminders": sorted(set(channels)), "hours_before": hours_before}
    return {"patient_id": patient_id, "reminders": patient["reminders"], "hours_before": hours_before}


@tool(kind="write")
def join_waiting_list(
    state: State, patient_id: str, specialty: Specialty, weekdays: list[Weekday] | None = None
) -> dict:
    """Put a patient on the waiting list of a specialty.

    Args:
        weekdays: The days on which the patient can come; any day if left out.
    """
    _patient(state, patient_id)
    key = f"{patient_id} {specialty.value}"
    if key in state["waiting_list"]:
        raise ToolError(f"the patient is on the waiting list of {specialty.value} already")
    place = 1 + sum(other["specialty"] == specialty.value for other in state["waiting_list"].values())
    entry = {"patient_id": patient_id, "specialty": specialty.value, "weekdays": weekdays or []}
    state["waiting_list"][key] = entry
    return {**entry, "place": place}


@tool(kind="write")
def update_insurance(state: State, patient_id: str, new_insurance: Insurance) -> dict:
    """Change who insures a patient.

    Args:
        new_insurance: The insurer's kind and the number of the policy, such as "PUB-123456".
    """
    patient = _patient(state, patient_id)
    prefix = new_insurance.insurer[:3].upper()
    if not new_insurance.policy_number.startswith(f"{prefix}-"):
        raise ToolError(
            f"{new_insurance.policy_number} is no {new_insurance.insurer} policy: those begin with {prefix}-"
        )
    patient["insurance"] = {"insurer": new_insurance.insurer, "policy_number": new_insurance.policy_number}
    return {"patient_id": patient_id, "insurance": patient["insurance"]}


@tool(kind="write")
def transfer_to_nurse(
    state: State,
    patient_id: str,
    topic: Literal["urgent symptoms", "test results", "controlled medicine", "missed visits", "waiting times"],
) -> dict:
    """Transfer the patient to a nurse.

    Args:
        topic: What it is about.
    """
    _patient(state, patient_id)
    transfer_id = f"N{len(state['transfers']) + 1}"
    state["transfers"][transfer_id] = {"transfer_id": transfer_id, "patient_id": patient_id, "topic": topic}
    return {"transfer_id": transfer_id}


def _patient(state: State, patient_id: str) -> dict:
    if patient_id not in state["patients"]:
        raise ToolError(f"patient {patient_id} not found")
    return state["patients"][patient_id]


def _visit(state: State, visit_id: str, status: str | None = None) -> dict:
    """The visit, in the given status if there is one."""
    if visit_id not in state["visits"]:
        raise ToolError(f"visit {visit_id} not found")
    visit = state["visits"][visit_id]
    if status is not None and visit["status"] != status:
        raise ToolError(f"visit {visit_id} is {visit['status']}, not {status}")
    return visit


def _prescription(state: State, prescription_id: str) -> dict:
    if prescription_id not in state["prescriptions"]:
        raise ToolError(f"prescription {prescription_id} not found")
    return state["prescriptions"][prescription_id]


def _take(state: State, slot_id: str, visit_id: str) -> dict:
    """The slot, which belongs to the visit from now on."""
    slot = state["slots"].get(slot_id)
    if slot is None:
        raise ToolError(f"slot {slot_id} not found")
    if slot["visit_id"] is not None:
        raise ToolError(f"slot {slot_id} is taken")
    slot["visit_id"] = visit_id
    return slot


def _share(patient: dict, kind: str, by_video: bool) -> dict:
    """The fee and the patient's part of it, to the full euro."""
    born = day.fromisoformat(patient["birth_date"])
    years = TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))
    fee = FEES[kind] - (VIDEO_DISCOUNT if by_video else 0)
    share = 0 if years < CHILD else round(fee * SHARES[patient["insurance"]["insurer"]])
    return {"kind": kind, "fee": fee, "share": share}
