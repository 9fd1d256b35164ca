"""The clinic's policy as tests over a conversation.

What a tool refuses by itself needs no rule: slots that are taken or of another specialty, a visit's status, used-up
renewals, policy numbers of another insurer. How to speak (no medical advice, say why not, offer further help or a
transfer, apologise) is manner and is not tested here.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from lamforge.domains import Call, Trace, rule, scalars

NOW = datetime(2028, 2, 14, 7, 30)  # as policy.md says
IDENTIFYING = ("find_patient_by_card", "find_patient_by_name")
PUBLIC = (*IDENTIFYING, "find_slots")
LOOK_UPS = {"visit_id": "get_visit", "prescription_id": "get_prescription"}  # argument -> read tool
TOLD_FIRST = {  # write tool -> (read tool, what it works out, the arguments that they share)
    "book_visit": ("estimate_share", "share", ("patient_id", "kind", "by_video")),
    "renew_prescription": ("estimate_supply", "days_left", ("prescription_id",)),
}
CHOSEN_FROM_LISTS = ("kind", "by_video", "reason", "delivery", "channels", "weekdays", "specialty", "topic")
INSURERS = ("public", "private")
BY_REFERRAL = ("dermatology", "cardiology")
CHILD, OLD = 16, 65  # years
IN_PERSON = ("check-up", "vaccination")
FAMILY_DOCTORS = ("general practice", "paediatrics")
MOST_VISITS, MISSED = 3, 2
NOTICE = timedelta(hours=24)
LIST_OPENS = "2028-02-18"  # if no slot is free up to this day
RENEWED_FROM, POSTED_FROM = 10, 4  # days left
SEEN_SINCE = "2027-02-14"
TRANSFERRED = ("urgent symptoms", "test results", "controlled medicine", "missed visits")


def _patient_before(trace: Trace, call: Call) -> str | None:
    """The patient who was identified last before a call."""
    found = [earlier.result["patient_id"] for earlier in trace.before(call) if earlier.name in IDENTIFYING]
    return found[-1] if found else None


def _patient(trace: Trace, call: Call) -> dict:
    """The patient whom a successful call concerns, as before the conversation."""
    record = _record(trace, call) or call.arguments
    return trace.initial["patients"][record["patient_id"]]


def _record(trace: Trace, call: Call) -> dict | None:
    """The visit or the prescription of a call as it was before it, or None."""
    if prescription := trace.initial["prescriptions"].get(call.arguments.get("prescription_id", "")):
        return prescription
    visit_id = call.arguments.get("visit_id", "")
    return _changes(trace, call).get(visit_id) or trace.initial["visits"].get(visit_id)


def _changes(trace: Trace, call: Call) -> dict[str, dict]:
    """The visits that earlier calls booked or changed."""
    visits: dict[str, dict] = {}
    for earlier in trace.before(call):
        if earlier.name in ("book_visit", "move_visit", "cancel_visit"):
            visit_id = earlier.result["visit_id"]
            known = visits.get(visit_id) or trace.initial["visits"].get(visit_id) or {}
            visits[visit_id] = {**known, **earlier.result}
    return visits


def _planned(trace: Trace, call: Call) -> list[dict]:
    """The patient's other planned visits before a booking or a move."""
    visits = {**trace.initial["visits"], **_changes(trace, call)}
    own = [visit for visit in visits.values() if visit["patient_id"] == call.result["patient_id"]]
    return [visit for visit in own if visit["status"] == "planned" and visit["visit_id"] != call.result["visit_id"]]


def _calls(trace: Trace, *names: str) -> Iterator[Call]:
    yield from (call for call in trace.writes if call.name in names)


def _age(birth_date: str, day: date) -> int:
    born = date.fromisoformat(birth_date)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _is_telling(value: Any) -> bool:
    """Whether a value says something of a patient: a number, an id, a name, but no word such as a status."""
    return not isinstance(value, str) or " " in value or any(character.isdigit() for character in value)


