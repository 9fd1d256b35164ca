"""The retail environment of tau2-bench. Each function is a tool; what it is for stands in the benchmark's own data."""

from __future__ import annotations

import json
from typing import Any

from lamforge.domains import State, ToolError
from lamforge.evaluate.tau.kit import matching
from lamforge.evaluate.tau.tau2.common import plain, toolkit
from lamforge.evaluate.tau.tau2.retail_records import OrderPayment, RetailState, UserAddress

RETAIL = toolkit("RetailTools", RetailState)
REASONS = ("no longer needed", "ordered by mistake")


@RETAIL.write
def cancel_pending_order(db: State, /, order_id: str, reason: str) -> str:
    order = _found(db, "orders", order_id)
    if order["status"] != "pending":
        raise ToolError("Non-pending order cannot be cancelled")
    if reason not in set(REASONS):
        raise ToolError("Invalid reason")
    refunds = []
    for payment in order["payment_history"]:
        refunds.append(_payment("refund", payment["amount"], payment["payment_method_id"]))
        method = _method(db, order["user_id"], payment["payment_method_id"])
        if method["source"] == "gift_card":
            _charge(method, -payment["amount"])
    order["status"] = "cancelled"
    order["cancel_reason"] = reason
    order["payment_history"].extend(refunds)
    return json.dumps(order)


