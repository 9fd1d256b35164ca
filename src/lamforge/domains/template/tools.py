"""What the agent can do. Replace these tools by your own.

The signature and the docstring become what the model sees; it never sees `state`. Name an argument after the field of
state.json that feeds it: `appointment_id` takes the ids of appointments, `new_time` another record's `time`.
"""

from typing import Literal

from lamforge.domains import State, ToolError, tool


@tool(kind="read")
def find_patient(state: State, name: str, birth_date: str) -> dict:
    """Find a patient by name and date of birth.

    Args:
        name: First and last name.
        birth_date: Year-month-day, such as "1980-12-31".
    """
    for patient in state["patients"].values():
        if patient["name"].lower() == name.lower() and patient["birth_date"] == birth_date:
            return patient
    raise ToolError(f"no patient {name}, born {birth_date}, found")  # the model reads this and can act on it


@tool(kind="read")
def get_appointment(state: State, appointment_id: str) -> dict:
    """Show an appointment.

    Args:
        appointment_id: The appointment's number, such as "A214".
    """
    return _appointment(state, appointment_id)


@tool(kind="read")
def list_appointments(state: State, patient_id: str) -> list[dict]:
    """List the appointments of a patient.

    Args:
        patient_id: The patient's id, such as "P07".
    """
    _patient(state, patient_id)
    return [record for record in state["appointments"].values() if record["patient_id"] == patient_id]


@tool(kind="write")
def cancel_appointment(state: State, appointment_id: str, reason: Literal["recovered", "no time"]) -> dict:
    """Cancel an appointment.

    Args:
        appointment_id: The appointment's number.
        reason: Why the patient cancels.
    """
    appointment = _booked(state, appointment_id)
    appointment |= {"status": "cancelled", "reason": reason}
    return appointment


@tool(kind="write")
def move_appointment(state: State, appointment_id: str, new_time: str) -> dict:
    """Move an appointment to another time.

    Args:
        appointment_id: The appointment's number.
        new_time: Such as "2027-03-02 10:30".
    """
    appointment = _booked(state, appointment_id)
    doctor = state["doctors"][appointment["doctor_id"]]
    if new_time not in doctor["times"]:
        raise ToolError(f"{doctor['doctor_name']} is not free at {new_time}")
    doctor["times"].remove(new_time)  # records are your own copies: change them in place
    appointment["time"] = new_time
    return appointment


@tool(kind="write")
def change_phone(state: State, patient_id: str, new_phone: str) -> dict:
    """Change a patient's phone number.

    Args:
        patient_id: The patient's id.
        new_phone: The new phone number.
    """
    patient = _patient(state, patient_id)
    patient["phone"] = new_phone
    return patient


def _patient(state: State, patient_id: str) -> dict:
    if patient_id not in state["patients"]:
        raise ToolError(f"patient {patient_id} not found")
    return state["patients"][patient_id]


def _appointment(state: State, appointment_id: str) -> dict:
    if appointment_id not in state["appointments"]:
        raise ToolError(f"appointment {appointment_id} not found")
    return state["appointments"][appointment_id]


def _booked(state: State, appointment_id: str) -> dict:
    appointment = _appointment(state, appointment_id)
    if appointment["status"] != "booked":
        raise ToolError(f"appointment {appointment_id} is {appointment['status']}")
    return appointment
