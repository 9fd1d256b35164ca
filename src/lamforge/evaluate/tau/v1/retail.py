"""The retail environment of tau-bench. Each function is a tool; what it is for stands in the benchmark's own data."""

from __future__ import annotations

import json
from typing import Any

from lamforge.domains import State, ToolError
from lamforge.evaluate.tau.kit import matching
from lamforge.evaluate.tau.v1.common import found, toolkit

RETAIL = toolkit("orders", "products", "users")
REASONS = ("no longer needed", "ordered by mistake")


@RETAIL.write
def cancel_pending_order(db: State, /, order_id: str, reason: str) -> str:
    order = _order(db, order_id, "pending", "non-pending order cannot be cancelled")
    if reason not in REASONS:
        raise ToolError("invalid reason")
    refunds = []
    for payment in order["payment_history"]:
        method_id = payment["payment_method_id"]
        refunds.append(_payment("refund", payment["amount"], method_id))
        if "gift_card" in method_id:
            _charge(_methods(db, order)[method_id], -payment["amount"])
    order["status"] = "cancelled"
    order["cancel_reason"] = reason
    order["payment_history"].extend(refunds)
    return json.dumps(order)


@RETAIL.write
def exchange_delivered_order_items(
    db: State, /, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> str:
    order = _order(db, order_id, "delivered", "non-delivered order cannot be exchanged")
    difference = round(_price_difference(db, order, item_ids, new_item_ids), 2)
    method = _method(db, order, payment_method_id)
    if method["source"] == "gift_card" and method["balance"] < difference:
        raise ToolError("insufficient gift card balance to pay for the price difference")
    order["status"] = "exchange requested"
    order["exchange_items"] = sorted(item_ids)
    order["exchange_new_items"] = sorted(new_item_ids)
    order["exchange_payment_method_id"] = payment_method_id
    order["exchange_price_difference"] = difference
    return json.dumps(order)


@RETAIL.read
def find_user_id_by_email(db: State, /, email: str) -> str:
    user_id = matching(db, "users", lambda user: user["email"].lower() == email.lower())
    if user_id is None:
        raise ToolError("user not found")
    return user_id


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
        raise ToolError("user not found")
    return user_id


@RETAIL.read
def get_order_details(db: State, /, order_id: str) -> str:
    return json.dumps(found(db["orders"], order_id, "order"))


@RETAIL.read
def get_product_details(db: State, /, product_id: str) -> str:
    return json.dumps(found(db["products"], product_id, "product"))


@RETAIL.read
def get_user_details(db: State, /, user_id: str) -> str:
    return json.dumps(found(db["users"], user_id, "user"))


@RETAIL.read
def list_all_product_types(db: State, /) -> str:
    products = [db["products"].peek(key) for key in db["products"]]
    return json.dumps(dict(sorted((product["name"], product["product_id"]) for product in products)))


@RETAIL.write
def modify_pending_order_address(
    db: State, /, order_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
) -> str:
    order = _order(db, order_id, "pending", "non-pending order cannot be modified")
    order["address"] = _address(address1, address2, city, state, country, zip)
    return json.dumps(order)


@RETAIL.write
def modify_pending_order_items(
    db: State, /, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> str:
    order = _order(db, order_id, "pending", "non-pending order cannot be modified")
    difference = _price_difference(db, order, item_ids, new_item_ids)
    method = _method(db, order, payment_method_id)
    if method["source"] == "gift_card" and method["balance"] < difference:
        raise ToolError("insufficient gift card balance to pay for the new item")
    kind = "payment" if difference > 0 else "refund"
    order["payment_history"].append(_payment(kind, abs(difference), payment_method_id))
    if method["source"] == "gift_card":
        _charge(method, difference)
    for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
        item = _item(order, item_id)
        variant = db["products"][item["product_id"]]["variants"][new_item_id]
        item["item_id"] = new_item_id
        item["price"] = variant["price"]
        item["options"] = variant["options"]
    order["status"] = "pending (item modified)"
    return json.dumps(order)


@RETAIL.write
def modify_pending_order_payment(db: State, /, order_id: str, payment_method_id: str) -> str:
    order = _order(db, order_id, "pending", "non-pending order cannot be modified")
    method = _method(db, order, payment_method_id)
    history = order["payment_history"]
    if len(history) > 1 or history[0]["transaction_type"] != "payment":
        raise ToolError("there should be exactly one payment for a pending order")
    former_id, amount = history[0]["payment_method_id"], history[0]["amount"]
    if former_id == payment_method_id:
        raise ToolError("the new payment method should be different from the current one")
    if method["source"] == "gift_card" and method["balance"] < amount:
        raise ToolError("insufficient gift card balance to pay for the order")
    history.extend([_payment("payment", amount, payment_method_id), _payment("refund", amount, former_id)])
    if method["source"] == "gift_card":
        _charge(method, amount)
    if "gift_card" in former_id:
        _charge(_methods(db, order)[former_id], -amount)
    return json.dumps(order)


@RETAIL.write
def modify_user_address(
    db: State, /, user_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
) -> str:
    user = found(db["users"], user_id, "user")
    user["address"] = _address(address1, address2, city, state, country, zip)
    return json.dumps(user)


@RETAIL.write
def return_delivered_order_items(db: State, /, order_id: str, item_ids: list[str], payment_method_id: str) -> str:
    order = _order(db, order_id, "delivered", "non-delivered order cannot be returned")
    _method(db, order, payment_method_id)
    if "gift_card" not in payment_method_id and payment_method_id != order["payment_history"][0]["payment_method_id"]:
        raise ToolError("payment method should be either the original payment method or a gift card")
    ordered = [item["item_id"] for item in order["items"]]
    if any(item_ids.count(item_id) > ordered.count(item_id) for item_id in item_ids):
        raise ToolError("some item not found")
    order["status"] = "return requested"
    order["return_items"] = sorted(item_ids)
    order["return_payment_method_id"] = payment_method_id
    return json.dumps(order)


def _order(db: State, order_id: str, status: str, otherwise: str) -> dict[str, Any]:
    order = found(db["orders"], order_id, "order")
    if order["status"] != status:
        raise ToolError(otherwise)
    return order


def _methods(db: State, order: dict[str, Any]) -> dict[str, Any]:
    methods: dict[str, Any] = db["users"][order["user_id"]]["payment_methods"]
    return methods


def _method(db: State, order: dict[str, Any], method_id: str) -> dict[str, Any]:
    methods = _methods(db, order)
    if method_id not in methods:
        raise ToolError("payment method not found")
    method: dict[str, Any] = methods[method_id]
    return method


def _price_difference(db: State, order: dict[str, Any], item_ids: list[str], new_item_ids: list[str]) -> float:
    """What the new items cost more, if every item is in the order and every new one can be had."""
    ordered = [item["item_id"] for item in order["items"]]
    for item_id in item_ids:
        if item_ids.count(item_id) > ordered.count(item_id):
            raise ToolError(f"{item_id} not found")
    if len(item_ids) != len(new_item_ids):
        raise ToolError("the number of items to be exchanged should match")
    difference = 0
    for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
        item = _item(order, item_id)
        variants = db["products"][item["product_id"]]["variants"]
        if not (new_item_id in variants and variants[new_item_id]["available"]):
            raise ToolError(f"new item {new_item_id} not found or available")
        difference += variants[new_item_id]["price"] - item["price"]
    return difference


def _item(order: dict[str, Any], item_id: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [item for item in order["items"] if item["item_id"] == item_id]
    return found[0]


def _payment(kind: str, amount: float, method_id: str) -> dict[str, Any]:
    return {"transaction_type": kind, "amount": amount, "payment_method_id": method_id}


def _charge(gift_card: dict[str, Any], amount: float) -> None:
    gift_card["balance"] -= amount
    gift_card["balance"] = round(gift_card["balance"], 2)


def _address(address1: Any, address2: Any, city: Any, state: Any, country: Any, zip: Any) -> dict[str, Any]:
    return {"address1": address1, "address2": address2, "city": city, "state": state, "country": country, "zip": zip}
