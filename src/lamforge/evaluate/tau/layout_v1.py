"""The layout of a tau-bench checkout: data in JSON; tasks, descriptions of tools and prompts in Python."""

from __future__ import annotations

import ast
from typing import Any

from lamforge.domains import Task
from lamforge.errors import DataError
from lamforge.evaluate.tau.code import Code, method, template
from lamforge.evaluate.tau.data import TauData
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.releases import Files

_RESPOND = "respond"  # an action that is no call
_SPLITS = ("test", "train", "dev")
_TABLES = {"retail": ("orders", "products", "users"), "airline": ("flights", "reservations", "users")}


def read_v1(files: Files, domain: str) -> TauData:
    """Reads a domain; raises DataError, naming what is missing or not as expected."""
    root = f"tau_bench/envs/{domain}"
    tables = {name: files.json(f"{root}/data/{name}.json") for name in _TABLES[domain]}
    schemas = _schemas(files, f"{root}/tools")
    tasks, splits = _tasks(files, root, domain)
    prompt = _user_prompt(files)

    def user_prompt(instruction: str) -> str:
        return f"\n\nInstruction: {instruction}\n".join(prompt)

    def describe(kit: Toolkit) -> list[dict[str, Any]]:
        return [schema for schema in schemas if schema["function"]["name"] in kit]

    return TauData(
        layout="tau-bench",
        where=files.path,
        domain=domain,
        tables=tables,
        describe=describe,
        agent_prompt=files.text(f"{root}/wiki.md"),
        user_prompt=user_prompt,
        tasks=tasks,
        splits=splits,
        digest=files.digest,
    )


def _schemas(files: Files, root: str) -> list[dict[str, Any]]:
    """What `get_info` of each tool returns, in the order of ALL_TOOLS."""
    index = Code(files.text(f"{root}/__init__.py"), f"{files.path}/{root}/__init__.py")
    modules = {
        alias.name: node.module
        for node in index.tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    found = []
    for name in index.assigned("ALL_TOOLS"):
        path = f"{root}/{str(modules.get(name)).rpartition('.')[2]}.py"
        code = Code(files.text(path), f"{files.path}/{path}")
        info = method(code.class_named(name), "get_info")
        returned = [node.value for node in ast.walk(info) if isinstance(node, ast.Return)] if info else []
        if not returned or returned[0] is None:
            raise code.without("get_info")
        found.append(code.literal(returned[0]))
    return found


def _tasks(files: Files, root: str, domain: str) -> tuple[list[Task], dict[str, list[str]]]:
    tasks: list[Task] = []
    splits: dict[str, list[str]] = {}
    for split in _SPLITS:
        path = f"{root}/tasks_{split}.py"
        if not files.has(path):
            continue
        code = Code(files.text(path), f"{files.path}/{path}")
        records = code.assigned(f"TASKS_{split.upper()}", "TASKS")
        made = [_task(record, number, split, domain, code.where) for number, record in enumerate(records)]
        splits[split] = [task.task_id for task in made]
        tasks += made
    if not tasks:
        raise DataError("has no tasks", where=f"{files.path}/{root}")
    return tasks, splits


def _task(record: dict[str, Any], number: int, split: str, domain: str, where: str) -> Task:
    try:
        actions = [{"name": each["name"], "arguments": each["kwargs"]} for each in record["actions"]]
        return Task.model_validate(
            {
                "task_id": str(number) if split == "test" else f"{split}-{number}",
                "domain": f"tau-{domain}",
                "instruction": record["instruction"],
                "actions": [action for action in actions if action["name"] != _RESPOND],
                "outputs": record["outputs"],
                "split": "train" if split == "train" else "test",
                "provenance": {"number": number, "reward_basis": ["DB", "COMMUNICATE"]},
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"task {number} is not as expected ({error!r})", where=where) from error


def _user_prompt(files: Files) -> list[str]:
    path = "tau_bench/envs/user.py"
    code = Code(files.text(path), f"{files.path}/{path}")
    build = method(code.class_named("LLMUserSimulationEnv"), "build_system_prompt")
    found = template(build, "You are") if build else None
    if found is None or len(found) != 2:
        raise code.without("prompt of the simulated user")
    return found
