"""Calls made again in their domain, where it is at hand: the same results, and the same verdict if the task is, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lamforge.domains import Domain, Task, load_domain, load_tasks
from lamforge.domains.load import BUNDLED
from lamforge.errors import DataError
from lamforge.messages import Finding, Trajectory
from lamforge.simulate import verify
from lamforge.simulate.verify import replay
from lamforge.tools.sandbox import Level


class ReplayCheck:
    """Replays conversations of known domains.

    Args:
        domains: Domains by name or folder, besides the bundled ones.
        tasks: Files of tasks; those of the domains are known without.
        sandbox: How the domains that are named are run: see `load_domain`.
    Raises:
        DomainError: if a domain cannot be loaded.
        DataError: if a file of tasks is wrong.
    """

    def __init__(self, domains: list[str], tasks: list[Path], *, sandbox: Level | None = None) -> None:
        self.replayed = 0  # trajectories whose calls were made again
        self._domains: dict[str, Domain | None] = {}
        self._tasks: dict[str, Task] = {task.task_id: task for file in tasks for task in load_tasks(file)}
        for each in domains:
            domain = load_domain(each, sandbox=sandbox)
            self._domains[domain.name] = domain
            self._tasks |= {task.task_id: task for task in domain.tasks}

    def _domain(self, name: str) -> Domain | None:
        if name not in self._domains:
            bundled = (BUNDLED / name / "domain.yaml").is_file() and name.isidentifier()
            domain = load_domain(name) if bundled else None
            self._domains[name] = domain
            self._tasks |= {task.task_id: task for task in (domain.tasks if domain else [])}
        return self._domains[name]

    def faults(self, trajectory: Trajectory) -> Iterator[Finding]:
        """What differs from the record.

        Raises:
            DomainError: if a tool or a rule of the domain is broken.
        """
        if "augmented" in trajectory.provenance:
            yield Finding(code="not_replayed", message=0, detail="it is a variant, made by augmentation")
            return
        domain = self._domain(trajectory.domain)
        if domain is None:
            detail = f"the domain {trajectory.domain[:80]} is not at hand: name its folder with --domain FOLDER"
            yield Finding(code="not_replayed", message=0, detail=detail)
            return
        self.replayed += 1
        task = self._tasks.get(trajectory.task_id)
        if task is None:
            _, differences = replay(trajectory.messages, domain.environment())
            yield Finding(code="not_replayed", message=0, detail=f"for its verdict: no task {trajectory.task_id[:80]}")
            yield from (Finding(code="replay_differs", message=0, detail=each) for each in differences)
            return
        try:
            verdict = verify(trajectory.messages, task, domain)
        except DataError as error:
            yield Finding(code="replay_failed", message=0, detail=error.what)
            return
        if not verdict.execution:
            yield Finding(code="replay_differs", message=0, detail="; ".join(verdict.failures)[:400])
        parts = ("format", "execution", "policy", "state", "outputs")
        recorded = trajectory.verdict
        for part in parts:
            then, now = getattr(recorded, part), getattr(verdict, part)
            if then is not None and then != now:
                yield Finding(code="verdict_differs", message=0, detail=f"{part} was {then} and is {now}")
