"""Renders conversations by llama.cpp's own template engine; run as a process of its own.

Reads {"model": path, "templates": [...], "requests": [...]} on stdin and prints a list of lists of prompts.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import httpx
import xllamacpp


def prompts(model: str, template: str, requests: list[dict[str, Any]]) -> list[str]:
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx, params.n_parallel, params.port = 256, 1, 0
    params.hostnames = ["127.0.0.1"]
    params.warmup = params.fit_params = params.ui = False
    params.use_jinja, params.chat_template = True, template
    server = xllamacpp.Server(params)
    url = f"{server.listening_address}/apply-template"
    return [httpx.post(url, json=body, timeout=30).raise_for_status().json()["prompt"] for body in requests]


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    made = [prompts(asked["model"], template, asked["requests"]) for template in asked["templates"]]
    json.dump(made, sys.stdout)
    sys.stdout.flush()
    import os

    os._exit(0)  # llama.cpp's threads need no farewell
