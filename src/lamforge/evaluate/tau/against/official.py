"""Runs tau's official code; a script of its own, in a process of its own, that imports nothing of lamforge.

It reads one request a line, {"domain", "calls": [[name, arguments]...]} and, to have a conversation judged,
"task" (its record or number), "said" (the agent's texts) and "split". It writes one answer a line, {"answers"} with
"hash" or "reward". Each request is answered in a fork, so that it starts from an unchanged state.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import re
import sys
import traceback
import types
import zipfile
from pathlib import Path
from typing import Any


def package(name: str, path: Path | None = None) -> Any:
    """A package that is there but runs no __init__."""
    module = types.ModuleType(name)
    module.__path__ = [] if path is None else [str(path)]
    sys.modules[name] = module
    return module


class InspectEvals:
    """The tau2 part of the inspect-evals wheel, without inspect_ai: what it takes from there is stood in for."""

    def __init__(self, where: Path, scratch: Path) -> None:
        if where.is_file():
            with zipfile.ZipFile(where) as archive:
                archive.extractall(scratch, [n for n in archive.namelist() if n.startswith("inspect_evals/tau2/")])
            where = scratch
        self._stand_in()
        package("inspect_evals", where / "inspect_evals")
        package("inspect_evals.tau2", where / "inspect_evals" / "tau2")
        self._tools: dict[str, Any] = {}
        self._spare: list[Any] = []

    def _stand_in(self) -> None:
        from pydantic import BaseModel

        def ignored(*_: Any, **__: Any) -> Any:
            return lambda function: function

        class Content(BaseModel):
            content: str

        class Score(BaseModel):
            value: str
            explanation: str = ""

        tool_error = type("ToolError", (Exception,), {})
        nothing: dict[str, Any] = dict.fromkeys(("Scorer", "Target", "Agent", "AgentState", "TaskState"), object)
        content = ["ChatMessage", "Content", "ModelOutput", "Model", "ChatMessageUser", "ChatMessageAssistant"]
        content += ["ChatMessageSystem", "ContentText", "ContentReasoning", "ContentToolUse"]
        names: dict[str, dict[str, Any]] = {
            "": {},
            "tool": {"ToolError": tool_error, "Tool": object, "tool": lambda function: function},
            "util": {"StoreModel": type("StoreModel", (BaseModel,), {}), "store_as": None},
            "agent": {**nothing, "agent": ignored},
            "scorer": {**nothing, "CORRECT": "C", "INCORRECT": "I", "Score": Score, "scorer": ignored},
            "solver": nothing,
            "model": {name: type(name, (Content,), {}) for name in content},
        }
        names["scorer"] |= {"accuracy": ignored, "stderr": ignored}
        names["model"] |= {"GenerateConfig": None, "get_model": None}
        for name, values in names.items():
            vars(package(f"inspect_ai{'.' * bool(name)}{name}")).update(values)
        for name in ("toml", "yaml"):
            try:
                importlib.import_module(name)
            except ImportError:
                package(name)

    def prepare(self, domain: str) -> None:
        """Loads two states before the forks: one for the calls, one for the expected actions."""
        if domain in self._tools:
            return
        owner = f"{domain.capitalize()}AgentTools"
        kit = getattr(importlib.import_module(f"inspect_evals.tau2.{domain}.{owner}"), owner)
        self._tools[domain], spare = kit(), kit()
        self._tools[domain].initialize()
        spare.initialize()
        self._spare = [spare.db]
        type(spare.db).load = classmethod(lambda cls, path: self._spare.pop())
        self._common = importlib.import_module("inspect_evals.tau2.common.tools")
        self._scorer = importlib.import_module("inspect_evals.tau2.common.scorer")

    def call(self, domain: str, name: str, arguments: dict[str, Any]) -> str:
        """What a tool answers, refusals as tau2-bench has them."""
        owner = domain.capitalize() + "Tools."
        try:
            if name in ("calculate", "transfer_to_human_agents"):
                answer = asyncio.run(getattr(self._common, name)()(**arguments))
            else:
                answer = getattr(self._tools[domain], name)(**arguments)
        except Exception as error:
            text = str(error).replace(domain.capitalize() + "AgentTools.", owner)
            return "Error: " + re.sub(r"(\w+)\.<locals>\.execute", lambda found: owner + found[1], text)
        return answer if isinstance(answer, str) else json.dumps(answer, sort_keys=True)

    def hash(self, domain: str) -> str:
        """The hash of the state."""
        return str(self._tools[domain].db.get_hash())

    def reward(self, domain: str, request: dict[str, Any]) -> float:
        """What the official scorers say: the database, and what was communicated."""
        user = sys.modules["inspect_ai.model"].ChatMessageUser
        said = [user(content=text) for text in request["said"]]
        state = types.SimpleNamespace(metadata={"instance": "", "task": request["task"]}, messages=said)
        checks = (
            self._scorer.db_match(domain=domain, testing_mock_predicted_db=self._tools[domain]),
            self._scorer.score_communicated_info(),
        )
        return float(all(asyncio.run(check(state, None)).value == "C" for check in checks))


class TauBench:
    """A tau-bench checkout: its environment class, without the models that play users."""

    def __init__(self, checkout: Path, scratch: Path) -> None:
        for name in ("tau_bench", "tau_bench.envs", "tau_bench.envs.retail", "tau_bench.envs.airline"):
            package(name, checkout / name.replace(".", "/"))
        user = package("tau_bench.envs.user")
        user.load_user = lambda **_: types.SimpleNamespace()
        user.UserStrategy = str
        user.BaseUserSimulationEnv = object
        self._checkout = checkout
        self._environments: dict[str, Any] = {}

    def prepare(self, domain: str) -> None:
        """Makes the environment before the forks."""
        if domain in self._environments:
            return
        base = importlib.import_module("tau_bench.envs.base")
        self._types = importlib.import_module("tau_bench.types")
        folder = self._checkout / "tau_bench" / "envs" / domain / "data"
        texts = {path.stem: path.read_text() for path in folder.glob("*.json")}
        environment = base.Env(
            data_load_func=lambda: {name: json.loads(text) for name, text in texts.items()},
            tools=importlib.import_module(f"tau_bench.envs.{domain}.tools").ALL_TOOLS,
            tasks=[self._types.Task(user_id="", actions=[], instruction="", outputs=[])],
            wiki="",
            rules=[],
            user_strategy="",
            user_model="",
            task_index=0,
        )
        environment.terminate_tools = ["transfer_to_human_agents"]
        self._environments[domain] = environment

    def call(self, domain: str, name: str, arguments: dict[str, Any]) -> str:
        """What a tool answers, refusals as `Env.step` has them."""
        environment = self._environments[domain]
        environment.actions.append(self._types.Action(name=name, kwargs=arguments))
        if name not in environment.tools_map:
            return f"Unknown action {name}"
        try:
            return str(environment.tools_map[name].invoke(data=environment.data, **arguments))
        except Exception as error:
            return f"Error: {error}"

    def hash(self, domain: str) -> str:
        """The hash of the state."""
        return str(self._environments[domain].get_data_hash())

    def reward(self, domain: str, request: dict[str, Any]) -> float:
        """What the official environment gives when the user leaves."""
        split = request["split"]
        module = vars(importlib.import_module(f"tau_bench.envs.{domain}.tasks_{split}"))
        environment = self._environments[domain]
        environment.task = (module.get(f"TASKS_{split.upper()}") or module["TASKS"])[request["task"]]
        environment.actions += [self._types.Action(name="respond", kwargs={"content": t}) for t in request["said"]]
        return float(environment.calculate_reward().reward)


def answer(reference: Any, request: dict[str, Any]) -> dict[str, Any]:
    """One request's answer."""
    domain = request["domain"]
    found: dict[str, Any] = {"answers": [reference.call(domain, name, given) for name, given in request["calls"]]}
    if "said" in request:
        return {**found, "reward": reference.reward(domain, request)}
    return {**found, "hash": reference.hash(domain)}


def main(kind: str, where: str, scratch: str, source: str, target: str) -> None:
    """Answers all requests of a file."""
    reference = (InspectEvals if kind == "inspect-evals" else TauBench)(Path(where), Path(scratch))
    with Path(source).open(encoding="utf-8") as requests, Path(target).open("w", encoding="utf-8") as answers:
        for line in requests:
            request = json.loads(line)
            reference.prepare(request["domain"])
            gc.freeze()  # or else each fork would touch, and so copy, every object
            if (child := os.fork()) == 0:
                status = 1
                try:
                    answers.write(json.dumps(answer(reference, request)) + "\n")
                    answers.flush()
                    status = 0
                except BaseException:
                    traceback.print_exc()
                os._exit(status)
            if os.waitpid(child, 0)[1]:
                sys.exit("the official code failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
