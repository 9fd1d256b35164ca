"""tau's data: found in a checkout of tau-bench or tau2-bench, or in the inspect-evals wheel. Nothing of it is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lamforge.domains import Task
from lamforge.domains.state import Tables
from lamforge.errors import DataError
from lamforge.evaluate.part import Part, chosen_tasks
from lamforge.releases import Files

Layout = Literal["tau-bench", "tau2-bench", "inspect-evals"]


@dataclass(frozen=True)
class TauData:
    """What one domain of a benchmark consists of, as its files have it.

    Attributes:
        tables: The starting state.
        describe: Makes the schemas that the model sees, of a rule book's tools.
        agent_prompt: What the agent is told, the policy in it.
        user_prompt: What a model that plays the user is told, given the task's instruction.
        splits: The ids of the tasks of each split.
        digest: SHA-256 of all files that were read.
    """

    layout: Layout
    where: Path
    domain: str
    tables: Tables
    describe: Callable[[Any], list[dict[str, Any]]]
    agent_prompt: str
    user_prompt: Callable[[str], str]
    tasks: list[Task]
    splits: dict[str, list[str]]
    digest: str

    @property
    def whole(self) -> str:
        """The split that the benchmark's scores are of."""
        return "test" if self.layout == "tau-bench" else "base"

    def chosen(
        self, split: str | None = None, ids: Sequence[str] | None = None, limit: int | None = None
    ) -> tuple[list[Task], Part | None]:
        """Tasks of a split, with what part of the benchmark they are, if they are not all that it is scored on.

        Raises:
            DataError: if there is no such split.
            UsageError: if there is no such task.
        """
        name = split or self.whole
        tasks, part = chosen_tasks(self.split(name), ids, limit)
        whole = self.splits[self.whole]
        if name == self.whole or not set(self.splits[name]) < set(whole):
            return tasks, part
        how = f"split {name}" + (f", {part.how}" if part else "")
        return tasks, Part(len(tasks), len(whole), how)

    def split(self, name: str) -> list[Task]:
        """The tasks of a split.

        Raises:
            DataError: if there is no such split.
        """
        if name not in self.splits:
            known = ", ".join(self.splits)
            raise DataError(f"has no split {name!r}", where=self.where, remedy=f"Choose among: {known}.")
        chosen = set(self.splits[name])
        return [task for task in self.tasks if task.task_id in chosen]


def read_data(path: Path, domain: str) -> TauData:
    """Reads a domain from wherever it is.

    Args:
        path: A checkout of either benchmark, or the wheel or folder of inspect-evals.
    Raises:
        DataError: naming what is missing or not as expected.
    """
    from lamforge.evaluate.tau.layout_tau2 import CHECKOUT, INSPECT, read_tau2
    from lamforge.evaluate.tau.layout_v1 import read_v1

    files = Files(path, remedy="Name a checkout or a wheel with --data.")
    if files.has(f"tau_bench/envs/{domain}/wiki.md"):
        return read_v1(files, domain)
    for layout in (CHECKOUT, INSPECT):
        if files.has(layout.tasks.format(domain)):
            return read_tau2(files, domain, layout)
    remedy = (
        "Pass a checkout of tau-bench or tau2-bench, or the wheel that `pip download --no-deps inspect-evals` fetches."
    )
    raise DataError(f"holds no data of tau's {domain}", where=path, remedy=remedy)
