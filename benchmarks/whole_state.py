"""The floor: an environment as tau-bench builds it, read from JSON each time and hashed as a whole.

tau-bench (arXiv 2406.12045, `tau_bench/envs/base.py`) loads its tables anew for the agent's and for the ground truth's
run, and hashes the nested tuples of all of them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lamforge.domains import Domain, Environment, State
from lamforge.domains.state import BaseState


def hashable(value: Any) -> Any:
    """A JSON value as nested sorted tuples."""
    if isinstance(value, dict):
        return tuple((key, hashable(item)) for key, item in sorted(value.items()))
    return tuple(map(hashable, value)) if isinstance(value, list) else value


class WholeState(State):
    """A state without copy-on-write: everything is read and everything is hashed."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(BaseState(json.loads((domain.folder / "state.json").read_text(encoding="utf-8"))))

    def hash(self) -> str:
        tables = {name: dict(table) for name, table in self.items()}
        self.discard()
        return hashlib.sha256(str(hashable(tables)).encode()).hexdigest()


def whole_environment(domain: Domain) -> Environment:
    """An environment on a `WholeState`."""
    environment = Environment(domain)
    environment.state = WholeState(domain)
    return environment
