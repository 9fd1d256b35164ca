"""The airline's policy as tests over a conversation.

What a tool refuses by itself needs no rule: a booking's or departure's status, other cities, seats and points that are
not there, the hours of check-in, a second compensation. Nor do refunds, which the tools work out. How to speak (say why
not, offer further help, apologise) is manner and is not tested here.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from lamforge.domains import Call, Trace, rule, scalars

NOW = datetime(2027, 5, 10, 12, 0)  # as policy.md says
IDENTIFYING = ("find_traveller_by_number", "find_traveller_by_name")
PUBLIC = (*IDENTIFYING, "get_departure", "search_departures")
ABOUT_A_BOOKING = ("get_booking", "quote_move", "quote_refund")
QUOTES = {"move_booking": ("quote_move", "to_pay"), "cancel_booking": ("quote_refund", "refund")}
CHOSEN_FROM_LISTS = ("fare", "pay_with", "bags", "reason", "paid_as", "topic")  # people paraphrase these
MOVED_UNTIL = {"standard": 24, "flex": 2}  # hours before departure
BOOKED_UNTIL, CANCELLED_UNTIL, BAGS_UNTIL = 3, 2, 4  # hours before departure
MOST_PASSENGERS, MOST_BAGS, MOST_LIGHT_BAGS = 4, 3, 1
LATE_MINUTES = 180
YEARS_AT_EXIT = 16
TRANSFERRED = ("lost bag", "medical emergency", "child travelling alone")


def _traveller_before(trace: Trace, call: Call) -> str | None:
    """The traveller who was identified last before a call."""
    found = [earlier.result["traveller_id"] for earlier in trace.before(call) if earlier.name in IDENTIFYING]
    return found[-1] if found else None


def _booking(trace: Trace, call: Call) -> dict | None:
    """The booking of a call with what the conversation has changed of its departure; None without one."""
    booking_id = call.arguments.get("booking_id")
    booking = trace.initial["bookings"].get(booking_id) if booking_id else None
    for earlier in trace.before(call):
        if earlier.name == "book_departure" and earlier.result["booking_id"] == booking_id:
            booking = dict(earlier.arguments)
        elif booking and earlier.name == "move_booking" and earlier.arguments["booking_id"] == booking_id:
            booking["departure_id"] = earlier.arguments["new_departure_id"]
    return booking


def _booked(trace: Trace, *names: str) -> Iterator[tuple[Call, dict, dict]]:
    """(call, its booking, its departure) of the successful calls of some tools."""
    for call in trace.writes:
        booking = _booking(trace, call) if call.name in names else None
        if booking:
            yield call, booking, trace.initial["departures"][booking["departure_id"]]


def _active(trace: Trace, call: Call, traveller_id: str) -> dict[str, str]:
    """booking -> departure of what a traveller is going to fly, before a call."""
    own = [b for b in trace.initial["bookings"].values() if b["traveller_id"] == traveller_id]
    active = {b["booking_id"]: b["departure_id"] for b in own if b["status"] in ("booked", "checked in")}
    for earlier in trace.before(call):
        if earlier.name == "book_departure" and earlier.arguments["traveller_id"] == traveller_id:
            active[earlier.result["booking_id"]] = earlier.arguments["departure_id"]
        elif earlier.name == "move_booking" and earlier.arguments["booking_id"] in active:
            active[earlier.arguments["booking_id"]] = earlier.arguments["new_departure_id"]
        elif earlier.name == "cancel_booking":
            active.pop(earlier.arguments["booking_id"], None)
    return active


def _hours_left(departure: dict) -> float:
    return (datetime.fromisoformat(f"{departure['date']} {departure['leaves']}") - NOW).total_seconds() / 3600


def _is_telling(value: Any) -> bool:
    """Whether a value says something of a booking: a number, an id, a name, but no word such as a fare."""
    return not isinstance(value, str) or " " in value or any(character.isdigit() for character in value)


@rule("I have to identify you first, by member number or by name and date of birth.")
def identify_first(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        if call.name not in PUBLIC and _traveller_before(trace, call) is None:
            yield f"{call.name} before the traveller was identified"


@rule("I can only change your own bookings.")
def own_bookings(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        owner = (_booking(trace, call) or call.arguments)["traveller_id"]
        if owner != _traveller_before(trace, call):
            yield f"{call.name}({call.arguments}) concerns {owner}, another traveller"


@rule("I can only tell you about your own bookings.")
def tell_nothing_of_others(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        traveller_id = _traveller_before(trace, call)
        if call.ok and call.name == "list_bookings" and call.arguments["traveller_id"] != traveller_id:
            yield f"list_bookings shows {call.arguments['traveller_id']}, another traveller"
        booking = _booking(trace, call) if call.name in ABOUT_A_BOOKING and call.ok else None
        if booking and booking["traveller_id"] != traveller_id:  # it has to be looked up to see whose it is
            told = [value for value in scalars(call.result) if value not in call.arguments.values()]
            if any(trace.agent_said(value, after=call) for value in told if _is_telling(value)):
                yield f"told about booking {call.arguments['booking_id']} of another traveller"


@rule("I look the booking up before I act on it.")
def look_up_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        booking_id = call.arguments.get("booking_id")
        seen = [earlier.arguments["booking_id"] for earlier in trace.before(call) if earlier.name == "get_booking"]
        if booking_id is not None and booking_id not in seen:
            yield f"{call.name} on booking {booking_id} without looking it up"


@rule("I need your yes before I change anything.")
def confirm_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if not trace.confirmed(call):
            yield f"{call.name}({call.arguments}) without the traveller's yes to exactly that"


@rule("I make one change at a time.")
def one_at_a_time(trace: Trace) -> Iterator[str]:
    for earlier, call in zip(trace.writes, trace.writes[1:], strict=False):
        if earlier.position == call.position:
            yield f"{call.name} together with {earlier.name}"


@rule("I have to work out and tell you the amount before you decide.")
def name_the_amount(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        tool, field = QUOTES.get(call.name, (None, ""))
        same = {name: value for name, value in call.arguments.items() if name != "reason"}
        quotes = [earlier for earlier in trace.before(call) if earlier.name == tool and earlier.arguments == same]
        told = quotes and trace.agent_said(quotes[-1].result[field], after=quotes[-1], before=call)
        if tool and not told:
            yield f"{call.name} on {call.arguments['booking_id']} without a word of the amount"


@rule("I can only use what you or our records told me.")
def never_guess(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        shown = {value for earlier in trace.before(call) for value in scalars(earlier.result)}
        for name, argument in call.arguments.items():
            for value in scalars(argument) if name not in CHOSEN_FROM_LISTS else ():
                if value not in shown and not trace.user_said(value, before=call):
                    yield f"{call.name} with {name} {value!r}, which nobody mentioned"


@rule("You would be on two flights at the same time.")
def one_flight_at_a_time(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if call.name in ("book_departure", "move_booking"):
            departures = trace.initial["departures"]
            new = departures[call.arguments.get("new_departure_id") or call.arguments["departure_id"]]
            booking = _booking(trace, call)
            active = _active(trace, call, (booking or call.arguments)["traveller_id"])
            active.pop(call.arguments.get("booking_id", ""), None)
            for other in (departures[departure_id] for departure_id in active.values()):
                apart = new["arrives"] <= other["leaves"] or other["arrives"] <= new["leaves"]
                if new["date"] == other["date"] and other["status"] != "cancelled" and not apart:
                    yield f"{new['departure_id']} overlaps with {other['departure_id']}"


@rule("New bookings close 3 hours before departure.")
def book_in_time(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if call.name == "book_departure":
            departure = trace.initial["departures"][call.arguments["departure_id"]]
            if _hours_left(departure) < BOOKED_UNTIL:
                yield f"{departure['departure_id']} booked {_hours_left(departure):.1f} hours before departure"


@rule("A flex fare cannot be paid with points.")
def no_points_for_flex(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if (
            call.name == "book_departure"
            and call.arguments["fare"] == "flex"
            and call.arguments["pay_with"] == "points"
        ):
            yield "a flex fare paid with points"


@rule("A light booking cannot be moved.")
def light_stays(trace: Trace) -> Iterator[str]:
    for call, booking, departure in _booked(trace, "move_booking"):
        if booking["fare"] == "light" and departure["status"] != "cancelled":
            yield f"light booking {call.arguments['booking_id']} moved"


@rule("Standard bookings can be moved until 24 hours before departure and flex ones until 2 hours before.")
def move_in_time(trace: Trace) -> Iterator[str]:
    for _, booking, departure in _booked(trace, "move_booking"):
        until = MOVED_UNTIL.get(booking["fare"], 0)
        if departure["status"] != "cancelled" and _hours_left(departure) < until:
            yield f"{booking['fare']} booking moved {_hours_left(departure):.1f} hours before departure"


@rule("A booking can only be cancelled until 2 hours before departure.")
def cancel_in_time(trace: Trace) -> Iterator[str]:
    for _, _, departure in _booked(trace, "cancel_booking"):
        if departure["status"] != "cancelled" and _hours_left(departure) < CANCELLED_UNTIL:
            yield f"cancelled {_hours_left(departure):.1f} hours before departure"


@rule("Nobody can be added to a light booking, and no booking has more than 4 passengers.")
def company_has_limits(trace: Trace) -> Iterator[str]:
    for call, booking, _ in _booked(trace, "add_companion"):
        if booking["fare"] == "light" or call.result["passengers"] > MOST_PASSENGERS:
            yield f"passenger {call.result['passengers']} added to a {booking['fare']} booking"


@rule("Rows 1 to 3 can be chosen by prime members and on flex bookings only.")
def front_rows(trace: Trace) -> Iterator[str]:
    for call, booking, _ in _booked(trace, "choose_seat"):
        level = trace.initial["travellers"][booking["traveller_id"]]["level"]
        if int(call.result["seat"][:-1]) <= 3 and booking["fare"] != "flex" and level != "prime":
            yield f"seat {call.result['seat']} on a {booking['fare']} booking of a {level}"


@rule("Nobody under 16 can sit at the emergency exit in row 9.")
def exit_row(trace: Trace) -> Iterator[str]:
    for call, _, departure in _booked(trace, "choose_seat"):
        born, flies = date.fromisoformat(call.result["birth_date"]), date.fromisoformat(departure["date"])
        years = flies.year - born.year - ((flies.month, flies.day) < (born.month, born.day))
        if int(call.result["seat"][:-1]) == 9 and years < YEARS_AT_EXIT:
            yield f"seat {call.result['seat']} for somebody aged {years}"


@rule("A light booking has at most one bag, any other at most three.")
def few_bags(trace: Trace) -> Iterator[str]:
    added = [(booking["fare"], call.result["total_bags"]) for call, booking, _ in _booked(trace, "add_bags")]
    new = [(c.arguments["fare"], c.arguments.get("bags", 0)) for c in trace.writes if c.name == "book_departure"]
    for fare, bags in (*added, *new):
        if bags > (MOST_LIGHT_BAGS if fare == "light" else MOST_BAGS):
            yield f"{bags} bags on a {fare} booking"


@rule("Bags can only be added until 4 hours before departure.")
def bags_in_time(trace: Trace) -> Iterator[str]:
    for _, _, departure in _booked(trace, "add_bags"):
        if _hours_left(departure) < BAGS_UNTIL:
            yield f"bags added {_hours_left(departure):.1f} hours before departure"


@rule(
    "There is compensation only for arriving at least 3 hours late or for a cancelled departure, and not for weather."
)
def compensate_with_reason(trace: Trace) -> Iterator[str]:
    for _, _, departure in _booked(trace, "claim_compensation"):
        late = departure["status"] == "cancelled" or departure["delay_minutes"] >= LATE_MINUTES
        if not late or departure.get("cause") == "weather":
            yield f"{departure['delay_minutes']} minutes late because of {departure.get('cause')}: compensated"


@rule("I can transfer you only for a lost bag, a medical emergency or a child travelling alone. I am sorry.")
def transfer_with_reason(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if call.name == "transfer_to_colleague" and call.arguments["topic"] not in TRANSFERRED:
            yield f"transferred for {call.arguments['topic']!r}"
