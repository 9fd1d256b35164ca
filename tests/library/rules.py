"""The library's policy as tests."""

from lamforge.domains import Trace, rule


@rule("I have to know who you are first.")
def identify_first(trace: Trace):
    for call in trace.writes:
        if not any(earlier.name == "find_member" for earlier in trace.before(call)):
            yield f"{call.name} before find_member"


@rule("You have to agree to every change first.")
def confirm_first(trace: Trace):
    for call in trace.writes:
        if not trace.confirmed(call):
            yield f"{call.name} without a yes"


@rule("A loan can be renewed twice at most.")
def renew_twice(trace: Trace):
    for call in trace.writes:
        if call.name == "renew_loan" and call.result["renewals"] > 2:
            yield f"{call.arguments['loan_id']} renewed too often"


@rule("Only your own loans can be changed.")
def own_loans(trace: Trace):
    for call in trace.writes:
        if call.name == "renew_loan":
            known = {c.result["member_id"] for c in trace.before(call) if c.name == "find_member"}
            if call.result["member_id"] not in known:
                yield f"{call.arguments['loan_id']} belongs to another member"
