"""The store's tools. They refuse what the shop's system cannot do; what only the policy forbids is in `rules.py`."""

from typing import Literal

from lamforge.domains import State, ToolError, tool

SHIPPING_FEE = 5  # the same for every order


@tool(kind="read")
def find_customer_by_email(state: State, email: str) -> dict:
    """Find a customer by e-mail address.

    Args:
        email: The customer's e-mail address.
    """
    for customer in state["customers"].values():
        if customer["email"] == email.lower():
            return customer
    raise ToolError(f"no customer with e-mail {email} found")


@tool(kind="read")
def find_customer_by_name(state: State, name: str, zip: str) -> dict:
    """Find a customer by full name and zip code.

    Args:
        name: First and last name.
        zip: The zip code of the customer's address.
    """
    for customer in state["customers"].values():
        if customer["name"].lower() == name.lower() and customer["zip"] == zip:
            return customer
    raise ToolError(f"no customer {name} with zip code {zip} found")


@tool(kind="read")
def get_customer(state: State, customer_id: str) -> dict:
    """Show a customer's address and payment methods.

    Args:
        customer_id: The customer's id, such as "C1042".
    """
    return _customer(state, customer_id)


@tool(kind="read")
def list_orders(state: State, customer_id: str) -> list[dict]:
    """List the orders of a customer.

    Args:
        customer_id: The customer's id, such as "C1042".
    """
    _customer(state, customer_id)
    own = [order for order in state["orders"].values() if order["customer_id"] == customer_id]
    return [{"order_id": order["order_id"], "status": order["status"], "total": order["total"]} for order in own]


@tool(kind="read")
def get_order(state: State, order_id: str) -> dict:
    """Show an order with its items, address and status.

    Args:
        order_id: The order number, such as "W10234".
    """
    return _order(state, order_id)


@tool(kind="read")
def get_tracking(state: State, order_id: str) -> dict:
    """Show the tracking number of an order that was shipped.

    Args:
        order_id: The order number, such as "W10234".
    """
    order = _order(state, order_id)
    if "tracking_id" not in order:
        raise ToolError(f"order {order_id} is {order['status']} and has no tracking number")
    return {"order_id": order_id, "tracking_id": order["tracking_id"], "status": order["status"]}


@tool(kind="read")
def get_product(state: State, product_id: str) -> dict:
    """Show a product with its variants, prices and availability.

    Args:
        product_id: The product number, such as "P12".
    """
    if product_id not in state["products"]:
        raise ToolError(f"product {product_id} not found")
    return state["products"][product_id]


@tool(kind="read")
def search_products(state: State, product_name: str) -> list[dict]:
    """Find products by a part of their name.

    Args:
        product_name: A part of the product's name.
    """
    sought = product_name.lower()
    found = [product for product in state["products"].values() if sought in product["product_name"].lower()]
    if not found:
        raise ToolError(f"no product with {product_name} in its name found")
    return [{"product_id": product["product_id"], "product_name": product["product_name"]} for product in found]


@tool(kind="write")
def cancel_order(state: State, order_id: str, reason: Literal["no longer needed", "ordered by mistake"]) -> dict:
    """Cancel an order that is being processed.

    Args:
        order_id: The order number.
        reason: Why the customer cancels.
    """
    order = _order(state, order_id, "processing")
    order |= {"status": "cancelled", "cancel_reason": reason}
    return {"order_id": order_id, "status": "cancelled"}


@tool(kind="write")
def change_order_address(state: State, order_id: str, new_street: str, new_city: str, new_zip: str) -> dict:
    """Change the delivery address of an order that is being processed.

    Args:
        order_id: The order number.
        new_street: House number and street.
        new_city: City.
        new_zip: Zip code.
    """
    order = _order(state, order_id, "processing")
    order |= {"street": new_street, "city": new_city, "zip": new_zip, "changed_before": True}
    return {"order_id": order_id, "street": new_street, "city": new_city, "zip": new_zip}


@tool(kind="write")
def change_order_item(state: State, order_id: str, item_id: str, new_item_id: str) -> dict:
    """Replace an item of an order that is being processed by another variant of the same product.

    Args:
        order_id: The order number.
        item_id: The item in the order.
        new_item_id: The variant to send instead.
    """
    order = _order(state, order_id, "processing")
    _replace(state, order, item_id, new_item_id)
    order["changed_before"] = True
    return {"order_id": order_id, "item_id": new_item_id, "total": order["total"]}


