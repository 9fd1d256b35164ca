"""A domain of tau2-bench as its own code has it: every call, hash and reward is asked of the process."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import Any

from lamforge.domains import Task, Tool, result_text
from lamforge.domains.declare import executed_elsewhere
from lamforge.errors import UsageError
from lamforge.evaluate.tau.adapter.process import Tau2Process
from lamforge.evaluate.tau.data import TauData
from lamforge.evaluate.tau.environment import TauDomain, TauEnvironment
from lamforge.evaluate.tau.export import simulation_of
from lamforge.evaluate.tau.judge import replayed
from lamforge.evaluate.tau.layout_tau2 import CHECKOUT, agent_prompt, user_prompt_of
from lamforge.evaluate.tau.layout_tau2_tasks import task_of
from lamforge.evaluate.tau.rules import TAU2
from lamforge.messages import Message, Verdict, content_id
from lamforge.releases import Files


def open_tau2(process: Tau2Process, domain: str, split: str | None) -> tuple[TauData, OfficialDomain]:
    """A domain of a checkout, with the tasks of a split.

    Raises:
        UsageError: if its users have tools of their own, which no user of lamforge's can use.
        EngineError: if the official code fails.
    """
    opened = process.ask("open", domain=domain, split=split)
    if opened["user_has_tools"]:
        remedy = "Choose a domain with tools for the agent alone, such as airline or retail."
        raise UsageError(f"users of {domain} have tools of their own", where=process.checkout, remedy=remedy)
    files = Files(process.checkout)
    tasks = [task_of(each["record"], domain, each["scenario"]) for each in opened["tasks"]]
    prompt = agent_prompt(files, CHECKOUT, opened["policy"])
    user_prompt = user_prompt_of(files, CHECKOUT)
    data = TauData(
        layout="tau2-bench",
        where=process.checkout,
        domain=domain,
        tables={},
        describe=lambda kit: opened["tools"],
        agent_prompt=prompt,
        user_prompt=user_prompt,
        tasks=tasks,
        splits={"base": opened["base"], split or "base": [task.task_id for task in tasks]},
        digest=content_id(opened) + files.digest[:48],
    )
    return data, OfficialDomain(data, opened["tools"], process)


class OfficialDomain(TauDomain):
    """Like a domain of ours, but nothing of it is known here."""

    def __init__(self, data: TauData, schemas: list[dict[str, Any]], process: Tau2Process) -> None:
        super().__init__(data.domain, TAU2, {}, [], data.agent_prompt, data.tasks, where=data.where, digest=data.digest)
        self.process = process
        self.execution = {"tools": "tau2-bench"}
        self.sessions = count()
        for schema in schemas:
            plain = {key: value for key, value in schema.items() if key != "writes"}
            name = plain["function"]["name"]
            self._tools[name] = Tool(name, "write" if schema["writes"] else "read", executed_elsewhere, plain, None)

    def environment(self) -> OfficialEnvironment:
        """A fresh environment in the domain's starting state."""
        return OfficialEnvironment(self)

    def environment_of(self, task: Task) -> OfficialEnvironment:
        """A fresh environment in a task's initial state."""
        return OfficialEnvironment(self, task.task_id)

    def unsatisfiable(self, task: Task) -> str | None:
        """Nothing is known of what the official code wants."""
        return None

    def left_to_models(self, tasks: list[Task]) -> int:
        """The official code judges all."""
        return 0

    def verdict(self, messages: list[Message], task: Task, ended: str) -> Verdict:
        """The official verdict."""
        with closing(self.environment_of(task)) as environment:
            differences = [
                f"{call.name}: recorded and replayed results differ"
                for call, recorded in replayed(messages, environment)
                if recorded != result_text(call)
            ]
        simulation = simulation_of(messages, task.task_id, ended)
        found = self.process.ask("judge", task=task.task_id, simulation=simulation)["reward_info"]
        parts = found.get("reward_breakdown") or {}
        state = float((found.get("db_check") or {}).get("db_reward", 1.0)) == 1.0
        whole = float(found["reward"]) == 1.0
        failures = [f"{name}: {value}" for name, value in parts.items() if value != 1.0]
        failures += [] if whole or failures else ["the official reward is 0"]
        return Verdict(
            execution=not differences, state=state, outputs=whole or not state, failures=[*differences, *failures]
        )


class OfficialEnvironment(TauEnvironment):
    """One environment in the process."""

    domain: OfficialDomain

    def __init__(self, domain: OfficialDomain, task_id: str | None = None) -> None:
        super().__init__(domain)
        self._task_id = task_id
        self._session: int | None = None  # opened by the first request, for many are never asked anything

    def __del__(self) -> None:
        self.close()  # of those that nobody closed; asks nothing

    def close(self) -> None:
        """Has the process forget the environment."""
        if self._session is not None:
            self.domain.process.forget(self._session)
            self._session = None

    def state_hash(self) -> str:
        """The official hash of the state."""
        return str(self._ask("hash")["hash"])

    def official_hash(self) -> str:
        """See `state_hash`."""
        return self.state_hash()

    def _answer(self, tool: Tool, arguments: dict[str, Any]) -> str:
        return str(self._ask("call", name=tool.name, arguments=arguments)["content"])

    def _ask(self, op: str, **request: Any) -> dict[str, Any]:
        process = self.domain.process
        if self._session is None:
            session = next(self.domain.sessions)
            process.ask("start", session=session, task=self._task_id)
            self._session = session
        return process.ask(op, session=self._session, **request)
