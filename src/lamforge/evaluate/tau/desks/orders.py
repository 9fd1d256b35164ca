"""What the retail desk's tools are made with: orders, their items, and what they are paid with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from lamforge.domains import ToolError
from lamforge.evaluate.tau.desks.desk import Desk

Json = dict[str, Any]
REASONS = ("no longer needed", "ordered by mistake")
_UNEQUAL = "the number of items to be exchanged should match"


class Orders(Desk):
    """Orders, products and customers; a `change` is "exchange", "modify" or "return"."""

    reasons: ClassVar[Collection[str]] = REASONS  # to cancel an order for
    modified_again: ClassVar[bool] = False  # whether an order whose items were modified can still be modified otherwise
    original_payment: ClassVar[str] = "payment method should be either the original payment method or a gift card"
    missing_item: ClassVar[dict[str, str]] = {
        "exchange": "{} not found",
        "modify": "{} not found",
        "return": "some item not found",
    }
    unequal: ClassVar[dict[str, str]] = {"exchange": _UNEQUAL, "modify": _UNEQUAL}

    def order(self, order_id: str, status: str, otherwise: str, *, again: bool = False) -> Json:
        """An order of that status; again: or of one that says more."""
        order = self.found("orders", order_id)
        if status not in order["status"] if again else order["status"] != status:
            raise self.refusal(otherwise)
        return order

    def methods(self, order: Json) -> Json:
        """The customer's ways to pay."""
        methods: Json = self.found("users", order["user_id"])["payment_methods"]
        return methods

    def method(self, order: Json, method_id: str) -> Json:
        """One of the customer's ways to pay."""
        methods = self.methods(order)
        if method_id not in methods:
            raise self.refusal("payment method not found")
        method: Json = methods[method_id]
        return method

    def gift_card(self, order: Json, method_id: str) -> Json | None:
        """The customer's way to pay, if it is a gift card."""
        method = self.method(order, method_id)
        return method if method["source"] == "gift_card" else None

    def unknown_variant(self, item_id: str) -> ToolError:
        """The refusal of an item that its product does not come as."""
        return self.refusal(f"new item {item_id} not found or available")

    def check_pair(self, item_id: str, new_item_id: str, change: str) -> None:
        """Refuses what is not to be replaced by one another."""

    def replace_items(self, order: Json, pairs: list[tuple[str, str]]) -> None:
        """Puts other items into an order."""
        for item_id, new_item_id in pairs:
            item = self.item(order, item_id)
            self.replace(item, new_item_id, self.variant(item["product_id"], new_item_id))

    def replace(self, item: Json, item_id: str, variant: Json) -> None:
        """Makes an item of an order another one."""
        item.update(item_id=item_id, price=variant["price"], options=variant["options"])

    def payment(self, kind: str, amount: float, method_id: str) -> Json:
        """A payment as an order's history has it."""
        return {"transaction_type": kind, "amount": amount, "payment_method_id": method_id}

    def address(self, **parts: str) -> Json:
        """An address as records have it."""
        return parts

    def difference(self, order: Json, item_ids: list[str], new_item_ids: list[str], change: str) -> float:
        """What the new items cost more, if every item is in the order and every new one can be had."""
        self.check_items(order, item_ids, change)
        if len(item_ids) != len(new_item_ids):
            raise self.refusal(self.unequal[change])
        difference = 0
        for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
            self.check_pair(item_id, new_item_id, change)
            item = self.item(order, item_id)
            variant = self.variant(item["product_id"], new_item_id)
            if not variant["available"]:
                raise self.refusal(f"new item {new_item_id} not found or available")
            difference += variant["price"] - item["price"]  # not sum(), which rounds differently from Python 3.12 on
        return difference

    def variant(self, product_id: str, item_id: str) -> Json:
        """One of what a product comes as."""
        variants = self.found("products", product_id)["variants"]
        if item_id not in variants:
            raise self.unknown_variant(item_id)
        variant: Json = variants[item_id]
        return variant

    def item(self, order: Json, item_id: str) -> Json:
        """The first item of that id in an order."""
        for item in order["items"]:
            if item["item_id"] == item_id:
                found: Json = item
                return found
        raise self.refusal(f"item {item_id} not found")

    def check_items(self, order: Json, item_ids: list[str], change: str) -> None:
        """Sees that the order has each item as often as it is named."""
        ordered = [item["item_id"] for item in order["items"]]
        for item_id in item_ids:
            if item_ids.count(item_id) > ordered.count(item_id):
                raise ToolError(self.missing_item[change].format(item_id))


def charge(gift_card: Json, amount: float) -> None:
    """Takes an amount from a gift card."""
    gift_card["balance"] -= amount
    gift_card["balance"] = round(gift_card["balance"], 2)