@tool(kind="write")
def change_order_payment(state: State, order_id: str, new_payment_method_id: str) -> dict:
    """Change the payment method of an order that is being processed.

    Args:
        order_id: The order number.
        new_payment_method_id: A payment method of the customer.
    """
    order = _order(state, order_id, "processing")
    _own_payment(state, order["customer_id"], new_payment_method_id)
    order |= {"payment_method_id": new_payment_method_id, "changed_before": True}
    return {"order_id": order_id, "payment_method_id": new_payment_method_id}


@tool(kind="write")
def return_item(state: State, order_id: str, item_id: str, payment_method_id: str) -> dict:
    """Take back an item of a delivered order.

    Args:
        order_id: The order number.
        item_id: The item to return.
        payment_method_id: Where the refund goes.
    """
    order = _order(state, order_id, "delivered")
    item = _item(order, item_id)
    _own_payment(state, order["customer_id"], payment_method_id)
    item["returned_to"] = payment_method_id
    return {"order_id": order_id, "item_id": item_id, "refund": item["price"], "payment_method_id": payment_method_id}


@tool(kind="write")
def exchange_item(state: State, order_id: str, item_id: str, new_item_id: str) -> dict:
    """Exchange an item of a delivered order for another variant of the same product.

    Args:
        order_id: The order number.
        item_id: The item that the customer has.
        new_item_id: The variant that the customer wants.
    """
    order = _order(state, order_id, "delivered")
    _replace(state, order, item_id, new_item_id)
    return {"order_id": order_id, "item_id": new_item_id, "status": "exchange requested"}


@tool(kind="write")
def refund_shipping(state: State, order_id: str) -> dict:
    """Refund the shipping fee of a delivered order.

    Args:
        order_id: The order number.
    """
    order = _order(state, order_id, "delivered")
    if order.get("shipping_refunded"):
        raise ToolError(f"the shipping fee of order {order_id} was refunded already")
    order["shipping_refunded"] = True
    return {"order_id": order_id, "refund": SHIPPING_FEE}


@tool(kind="write")
def change_customer_address(state: State, customer_id: str, new_street: str, new_city: str, new_zip: str) -> dict:
    """Change the address in a customer's account.

    Args:
        customer_id: The customer's id.
        new_street: House number and street.
        new_city: City.
        new_zip: Zip code.
    """
    customer = _customer(state, customer_id)
    customer |= {"street": new_street, "city": new_city, "zip": new_zip}
    return {"customer_id": customer_id, "street": new_street, "city": new_city, "zip": new_zip}


@tool(kind="write")
def hand_over_to_person(
    state: State, customer_id: str, topic: Literal["damaged item", "suspected fraud", "general complaint"]
) -> dict:
    """Hand the customer over to a person.

    Args:
        customer_id: The customer's id.
        topic: What it is about.
    """
    _customer(state, customer_id)
    ticket = f"H{len(state['handovers']) + 1}"
    state["handovers"][ticket] = {"handover_id": ticket, "customer_id": customer_id, "topic": topic}
    return {"handover_id": ticket}


def _customer(state: State, customer_id: str) -> dict:
    if customer_id not in state["customers"]:
        raise ToolError(f"customer {customer_id} not found")
    return state["customers"][customer_id]


def _order(state: State, order_id: str, status: str | None = None) -> dict:
    """The order, in the given status if there is one."""
    if order_id not in state["orders"]:
        raise ToolError(f"order {order_id} not found")
    order = state["orders"][order_id]
    if status is not None and order["status"] != status:
        raise ToolError(f"order {order_id} is {order['status']}, not {status}")
    return order


def _item(order: dict, item_id: str) -> dict:
    """An item of the order that the customer has not returned."""
    for item in order["items"]:
        if item["item_id"] == item_id:
            if "returned_to" in item:
                raise ToolError(f"item {item_id} was returned already")
            return item
    raise ToolError(f"item {item_id} is not in order {order['order_id']}")


def _own_payment(state: State, customer_id: str, payment_method_id: str) -> None:
    methods = _customer(state, customer_id)["payment_methods"]
    if payment_method_id not in [method["payment_method_id"] for method in methods]:
        raise ToolError(f"payment method {payment_method_id} is not in the customer's account")


def _replace(state: State, order: dict, item_id: str, new_item_id: str) -> None:
    item = _item(order, item_id)
    if new_item_id == item_id:
        raise ToolError(f"item {item_id} is in order {order['order_id']} already")
    for product in state["products"].values():
        variants = {variant["item_id"]: variant for variant in product["variants"]}
        if item_id in variants:
            variant = variants.get(new_item_id)
            if variant is None:
                raise ToolError(f"item {new_item_id} is no variant of the {item['name']}")
            if not variant["available"]:
                raise ToolError(f"item {new_item_id} is not available")
            order["total"] += variant["price"] - item["price"]
            item |= {"item_id": new_item_id, "option": variant["option"], "price": variant["price"]}
            return
