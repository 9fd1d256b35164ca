import json

import pytest


def call(domains, rules, domain, name, **arguments):
    environment = domains[rules, domain].environment()
    done = environment.execute(name, arguments)
    return (json.loads(done.result) if done.result and done.result[0] in "[{" else done.result), done.error, environment


def test_a_cancelled_order_is_refunded_to_a_gift_card_at_once(domains):
    for rules in ("v1", "tau2"):
        order, error, environment = call(
            domains, rules, "retail", "cancel_pending_order", order_id="#W1", reason="no longer needed"
        )
        assert error is None
        assert (order["status"], order["cancel_reason"]) == ("cancelled", "no longer needed")
        assert [payment["transaction_type"] for payment in order["payment_history"]] == ["payment", "refund"]
        assert environment.state["users"]["ida_1"]["payment_methods"]["gift_card_1"]["balance"] == 42.9


def test_what_a_tool_did_before_it_failed_stays_done(domains):
    arguments = {"order_id": "#W4", "payment_method_id": "gift_card_1"}
    _, error, environment = call(domains, "tau2", "retail", "modify_pending_order_payment", **arguments)
    assert error == "Payment method not found"  # of the former one, which belongs to somebody else
    assert environment.state["users"]["ida_1"]["payment_methods"]["gift_card_1"]["balance"] == 10.4
    assert len(environment.state["orders"]["#W4"]["payment_history"]) == 3


def test_each_refuses_in_its_own_words(domains):
    given = {"order_id": "#W9", "reason": "x"}
    assert call(domains, "v1", "retail", "cancel_pending_order", **given)[1] == "order not found"
    assert call(domains, "tau2", "retail", "cancel_pending_order", **given)[1] == "Order not found"
    assert call(domains, "v1", "retail", "dance")[0] == "Unknown action dance"
    assert call(domains, "tau2", "retail", "dance")[1] == "Tool 'dance' not found."


def test_wrong_arguments_are_refused_in_the_words_of_the_original_code(domains):
    _, error, _ = call(domains, "v1", "retail", "cancel_pending_order", order_id="#W1")
    assert error == "CancelPendingOrder.invoke() missing 1 required positional argument: 'reason'"
    _, error, _ = call(domains, "tau2", "airline", "cancel_reservation", reservation_id="R1", why="x")
    assert error == "AirlineTools.cancel_reservation() got an unexpected keyword argument 'why'"
    _, error, _ = call(domains, "tau2", "retail", "calculate")
    assert error == "RetailTools.calculate() missing 1 required positional argument: 'expression'"


def test_of_several_modified_items_tau2_gives_all_the_last_ones_price(domains):
    given = {
        "order_id": "#W1",
        "item_ids": ["i1", "i2"],
        "new_item_ids": ["i3", "i1"],
        "payment_method_id": "credit_card_1",
    }
    order, error, _ = call(domains, "tau2", "retail", "modify_pending_order_items", **given)
    assert error is None
    assert {item["price"] for item in order["items"]} == {10.1}
    order, error, _ = call(domains, "v1", "retail", "modify_pending_order_items", **given)
    assert error is None
    assert sorted(item["price"] for item in order["items"]) == [10.1, 90.0]


def test_an_exchange_keeps_the_order_and_notes_the_difference(domains):
    given = {"order_id": "#W2", "item_ids": ["i1"], "new_item_ids": ["i3"], "payment_method_id": "gift_card_1"}
    assert "nsufficient gift card" in call(domains, "v1", "retail", "exchange_delivered_order_items", **given)[1]
    given["payment_method_id"] = "credit_card_1"
    order, _, _ = call(domains, "v1", "retail", "exchange_delivered_order_items", **given)
    assert (order["status"], order["exchange_price_difference"]) == ("exchange requested", 79.9)
    given["new_item_ids"] = ["i4"]
    assert "not found or available" in call(domains, "tau2", "retail", "exchange_delivered_order_items", **given)[1]


def test_customers_are_found_whatever_the_case_of_their_names(domains):
    for rules in ("v1", "tau2"):
        given = {"first_name": "IDA", "last_name": "moor", "zip": "89073"}
        assert call(domains, rules, "retail", "find_user_id_by_name_zip", **given)[0] == "ida_1"
        assert call(domains, rules, "retail", "find_user_id_by_email", email="BO_2@example.org")[0] == "bo_2"


BOOKING = {
    "user_id": "eve_9",
    "origin": "AAA",
    "destination": "BBB",
    "flight_type": "one_way",
    "cabin": "economy",
    "flights": [{"flight_number": "HAT1", "date": "2024-05-20"}],
    "passengers": [{"first_name": "Eve", "last_name": "Moor", "dob": "1980-01-02"}],
    "payment_methods": [{"payment_id": "certificate_9", "amount": 100}, {"payment_id": "gift_card_9", "amount": 30}],
    "total_baggages": 0,
    "nonfree_baggages": 0,
    "insurance": "yes",
}


