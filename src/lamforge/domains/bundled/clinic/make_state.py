"""Makes `state.json`: run it again and the same bytes come out. All people are invented."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SEED = 20280214
TODAY = date(2028, 2, 14)  # a Monday, before the clinic opens, as policy.md and tools.py say
PATIENTS, PAST_VISITS, PLANNED_VISITS, PRESCRIPTIONS = 220, 300, 210, 290
WORKING_DAYS = [day for n in range(14) if (day := TODAY + timedelta(days=n)).weekday() < 5]
MORNING, AFTERNOON, WEDNESDAY = (8 * 60, 12 * 60), (13 * 60, 17 * 60), 2  # on Wednesdays the clinic closes at noon
STAFF = {  # specialty -> (minutes of a visit, practitioners, first working day with a free slot)
    "general practice": (20, ("Dr. Ashdown", "Dr. Bellweather", "Dr. Cardoza", "Dr. Okello"), 0),
    "paediatrics": (20, ("Dr. Fenwick", "Dr. Tamura"), 0),
    "physiotherapy": (40, ("Ms. Grimaldi", "Mr. Lindgren"), 1),
    "dermatology": (30, ("Dr. Hartnell", "Dr. Sokolova"), 6),
    "cardiology": (30, ("Dr. Mbeki", "Dr. Rosenthal"), 7),
}
BY_REFERRAL = ("dermatology", "cardiology")
KINDS = ("consultation", "check-up", "vaccination", "follow-up")
MEDICINES = (  # name, tablets in a pack, tablets a day, whether it is controlled
    *(("ramipril 5 mg", 90, 1, False), ("metformin 500 mg", 120, 2, False), ("levothyroxine 50 mcg", 90, 1, False)),
    *(("atorvastatin 20 mg", 90, 1, False), ("amlodipine 5 mg", 60, 1, False), ("omeprazole 20 mg", 56, 1, False)),
    *(("bisoprolol 2.5 mg", 56, 1, False), ("cetirizine 10 mg", 30, 1, False), ("folic acid 5 mg", 84, 1, False)),
    *(("zopiclone 7.5 mg", 28, 1, True), ("methylphenidate 10 mg", 60, 2, True), ("tramadol 50 mg", 60, 3, True)),
)
FOR_CHILDREN = ("cetirizine 10 mg", "folic acid 5 mg")
FIRST = """
    Aidan Anneke Arjun Astrid Basil Bettina Cai Celeste Chidi Clara Dilys Dmitri Eamon Elspeth Farah Finn Gita Gordon
    Harriet Hugo Ilse Imran Jasper Johanna Kavya Kofi Leila Lucas Magnus Maeve Nadir Ngozi Orla Otis Padma Piers Queenie
    Rafi Rowena Samir Sigrid Tamsin Tariq Ursula Vikram Wilma Yusuf Zelda
""".split()
LAST = """
    Abara Ainsley Banerjee Birch Calloway Choudhury Denholm Drummond Eastwood Ekwueme Farrow Fairbairn Goswami Grantham
    Hallam Haddad Ibsen Jarrow Kapoor Kirkbride Langley Lockwood Mahmoud Merriman Nasser Northcott Oduya Ormond
    Pemberton Rahman Redfern Sandhu Selwyn Thackeray Tolland Underhill Venkat Whitlock Wyndham Yardley
