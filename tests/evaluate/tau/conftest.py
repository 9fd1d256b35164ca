"""Checkouts of our own in the layouts of tau-bench and tau2-bench, with made-up records; the real wheel where it is."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import DataError
from lamforge.evaluate.tau.data import TauData, read_data
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.fetch import fetched_wheel
from lamforge.evaluate.tau.load import load_tau_domain
from lamforge.evaluate.tau.rules import RULES, V1

Json = dict[str, Any]
HOME = {"address1": "1 Mill Lane", "address2": "", "city": "Ulm", "country": "Germany", "state": "BW", "zip": "89073"}


def _user(user_id: str, first: str, methods: Json, **more: Any) -> Json:
    name = {"first_name": first, "last_name": "Moor"}
    base = {"user_id": user_id, "name": name, "address": dict(HOME), "email": f"{user_id}@example.org"}
    return {**base, "payment_methods": methods, **more}


def _order(order_id: str, user_id: str, status: str, items: list[Json], method: str) -> Json:
    paid = round(sum(item["price"] for item in items), 2)
    payment = {"transaction_type": "payment", "amount": paid, "payment_method_id": method}
    return {
        "order_id": order_id,
        "user_id": user_id,
        "address": dict(HOME),
        "items": items,
        "status": status,
        "fulfillments": [],
        "payment_history": [payment],
    }


def _lamp(item_id: str, colour: str, price: float) -> Json:
    return {"name": "Lamp", "product_id": "p1", "item_id": item_id, "price": price, "options": {"colour": colour}}


def retail_state() -> dict[str, Json]:
    """Two customers, two products, four orders."""
    gift = {"source": "gift_card", "id": "gift_card_1", "balance": 20.5}
    card = {"source": "credit_card", "id": "credit_card_1", "brand": "visa", "last_four": "1111"}
    pal = {"source": "paypal", "id": "paypal_2"}
    colours = {
        "i1": ("red", 10.1, True),
        "i2": ("blue", 12.3, True),
        "i3": ("green", 90.0, True),
        "i4": ("x", 1.0, False),
    }
    variants = {
        key: {"item_id": key, "options": {"colour": colour}, "available": available, "price": price}
        for key, (colour, price, available) in colours.items()
    }
    return {
        "products": {
            "p1": {"name": "Lamp", "product_id": "p1", "variants": variants},
            "p2": {"name": "Chair", "product_id": "p2", "variants": {}},
        },
        "users": {
            "ida_1": _user("ida_1", "Ida", {"gift_card_1": gift, "credit_card_1": card}, orders=["#W1", "#W2", "#W4"]),
            "bo_2": _user("bo_2", "Bo", {"paypal_2": pal}, orders=["#W3"]),
        },
        "orders": {
            "#W1": _order(
                "#W1", "ida_1", "pending", [_lamp("i1", "red", 10.1), _lamp("i2", "blue", 12.3)], "gift_card_1"
            ),
            "#W2": _order("#W2", "ida_1", "delivered", [_lamp("i1", "red", 10.1)], "credit_card_1"),
            "#W3": _order("#W3", "bo_2", "processed", [_lamp("i2", "blue", 12.3)], "paypal_2"),
            "#W4": _order("#W4", "ida_1", "pending", [_lamp("i1", "red", 10.1)], "paypal_2"),
        },
    }


def _flight(number: str, origin: str, to: str, leaves: str, lands: str, **days: Json) -> Json:
    times = {"scheduled_departure_time_est": leaves, "scheduled_arrival_time_est": lands}
    dates = {f"2024-05-{day[1:]}": status for day, status in days.items()}
    return {"flight_number": number, "origin": origin, "destination": to, **times, "dates": dates}


def airline_state() -> dict[str, Json]:
    """Three flights, one customer, two reservations."""
    seats = {"business": 1, "economy": 3, "basic_economy": 0}
    prices = {"business": 300, "economy": 100, "basic_economy": 50}
    free = {"status": "available", "available_seats": seats, "prices": prices}
    methods = {
        "gift_card_9": {"source": "gift_card", "id": "gift_card_9", "amount": 150},
        "certificate_9": {"source": "certificate", "id": "certificate_9", "amount": 100},
        "credit_card_9": {"source": "credit_card", "id": "credit_card_9", "brand": "visa", "last_four": "9999"},
    }
    person = {"first_name": "Eve", "last_name": "Moor", "dob": "1980-01-02"}
    booked = {"flight_number": "HAT1", "origin": "AAA", "destination": "BBB", "date": "2024-05-20", "price": 90}
    reservation = {
        "reservation_id": "R1",
        "user_id": "eve_9",
        "origin": "AAA",
        "destination": "BBB",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": [booked],
        "passengers": [person],
        "payment_history": [{"payment_id": "credit_card_9", "amount": 90}],
        "created_at": "2024-05-01T10:00:00",
        "total_baggages": 1,
        "nonfree_baggages": 0,
        "insurance": "no",
    }
    more = {"dob": "1980-01-02", "saved_passengers": [person], "membership": "gold", "reservations": ["R1", "R2"]}
    return {
        "flights": {
            "HAT1": _flight("HAT1", "AAA", "BBB", "08:00:00", "09:00:00", d20=free, d21={"status": "cancelled"}),
            "HAT2": _flight("HAT2", "BBB", "CCC", "10:00:00", "11:00:00", d20=free, d21=free),
            "HAT3": _flight("HAT3", "AAA", "BBB", "22:00:00", "02:00:00+1", d20=free, d21=free),
        },
        "users": {"eve_9": _user("eve_9", "Eve", methods, **more)},
        "reservations": {"R1": reservation, "R2": {**reservation, "reservation_id": "R2", "cabin": "business"}},
    }


STATES = {"retail": retail_state, "airline": airline_state}
_CANCEL = ("cancel_pending_order", {"order_id": "#W1", "reason": "no longer needed"})
_CANCEL_FLIGHT = ("cancel_reservation", {"reservation_id": "R1"})
_TRANSFER = ("transfer_to_human_agents", {"summary": "s"})
TASKS: dict[str, list[tuple[str, list[tuple[str, Json]], list[str]]]] = {
    "retail": [
        ("Cancel #W1; you need it no longer.", [_CANCEL], ["42.9"]),
        ("Ask what the lamp costs.", [], ["1,010", "10.1"]),
    ],
    "airline": [("Cancel R1.", [_CANCEL_FLIGHT, _TRANSFER], []), ("Ask for nothing.", [], [])],
}


def write_v1(root: Path) -> Path:
    """A checkout of tau-bench."""
    for domain, kit in V1.kits.items():
        folder = root / "tau_bench" / "envs" / domain
        (folder / "data").mkdir(parents=True)
        (folder / "tools").mkdir()
        for table, records in STATES[domain]().items():
            (folder / "data" / f"{table}.json").write_text(json.dumps(records))
        (folder / "wiki.md").write_text(f"# Desk of {domain}\n")
        index = ""
        for name in kit.names:
            words = name.title().replace("_", "")
            properties = {key: {"type": "string"} for key in list(inspect.signature(kit[name].function).parameters)[1:]}
            schema = {
                "name": name,
                "description": f"Does {name}.",
                "parameters": {"type": "object", "properties": properties},
            }
            info = {"type": "function", "function": schema}
            body = f"class {words}:\n    @staticmethod\n    def get_info():\n        return {info!r}\n"
            (folder / "tools" / f"{name}.py").write_text(body)
            index += f"from .{name} import {words}\n"
        names = ", ".join(name.title().replace("_", "") for name in kit.names)
        (folder / "tools" / "__init__.py").write_text(f"{index}\nALL_TOOLS = [{names}]\n")
        tasks = "".join(
            f"    Task(annotator='', user_id='u', instruction={words!r}, actions=["
            + "".join(f"Action(name={name!r}, kwargs={given!r}), " for name, given in actions)
            + f"], outputs={outputs!r}),\n"
            for words, actions, outputs in TASKS[domain]
        )
        (folder / "tasks_test.py").write_text(f"from tau_bench.types import Action, Task\n\nTASKS = [\n{tasks}]\n")
        (folder / "tasks_train.py").write_text(f"TASKS_TRAIN = [\n{tasks}]\n")
    (root / "tau_bench" / "envs" / "user.py").write_text(
        "class LLMUserSimulationEnv:\n    def build_system_prompt(self, instruction):\n"
        "        shown = instruction\n        return f'''You are a customer.{shown}\nRules: be brief.'''\n"
    )
    return root


def write_tau2(root: Path) -> Path:
    """A checkout of tau2-bench."""
    data, code = root / "data" / "tau2", root / "src" / "tau2"
    (data / "user_simulator").mkdir(parents=True)
    (data / "user_simulator" / "simulation_guidelines.md").write_text("Be a customer.<PERSONA_GUIDELINES>")
    (code / "agent").mkdir(parents=True)
    (code / "agent" / "llm_agent.py").write_text(
        'AGENT_INSTRUCTION = """\nHelp.\n""".strip()\n'
        'SYSTEM_PROMPT = """\n<instructions>\n{agent_instruction}\n</instructions>\n'
        '<policy>\n{domain_policy}\n</policy>\n""".strip()\n'
    )
    for domain, kit in RULES["tau2"].kits.items():
        folder, own = data / "domains" / domain, code / "domains" / domain
        folder.mkdir(parents=True)
        own.mkdir(parents=True)
        (folder / "db.json").write_text(json.dumps(STATES[domain]()))
        (folder / "policy.md").write_text(f"Policy of {domain}.")
        tasks = []
        for number, (words, actions, outputs) in enumerate(TASKS[domain]):
            given = [
                {"action_id": f"{number}_{n}", "name": name, "arguments": a} for n, (name, a) in enumerate(actions)
            ]
            instructions = {"domain": domain, "reason_for_call": words, "task_instructions": "Be polite."}
            criteria = {"actions": given, "communicate_info": outputs}
            tasks.append(
                {"id": str(number), "user_scenario": {"instructions": instructions}, "evaluation_criteria": criteria}
            )
        (folder / "tasks.json").write_text(json.dumps(tasks))
        (folder / "split_tasks.json").write_text(json.dumps({"test": ["1"]}))
        body = f"class {domain.capitalize()}Tools:\n"
        for name in kit.names:
            names = list(inspect.signature(kit[name].function).parameters)[1:]
            told = "".join(f"            {each}: What {each} is.\n" for each in names)
            body += f"    @is_tool(ToolType.READ)\n    def {name}(self):\n        '''Does {name}.\n\n"
            body += f"        Args:\n{told}        '''\n\n"
        (own / "tools.py").write_text(body)
        (own / "data_model.py").write_text(
            'class Passenger(BaseModel):\n    dob: str = Field(description="Date of birth")\n'
        )
    return root


@pytest.fixture(scope="session")
def checkouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The two checkouts, by the name of their rules."""
    return {
        "v1": write_v1(tmp_path_factory.mktemp("tau-bench")),
        "tau2": write_tau2(tmp_path_factory.mktemp("tau2-bench")),
    }


@pytest.fixture(scope="session")
def domains(checkouts: dict[str, Path]) -> dict[tuple[str, str], TauDomain]:
    """All four domains, by rules and name."""
    return {
        (rules, name): load_tau_domain(read_data(path, name), RULES[rules])
        for rules, path in checkouts.items()
        for name in STATES
    }


@pytest.fixture(scope="session")
def official() -> list[TauData]:
    """The data of the inspect-evals wheel: LAMFORGE_TAU names it, or pip fetches it once."""
    try:
        found = Path(os.environ["LAMFORGE_TAU"]) if "LAMFORGE_TAU" in os.environ else fetched_wheel()
    except DataError as error:
        if "fetch" not in error.what:
            raise
        pytest.skip(f"there is no network: {error}")
    return [read_data(found, name) for name in ("retail", "airline")]
