"""The layouts of tau2's data: a checkout of tau2-bench, and the copy of it in the inspect-evals wheel."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lamforge.errors import DataError
from lamforge.evaluate.tau.code import Code, decorated, method, template
from lamforge.evaluate.tau.data import Layout, TauData
from lamforge.evaluate.tau.kit import Toolkit
from lamforge.evaluate.tau.layout_tau2_tasks import read_task
from lamforge.evaluate.tau.schemas import Descriptions, schema_of
from lamforge.releases import Files


@dataclass(frozen=True)
class Places:
    """Where a layout has what; {} stands for the domain."""

    layout: Layout
    tasks: str
    splits: str
    state: str
    policy: str
    guidelines: str
    tools: tuple[str, ...]  # files with docstrings
    records: str
    agent: str  # the file with the agent's prompt


CHECKOUT = Places(
    layout="tau2-bench",
    tasks="data/tau2/domains/{}/tasks.json",
    splits="data/tau2/domains/{}/split_tasks.json",
    state="data/tau2/domains/{}/db.json",
    policy="data/tau2/domains/{}/policy.md",
    guidelines="data/tau2/user_simulator/simulation_guidelines.md",
    tools=("src/tau2/domains/{}/tools.py",),
    records="src/tau2/domains/{}/data_model.py",
    agent="src/tau2/agent/llm_agent.py",
)
_WHEEL = "inspect_evals/tau2"
INSPECT = Places(
    layout="inspect-evals",
    tasks=_WHEEL + "/data/domains/{}/tasks.json",
    splits=_WHEEL + "/data/domains/{}/split_tasks.json",
    state=_WHEEL + "/data/domains/{}/db.json.gz",
    policy=_WHEEL + "/data/domains/{}/policy.txt",
    guidelines=_WHEEL + "/data/user_simulator/simulation_guidelines.txt",
    tools=(_WHEEL + "/{}/tools.py", _WHEEL + "/common/tools.py"),
    records=_WHEEL + "/{}/data_model.py",
    agent=_WHEEL + "/common/agents.py",
)


def read_tau2(files: Files, domain: str, places: Places) -> TauData:
    """Reads a domain; raises DataError, naming what is missing or not as expected."""
    where = f"{files.path}/{places.tasks.format(domain)}"
    records = files.json(places.tasks.format(domain))
    if not isinstance(records, list):
        raise DataError("is no list of tasks", where=where)
    tasks = [read_task(record, domain, where) for record in records]
    splits = {"base": [task.task_id for task in tasks]}
    if files.has(places.splits.format(domain)):
        splits |= {name: list(map(str, ids)) for name, ids in files.json(places.splits.format(domain)).items()}
    docstrings = _docstrings(files, domain, places)
    fields = _fields(files, places.records.format(domain))
    user_prompt = user_prompt_of(files, places)

    def describe(kit: Toolkit) -> list[dict[str, Any]]:
        return [schema_of(n, kit[n].function, words, fields) for n, words in docstrings.items() if n in kit]

    return TauData(
        layout=places.layout,
        where=files.path,
        domain=domain,
        tables=files.json(places.state.format(domain)),
        describe=describe,
        agent_prompt=agent_prompt(files, places, files.text(places.policy.format(domain))),
        user_prompt=user_prompt,
        tasks=tasks,
        splits=splits,
        digest=files.digest,
    )


def user_prompt_of(files: Files, places: Places) -> Callable[[str], str]:
    """What a simulated user is told, given its scenario."""
    guidelines = files.text(places.guidelines).replace("<PERSONA_GUIDELINES>", "")

    def prompt(scenario: str) -> str:
        return f"{guidelines}\n\n<scenario>\n{scenario}\n</scenario>".strip()

    return prompt


def _docstrings(files: Files, domain: str, places: Places) -> dict[str, str]:
    """Each tool's docstring: of methods marked @is_tool, or of what functions marked @tool define inside."""
    found: dict[str, str] = {}
    for path in places.tools:
        code = Code(files.text(path.format(domain)), f"{files.path}/{path.format(domain)}")
        for node in ast.walk(code.tree):
            if decorated(node, "is_tool") or decorated(node, "tool"):
                assert isinstance(node, ast.FunctionDef)
                inner = method(node, "execute") or node
                found.setdefault(node.name, ast.get_docstring(inner, clean=False) or "")
        order = f"all_{domain}_tools"
        if places is INSPECT and path == places.tools[0]:
            found = dict.fromkeys(code.assigned(order), "") | found
    if not found:
        raise DataError("declares no tools", where=f"{files.path}/{places.tools[0].format(domain)}")
    return found


def _fields(files: Files, path: str) -> Descriptions:
    """What is said of the fields of records, which stands in the schemas that take records."""
    found: Descriptions = {}
    for owner in Code(files.text(path), f"{files.path}/{path}").classes():
        found[owner.name] = {}
        for node in owner.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                calls = [call for call in (node.value, node.annotation) if call is not None]
                words = [_description(call) for part in calls for call in ast.walk(part)]
                if said := next((each for each in words if each), None):
                    found[owner.name][node.target.id] = said
    return found


def _description(node: ast.AST) -> str | None:
    if isinstance(node, ast.keyword) and node.arg == "description" and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return None


def agent_prompt(files: Files, places: Places, policy: str) -> str:
    """What the agent is told, the policy in it."""
    code = Code(files.text(places.agent), f"{files.path}/{places.agent}")
    if places is CHECKOUT:
        return str(code.assigned("SYSTEM_PROMPT")).format(
            domain_policy=policy, agent_instruction=code.assigned("AGENT_INSTRUCTION")
        )
    texts = template(code.tree, "<instructions>")
    if texts is None or len(texts) != 2:
        raise code.without("prompt of the agent")
    return f"<policy>\n{policy}\n</policy>".join(texts)