""".split()


def make_state(seed: int = SEED) -> dict[str, dict[str, Any]]:
    """The tables of the clinic."""
    rng = random.Random(seed)
    slots = _slots(rng)
    patients = _patients(rng)
    people = list(patients.values())
    visits = _numbered("V", rng, [*_past_visits(rng, people), *_planned_visits(rng, people, list(slots.values()))])
    for visit in visits.values():
        if "slot_id" in visit:
            slots[visit["slot_id"]]["visit_id"] = visit["visit_id"]
    _keep_early_slots_taken(slots)
    prescriptions = _numbered("RX", rng, _prescriptions(rng, people))
    return {
        "patients": patients,
        "visits": {key: visits[key] for key in sorted(visits)},
        "slots": slots,
        "prescriptions": prescriptions,
        "waiting_list": {},
        "transfers": {},
    }


def age(birth_date: str, day: date) -> int:
    """In full years on that day."""
    born = date.fromisoformat(birth_date)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _slots(rng: random.Random) -> dict[str, Any]:
    """Slots within opening hours; each practitioner has one day of the week off."""
    slots: dict[str, Any] = {}
    for specialty, (minutes, staff, _) in STAFF.items():
        for practitioner in staff:
            day_off = rng.randrange(5)
            for day in WORKING_DAYS:
                shifts = [MORNING] if day.weekday() == WEDNESDAY else [MORNING, AFTERNOON]
                starts = [start for first, last in shifts for start in range(first, last - minutes + 1, minutes)]
                for start in sorted(rng.sample(starts, 5)) if day.weekday() != day_off else ():
                    slot_id = f"S{2001 + len(slots)}"
                    slots[slot_id] = {
                        "slot_id": slot_id,
                        "specialty": specialty,
                        "practitioner": practitioner,
                        "date": f"{day}",
                        "start": f"{start // 60:02}:{start % 60:02}",
                        "visit_id": None,
                    }
    return slots


def _patients(rng: random.Random) -> dict[str, Any]:
    patients = {}
    names = rng.sample([(first, last) for first in FIRST for last in LAST], PATIENTS)
    cards = rng.sample(range(100_000, 1_000_000), PATIENTS)
    for number, ((first, last), card) in enumerate(zip(names, cards, strict=True), 601):
        years = rng.randint(1, 15) if rng.random() < 0.25 else rng.randint(17, 88)
        birth_date = f"{date(2028 - years, 1, 1) + timedelta(days=rng.randrange(365))}"
        insurer = rng.choice(("public", "public", "public", "private", "none"))
        insurance = {"insurer": insurer}
        if insurer != "none":
            insurance["policy_number"] = f"{insurer[:3].upper()}-{rng.randint(100_000, 999_999)}"
        patients[f"PT{number}"] = {
            "patient_id": f"PT{number}",
            "name": f"{first} {last}",
            "birth_date": birth_date,
            "card_number": f"{card}",
            "phone": f"0{rng.randint(300, 399)} {rng.randint(100_000, 999_999)}",
            "insurance": insurance,
            "reminders": rng.choice((["text"], ["e-mail"], ["text", "e-mail"], [])),
            "hours_before": rng.choice((12, 24, 48)),
            "referrals": _referrals(rng),
        }
    return patients


def _referrals(rng: random.Random) -> list[dict[str, str]]:
    """None, one or both; some end while slots are still to be had, some ended before."""
    chosen = [specialty for specialty in BY_REFERRAL if rng.random() < 0.4]
    return [{"specialty": s, "valid_until": f"{TODAY + timedelta(days=rng.randint(-20, 60))}"} for s in chosen]


def _visit(rng: random.Random, patient: dict[str, Any], specialty: str, practitioner: str, day: date) -> dict[str, Any]:
    kind = rng.choice(KINDS if specialty in ("general practice", "paediatrics") else ("consultation", "follow-up"))
    in_person = specialty == "physiotherapy" or kind in ("check-up", "vaccination")
    return {
        "patient_id": patient["patient_id"],
        "specialty": specialty,
        "practitioner": practitioner,
        "kind": kind,
        "date": f"{day}",
        "by_video": not in_person and rng.random() < 0.3,
    }


def _open_to(patient: dict[str, Any], day: date) -> list[str]:
    """The specialties whose practitioners see the patient on a day."""
    referred = {r["specialty"] for r in patient["referrals"] if r["valid_until"] >= f"{day}"}
    young, private = age(patient["birth_date"], day) < 16, patient["insurance"]["insurer"] == "private"
    first = "paediatrics" if young else "general practice"
    return [first, first, "physiotherapy", *(s for s in BY_REFERRAL if s in referred or private)]


def _past_visits(rng: random.Random, patients: list[Any]) -> list[dict[str, Any]]:
    visits = []
    for place in range(PAST_VISITS):
        forgetful = place >= len(patients)
        patient = rng.choice(patients[:80]) if forgetful else patients[place]
        first = date.fromisoformat(patient["birth_date"]) + timedelta(days=30)
        day = max(TODAY - timedelta(days=rng.randint(4, 560)), first)
        while day.weekday() > 4:
            day += timedelta(days=1)
        young = age(patient["birth_date"], day) < 16
        specialty = rng.choice(("paediatrics" if young else "general practice", "physiotherapy"))
        visit = _visit(rng, patient, specialty, rng.choice(STAFF[specialty][1]), day)
        start = rng.randrange(MORNING[0], MORNING[1], STAFF[specialty][0])
        status = "missed" if rng.random() < (0.6 if forgetful else 0.2) else "attended"
        visits.append(visit | {"start": f"{start // 60:02}:{start % 60:02}", "status": status})
    return visits


def _planned_visits(rng: random.Random, patients: list[Any], slots: list[Any]) -> list[dict[str, Any]]:
    visits: list[dict[str, Any]] = []
    free = list(slots)
    days: dict[str, list[date]] = {patient["patient_id"]: [] for patient in patients}  # one visit a day, three in all
    while len(visits) < PLANNED_VISITS:
        patient, slot = rng.choice(patients), rng.choice(free)
        day = date.fromisoformat(slot["date"])
        known = days[patient["patient_id"]]
        if slot["specialty"] not in _open_to(patient, day) or day in known or len(known) == 3:
            continue
        free.remove(slot)
        known.append(day)
        visit = _visit(rng, patient, slot["specialty"], slot["practitioner"], day)
        status = "cancelled" if rng.random() < 0.08 else "planned"
        taken = {"slot_id": slot["slot_id"]} if status == "planned" else {}
        visits.append(visit | {"start": slot["start"], "status": status} | taken)
    return visits


def _keep_early_slots_taken(slots: dict[str, Any]) -> None:
    """In some specialties nothing is free in the next days: their free early slots are no slots at all."""
    for slot_id, slot in list(slots.items()):
        first = WORKING_DAYS[STAFF[slot["specialty"]][2]]
        if slot["visit_id"] is None and slot["date"] < f"{first}":
            del slots[slot_id]


def _prescriptions(rng: random.Random, patients: list[Any]) -> list[dict[str, Any]]:
    prescriptions = []
    for place in range(PRESCRIPTIONS):
        patient = patients[place] if place < len(patients) else rng.choice(patients)
        young = age(patient["birth_date"], TODAY) < 16
        medicine, tablets, daily, controlled = rng.choice([m for m in MEDICINES if not young or m[0] in FOR_CHILDREN])
        left = rng.choice((-3, 0, 1, 3, 5, 6, 8, 9, 10, 14, 20, 24))  # days that the last pack still lasts
        prescriptions.append(
            {
                "patient_id": patient["patient_id"],
                "medicine": medicine,
                "tablets": tablets,
                "daily": daily,
                "last_filled": f"{TODAY - timedelta(days=tablets // daily - left)}",
                "renewals_left": rng.choice((0, 1, 1, 2, 2, 3)),
                "controlled": controlled,
            }
        )
    return prescriptions


def _numbered(letters: str, rng: random.Random, records: list[dict[str, Any]]) -> dict[str, Any]:
    """The records by an id of their own, which they repeat."""
    field = "visit_id" if letters == "V" else "prescription_id"
    numbers = sorted(rng.sample(range(10_000, 100_000), len(records)))
    return {f"{letters}{n}": {field: f"{letters}{n}", **r} for n, r in zip(numbers, records, strict=True)}


def as_text(state: dict[str, dict[str, Any]]) -> str:
    """JSON with one record to a line, so that a change is easy to see."""
    tables = []
    for name, records in state.items():
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(record)}" for key, record in records.items())
        tables.append(f"{json.dumps(name)}: {{\n{lines}\n}}" if lines else f"{json.dumps(name)}: {{}}")
    return "{\n" + ",\n".join(tables) + "\n}\n"


if __name__ == "__main__":
    Path(__file__).with_name("state.json").write_text(as_text(make_state()), encoding="utf-8")
