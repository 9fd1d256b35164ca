"""The child process that holds llama.cpp; `process.py` runs this file.

It reads its settings as one line of JSON on stdin, answers with one line on stdout (its address, or why the model does
not load), and ends when stdin closes or its parent is gone, so a parent that was killed leaves no orphan. It knows
llama.cpp and nothing of lamforge: nothing else is imported, so that it starts fast.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

_BATCH = 512  # tokens of a prompt between two signs of life
_CACHE = 512  # MiB of memory for the prompts of conversations that have lost their slot
_PARENT_POLL = 2.0  # seconds


def main() -> None:
    """Serves until stdin closes."""
    settings: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native code prints goes to the log, not between parent and child
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        server = _serve(settings)
    except Exception as error:
        print(json.dumps({"error": str(error)}), file=answer, flush=True)
        os._exit(1)
    print(json.dumps({"address": server.listening_address}), file=answer, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # the native threads need no farewell, and joining them can hang


def _serve(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.n_ctx = settings["context"] * settings["slots"]
    params.n_parallel = settings["slots"]
    params.n_predict = settings["context"]
    params.n_batch = params.n_ubatch = _BATCH
    params.cpuparams.n_threads = settings["threads"]  # that write
    params.cpuparams_batch.n_threads = settings["readers"]  # of prompts
    params.cache_ram_mib = _CACHE
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    params.ui = False
    params.endpoint_slots = True  # who is busy; like the others, it wants the key
    params.sse_ping_interval = -1  # a ping would come from a hung engine too
    params.warmup = False
    params.fit_params = False
    if "lora" in settings:
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path, adapter.scale = settings["lora"], 1.0
        params.lora_adapters = [adapter]
    return xllamacpp.Server(params)


def _end_with_parent(parent: int) -> None:
    """Ends this process when the parent is gone, even if a fork of the parent still holds the other end of stdin."""
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL)
    os._exit(0)


if __name__ == "__main__":
    main()
