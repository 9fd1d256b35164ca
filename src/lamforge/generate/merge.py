"""`generate merge`: the folders of a run's shards become one.

Items are those of a run in one piece. Tasks are, too, as far as they do not depend on each other: a shard knows nothing
of another's that are alike, and recombines its own.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Budget, Spent
from lamforge.errors import DataError, UsageError
from lamforge.generate.multi_files import Generated, check_made, finish
from lamforge.generate.run_folder import JOURNAL, claim, manifest_of
from lamforge.generate.single.files import Singles
from lamforge.generate.single.files import finish as finish_single
from lamforge.generate.twins import in_order
from lamforge.journal import read_journal


def merge_runs(shards: list[Path], out: Path) -> Generated | Singles:
    """Joins finished shards into `out`, in the order of their numbers; of tasks or items that are alike one is kept.

    Raises:
        UsageError: if they are not all the shards of one run, or `out` holds another.
        DataError: if a shard is not finished, or its journal is not as it was written.
        GenerationError: if no shard has made a training task.
    """
    known = [_finished(shard) for shard in shards]
    config = {**known[0]["config"], "shard": "0/1"}
    for shard, manifest in zip(shards, known, strict=True):
        if differing := [key for key in config if key != "shard" and manifest["config"].get(key) != config[key]]:
            raise UsageError(f"is a shard of another run (different {', '.join(differing)})", where=shard)
    _all_there([manifest["config"]["shard"] for manifest in known])
    if config.get("job") == "synthetic":
        raise UsageError(
            "is a shard of `generate synthetic`, which needs no merging",
            where=shards[0],
            remedy="Name the trajectories.jsonl of all shards wherever data is read.",
        )
    single = config.get("job") == "single"
    if (done := claim(out, config)) is not None:
        return Singles(out, **done) if single else check_made(Generated(out, **done), config)
    records = [record for shard in shards for record in read_journal(shard / JOURNAL)]
    if single:
        records.sort(key=lambda record: (record["strand"], record["round"]))
        notes = list(dict.fromkeys(note for manifest in known for note in manifest["summary"]["notes"]))
        return finish_single(out, records, config, config["items"], notes, _spent(known), complete=True)
    unused = {tool: why for manifest in known for tool, why in manifest["summary"]["unused_tools"].items()}
    return check_made(finish(out, in_order(records), config, unused, _spent(known), complete=True), config)


def _finished(shard: Path) -> dict[str, Any]:
    manifest = manifest_of(shard / "run.json")
    if manifest["status"] != "complete":
        raise DataError("is not finished", where=shard, remedy="Its own command goes on with it.")
    return manifest


def _all_there(names: list[str]) -> None:
    """Sees that the shards are 0/n to n-1/n, each once."""
    count = int(names[0].partition("/")[2])
    wanted = [f"{number}/{count}" for number in range(count)]
    if missing := [name for name in wanted if name not in names]:
        raise UsageError(f"shards are missing: {', '.join(missing)}", remedy="Name the folders of all shards.")
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise UsageError(f"two folders are shard {twice[0]}", remedy="Name each shard's folder once.")


def _spent(known: list[dict[str, Any]]) -> Budget:
    budget = Budget()
    for manifest in known:
        budget.add({role: Spent(**values) for role, values in manifest["summary"]["spent"].items()})
    return budget
