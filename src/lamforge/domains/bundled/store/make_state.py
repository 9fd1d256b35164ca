"""Makes `state.json`: run it again and the same bytes come out. All names are invented."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

SEED = 20260401
CUSTOMERS, ORDERS = 520, 1100


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words("""
    Ada Alba Anton Arlo Bea Boris Cara Carl Dana Dario Edda Elias Enzo Esme Fern Fiona Greta Hanno Hilda Ida
    Ines Ivo Jana Jonas Juno Kai Kira Lars Lea Liam Lotte Luca Mara Milo Nadia Nils Nora Olaf Otto Paula Petra
    Quentin Rhea Rosa Selma Silas Tara Theo Uma Vera Viktor Wanda Yara Zeno
""")
LAST = _words("""
    Abel Adler Amsel Bauer Berg Brandt Brook Castell Conti Dahl Dorn Eder Engel Falk Feld Fink Frost Gerber Graf
    Haas Hahn Halm Heller Hollis Iversen Jansen Keller Kern Klee Kraus Lang Lindt Lorenz Marsh Maurer Moreau
    Nagel Neri Novak Olsen Oster Pace Peters Quist Rausch Reed Rossi Sander Senn Stark Storm Tarn Thorne Ulrich
    Vance Vogel Wells Winter Yates Zander Ziegler
""")
STREETS = _words("""
    Alder Ash Beech Birch Cedar Chapel Cherry Clover Elm Fern Garden Harbor Hazel Hill Juniper Lake Laurel
    Linden Maple Meadow Mill Oak Orchard Park Pine Poplar River Rose School Spruce Station Sunset Valley Walnut
    Willow
""")
CITIES = _words("""
    Arden Ashford Bellmont Brackley Calden Corwen Dalton Elmsford Fairview Glenrock Hartwell Ironbridge Kingsley
    Lakewood Marlow Newbury Oakdale Pinehurst Ravenna Selby Thornton Waverly Westbrook Yarrow
""")
_RANGES = (  # products; their variants; lowest and highest price
    ("Desk Lamp, Floor Lamp, Night Light, String Lights", "warm white, cool white, dimmable", 15, 90),
    ("Cushion, Throw Blanket, Bath Towel, Tablecloth, Curtain", "blue, green, grey, red", 12, 60),
    ("Bookshelf, Coffee Table, Side Table, Bench, Stool, Shoe Rack", "oak, pine, white, black", 40, 220),
    ("Frying Pan, Saucepan, Stock Pot, Baking Tray, Wok", "small, medium, large", 18, 95),
    ("Kettle, Toaster, Blender, Coffee Maker, Hand Mixer, Rice Cooker", "black, steel, cream", 25, 140),
    ("Mug Set, Plate Set, Bowl Set, Glass Set, Cutlery Set", "set of 4, set of 6, set of 8", 16, 85),
    ("Duvet, Pillow, Mattress Topper, Bed Sheet", "single, double, king", 20, 160),
    ("Wall Clock, Mirror, Picture Frame, Vase, Candle Holder", "small, large, extra large", 9, 75),
    ("Plant Pot, Watering Can, Garden Chair, Parasol, Doormat", "terracotta, green, charcoal", 10, 130),
    ("Laundry Basket, Storage Box, Coat Hook, Ironing Board, Step Ladder", "natural, white, grey", 11, 80),
)
PRODUCTS = {  # name -> (its variants' options, lowest and highest price)
    name: (options.split(", "), low, high) for names, options, low, high in _RANGES for name in names.split(", ")
}
PAYMENTS = ("credit_card", "paypal", "gift_card")


def make_state(seed: int = SEED) -> dict[str, dict[str, Any]]:
    """The tables of the store."""
    rng = random.Random(seed)
    products = _products(rng)
    customers = _customers(rng)
    orders = _orders(rng, list(customers.values()), list(products.values()))
    return {"customers": customers, "orders": orders, "products": products, "handovers": {}}


def _products(rng: random.Random) -> dict[str, Any]:
    products = {}
    numbers = iter(rng.sample(range(1000, 10_000), 4 * len(PRODUCTS)))
    for number, (name, (options, low, high)) in enumerate(PRODUCTS.items(), 11):
        variants = [
            {
                "item_id": str(next(numbers)),
                "option": option,
                "price": rng.randint(low, high),
                "available": rng.random() < 0.8,
            }
            for option in options
        ]
        products[f"P{number}"] = {"product_id": f"P{number}", "product_name": name, "variants": variants}
    return products


def _address(rng: random.Random) -> dict[str, str]:
    street = f"{rng.randint(1, 99)} {rng.choice(STREETS)} Street"
    return {"street": street, "city": rng.choice(CITIES), "zip": str(rng.randint(10_000, 99_999))}


def _customers(rng: random.Random) -> dict[str, Any]:
    customers = {}
    names = rng.sample([(first, last) for first in FIRST for last in LAST], CUSTOMERS)
    for number, (first, last) in enumerate(names, 1001):
        kinds = rng.sample(PAYMENTS, rng.choice((1, 2, 2, 3)))
        customers[f"C{number}"] = {
            "customer_id": f"C{number}",
            "name": f"{first} {last}",
            "email": f"{first}.{last}{rng.randint(10, 99)}@example.{rng.choice(('com', 'org', 'net'))}".lower(),
            **_address(rng),
            "payment_methods": [{"payment_method_id": f"{kind}_{rng.randint(1000, 9999)}"} for kind in kinds],
        }
    return customers


def _orders(rng: random.Random, customers: list[Any], products: list[Any]) -> dict[str, Any]:
    orders = {}
    numbers = sorted(rng.sample(range(10_000, 100_000), ORDERS))
    for place, number in enumerate(numbers):
        customer = customers[place] if place < len(customers) else rng.choice(customers)
        status = rng.choices(("processing", "shipped", "delivered", "cancelled"), weights=(45, 12, 38, 5))[0]
        items = []
        for product in rng.sample(products, rng.choice((1, 1, 2, 2, 3))):
            variant = rng.choice(product["variants"])
            items.append(
                {
                    "item_id": variant["item_id"],
                    "name": product["product_name"],
                    "option": variant["option"],
                    "price": variant["price"],
                }
            )
        order = {
            "order_id": f"W{number}",
            "customer_id": customer["customer_id"],
            "status": status,
            "items": items,
            "total": sum(item["price"] for item in items),
            "payment_method_id": rng.choice(customer["payment_methods"])["payment_method_id"],
            "street": customer["street"],
            "city": customer["city"],
            "zip": customer["zip"],
        }
        if status == "processing":
            order["changed_before"] = rng.random() < 0.2
        if status in ("shipped", "delivered"):
            order["tracking_id"] = f"T{rng.randint(100_000, 999_999)}"
        if status == "delivered":
            order |= {
                "days_since_delivery": rng.choice((*range(1, 31), 35, 41, 52, 66, 80)),
                "arrived_late": rng.random() < 0.4,
            }
        orders[f"W{number}"] = order
    return orders


def as_text(state: dict[str, dict[str, Any]]) -> str:
    """JSON with one record to a line, so that a change is easy to see."""
    tables = []
    for name, records in state.items():
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(record)}" for key, record in records.items())
        tables.append(f"{json.dumps(name)}: {{\n{lines}\n}}" if lines else f"{json.dumps(name)}: {{}}")
    return "{\n" + ",\n".join(tables) + "\n}\n"


if __name__ == "__main__":
    Path(__file__).with_name("state.json").write_text(as_text(make_state()), encoding="utf-8")
