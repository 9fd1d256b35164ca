"""A small bike rental with an HTTP interface: the kind of staging server that users bring. Standard library only.

Deterministic: after POST /reset it answers the same requests in the same way.
"""

from __future__ import annotations

import copy
import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

STATIONS = ["harbour", "market", "museum", "station"]
PLANS = ["pay-as-you-go", "monthly", "yearly"]
PROBLEMS = ["flat tyre", "broken chain", "loose brake"]
_FIRST = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gia", "Hugo", "Ida", "Jon"]
_LAST = ["Archer", "Baker", "Cooper", "Draper"]


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def start_state() -> dict[str, dict[str, dict[str, Any]]]:
    draw = random.Random(7)
    riders, bikes, rentals = {}, {}, {}
    for number, (last, first) in enumerate([(b, a) for b in _LAST for a in _FIRST], 1):
        name = f"{first} {last}"
        email = f"{first}.{last}@example.com".lower()
        riders[f"R{number}"] = {"id": f"R{number}", "name": name, "email": email, "plan": draw.choice(PLANS)}
    for number in range(101, 161):
        model = draw.choice(["city", "cargo", "electric"])
        bikes[str(number)] = {"id": number, "model": model, "station": draw.choice(STATIONS), "status": "free"}
    for number in range(1, 71):
        bike = bikes[str(100 + draw.randint(1, 60))]
        active = bike["status"] == "free" and draw.random() < 0.6
        if active:
            bike["status"] = "rented"
        rentals[f"T{number}"] = {
            "id": f"T{number}",
            "rider_id": draw.choice(list(riders)),
            "bike_id": bike["id"],
            "hours": draw.randint(1, 8),
            "status": "active" if active else "returned",
        }
    return {"riders": riders, "bikes": bikes, "rentals": rentals}


class Rental:
    """The rental itself, without HTTP."""

    def __init__(self) -> None:
        self.start = start_state()
        self.reset()

    def reset(self) -> None:
        self.state = copy.deepcopy(self.start)
        self.next = 1000

    def record(self, table: str, key: str) -> dict[str, Any]:
        if key not in self.state[table]:
            raise Refused(404, f"{table[:-1]} {key} not found")
        return self.state[table][key]

    def find_rider(self, email: str) -> dict[str, Any]:
        for rider in self.state["riders"].values():
            if rider["email"] == email:
                return rider
        raise Refused(404, f"no rider with the e-mail address {email}, not found")

    def rent(self, rider_id: str, bike_id: int, hours: int = 1) -> dict[str, Any]:
        self.record("riders", rider_id)
        bike = self.record("bikes", str(bike_id))
        if bike["status"] != "free":
            raise Refused(409, f"bike {bike_id} is {bike['status']}")
        bike["status"] = "rented"
        self.next += 1
        rental = {"id": f"T{self.next}", "rider_id": rider_id, "bike_id": bike_id, "hours": hours, "status": "active"}
        self.state["rentals"][rental["id"]] = rental
        return rental

    def active(self, rental_id: str) -> dict[str, Any]:
        rental = self.record("rentals", rental_id)
        if rental["status"] != "active":
            raise Refused(409, f"rental {rental_id} is {rental['status']}")
        return rental

    def give_back(self, rental_id: str, station: str) -> dict[str, Any]:
        rental = self.active(rental_id)
        rental["status"] = "returned"
        bike = self.record("bikes", str(rental["bike_id"]))
        bike.update(status="free", station=station)
        return rental

    def extend(self, rental_id: str, new_hours: int) -> dict[str, Any]:
        rental = self.active(rental_id)
        rental["hours"] = new_hours
        return rental

    def cancel(self, rental_id: str) -> None:
        rental = self.active(rental_id)
        self.record("bikes", str(rental["bike_id"]))["status"] = "free"
        del self.state["rentals"][rental_id]

    def change_plan(self, rider_id: str, plan: str) -> dict[str, Any]:
        rider = self.record("riders", rider_id)
        rider["plan"] = plan
        return rider

    def report(self, bike_id: str, problem: str) -> dict[str, Any]:
        bike = self.record("bikes", bike_id)
        if bike["status"] == "rented":
            raise Refused(409, f"bike {bike_id} is rented")
        bike["status"] = f"broken: {problem}"
        return bike


