"""Runs tau2-bench; a script that its own Python executes and that imports nothing of lamforge.

It answers requests, one a line on stdin, with one line each on stdout: {"op": "open" | "start" | "call" | "hash" |
"judge", "ended": [sessions], ...}. An exception is answered with {"failed": ...}.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from typing import Any


class Server:
    """The environments in use, by number."""

    def __init__(self) -> None:
        from tau2.registry import registry  # type: ignore[import-not-found]

        self._registry = registry
        self._sessions: dict[int, Any] = {}
        self._tasks: dict[str, Any] = {}
        self._domain = ""

    def open(self, domain: str, split: str | None) -> dict[str, Any]:
        """What a domain consists of."""
        self._domain = domain
        environment = self._registry.get_env_constructor(domain)()
        loader = self._registry.get_tasks_loader(domain)
        tasks = loader(split) if split and inspect.signature(loader).parameters else loader()
        self._tasks = {str(task.id): task for task in tasks}
        return {
            "base": [str(task.id) for task in loader()],
            "policy": environment.get_policy(),
            "user_has_tools": getattr(environment, "user_tools", None) is not None,
            "tools": [
                {**tool.openai_schema, "writes": environment.tools.tool_type(tool.name).value == "write"}
                for tool in environment.get_tools()
            ],
            "tasks": [{"record": task.model_dump(mode="json"), "scenario": str(task.user_scenario)} for task in tasks],
        }

    def start(self, session: int, task: str | None) -> dict[str, Any]:
        """Opens an environment in a task's initial state, or in the domain's."""
        environment = self._registry.get_env_constructor(self._domain)()
        initial = self._tasks[task].initial_state if task is not None else None
        if initial is not None:
            environment.set_state(initial.initialization_data, initial.initialization_actions, [])
        self._sessions[session] = environment
        return {}

    def call(self, session: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Makes a call of the agent."""
        from tau2.data_model.message import ToolCall  # type: ignore[import-not-found]

        made = self._sessions[session].get_response(
            ToolCall(id="call", name=name, arguments=arguments, requestor="assistant")
        )
        return {"content": made.content, "error": bool(made.error)}

    def hash(self, session: int) -> dict[str, Any]:
        """The state's hash."""
        return {"hash": str(self._sessions[session].get_db_hash())}

    def judge(self, task: str, simulation: dict[str, Any]) -> dict[str, Any]:
        """The official reward of a conversation."""
        from tau2.data_model.simulation import SimulationRun  # type: ignore[import-not-found]
        from tau2.evaluator.evaluator import EvaluationType, evaluate_simulation  # type: ignore[import-not-found]

        found = evaluate_simulation(
            simulation=SimulationRun.model_validate(simulation),
            task=self._tasks[task],
            evaluation_type=EvaluationType.ALL,
            solo_mode=False,
            domain=self._domain,
        )
        return {"reward_info": found.model_dump(mode="json")}

    def forget(self, sessions: list[int]) -> None:
        """Lets go of environments."""
        for session in sessions:
            self._sessions.pop(session, None)


def main() -> None:
    """Answers until there are no more requests."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what tau2-bench prints must not stand between the answers
    server: Server | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            server = server or Server()
            server.forget(request.pop("ended"))
            answer = getattr(server, request.pop("op"))(**request)
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