@RETAIL.write
def exchange_delivered_order_items(
    db: State, /, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> str:
    order = _found(db, "orders", order_id)
    if order["status"] != "delivered":
        raise ToolError("Non-delivered order cannot be exchanged")
    _check_items(order, item_ids, "Number of {} not found.")
    if len(item_ids) != len(new_item_ids):
        raise ToolError("The number of items to be exchanged should match.")
    difference: float = 0
    for old, new in zip(item_ids, new_item_ids, strict=True):
        difference += _cost(db, order, old, new)  # not sum(), which rounds differently from Python 3.12 on
    difference = round(difference, 2)
    method = _method(db, order["user_id"], payment_method_id)
    if method["source"] == "gift_card" and method["balance"] < difference:
        raise ToolError("Insufficient gift card balance to pay for the price difference")
    order["status"] = "exchange requested"
    order["exchange_items"] = sorted(item_ids)
    order["exchange_new_items"] = sorted(new_item_ids)
    order["exchange_payment_method_id"] = payment_method_id
    order["exchange_price_difference"] = difference
    return json.dumps(order)


@RETAIL.read
def find_user_id_by_name_zip(db: State, /, first_name: str, last_name: str, zip: str) -> str:
    user_id = matching(
        db,
        "users",
        lambda user: (
            user["name"]["first_name"].lower() == first_name.lower()
            and user["name"]["last_name"].lower() == last_name.lower()
            and user["address"]["zip"] == zip
        ),
    )
    if user_id is None:
        raise ToolError("User not found")
    return user_id


@RETAIL.read
def find_user_id_by_email(db: State, /, email: str) -> str:
    user_id = matching(db, "users", lambda user: user["email"].lower() == email.lower())
    if user_id is None:
        raise ToolError("User not found")
    return user_id


@RETAIL.read
def get_order_details(db: State, /, order_id: str) -> str:
    return json.dumps(_found(db, "orders", order_id))


@RETAIL.read
def get_product_details(db: State, /, product_id: str) -> str:
    return json.dumps(_found(db, "products", product_id))


@RETAIL.read
def get_item_details(db: State, /, item_id: str) -> str:
    product_id = matching(db, "products", lambda product: item_id in product["variants"])
    if product_id is None:
        raise ToolError("Item not found")
    return json.dumps(db["products"][product_id]["variants"][item_id])


@RETAIL.read
def get_user_details(db: State, /, user_id: str) -> str:
    return json.dumps(_found(db, "users", user_id))


@RETAIL.read
def list_all_product_types(db: State, /) -> str:
    products = [db["products"].peek(key) for key in db["products"]]
    return json.dumps({product["name"]: product["product_id"] for product in products}, sort_keys=True)


@RETAIL.write
def modify_pending_order_address(
    db: State, /, order_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
) -> str:
    order = _found(db, "orders", order_id)
    if "pending" not in order["status"]:
        raise ToolError("Non-pending order cannot be modified")
    order["address"] = _address(address1, address2, city, state, country, zip)
    return json.dumps(order)


@RETAIL.write
def modify_pending_order_items(
    db: State, /, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> str:
    order = _found(db, "orders", order_id)
    if order["status"] != "pending":
        raise ToolError("Non-pending order cannot be modified")
    _check_items(order, item_ids, "{} not found")
    if len(item_ids) != len(new_item_ids):
        raise ToolError("The number of items to be exchanged should match")
    pairs = list(zip(item_ids, new_item_ids, strict=True))
    difference: float = 0
    last: dict[str, Any] = {}
    for old, new in pairs:
        if old == new:
            raise ToolError("The new item id should be different from the old item id")
        difference += _cost(db, order, old, new)
        last = _variant(db, _item(order, old)["product_id"], new)
    method = _method(db, order["user_id"], payment_method_id)
    if method["source"] == "gift_card" and method["balance"] < difference:
        raise ToolError("Insufficient gift card balance to pay for the new item")
    kind = "payment" if difference > 0 else "refund"
    order["payment_history"].append(_payment(kind, abs(difference), payment_method_id))
    if method["source"] == "gift_card":
        _charge(method, difference)
    for old, new in pairs:
        item = _item(order, old)
        item["item_id"] = new
        item["price"] = last["price"]  # every item gets the last one's price and options: so it is in the original
        item["options"] = last["options"]
    order["status"] = "pending (item modified)"
    return json.dumps(order)


@RETAIL.write
def modify_pending_order_payment(db: State, /, order_id: str, payment_method_id: str) -> str:
    order = _found(db, "orders", order_id)
    if "pending" not in order["status"]:
        raise ToolError("Non-pending order cannot be modified")
    method = _method(db, order["user_id"], payment_method_id)
    history = order["payment_history"]
    if len(history) != 1 or history[0]["transaction_type"] != "payment":
        raise ToolError("There should be exactly one payment for a pending order")
    former_id, amount = history[0]["payment_method_id"], history[0]["amount"]
    if former_id == payment_method_id:
        raise ToolError("The new payment method should be different from the current one")
    if method["source"] == "gift_card" and method["balance"] < amount:
        raise ToolError("Insufficient gift card balance to pay for the order")
    history.extend([_payment("payment", amount, payment_method_id), _payment("refund", amount, former_id)])
    if method["source"] == "gift_card":
        _charge(method, amount)
    former = _method(db, order["user_id"], former_id)
    if former["source"] == "gift_card":
        _charge(former, -amount)
    return json.dumps(order)


@RETAIL.write
def modify_user_address(
    db: State, /, user_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
) -> str:
    user = _found(db, "users", user_id)
    user["address"] = _address(address1, address2, city, state, country, zip)
    return json.dumps(user)


@RETAIL.write
def return_delivered_order_items(db: State, /, order_id: str, item_ids: list[str], payment_method_id: str) -> str:
    order = _found(db, "orders", order_id)
    if order["status"] != "delivered":
        raise ToolError("Non-delivered order cannot be returned")
    method = _method(db, order["user_id"], payment_method_id)
    if method["source"] != "gift_card" and payment_method_id != order["payment_history"][0]["payment_method_id"]:
        raise ToolError("Payment method should be the original payment method")
    _check_items(order, item_ids, "Some item not found")
    order["status"] = "return requested"
    order["return_items"] = sorted(item_ids)
    order["return_payment_method_id"] = payment_method_id
    return json.dumps(order)


def _found(db: State, table: str, key: str) -> dict[str, Any]:
    if key not in db[table]:
        raise ToolError(f"{table.removesuffix('s').capitalize()} not found")
    return db[table][key]


def _method(db: State, user_id: str, method_id: str) -> dict[str, Any]:
    methods = _found(db, "users", user_id)["payment_methods"]
    if method_id not in methods:
        raise ToolError("Payment method not found")
    method: dict[str, Any] = methods[method_id]
    return method


def _variant(db: State, product_id: str, variant_id: str) -> dict[str, Any]:
    variants = _found(db, "products", product_id)["variants"]
    if variant_id not in variants:
        raise ToolError("Variant not found")
    variant: dict[str, Any] = variants[variant_id]
    return variant


def _item(order: dict[str, Any], item_id: str) -> dict[str, Any]:
    for item in order["items"]:
        if item["item_id"] == item_id:
            found: dict[str, Any] = item
            return found
    raise ToolError(f"Item {item_id} not found")


def _check_items(order: dict[str, Any], item_ids: list[str], otherwise: str) -> None:
    """Sees that the order has each item as often as it is named."""
    ordered = [item["item_id"] for item in order["items"]]
    for item_id in item_ids:
        if item_ids.count(item_id) > ordered.count(item_id):
            raise ToolError(otherwise.format(item_id))


def _cost(db: State, order: dict[str, Any], item_id: str, new_item_id: str) -> float:
    """What a new item costs more than the one in the order, if it can be had."""
    item = _item(order, item_id)
    variant = _variant(db, item["product_id"], new_item_id)
    if not variant["available"]:
        raise ToolError(f"New item {new_item_id} not found or available")
    cost: float = variant["price"] - item["price"]
    return cost


def _payment(kind: str, amount: float, method_id: str) -> dict[str, Any]:
    values: dict[str, Any] = {"transaction_type": kind, "amount": amount, "payment_method_id": method_id}
    return OrderPayment(**values).model_dump()


def _charge(gift_card: dict[str, Any], amount: float) -> None:
    gift_card["balance"] -= amount
    gift_card["balance"] = round(gift_card["balance"], 2)


def _address(address1: str, address2: str, city: str, state: str, country: str, zip: str) -> Any:
    return plain(UserAddress(address1=address1, address2=address2, city=city, state=state, country=country, zip=zip))
