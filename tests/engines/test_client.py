"""Jobs of many requests against a server that misbehaves: nothing is lost, nothing is paid twice, no ceiling broken."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.stub_openai import Faults, StubServer

from lamforge.engines import GivenUpError, ScriptedModel, traffic
from lamforge.engines.base import DeniedError, GoneError
from lamforge.engines.budget import Budget, BudgetError, Price
from lamforge.engines.client import Client
from lamforge.engines.endpoint import EndpointModel
from lamforge.engines.traffic import Traffic
from lamforge.errors import EngineError
from lamforge.generate.crew import EnginesGone, make_all
from lamforge.messages import Usage


def echo(body: dict[str, Any]) -> dict[str, Any]:
    return {"content": f"you said {body['messages'][-1]['content']}, and I heard every word of it"}


class Kept(dict[str, dict[str, Any]]):
    """A store in memory."""

    wasted = 0

    def put(self, key: str, answer: dict[str, Any]) -> None:
        self[key] = answer

    def waste(self, role: str, usage: Usage) -> None:
        self.wasted += usage.prompt_tokens + usage.completion_tokens


def client_of(server: StubServer, **options: Any) -> Client:
    url, _, fragment = server.url.partition("#model=")
    return Client(EndpointModel(url, model=fragment, silence=0.3), "agent", **options)


async def ask_all(client: Client, count: int) -> list[str | None]:
    def one(number: int) -> Any:
        return client.ask([{"role": "user", "content": f"word {number}"}], max_tokens=64, seed=number)

    answers = await asyncio.gather(*(one(number) for number in range(count)))
    return [answer.message.content for answer in answers]


def test_every_request_is_answered_though_the_server_fails_often() -> None:
    faults = Faults(busy=0.05, malformed=0.02, hang=0.01, reset=0.03, error=0.02)
    with StubServer(echo, faults=faults) as server:
        client = client_of(server)
        answers = asyncio.run(ask_all(client, 500))
    assert [text and text.split(",")[0] for text in answers] == [f"you said word {n}" for n in range(500)]
    assert server.counts["busy"] > 10
    assert server.counts["hang"] > 0
    spent = client.budget.by_role["agent"]
    assert spent.requests == sum(server.counts.values())
    assert spent.retries == spent.requests - 500
    assert spent.wasted_tokens > 0


def test_an_answer_is_paid_once() -> None:
    store = Kept()
    with StubServer(echo) as server:
        first = asyncio.run(ask_all(client_of(server, store=store), 20))
        again = client_of(server, store=store)
        assert asyncio.run(ask_all(again, 20)) == first
        assert sum(server.counts.values()) == 20
    assert again.budget.by_role["agent"].cached == 20
    assert again.budget.tokens == 0


@pytest.mark.parametrize("budget", [Budget(max_tokens=2000), Budget(max_cost=0.002)])
def test_a_ceiling_is_not_broken_through(budget: Budget) -> None:
    with StubServer(echo) as server:
        client = client_of(server, budget=budget, price=Price(1.0, 1.0))
        with pytest.raises(BudgetError, match="the same command goes on"):
            asyncio.run(ask_all(client, 500))
        assert server.tokens <= 2000
        assert sum(server.counts.values()) > 5


def test_it_finds_out_how_much_a_server_takes() -> None:
    with StubServer(echo, latency=0.02, most=16, retry_after="0.01") as server:
        client = client_of(server)
        assert len(asyncio.run(ask_all(client, 600))) == 600
        assert server.peak >= 8
        assert server.counts["busy"] < 200


def test_a_server_that_is_gone_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "_LONGEST", 0.1)
    client = Client(EndpointModel("http://127.0.0.1:9/v1", model="x"), "agent", traffic=Traffic(give_up=0.5))
    with pytest.raises(EngineError):
        asyncio.run(ask_all(client, 4))


def test_a_job_ends_when_its_server_has_been_gone_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamforge.engines.client._BACK_OFF", 0.01)
    client = Client(EndpointModel("http://127.0.0.1:9/v1", model="x"), "agent", traffic=Traffic(give_up=1.0))
    broken: dict[int, str] = {}

    async def make(unit: int) -> None:
        await client.ask([{"role": "user", "content": str(unit)}])

    with pytest.raises(EnginesGone, match="not answered for 1 seconds; the last failure: cannot be reached") as gone:
        asyncio.run(make_all(range(1000), make, broken, at_a_time=32))
    assert isinstance(gone.value.__cause__, GoneError)
    assert len(broken) < 32


def test_answers_that_broke_off_stay_on_the_bill() -> None:
    store = Kept()
    with StubServer(echo, faults=Faults(reset=0.3), seed=1) as server:
        client = client_of(server, store=store)
        asyncio.run(ask_all(client, 30))
    assert store.wasted == client.budget.by_role["agent"].wasted_tokens > 0


def test_a_key_that_is_refused_is_tried_once() -> None:
    with StubServer(echo, faults=Faults(denied=1.0)) as server:
        with pytest.raises(DeniedError, match=r"401[\s\S]*OPENAI_API_KEY"):
            asyncio.run(client_of(server).ask([{"role": "user", "content": "hello"}]))
        assert server.counts["denied"] == 1


def test_a_cancelled_wait_gives_its_place_on() -> None:
    async def play() -> None:
        pace = Traffic(1)
        entered = asyncio.Event()

        async def hold() -> None:
            async with pace.turn():
                entered.set()
                await asyncio.sleep(0.05)

        holding = asyncio.create_task(hold())
        await entered.wait()
        waiting = asyncio.create_task(hold())
        await asyncio.sleep(0)
        waiting.cancel()
        await holding
        await asyncio.wait_for(hold(), 1)

    asyncio.run(play())


def test_a_model_without_an_endpoint_is_asked_in_the_same_way() -> None:
    assert asyncio.run(ask_all(Client(ScriptedModel(), "user"), 3))[0].startswith("I understand")


def test_an_endpoint_that_never_answered_is_given_up_sooner_than_one_that_did() -> None:
    async def given_up(answers_first: bool) -> bool:
        pace = Traffic(unheard=0.0)
        async with pace.turn():
            if answers_first:
                pace.succeeded(0.01)
        for _ in range(8):
            pace.failed("no answer")
        try:
            async with pace.turn():
                return False
        except GivenUpError:
            return True

    assert asyncio.run(given_up(False))
    assert not asyncio.run(given_up(True))
