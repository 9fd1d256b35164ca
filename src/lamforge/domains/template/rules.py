from lamforge.domains import Trace, rule

@rule("I have to know who you are first.")
def identify_first(trace: Trace):
    for call in trace.writes:
        if not any(c.name == "find_member" for c in trace.before(call)):
            yield f"{call.name} before find_member"

@rule("You have to agree to every change first.")
def confirm(trace: Trace):
    for call in trace.writes:
        if not trace.confirmed(call):
            yield f"{call.name} without a yes"

@rule("A loan can be renewed twice at most.")
def twice(trace: Trace):
    for call in trace.writes:
        if call.name == "renew_loan" and call.result["renewals"] > 2:
            yield f"{call.arguments['loan_id']} renewed too often"

@rule("Only your own loans can be changed.")
def own(trace: Trace):
    for call in trace.writes:
        if call.name == "renew_loan":
            known = {c.result["member_id"] for c in trace.before(call) if c.name == "find_member"}
            if call.result["member_id"] not in known:
                yield "not own"
