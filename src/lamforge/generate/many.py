"""`generate multi` for a folder of domains: one run in each, one file of conversations from all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lamforge.domains import load_domain
from lamforge.errors import GenerationError, OutputError, UsageError
from lamforge.generate.multi import generate_multi
from lamforge.generate.multi_files import FILES, Generated
from lamforge.generate.roles import Roles
from lamforge.generate.run_folder import claim, conclude
from lamforge.generate.working import Progress
from lamforge.tools.sandbox import Level

_RUNS = "runs"  # in the folder of the whole: a run for each domain


def domain_folders(folder: Path) -> list[Path]:
    """The domains in a folder of them, by name; none if it is a domain itself."""
    if not folder.is_dir() or (folder / "domain.yaml").exists():
        return []
    return sorted(path.parent for path in folder.glob("*/domain.yaml"))


def generate_many(
    folders: list[Path],
    out: Path,
    *,
    tasks: int,
    test_tasks: int,
    seed: int = 0,
    roles: Roles,
    shard: tuple[int, int] = (0, 1),
    sandbox: Level | None = None,
    progress: Progress | None = None,
) -> Generated:
    """Writes `tasks` training and `test_tasks` held-out tasks for each domain, and all of them into `out`.

    The runs are folders in `out/runs`; one that is complete is not made again.

    Args:
        shard: (i, n): take each n-th domain only, from the i-th on, counted from 0.
    Raises:
        UsageError: if a model is to play a part, or `out` holds another run.
        OutputError: if `out` cannot be written.
        GenerationError: if nothing could be made of any domain.
    """
    if not roles.scripted:
        remedy = "Name one domain, or leave --roles out."
        raise UsageError("models play in one domain at a time", where="roles", remedy=remedy)
    mine = folders[shard[0] :: shard[1]]
    config = {"job": "many", "domains": [folder.name for folder in mine], "tasks": tasks, "test_tasks": test_tasks}
    config |= {"seed": seed, "shard": f"{shard[0]}/{shard[1]}", "roles": roles.model_dump(mode="json")}
    if (done := claim(out, config)) is not None:
        return Generated(out, **done)
    whole = Generated(out, (tasks + test_tasks) * len(mine))
    runs = []
    for number, folder in enumerate(mine):
        domain = load_domain(folder, sandbox=sandbox)
        try:
            made = generate_multi(
                domain, out / _RUNS / folder.name, tasks=tasks, test_tasks=test_tasks, seed=seed, roles=roles
            )
        except GenerationError as error:
            whole.notes.append(f"{folder.name}: {error.what}")
        else:
            runs.append(made.out)
            _add(whole, made)
        finally:
            domain.close()
        if progress is not None:
            progress(number + 1, len(mine), f"{whole.trajectories:,} conversations")
    if not runs:
        raise GenerationError("nothing could be made of any domain", where=out, remedy="; ".join(whole.notes[:1]))
    contents: dict[str, Iterable[Any]] = {name: _records(runs, name) for name in FILES}
    conclude(out, config, contents, {k: v for k, v in vars(whole).items() if k != "out"}, complete=True)
    return whole


def _add(whole: Generated, made: Generated) -> None:
    for name in ("train", "test", "trajectories", "messages", "calls", "rules"):
        setattr(whole, name, getattr(whole, name) + getattr(made, name))
    whole.rejected = dict(Counter(whole.rejected) + Counter(made.rejected))
    whole.shapes = dict(Counter(whole.shapes) + Counter(made.shapes))
    whole.unused_tools |= {f"{made.out.name}/{tool}": why for tool, why in made.unused_tools.items()}


def _records(runs: list[Path], name: str) -> Iterator[Any]:
    for run in runs:
        try:
            with (run / name).open(encoding="utf-8") as lines:
                yield from (json.loads(line) for line in lines)
        except OSError as error:
            raise OutputError(f"cannot be read: {error.strerror}", where=run / name) from error
