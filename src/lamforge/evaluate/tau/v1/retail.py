"""The retail environment of tau-bench: what it does in its own way."""

from __future__ import annotations

from typing import Any

from lamforge.evaluate.tau.desks.retail import RetailDesk
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.evaluate.tau.v1.desk import V1Desk


class V1Retail(RetailDesk, V1Desk):
    """Tells gift cards by their ids."""

    def gift_card(self, order: dict[str, Any], method_id: str) -> dict[str, Any] | None:
        """The way to pay, if its id says that it is a gift card."""
        card: dict[str, Any] | None = self.methods(order)[method_id] if "gift_card" in method_id else None
        return card


RETAIL = Toolkit(V1Retail)
