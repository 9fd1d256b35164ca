"""`lamforge` in a process whose accelerate shards models over CPUs, too: it does so over accelerators only.

Run as `torchrun ... tests/train/shard_on_cpu.py train sft ...` with accelerate's FSDP variables set.
"""

from __future__ import annotations

from typing import Any

import torch
from accelerate.state import PartialState
from accelerate.utils import DistributedType

from lamforge.cli import main


def _prepare_backend(self: Any, *args: Any, **options: Any) -> tuple[str, DistributedType]:
    return "gloo", DistributedType.MULTI_GPU  # the kind from which accelerate goes on to FSDP; the device stays the CPU


def _set_device(self: Any) -> None:
    self.device = torch.device("cpu")


if __name__ == "__main__":
    PartialState._prepare_backend = _prepare_backend
    PartialState.set_device = _set_device
    main()
