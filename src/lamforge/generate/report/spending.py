"""What the models of a run have cost, by role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lamforge.engines.budget import Budget, Price, Spent
from lamforge.errors import DataError
from lamforge.generate.calls import CALLS, usage_by_role
from lamforge.generate.report.folder import RunFolder
from lamforge.generate.roles import Roles
from lamforge.journal import read_journal

Spending = dict[str, dict[str, Any]]  # role -> requests, retries, tokens, cost; see `lamforge.engines.budget.Spent`


def spending(run: RunFolder) -> Spending:
    """What the run says it has spent; of a run in progress what its answers so far have cost."""
    told = run.summary.get("spent")
    paid = run.path / CALLS
    if run.running and paid.exists():
        return _so_far(paid, run)
    return {str(role): _numbers(each) for role, each in told.items()} if isinstance(told, dict) else {}


def _numbers(told: Any) -> dict[str, Any]:
    """All numbers of one role; 0 where none is told."""
    found = told if isinstance(told, dict) else {}
    return {
        name: value if isinstance(value := found.get(name), int | float) else zero
        for name, zero in vars(Spent()).items()
    }


def _so_far(paid: Path, run: RunFolder) -> Spending:
    budget = Budget()
    try:
        roles = Roles.model_validate(run.config.get("roles") or {})
        played = {**roles.authors(), **roles.engines()}
        for role, usage in sorted(usage_by_role(read_journal(paid)).items()):
            price = played[role].price
            budget.book_earlier(role, Price(price.input, price.output), usage)
    except (DataError, KeyError, TypeError, ValidationError) as error:
        run.problems.append(f"{paid.name} cannot be read, so the cost is not known: {type(error).__name__}")
        return {}
    return {role: dict(vars(spent)) for role, spent in budget.by_role.items()}
