"""Environments: state, tools, policy and rules; loading a user's folder; the bundled domains."""

from lamforge.domains.declare import Rule, Tool, ToolError, rule, tool
from lamforge.domains.domain import Domain
from lamforge.domains.environment import Environment, result_text
from lamforge.domains.load import load_domain
from lamforge.domains.starter import write_template
from lamforge.domains.state import State
from lamforge.domains.task import Action, Task, find_task, load_tasks
from lamforge.domains.trace import Call, Trace, scalars
from lamforge.domains.wording import Wording

__all__ = [
    "Action",
    "Call",
    "Domain",
    "Environment",
    "Rule",
    "State",
    "Task",
    "Tool",
    "ToolError",
    "Trace",
    "Wording",
    "find_task",
    "load_domain",
    "load_tasks",
    "result_text",
    "rule",
    "scalars",
    "tool",
    "write_template",
]
