"""Who this process is among those of a run: `torchrun` and `accelerate launch` start several and say so."""

from __future__ import annotations

import os


def world_size() -> int:
    """Processes of the run; 1 unless a launcher started several."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this process is the one that writes and prints."""
    return int(os.environ.get("RANK", "0")) == 0


def is_sharded() -> bool:
    """Whether accelerate's configuration shards the model over the processes (FSDP or DeepSpeed)."""
    return any(os.environ.get(name, "") == "true" for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"))
