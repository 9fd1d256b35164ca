"""Who plays what: clients for roles, their prices, their engines."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.generate.library_cast import reply
from tests.stub_openai import StubServer

from lamforge.engines.budget import Budget
from lamforge.engines.client import Client
from lamforge.errors import UsageError
from lamforge.generate.cast import open_clients
from lamforge.generate.roles import Role, RolePrice


def opened(parts: dict[str, Role], budget: Budget) -> dict[str, Client]:
    async def run() -> dict[str, Client]:
        async with AsyncExitStack() as stack:
            return await open_clients(parts, budget, stack)

    return asyncio.run(run())


def test_a_ceiling_of_cost_wants_the_price_of_every_endpoint() -> None:
    with StubServer(reply) as server:
        parts = {"agent": Role(engine=server.url, price=RolePrice(input=1.0)), "user": Role(engine=server.url)}
        with pytest.raises(UsageError, match="user has no price"):
            opened(parts, Budget(max_cost=1.0))
        parts = {"agent": parts["agent"], "user": Role(engine="scripted")}
        assert set(opened(parts, Budget(max_cost=1.0))) == {"agent"}
        assert set(opened({"user": Role(engine=server.url)}, Budget(max_tokens=9))) == {"user"}


def test_parts_with_one_engine_share_its_pace_but_not_their_formats() -> None:
    with StubServer(reply) as server:
        parts = {
            "generator": Role(engine=server.url, concurrency=8),
            "agent": Role(engine=server.url, format="xlam-qwen/hf"),
            "user": Role(engine=server.url),
        }
        clients = opened(parts, Budget())
    assert clients["generator"].model is clients["user"].model
    assert clients["agent"].model is not clients["user"].model
    assert clients["agent"].model.format.id == "xlam-qwen/hf"
    assert len({id(client.traffic) for client in clients.values()}) == 1
    assert clients["agent"].traffic.most == 8
