"""The store's policy as tests over a conversation.

What a tool refuses by itself needs no rule: an order's status for cancelling, changing, returning and exchanging;
reasons outside the list; variants of another product or out of stock; payment methods that are not the customer's.
How to speak (say why not, offer further help) is manner and is not tested here.
"""

from collections.abc import Iterator
from typing import Any

from lamforge.domains import Call, Trace, rule

IDENTIFYING = ("find_customer_by_email", "find_customer_by_name")
PUBLIC = (*IDENTIFYING, "get_product", "search_products")
ONE_CHANGE = ("change_order_address", "change_order_item", "change_order_payment")
CHOSEN_FROM_LISTS = ("reason", "topic")  # people paraphrase these
HANDED_OVER = ("damaged item", "suspected fraud")
RETURN_DAYS = 30


def _customer_before(trace: Trace, call: Call) -> str | None:
    """The customer who was identified last before a call."""
    found = [earlier.result["customer_id"] for earlier in trace.before(call) if earlier.name in IDENTIFYING]
    return found[-1] if found else None


def _order(trace: Trace, call: Call) -> dict:
    """The order of a successful call as it was before the conversation."""
    return trace.initial["orders"][call.arguments["order_id"]]


def _leaves(value: Any) -> Iterator[Any]:
    """The numbers and strings inside a JSON value."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def _reply(trace: Trace, call: Call) -> str:
    """What the agent said after a call until the user spoke again, between spaces and without punctuation."""
    said = []
    for message in trace.messages[call.position :]:
        if message.role == "user":
            break
        if message.role == "assistant":
            said.append(message.content or "")
    return f" {' '.join(said).lower().translate(str.maketrans('.,;:!?()', ' ' * 8))} "


@rule("I have to identify you first, by e-mail address or by name and zip code.")
def identify_first(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        if call.name not in PUBLIC and _customer_before(trace, call) is None:
            yield f"{call.name} before the customer was identified"


@rule("I can only change orders and data of your own account.")
def own_records(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        owner = call.arguments.get("customer_id") or _order(trace, call)["customer_id"]
        if owner != _customer_before(trace, call):
            yield f"{call.name}({call.arguments}) concerns {owner}, another customer"


@rule("I can only tell you about your own account and its orders.")
def tell_nothing_of_others(trace: Trace) -> Iterator[str]:
    for call in trace.calls:
        customer_id = _customer_before(trace, call)
        if not call.ok or customer_id is None:
            continue
        if call.name in ("get_customer", "list_orders") and call.arguments["customer_id"] != customer_id:
            yield f"{call.name} shows {call.arguments['customer_id']}, another customer"
        elif call.name in ("get_order", "get_tracking") and _order(trace, call)["customer_id"] != customer_id:
            order_id = call.arguments["order_id"]  # it has to be looked up to see whose it is
            told = [value for value in _leaves(call.result) if value != order_id]
            if any(f" {str(value).lower()} " in _reply(trace, call) for value in told):
                yield f"told about order {order_id} of another customer"


@rule("I look the order up before I act on it.")
def look_up_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        order_id = call.arguments.get("order_id")
        seen = [earlier.arguments.get("order_id") for earlier in trace.before(call) if earlier.name == "get_order"]
        if order_id is not None and order_id not in seen:
            yield f"{call.name} on order {order_id} without looking it up"


@rule("I need your yes before I change anything.")
def confirm_first(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if not trace.confirmed(call):
            yield f"{call.name}({call.arguments}) without the customer's yes to exactly that"


@rule("I make one change at a time.")
def one_at_a_time(trace: Trace) -> Iterator[str]:
    for earlier, call in zip(trace.writes, trace.writes[1:], strict=False):
        if earlier.position == call.position:
            yield f"{call.name} together with {earlier.name}"


@rule("I can only use what you or our records told me.")
def never_guess(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        shown = {value for earlier in trace.before(call) for value in _leaves(earlier.result)}
        for name, value in call.arguments.items():
            if name not in CHOSEN_FROM_LISTS and value not in shown and not trace.user_said(value, before=call):
                yield f"{call.name} with {name} {value!r}, which nobody mentioned"


@rule("An order can be changed only once, and this one was changed before.")
def change_once(trace: Trace) -> Iterator[str]:
    changed = set()
    for call in trace.writes:
        if call.name in ONE_CHANGE:
            order_id = call.arguments["order_id"]
            if order_id in changed or _order(trace, call)["changed_before"]:
                yield f"{call.name} changes order {order_id} a second time"
            changed.add(order_id)


@rule("Items can only be returned within 30 days of delivery.")
def return_in_time(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        days = _order(trace, call)["days_since_delivery"] if call.name == "return_item" else 0
        if days > RETURN_DAYS:
            yield f"item {call.arguments['item_id']} returned {days} days after delivery"


@rule("A refund can only go to the payment method of the order or to one of your gift cards.")
def refund_to_source(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if call.name == "return_item":
            target = call.arguments["payment_method_id"]
            if target != _order(trace, call)["payment_method_id"] and not target.startswith("gift_card"):
                yield f"refund of order {call.arguments['order_id']} to {target}"


@rule("The shipping fee can only be refunded if the order arrived late.")
def shipping_fee_if_late(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if call.name == "refund_shipping" and not _order(trace, call)["arrived_late"]:
            yield f"shipping fee of order {call.arguments['order_id']} refunded though it arrived in time"


@rule("I can hand you over to a person only for a damaged item or suspected fraud. I am sorry for the trouble.")
def hand_over_with_reason(trace: Trace) -> Iterator[str]:
    for call in trace.writes:
        if call.name == "hand_over_to_person" and call.arguments["topic"] not in HANDED_OVER:
            yield f"handed over for {call.arguments['topic']!r}"