@rule("I have to know who you are first, by card number or by name and date of birth.")
def identify_first(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        if call.name not in PUBLIC and _patient_before(trace, call) is None:
            yield f"{call.name} before the patient was identified"


@rule("I can only change your own visits, prescriptions and data.")
def own_records(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        owner = _patient(trace, call)["patient_id"]
        if owner != _patient_before(trace, call):
            yield f"{call.name}({call.arguments}) concerns {owner}, another patient"


@rule("I can only tell you about your own visits, prescriptions and data.")
def tell_nothing_of_others(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        if not call.ok or call.kind == "write" or call.name in PUBLIC:
            continue
        owner = _patient(trace, call)["patient_id"]
        if owner == _patient_before(trace, call):
            continue
        if "patient_id" in call.arguments:
            yield f"{call.name} shows {owner}, another patient"
            continue
        told = [value for value in scalars(call.result) if value not in call.arguments.values()]
        if any(trace.agent_said(value, after=call) for value in told if _is_telling(value)):
            yield f"told about {call.arguments} of another patient"  # looking up alone is how one sees whose it is


@rule("I look a visit or a prescription up before I act on it.")
def look_up_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        for argument, tool in LOOK_UPS.items():
            seen = [earlier.arguments[argument] for earlier in trace.before(call) if earlier.name == tool]
            if argument in call.arguments and call.arguments[argument] not in seen:
                yield f"{call.name} on {call.arguments[argument]} without looking it up"


@rule("I need your yes before I change anything.")
def confirm_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if not trace.confirmed(call):
            yield f"{call.name}({call.arguments}) without the patient's yes to exactly that"


@rule("I make one change at a time.")
def one_at_a_time(trace: Trace) -> Iterator[str]:
    for earlier, call in zip(trace.writes, trace.writes[1:], strict=False):
        if earlier.position == call.position:
            yield f"{call.name} together with {earlier.name}"


@rule("I have to work out your share, or how long your supply lasts, and tell you before you decide.")
def tell_first(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, *TOLD_FIRST):
        tool, field, shared = TOLD_FIRST[call.name]
        wanted = {name: call.arguments.get(name, False) for name in shared}
        found = [
            earlier
            for earlier in trace.before(call)
            if earlier.name == tool and {name: earlier.arguments.get(name, False) for name in shared} == wanted
        ]
        if not (found and trace.agent_said(found[-1].result[field], after=found[-1], before=call)):
            yield f"{call.name} without a word of the {field}"


@rule("I can only use what you or our records told me.")
def never_guess(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        shown = {value for earlier in trace.before(call) for value in scalars(earlier.result)}
        for name, argument in call.arguments.items():
            for value in scalars(argument) if name not in CHOSEN_FROM_LISTS else ():
                if (
                    value not in shown
                    and not trace.user_said(value, before=call)
                    and value not in ("public", "private")
                ):
                    yield f"{call.name} with {name} {value!r}, which nobody mentioned"


@rule("Paediatrics is for patients under 16.")
def paediatrics_for_children(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "book_visit", "move_visit"):
        years = _age(_patient(trace, call)["birth_date"], date.fromisoformat(call.result["date"]))
        if call.result["specialty"] == "paediatrics" and years >= CHILD:
            yield f"a patient of {years} in paediatrics"


@rule("Dermatology and cardiology need a referral that is valid on the day of the visit.")
def specialists_by_referral(trace: Trace) -> Iterator[str]:
    insured = {call.arguments["patient_id"]: call for call in _calls(trace, "update_insurance")}
    for call in _calls(trace, "book_visit", "move_visit"):
        patient, visit = _patient(trace, call), call.result
        changed = insured.get(patient["patient_id"])
        insurance = changed.result["insurance"] if changed in trace.before(call) else patient["insurance"]
        valid = [r for r in patient["referrals"] if r["specialty"] == visit["specialty"]]
        valid = [referral for referral in valid if referral["valid_until"] >= visit["date"]]
        if visit["specialty"] in BY_REFERRAL and insurance["insurer"] != "private" and not valid:
            yield f"{visit['specialty']} on {visit['date']} without a referral"


@rule("Check-ups and vaccinations are never by video, nor is physiotherapy.")
def in_person(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "book_visit"):
        visit = call.result
        if visit["by_video"] and (visit["kind"] in IN_PERSON or visit["specialty"] == "physiotherapy"):
            yield f"{visit['kind']} in {visit['specialty']} by video"


@rule("Check-ups and vaccinations are in general practice and paediatrics only.")
def right_place(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "book_visit"):
        if call.result["kind"] in IN_PERSON and call.result["specialty"] not in FAMILY_DOCTORS:
            yield f"{call.result['kind']} in {call.result['specialty']}"


@rule("You can have one planned visit on a day and three in all.")
def few_visits(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "book_visit", "move_visit"):
        planned = _planned(trace, call)
        if any(visit["date"] == call.result["date"] for visit in planned) or len(planned) >= MOST_VISITS:
            yield f"{call.result['date']}: another visit besides {len(planned)} planned ones"


@rule("I cannot book for patients who missed two visits or more; a nurse can.")
def nothing_for_the_missing(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "book_visit"):
        own = [v for v in trace.initial["visits"].values() if v["patient_id"] == call.arguments["patient_id"]]
        if sum(visit["status"] == "missed" for visit in own) >= MISSED:
            yield f"booked for {call.arguments['patient_id']}, who missed several visits"


@rule("Visits can be moved or cancelled until 24 hours before they begin.")
def in_time(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "move_visit", "cancel_visit"):
        visit = _record(trace, call) or {}
        if datetime.fromisoformat(f"{visit['date']} {visit['start']}") - NOW < NOTICE:
            yield f"{call.name} on {visit['visit_id']}, which begins at {visit['date']} {visit['start']}"


@rule("The waiting list is only for specialties that have no free slot up to 18 February.")
def list_when_full(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "join_waiting_list"):
        free = [slot for slot in trace.initial["slots"].values() if slot["visit_id"] is None]
        if any((s["specialty"] == call.arguments["specialty"] and s["date"] <= LIST_OPENS) for s in free):
            yield f"on the waiting list of {call.arguments['specialty']} in spite of free slots"


@rule("A prescription can only be renewed when it lasts for 10 days or less, and be sent by post when for 4 or more.")
def renew_in_time(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "renew_prescription"):
        p = trace.initial["prescriptions"][call.arguments["prescription_id"]]
        lasts = timedelta(days=p["tablets"] // p["daily"])
        left = max((date.fromisoformat(p["last_filled"]) + lasts - NOW.date()).days, 0)
        if left > RENEWED_FROM or (call.arguments["delivery"] == "post" and left < POSTED_FROM):
            yield f"{p['prescription_id']} renewed by {call.arguments['delivery']} with {left} days left"


@rule("Prescriptions can only be renewed for patients who came to a visit since 14 February 2027.")
def seen_lately(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "renew_prescription"):
        patient_id = _patient(trace, call)["patient_id"]
        own = [v for v in trace.initial["visits"].values() if v["patient_id"] == patient_id]
        if not any(visit["status"] == "attended" and visit["date"] >= SEEN_SINCE for visit in own):
            yield f"renewed for {patient_id}, who was not seen for a year"


@rule("I cannot renew controlled medicines; a nurse can help you.")
def controlled_by_nurse(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "renew_prescription"):
        prescription = trace.initial["prescriptions"][call.arguments["prescription_id"]]
        if prescription["controlled"]:
            yield f"{prescription['medicine']}, a controlled medicine, renewed"


@rule("Reminder calls are for patients of 65 and over.")
def calls_for_the_old(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "set_reminders"):
        years = _age(_patient(trace, call)["birth_date"], NOW.date())
        if "call" in call.arguments["channels"] and years < OLD:
            yield f"reminder calls for a patient of {years}"


@rule("I can only transfer you for urgent symptoms, test results, controlled medicines or missed visits. I am sorry.")
def transfer_with_reason(trace: Trace) -> Iterator[str]:
    for call in _calls(trace, "transfer_to_nurse"):
        if call.arguments["topic"] not in TRANSFERRED:
            yield f"transferred for {call.arguments['topic']!r}"
