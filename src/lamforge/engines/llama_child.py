"""The child process that holds llama.cpp: `python -m lamforge.engines.llama_child`.

It reads its settings as one line of JSON on stdin, prints one line with its address, and ends when stdin closes, so a
parent that was killed leaves no orphan. It knows llama.cpp and nothing of formats or tools.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Serves until stdin closes."""
    import xllamacpp

    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.n_ctx = settings["context"] * settings["slots"]
    params.n_parallel = settings["slots"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    params.warmup = False
    params.fit_params = False
    params.endpoint_slots = True
    params.n_predict = settings["context"]
    server = xllamacpp.Server(params)
    print(json.dumps({"address": server.listening_address}), flush=True)
    sys.stdin.read()
    os._exit(0)  # the native threads need no farewell, and joining them can hang


if __name__ == "__main__":
    main()
