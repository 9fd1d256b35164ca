"""The same work on a Ray cluster: numbers go out in chunks, records come back, and the driver alone writes.

The domain's files and the user's prompts travel with each chunk, so that nodes need lamforge and no shared disk. Paid
answers come back with a chunk and go out again with tasks that are still to be made; a chunk whose node dies is made
again, and what it had paid for by then is lost.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError, MissingExtraError, UsageError
from lamforge.generate.calls import CALLS, SharedCalls
from lamforge.generate.groups import is_recombined, sizes_of
from lamforge.generate.roles import check_prices
from lamforge.generate.run_folder import JOURNAL
from lamforge.generate.standing import Standing
from lamforge.generate.travel import pack, unpack
from lamforge.generate.twins import DRAWS, Number, drawn_again, number_of
from lamforge.generate.working import Job, Worked, known, work
from lamforge.journal import Journal

CHUNK = 25  # tasks that one worker makes before it reports
_PATIENCE = 10.0  # seconds for a cluster to answer
_RETRIES = 3  # of a chunk whose node dies


def work_on_ray(job: Job, address: str | None) -> Worked:
    """Like `work`, on the cluster at an address, or on one of this machine that is started for it.

    A chunk gets its share of what is left of the budget, so that the ceiling holds for all together.

    Raises:
        MissingExtraError: if Ray is not installed.
        UsageError: if no cluster answers at the address, the domain is too large to travel, or a price is missing.
    """
    check_prices(job.roles.engines(), job.budget.max_cost)
    ray = _connected(address)
    remote = ray.remote(max_retries=_RETRIES)(_chunk)
    luggage = ray.put(pack(job.domain, job.roles))
    with closing(SharedCalls(job.journal.path.with_name(CALLS), job.roles.engines(), job.budget)) as calls:
        taken = _Taken(job, calls)
        for phase in range(DRAWS + 1):
            missing = [number for number in taken.due(phase) if number not in taken.made]
            sources = ray.put([record for record in taken.made.values() if missing and _is_source(record)])
            flying = {}
            for chunk in _chunks(missing):
                ceiling = _share(job.budget, len(chunk) / len(missing))
                flying[remote.remote(luggage, job.config, chunk, sources, calls.of(chunk), ceiling)] = chunk
            while flying:
                (ready,), _ = ray.wait(list(flying), num_returns=1)
                taken.take(flying.pop(ready), ray.get(ready))
            if taken.stopped is not None or (phase and (taken.broken or taken.given_up)):
                break
    return taken.all()


class _Taken:
    """What has come back from the cluster so far, and what it leaves to be made."""

    def __init__(self, job: Job, calls: SharedCalls) -> None:
        self.made = known(job.journal)
        self.broken: dict[Number, str] = {}
        self.given_up = ""
        self.stopped: BudgetError | None = None
        self._job = job
        self._calls = calls
        self._unused: dict[str, str] = {}

    def due(self, phase: int) -> list[Number]:
        """What a phase makes: tasks, then what is made of them, then what is drawn again for being like another."""
        numbers, roles = self._job.numbers, self._job.roles
        if phase < 2:
            sizes = sizes_of(self._job.config)
            return [each for each in numbers if is_recombined(each[1], sizes[each[0]], roles) == bool(phase)]
        return [] if roles.scripted else drawn_again(self.made.values(), phase - 1)

    def take(self, chunk: list[Number], result: dict[str, Any]) -> None:
        """Keeps what a worker made of a chunk."""
        job = self._job
        for record in result["records"]:
            job.journal.append(record)
            self.made[number_of(record)] = record
        self._calls.add(result["paid"])
        job.budget.add(result["spent"])
        if result["given_up"] and not job.roles.scripted:
            self.broken |= {number: result["given_up"] for number in chunk if number not in self.made}
        self.given_up = self.given_up or result["given_up"]
        self.stopped = BudgetError(result["stopped"]) if result["stopped"] else self.stopped
        self.broken |= dict(result["broken"])
        self._unused |= result["unused"]
        if job.progress is not None:
            how = "" if job.roles.scripted else str(Standing(self.made.values(), job.budget))
            job.progress(sum(not draw for _, _, draw in self.made), len(job.numbers), how)

    def all(self) -> Worked:
        """What `work` returns."""
        fruitful = {record["split"] for record in self.made.values() if record["task"]}
        if self.given_up and not fruitful.issuperset(split for split, _, _ in self._job.numbers):
            gone = GenerationError(self.given_up, where=self._job.domain.folder)
            return self.made, self.broken, self._unused, gone
        return self.made, self.broken, self._unused, self.stopped


def _is_source(record: dict[str, Any]) -> bool:
    return bool(record.get("blueprint")) and not record["draw"]


def _connected(address: str | None) -> Any:
    try:
        import ray
    except ImportError as error:
        remedy = "pip install 'lamforge[ray]'"
        raise MissingExtraError("Ray is not installed", where="--engine ray", remedy=remedy) from error
    if not ray.is_initialized():
        try:
            _reach(address)
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise UsageError(f"no Ray cluster answers: {error}", where=address or "ray") from error
    return ray


def _reach(address: str | None) -> None:
    """Connects once to an address with a port, since Ray would try for minutes."""
    host, separator, port = (address or "").removeprefix("ray://").rpartition(":")
    if separator and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _chunk(
    luggage: dict[str, Any],
    config: dict[str, Any],
    numbers: list[Number],
    sources: list[dict[str, Any]],
    paid: list[dict[str, Any]],
    ceiling: tuple[float | None, int | None],
) -> dict[str, Any]:
    """Makes some tasks; this runs on a worker, which knows nothing but its arguments."""
    budget = Budget(*ceiling)
    result: dict[str, Any] = {"records": [], "broken": [], "unused": {}, "stopped": None, "given_up": ""}
    with tempfile.TemporaryDirectory() as folder:
        domain, roles = unpack(luggage, Path(folder))
        with Journal(Path(folder) / CALLS) as calls:
            for record in paid:
                calls.append(record)
        with Journal(Path(folder) / JOURNAL, key=("split", "number", "draw")) as journal:
            for record in sources:
                journal.append(record)
            try:
                _, broken, result["unused"], stopped = asyncio.run(
                    work(Job(domain, journal, numbers, config, roles, budget), again=False)
                )
                result["broken"] = list(broken.items())
                if isinstance(stopped, BudgetError):
                    result["stopped"] = str(stopped)
                elif stopped is not None:
                    result["given_up"] = stopped.what
            except GenerationError as error:
                result["given_up"] = error.what
            result["records"] = list(journal)[len(sources) :]
        with Journal(Path(folder) / CALLS) as calls:
            result["paid"] = list(calls)[len(paid) :]
    return result | {"spent": budget.by_role}


def _chunks(numbers: list[Number]) -> Iterator[list[Number]]:
    return (numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK))


def _share(budget: Budget, part: float) -> tuple[float | None, int | None]:
    cost = None if budget.max_cost is None else max(0.0, budget.max_cost - budget.cost) * part
    tokens = None if budget.max_tokens is None else int(max(0, budget.max_tokens - budget.tokens) * part)
    return cost, tokens
