"""The retail environment of tau2-bench: what it does in its own way."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from lamforge.domains import ToolError
from lamforge.evaluate.tau.desks.desk import read
from lamforge.evaluate.tau.desks.orders import REASONS
from lamforge.evaluate.tau.desks.retail import RetailDesk
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.evaluate.tau.tau2.desk import Tau2Desk, plain
from lamforge.evaluate.tau.tau2.retail_records import OrderPayment, RetailState, UserAddress

Json = dict[str, Any]


class Tau2Retail(RetailDesk, Tau2Desk):
    """Keeps typed records."""

    owner = "RetailTools"
    shape = RetailState
    reasons = frozenset(REASONS)
    modified_again = True
    original_payment = "payment method should be the original payment method"
    missing_item: ClassVar = {
        "exchange": "Number of {} not found.",
        "modify": "{} not found",
        "return": "Some item not found",
    }
    unequal: ClassVar = {**RetailDesk.unequal, "exchange": RetailDesk.unequal["exchange"] + "."}

    @read
    def get_item_details(self, /, item_id: str) -> str:
        product_id = self.matching("products", lambda product: item_id in product["variants"])
        if product_id is None:
            raise self.refusal("item not found")
        return json.dumps(self.db["products"][product_id]["variants"][item_id])

    def unknown_variant(self, item_id: str) -> ToolError:
        """Names no item."""
        return self.refusal("variant not found")

    def check_pair(self, item_id: str, new_item_id: str, change: str) -> None:
        """Refuses to modify an item into itself."""
        if change == "modify" and item_id == new_item_id:
            raise self.refusal("the new item id should be different from the old item id")

    def replace_items(self, order: Json, pairs: list[tuple[str, str]]) -> None:
        """Every item gets the last one's price and options: so it is in the original."""
        last = [self.variant(self.item(order, item_id)["product_id"], new) for item_id, new in pairs][-1:]
        for item_id, new_item_id in pairs:
            self.replace(self.item(order, item_id), new_item_id, last[0])

    def payment(self, kind: str, amount: float, method_id: str) -> Json:
        """Typed: amounts are floats."""
        return OrderPayment(**super().payment(kind, amount, method_id)).model_dump()

    def address(self, **parts: str) -> Any:
        """Typed: all parts are texts."""
        return plain(UserAddress(**parts))


RETAIL = Toolkit(Tau2Retail)
