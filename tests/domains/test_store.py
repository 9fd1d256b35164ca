"""The bundled store: its data and its tools."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import Any

import pytest

from lamforge.domains import Domain, Environment, ToolError, load_domain
from lamforge.domains.wording import slots
from lamforge.tools import bare


@pytest.fixture(scope="module")
def store() -> Domain:
    return load_domain("store")


@pytest.fixture
def shop(store: Domain) -> Environment:
    return store.environment()


def first(store: Domain, table: str, **fields: Any) -> dict[str, Any]:
    """The first record of a table whose fields have these values."""
    return next(r for r in store.base.tables[table].values() if all(r.get(k) == v for k, v in fields.items()))


def variants_of(store: Domain, item_id: str) -> list[dict[str, Any]]:
    """All variants of the product that an item belongs to."""
    products = store.base.tables["products"].values()
    return next(p["variants"] for p in products if any(v["item_id"] == item_id for v in p["variants"]))


def other_variant(store: Domain, order: dict[str, Any], *, available: bool) -> tuple[str, dict[str, Any]] | None:
    """An item of the order and another variant of its product."""
    for item in order["items"]:
        for variant in variants_of(store, item["item_id"]):
            if variant["item_id"] != item["item_id"] and variant["available"] is available:
                return item["item_id"], variant
    return None


def replaceable(store: Domain, status: str, *, available: bool) -> tuple[str, str, dict[str, Any]]:
    """(order, item, variant) of the first order in a status that has such a variant."""
    for order in store.base.tables["orders"].values():
        if order["status"] == status and (found := other_variant(store, order, available=available)):
            return order["order_id"], *found
    raise AssertionError("no such order")


def test_the_store_is_as_large_as_promised(store: Domain) -> None:
    tables = store.base.tables
    assert len(tables["customers"]) >= 500
    assert len(tables["orders"]) >= 1000
    assert len(tables["products"]) >= 50
    assert all(len(product["variants"]) >= 2 for product in tables["products"].values())
    kinds = [store.tool(name).kind for name in store.tool_names]  # type: ignore[union-attr]
    assert kinds.count("read") >= 8
    assert kinds.count("write") >= 7


def test_the_state_is_made_again_byte_for_byte(store: Domain) -> None:
    spec = importlib.util.spec_from_file_location("make_state", store.folder / "make_state.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.as_text(module.make_state()).encode() == (store.folder / "state.json").read_bytes()


def test_the_state_is_small_enough_to_ship(store: Domain) -> None:
    assert (store.folder / "state.json").stat().st_size < 1_500_000


def test_every_reference_leads_to_a_record(store: Domain) -> None:
    tables = store.base.tables
    items = {v["item_id"]: (p, v) for p in tables["products"].values() for v in p["variants"]}
    for order in tables["orders"].values():
        customer = tables["customers"][order["customer_id"]]
        assert {"payment_method_id": order["payment_method_id"]} in customer["payment_methods"]
        assert order["total"] == sum(item["price"] for item in order["items"])
        for item in order["items"]:
            product, variant = items[item["item_id"]]
            assert (item["name"], item["option"], item["price"]) == (
                product["product_name"],
                variant["option"],
                variant["price"],
            )


def test_ids_are_unique_and_repeat_the_key(store: Domain) -> None:
    tables = store.base.tables
    for table, field in (("customers", "customer_id"), ("orders", "order_id"), ("products", "product_id")):
        assert all(record[field] == key for key, record in tables[table].items())
    items = [v["item_id"] for p in tables["products"].values() for v in p["variants"]]
    payments = [m["payment_method_id"] for c in tables["customers"].values() for m in c["payment_methods"]]
    emails = [c["email"] for c in tables["customers"].values()]
    assert len(set(items)) == len(items)
    assert len(set(emails)) == len(emails)
    assert all(re.fullmatch(r"(gift_card|credit_card|paypal)_\d{4}", payment) for payment in payments)
    assert all(re.fullmatch(r"[a-z.0-9]+@example\.(com|org|net)", email) for email in emails)


def test_a_customer_is_found_by_what_identifies_exactly_one(store: Domain) -> None:
    customers = store.base.tables["customers"].values()
    assert len({(c["name"].lower(), c["zip"]) for c in customers}) == len(customers)


def test_tools_and_policy_leave_room_for_the_conversation(store: Domain) -> None:
    text = json.dumps([bare(tool) for tool in store.tools]) + store.policy
    pieces = re.findall(r"[A-Za-z]+|\d|[^\sA-Za-z\d]+", text)  # about one token each
    assert len(pieces) <= 2200
    assert 300 <= len(store.policy.split()) <= 450
    assert max(len(json.dumps(order)) for order in store.base.tables["orders"].values()) <= 600


def test_the_wording_covers_every_write_tool_and_names_real_arguments(store: Domain) -> None:
    wording = store.wording
    for name in store.tool_names:
        tool = store.tool(name)
        assert tool is not None
        if tool.kind == "write":
            assert len(wording.ask(name)) >= 4
            decided = set(tool.parameters["properties"]) - {"customer_id"}
            assert set(slots(wording.tools[name].confirm or "")) == decided
            for template in (*wording.ask(name), wording.tools[name].done or ""):
                assert set(slots(template)) <= decided
    assert set(wording.tools) <= set(store.tool_names)
    for name, questions in wording.questions.items():
        arguments = set(store.tool(name).parameters["properties"])  # type: ignore[union-attr]
        assert set(wording.answers[name]) == set(questions)
        for templates in questions.values():
            assert all(set(slots(template)) <= arguments for template in templates)
    for argument, values in wording.values.items():
        enums = [store.tool(n).parameters["properties"].get(argument, {}).get("enum") for n in store.tool_names]  # type: ignore[union-attr]
        assert list(values) in enums


def test_reading_shows_what_the_tables_hold(store: Domain, shop: Environment) -> None:
    order = first(store, "orders", status="shipped")
    customer = store.base.tables["customers"][order["customer_id"]]
    product = next(iter(store.base.tables["products"].values()))
    assert shop.call("find_customer_by_email", {"email": customer["email"].upper()}) == customer
    found = shop.call("find_customer_by_name", {"name": customer["name"].lower(), "zip": customer["zip"]})
    assert found == customer
    assert shop.call("get_customer", {"customer_id": customer["customer_id"]}) == customer
    assert shop.call("get_order", {"order_id": order["order_id"]}) == order
    assert shop.call("get_tracking", {"order_id": order["order_id"]})["tracking_id"] == order["tracking_id"]
    assert shop.call("get_product", {"product_id": product["product_id"]}) == product
    names = [row["product_name"] for row in shop.call("search_products", {"product_name": "lamp"})]
    assert names == ["Desk Lamp", "Floor Lamp"]
    listed = shop.call("list_orders", {"customer_id": customer["customer_id"]})
    own = [o for o in store.base.tables["orders"].values() if o["customer_id"] == customer["customer_id"]]
    assert [row["order_id"] for row in listed] == [o["order_id"] for o in own]
    assert shop.diff() == []


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("find_customer_by_email", {"email": "nobody@example.org"}, "no customer with e-mail nobody@example.org"),
        ("find_customer_by_name", {"name": "No Body", "zip": "00000"}, "no customer No Body"),
        ("get_customer", {"customer_id": "C1"}, "customer C1 not found"),
        ("list_orders", {"customer_id": "C1"}, "customer C1 not found"),
        ("get_order", {"order_id": "W1"}, "order W1 not found"),
        ("get_tracking", {"order_id": "W1"}, "order W1 not found"),
        ("get_product", {"product_id": "P1"}, "product P1 not found"),
        ("search_products", {"product_name": "piano"}, "no product with piano"),
        ("cancel_order", {"order_id": "W1", "reason": "no longer needed"}, "order W1 not found"),
        ("cancel_order", {"order_id": "W1", "reason": "too dear"}, "reason"),
        ("refund_shipping", {"order_id": "W1"}, "order W1 not found"),
        ("hand_over_to_person", {"customer_id": "C1", "topic": "damaged item"}, "customer C1 not found"),
        (
            "change_customer_address",
            {"customer_id": "C1", "new_street": "1 A Street", "new_city": "B", "new_zip": "12345"},
            "customer C1 not found",
        ),
    ],
)
def test_what_does_not_exist_is_refused_by_name(
    shop: Environment, tool: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        shop.call(tool, arguments)
    assert shop.diff() == []


ADDRESS = {"new_street": "7 Test Street", "new_city": "Arden", "new_zip": "12345"}


def paths(shop: Environment) -> dict[str, Any]:
    """What changed: JSON pointer -> new value."""
    return {operation["path"]: operation.get("value") for operation in shop.diff()}


def test_an_order_is_cancelled_with_its_reason(store: Domain, shop: Environment) -> None:
    order_id = first(store, "orders", status="processing")["order_id"]
    shop.call("cancel_order", {"order_id": order_id, "reason": "ordered by mistake"})
    place = f"/orders/{order_id}"
    assert paths(shop) == {f"{place}/status": "cancelled", f"{place}/cancel_reason": "ordered by mistake"}


def test_an_order_gets_another_address_and_remembers_it(store: Domain, shop: Environment) -> None:
    order_id = first(store, "orders", status="processing", changed_before=False)["order_id"]
    shop.call("change_order_address", {"order_id": order_id, **ADDRESS})
    place = f"/orders/{order_id}"
    assert paths(shop) == {
        f"{place}/street": "7 Test Street",
        f"{place}/city": "Arden",
        f"{place}/zip": "12345",
        f"{place}/changed_before": True,
    }


@pytest.mark.parametrize(("tool", "status"), [("change_order_item", "processing"), ("exchange_item", "delivered")])
def test_an_item_becomes_another_variant_at_its_price(store: Domain, shop: Environment, tool: str, status: str) -> None:
    order_id, item_id, variant = replaceable(store, status, available=True)
    before = store.base.tables["orders"][order_id]
    old = next(item["price"] for item in before["items"] if item["item_id"] == item_id)
    shop.call(tool, {"order_id": order_id, "item_id": item_id, "new_item_id": variant["item_id"]})
    after = shop.call("get_order", {"order_id": order_id})
    assert variant["item_id"] in [item["item_id"] for item in after["items"]]
    assert item_id not in [item["item_id"] for item in after["items"]]
    assert after["total"] == before["total"] - old + variant["price"]


@pytest.mark.parametrize(("tool", "status"), [("change_order_item", "processing"), ("exchange_item", "delivered")])
def test_an_item_is_replaced_only_by_an_available_other_variant(
    store: Domain, shop: Environment, tool: str, status: str
) -> None:
    order_id, item_id, variant = replaceable(store, status, available=False)
    stranger = next(
        v["item_id"]
        for p in store.base.tables["products"].values()
        for v in p["variants"]
        if p["variants"] != variants_of(store, item_id)
    )
    for new_item_id, message in (
        (variant["item_id"], "is not available"),
        (stranger, "is no variant"),
        (item_id, "already"),
    ):
        with pytest.raises(ToolError, match=message):
            shop.call(tool, {"order_id": order_id, "item_id": item_id, "new_item_id": new_item_id})
    with pytest.raises(ToolError, match="is not in order"):
        shop.call(tool, {"order_id": order_id, "item_id": "0000", "new_item_id": item_id})
    assert shop.diff() == []


def test_an_order_is_paid_only_with_the_customers_own_means(store: Domain, shop: Environment) -> None:
    orders = store.base.tables["orders"].values()
    customers = store.base.tables["customers"]
    order = next(
        o for o in orders if o["status"] == "processing" and len(customers[o["customer_id"]]["payment_methods"]) > 1
    )
    own = [m["payment_method_id"] for m in customers[order["customer_id"]]["payment_methods"]]
    new = next(method for method in own if method != order["payment_method_id"])
    with pytest.raises(ToolError, match="paypal_0 is not in the customer's account"):
        shop.call("change_order_payment", {"order_id": order["order_id"], "new_payment_method_id": "paypal_0"})
    shop.call("change_order_payment", {"order_id": order["order_id"], "new_payment_method_id": new})
    assert paths(shop)[f"/orders/{order['order_id']}/payment_method_id"] == new


def test_an_item_is_returned_once(store: Domain, shop: Environment) -> None:
    order = first(store, "orders", status="delivered")
    item, method = order["items"][0], order["payment_method_id"]
    arguments = {"order_id": order["order_id"], "item_id": item["item_id"], "payment_method_id": method}
    with pytest.raises(ToolError, match="is not in the customer's account"):
        shop.call("return_item", {**arguments, "payment_method_id": "gift_card_0"})
    assert shop.call("return_item", arguments)["refund"] == item["price"]
    with pytest.raises(ToolError, match="was returned already"):
        shop.call("return_item", arguments)
    with pytest.raises(ToolError, match="was returned already"):
        shop.call("exchange_item", {**{k: arguments[k] for k in ("order_id", "item_id")}, "new_item_id": "0000"})
    assert paths(shop) == {f"/orders/{order['order_id']}/items/0/returned_to": method}


def test_the_shipping_fee_is_refunded_once(store: Domain, shop: Environment) -> None:
    order_id = first(store, "orders", status="delivered")["order_id"]
    shop.call("refund_shipping", {"order_id": order_id})
    with pytest.raises(ToolError, match="was refunded already"):
        shop.call("refund_shipping", {"order_id": order_id})
    assert paths(shop) == {f"/orders/{order_id}/shipping_refunded": True}


def test_an_account_gets_another_address(store: Domain, shop: Environment) -> None:
    customer_id = next(iter(store.base.tables["customers"]))
    shop.call("change_customer_address", {"customer_id": customer_id, **ADDRESS})
    assert shop.call("get_customer", {"customer_id": customer_id})["city"] == "Arden"


def test_each_hand_over_gets_a_ticket_of_its_own(store: Domain, shop: Environment) -> None:
    customer_id = next(iter(store.base.tables["customers"]))
    for ticket in ("H1", "H2"):
        arguments = {"customer_id": customer_id, "topic": "damaged item"}
        assert shop.call("hand_over_to_person", arguments) == {"handover_id": ticket}
    assert set(paths(shop)) == {"/handovers/H1", "/handovers/H2"}


@pytest.mark.parametrize(
    ("tool", "statuses", "more"),
    [
        ("cancel_order", ("shipped", "delivered", "cancelled"), {"reason": "no longer needed"}),
        ("change_order_address", ("shipped", "delivered", "cancelled"), ADDRESS),
        ("change_order_item", ("shipped", "delivered", "cancelled"), {"item_id": "1", "new_item_id": "2"}),
        ("change_order_payment", ("shipped", "delivered", "cancelled"), {"new_payment_method_id": "paypal_1"}),
        ("return_item", ("processing", "shipped", "cancelled"), {"item_id": "1", "payment_method_id": "paypal_1"}),
        ("exchange_item", ("processing", "shipped", "cancelled"), {"item_id": "1", "new_item_id": "2"}),
        ("refund_shipping", ("processing", "shipped", "cancelled"), {}),
        ("get_tracking", ("processing", "cancelled"), {}),
    ],
)
def test_an_order_in_the_wrong_status_is_left_alone(
    store: Domain, shop: Environment, tool: str, statuses: tuple[str, ...], more: dict[str, Any]
) -> None:
    for status in statuses:
        order_id = first(store, "orders", status=status)["order_id"]
        with pytest.raises(ToolError, match=f"order {order_id} is {status}"):
            shop.call(tool, {"order_id": order_id, **more})
    assert shop.diff() == []
