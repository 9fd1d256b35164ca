"""What the policy demands, as tests over a conversation. Replace these rules by your own, or delete this file.

A rule yields one message for each violation. Its sentence can be said to a customer. What a tool refuses by itself,
such as a time at which the doctor is not free, needs no rule.
"""

from collections.abc import Iterator

from lamforge.domains import Trace, rule

TODAY = "2027-03-01"  # as policy.md says


@rule("I can only help with the appointments and the data of a patient who has told me name and date of birth.")
def own_records_only(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        if call.name == "find_patient":
            continue
        found = [earlier.result["patient_id"] for earlier in trace.before(call) if earlier.name == "find_patient"]
        if not found:
            yield f"{call.name} before the patient was identified"
        elif call.kind == "write" and call.ok and call.result["patient_id"] != found[-1]:
            yield f"{call.name}({call.arguments}) concerns another patient"


@rule("I look appointments up and ask for your yes before I change anything.")
def look_up_and_confirm(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        appointment_id = call.arguments.get("appointment_id")
        seen = [
            earlier.arguments["appointment_id"] for earlier in trace.before(call) if earlier.name == "get_appointment"
        ]
        if appointment_id is not None and appointment_id not in seen:
            yield f"{call.name} without looking {appointment_id} up"
        if not trace.confirmed(call):
            yield f"{call.name}({call.arguments}) without a yes"


@rule("An appointment of today can be neither cancelled nor moved.")
def not_today(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        appointment = trace.initial["appointments"].get(call.arguments.get("appointment_id", ""))
        if appointment and appointment["time"].startswith(TODAY):
            yield f"{call.name} on {appointment['appointment_id']}, which is today"