def test_a_booking_uses_up_certificates_and_only_in_tau2_seats(domains):
    for rules, seats in (("v1", 3), ("tau2", 2)):
        booked, error, environment = call(domains, rules, "airline", "book_reservation", **BOOKING)
        assert error is None
        assert booked["reservation_id"] == "HATHAT"
        assert booked["flights"][0]["price"] == 100
        methods = environment.state["users"]["eve_9"]["payment_methods"]
        assert (methods["gift_card_9"]["amount"], "certificate_9" in methods) == (120, False)
        day = environment.state["flights"]["HAT1"]["dates"]["2024-05-20"]
        assert day["available_seats"]["economy"] == seats


CANCELLED = {"flight_number": "HAT1", "date": "2024-05-21"}
TOO_MUCH = {"payment_id": "certificate_9", "amount": 130}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"cabin": "basic_economy"}, "not enough seats on flight hat1"),
        ({"flights": [CANCELLED]}, "flight hat1 not available on date 2024-05-21"),
        ({"flights": [{**CANCELLED, "date": "2024-06-01"}]}, "flight hat1 not found on date 2024-06-01"),
        ({"insurance": "no"}, "payment amount does not add up, total price is 100, but paid 130"),
        ({"payment_methods": [{"payment_id": "x", "amount": 130}]}, "payment method x not found"),
        ({"payment_methods": [TOO_MUCH]}, "not enough balance in payment method certificate_9"),
    ],
)
def test_a_booking_that_cannot_be_is_refused(domains, change, refusal):
    for rules in ("v1", "tau2"):
        _, error, environment = call(domains, rules, "airline", "book_reservation", **{**BOOKING, **change})
        assert error.lower() == refusal
        assert environment.diff() == []


def test_a_change_of_cabin_is_kept_only_by_tau2(domains):
    given = {
        "reservation_id": "R1",
        "cabin": "business",
        "flights": [{"flight_number": "HAT1", "date": "2024-05-20"}],
        "payment_id": "credit_card_9",
    }
    for rules, cabin in (("v1", "economy"), ("tau2", "business")):
        changed, _, _ = call(domains, rules, "airline", "update_reservation_flights", **given)
        assert changed["cabin"] == cabin
        assert changed["payment_history"][-1] == {"payment_id": "credit_card_9", "amount": 210}


def test_a_connection_may_be_on_the_next_day(domains):
    given = {"origin": "AAA", "destination": "CCC", "date": "2024-05-20"}
    for rules in ("v1", "tau2"):
        found, _, _ = call(domains, rules, "airline", "search_onestop_flight", **given)
        pairs = [[leg["flight_number"] for leg in pair] for pair in found]
        assert pairs == [["HAT1", "HAT2"], ["HAT3", "HAT2"]]
        assert [[leg["date"] for leg in pair] for pair in found] == [["2024-05-20"] * 2, ["2024-05-20", "2024-05-21"]]


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


CODE = "__import__('os').system('touch pwned')"
HOSTILE = [nested(3000), {"a": nested(3000)}, float("nan"), float("inf"), "x" * 10**6, 10**400, CODE, None, {}, ""]


@pytest.mark.parametrize("rules", ["v1", "tau2"])
@pytest.mark.parametrize("name", ["retail", "airline"])
def test_hostile_arguments_are_answered_and_never_run(domains, rules, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    domain = domains[rules, name]
    before = domain.environment().state_hash()
    for tool in domain.tools:
        function = tool["function"]
        for value in HOSTILE:
            environment = domain.environment()
            done = environment.execute(function["name"], dict.fromkeys(function["parameters"]["properties"], value))
            assert isinstance(done.error if done.result is None else done.result, str)
            if not done.ok:
                assert environment.state_hash() == before
            environment.execute(function["name"], {value if isinstance(value, str) else "x": value})
    assert not (tmp_path / "pwned").exists()
    assert domain.environment().state_hash() == before  # what one conversation does, no other sees


def test_a_hostile_call_leaves_the_state_as_usable_as_it_was(domains):
    for rules in ("v1", "tau2"):
        environment = domains[rules, "airline"].environment()
        before = environment.state_hash()
        for value in HOSTILE:
            given = {"reservation_id": "R1", "passengers": value}
            assert not environment.execute("update_reservation_passengers", given).ok
            assert not environment.execute("send_certificate", {"user_id": value, "amount": 1}).ok
        assert environment.state_hash() == before
        assert environment.execute("cancel_reservation", {"reservation_id": "R1"}).ok