def answer(rental: Rental, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
    """(status, what is answered)."""
    routes: list[tuple[str, str, Any]] = [
        ("POST", r"/reset", lambda: rental.reset()),
        ("GET", r"/riders", lambda: list(rental.state["riders"].values())),
        ("GET", r"/riders/search", lambda: rental.find_rider(query.get("email", ""))),
        ("GET", r"/riders/([^/]+)", lambda key: rental.record("riders", key)),
        ("PUT", r"/riders/([^/]+)/plan", lambda key: rental.change_plan(key, body["plan"])),
        (
            "GET",
            r"/bikes",
            lambda: [b for b in rental.state["bikes"].values() if query.get("status", b["status"]) == b["status"]],
        ),
        ("GET", r"/bikes/([^/]+)", lambda key: rental.record("bikes", key)),
        ("POST", r"/bikes/([^/]+)/problems", lambda key: rental.report(key, body["problem"])),
        (
            "GET",
            r"/rentals",
            lambda: {"items": list(rental.state["rentals"].values()), "total": len(rental.state["rentals"])},
        ),
        ("POST", r"/rentals", lambda: rental.rent(**body)),
        ("GET", r"/rentals/([^/]+)", lambda key: rental.record("rentals", key)),
        ("PATCH", r"/rentals/([^/]+)", lambda key: rental.extend(key, body["new_hours"])),
        ("DELETE", r"/rentals/([^/]+)", lambda key: rental.cancel(key)),
        ("POST", r"/rentals/([^/]+)/return", lambda key: rental.give_back(key, body["station"])),
    ]
    for verb, pattern, act in routes:
        if verb == method and (found := re.fullmatch(pattern, path)):
            return 200, act(*(unquote(part) for part in found.groups()))
    raise Refused(404, f"there is no {method} {path}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer is written in two pieces
    server: Any

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        self.server.requests.append(f"{self.command} {self.path}")
        try:
            with self.server.lock:
                if parts.path == "/openapi.json":
                    status, value = 200, self.server.document
                elif self.server.key and self.headers.get("X-Api-Key") != self.server.key:
                    raise Refused(401, "who are you?")
                else:
                    status, value = answer(
                        self.server.rental, self.command, parts.path, dict(parse_qsl(parts.query)), body
                    )
        except Refused as error:
            status, value = error.status, {"detail": str(error)}
        text = b"" if value is None else json.dumps(value).encode()
        self.send_response(204 if value is None else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


class RentalServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, key: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rental = Rental()
        self.key = key
        self.lock = threading.Lock()
        self.requests: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.document = {**openapi(), "servers": [{"url": self.url}]}


@contextmanager
def serving(key: str | None = None) -> Iterator[RentalServer]:
    """The rental on a free port of this machine, for as long as the block runs."""
    server = RentalServer(key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def openapi() -> dict[str, Any]:
    """The interface as an OpenAPI 3.0 document, with the turns that real ones take."""

    def operation(name: str, summary: str, parameters: list[Any] = [], body: Any = None) -> dict[str, Any]:  # noqa: B006
        made = {"operationId": name, "summary": summary, "parameters": parameters}
        if body:
            made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        return {**made, "responses": {"200": {"description": "done"}}}

    def fields(**properties: Any) -> dict[str, Any]:
        return {"type": "object", "required": list(properties), "properties": properties}

    bike = {"$ref": "#/components/parameters/Bike"}
    rental = {
        "name": "rental_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "The rental's id, such as T12.",
    }
    rider = {
        "name": "rider_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "The rider's id, such as R7.",
    }
    email = {
        "name": "email",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "format": "email"},
        "description": "The rider's e-mail address.",
    }
    status = {
        "name": "status",
        "in": "query",
        "schema": {"type": "string", "enum": ["free", "rented"]},
        "description": "Only bikes like this.",
    }
    new_rental = {"allOf": [{"$ref": "#/components/schemas/Who"}, {"$ref": "#/components/schemas/What"}]}
    hours = {"$ref": "#/components/schemas/Hours"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Bike rental", "version": "1"},
        "security": [{"key": []}, {}],
        "paths": {
            "/reset": {"post": operation("reset", "Begin anew")},
            "/riders": {"get": operation("list_riders", "List all riders")},
            "/riders/search": {"get": operation("find_rider", "Find a rider by the e-mail address", [email])},
            "/riders/{rider_id}": {"get": operation("get_rider", "Show a rider", [rider])},
            "/riders/{rider_id}/plan": {
                "put": operation(
                    "change_plan",
                    "Change a rider's plan",
                    [rider],
                    fields(plan={"type": "string", "enum": PLANS, "description": "The new plan."}),
                )
            },
            "/bikes": {"get": operation("list_bikes", "List the bikes", [status])},
            "/bikes/{id}": {"get": operation("get_bike", "Show a bike", [bike])},
            "/bikes/{id}/problems": {
                "post": operation(
                    "report_problem",
                    "Report a problem with a bike",
                    [bike],
                    fields(problem={"type": "string", "enum": PROBLEMS, "description": "What is wrong."}),
                )
            },
            "/rentals": {
                "get": operation("list_rentals", "List all rentals"),
                "post": operation("rent_bike", "Rent a bike", [], new_rental),
            },
            "/rentals/{rental_id}": {
                "get": operation("get_rental", "Show a rental", [rental]),
                "patch": operation("extend_rental", "Change how long a rental is", [rental], fields(new_hours=hours)),
                "delete": operation("cancel_rental", "Cancel a rental", [rental]),
            },
            "/rentals/{rental_id}/return": {
                "post": operation(
                    "return_bike",
                    "Bring a rented bike back",
                    [rental],
                    fields(station={"type": "string", "enum": STATIONS, "description": "Where it is left."}),
                )
            },
            "/old": {"get": {**operation("old", "Gone soon"), "deprecated": True}},
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
            "parameters": {
                "Bike": {
                    "name": "id",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "integer"},
                    "description": "The bike's number, such as 105.",
                }
            },
            "schemas": {
                "Hours": {
                    "type": "integer",
                    "minimum": 0,
                    "exclusiveMinimum": True,
                    "maximum": 24,
                    "description": "For how many hours.",
                },
                "Who": fields(rider_id={"type": "string", "description": "The rider's id."}),
                "What": fields(bike_id={"type": "integer", "description": "The bike's number."}, hours=hours),
            },
        },
    }
