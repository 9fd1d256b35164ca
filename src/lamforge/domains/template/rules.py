"""The policy as tests: each rule looks at a whole conversation and yields a message for every violation."""

from collections.abc import Iterator

from lamforge.domains import Call, Trace, rule

NOTICE_DAYS = 2


def _patient(trace: Trace, call: Call) -> str | None:
    """The patient identified before a call."""
    found = [earlier.result["patient_id"] for earlier in trace.before(call) if earlier.name == "find_patient"]
    return found[-1] if found else None


def _appointment(trace: Trace, call: Call) -> dict | None:
    """The appointment of a call as it was before the conversation."""
    return trace.initial["appointments"].get(call.arguments.get("appointment_id", ""))


# The sentence is the rule as the agent may say it to a patient.
@rule("I need your insurance number first.")
def identify_first(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        if call.name != "find_patient" and _patient(trace, call) is None:
            yield f"{call.name} before the patient was identified"


@rule("I can only change your own appointments.")
def own_appointments(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        appointment = _appointment(trace, call)
        if appointment and appointment["patient_id"] != _patient(trace, call):
            yield f"{call.name} on {appointment['appointment_id']}, which belongs to another patient"


@rule("I need your yes before I change anything.")
def confirm_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if not trace.confirmed(call):
            yield f"{call.name}({call.arguments}) without a yes"


@rule("Appointments can be moved or cancelled only until two days before.")
def in_time(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        appointment = _appointment(trace, call)
        if appointment and appointment["days_left"] < NOTICE_DAYS:
            yield f"{call.name} on {appointment['appointment_id']}, {appointment['days_left']} days before"
