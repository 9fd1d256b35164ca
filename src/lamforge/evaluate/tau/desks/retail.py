"""The retail desk's tools. What the benchmarks do differently stands in methods of `Orders` that they override."""

from __future__ import annotations

import json

from lamforge.evaluate.tau.desks.desk import read, write
from lamforge.evaluate.tau.desks.orders import Orders, charge


class RetailDesk(Orders):
    """Orders, products and customers."""

    @write
    def cancel_pending_order(self, /, order_id: str, reason: str) -> str:
        order = self.order(order_id, "pending", "non-pending order cannot be cancelled")
        if reason not in self.reasons:
            raise self.refusal("invalid reason")
        refunds = []
        for payment in order["payment_history"]:
            method_id = payment["payment_method_id"]
            refunds.append(self.payment("refund", payment["amount"], method_id))
            if (card := self.gift_card(order, method_id)) is not None:
                charge(card, -payment["amount"])
        order["status"] = "cancelled"
        order["cancel_reason"] = reason
        order["payment_history"].extend(refunds)
        return json.dumps(order)

    @write
    def exchange_delivered_order_items(
        self, /, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> str:
        order = self.order(order_id, "delivered", "non-delivered order cannot be exchanged")
        difference = round(self.difference(order, item_ids, new_item_ids, "exchange"), 2)
        method = self.method(order, payment_method_id)
        if method["source"] == "gift_card" and method["balance"] < difference:
            raise self.refusal("insufficient gift card balance to pay for the price difference")
        order["status"] = "exchange requested"
        order["exchange_items"] = sorted(item_ids)
        order["exchange_new_items"] = sorted(new_item_ids)
        order["exchange_payment_method_id"] = payment_method_id
        order["exchange_price_difference"] = difference
        return json.dumps(order)

    @read
    def find_user_id_by_email(self, /, email: str) -> str:
        user_id = self.matching("users", lambda user: user["email"].lower() == email.lower())
        if user_id is None:
            raise self.refusal("user not found")
        return user_id

    @read
    def find_user_id_by_name_zip(self, /, first_name: str, last_name: str, zip: str) -> str:
        user_id = self.matching(
            "users",
            lambda user: (
                user["name"]["first_name"].lower() == first_name.lower()
                and user["name"]["last_name"].lower() == last_name.lower()
                and user["address"]["zip"] == zip
            ),
        )
        if user_id is None:
            raise self.refusal("user not found")
        return user_id

    @read
    def get_order_details(self, /, order_id: str) -> str:
        return json.dumps(self.found("orders", order_id))

    @read
    def get_product_details(self, /, product_id: str) -> str:
        return json.dumps(self.found("products", product_id))

    @read
    def get_user_details(self, /, user_id: str) -> str:
        return json.dumps(self.found("users", user_id))

    @read
    def list_all_product_types(self, /) -> str:
        products = [self.db["products"].peek(key) for key in self.db["products"]]
        return json.dumps({product["name"]: product["product_id"] for product in products}, sort_keys=True)

    @write
    def modify_pending_order_address(
        self, /, order_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
    ) -> str:
        order = self.order(order_id, "pending", "non-pending order cannot be modified", again=self.modified_again)
        order["address"] = self.address(
            address1=address1, address2=address2, city=city, state=state, country=country, zip=zip
        )
        return json.dumps(order)

    @write
    def modify_pending_order_items(
        self, /, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> str:
        order = self.order(order_id, "pending", "non-pending order cannot be modified")
        difference = self.difference(order, item_ids, new_item_ids, "modify")
        method = self.method(order, payment_method_id)
        if method["source"] == "gift_card" and method["balance"] < difference:
            raise self.refusal("insufficient gift card balance to pay for the new item")
        kind = "payment" if difference > 0 else "refund"
        order["payment_history"].append(self.payment(kind, abs(difference), payment_method_id))
        if method["source"] == "gift_card":
            charge(method, difference)
        self.replace_items(order, list(zip(item_ids, new_item_ids, strict=True)))
        order["status"] = "pending (item modified)"
        return json.dumps(order)

    @write
    def modify_pending_order_payment(self, /, order_id: str, payment_method_id: str) -> str:
        order = self.order(order_id, "pending", "non-pending order cannot be modified", again=self.modified_again)
        method = self.method(order, payment_method_id)
        history = order["payment_history"]
        if len(history) != 1 or history[0]["transaction_type"] != "payment":
            raise self.refusal("there should be exactly one payment for a pending order")
        former_id, amount = history[0]["payment_method_id"], history[0]["amount"]
        if former_id == payment_method_id:
            raise self.refusal("the new payment method should be different from the current one")
        if method["source"] == "gift_card" and method["balance"] < amount:
            raise self.refusal("insufficient gift card balance to pay for the order")
        history.extend([self.payment("payment", amount, payment_method_id), self.payment("refund", amount, former_id)])
        if method["source"] == "gift_card":
            charge(method, amount)
        if (former := self.gift_card(order, former_id)) is not None:
            charge(former, -amount)
        return json.dumps(order)

    @write
    def modify_user_address(
        self, /, user_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
    ) -> str:
        user = self.found("users", user_id)
        user["address"] = self.address(
            address1=address1, address2=address2, city=city, state=state, country=country, zip=zip
        )
        return json.dumps(user)

    @write
    def return_delivered_order_items(self, /, order_id: str, item_ids: list[str], payment_method_id: str) -> str:
        order = self.order(order_id, "delivered", "non-delivered order cannot be returned")
        self.method(order, payment_method_id)
        is_card = self.gift_card(order, payment_method_id) is not None
        if not is_card and payment_method_id != order["payment_history"][0]["payment_method_id"]:
            raise self.refusal(self.original_payment)
        self.check_items(order, item_ids, "return")
        order["status"] = "return requested"
        order["return_items"] = sorted(item_ids)
        order["return_payment_method_id"] = payment_method_id
        return json.dumps(order)
