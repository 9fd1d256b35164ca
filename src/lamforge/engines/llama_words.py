"""What llama.cpp's server is told and what it says: options of sampling, events, ends and refusals."""

from __future__ import annotations

import json
from typing import Any

from lamforge.engines.base import ContextError, Options, RefusalError
from lamforge.engines.formatted import Ended
from lamforge.errors import EngineError

_RANDOM = 0xFFFFFFFF  # llama.cpp's "choose a seed"


def sampling(options: Options, stop: tuple[str, ...] = ()) -> dict[str, Any]:
    """llama.cpp's options for sampling from the model's own distribution, or for greedy decoding at temperature 0."""
    return {
        "temperature": options.temperature,
        "n_predict": options.max_tokens,
        "seed": _RANDOM if options.seed is None else options.seed % _RANDOM,
        "stop": list(stop),
        "top_k": 0,
        "top_p": options.top_p,
        "min_p": 0.0,
        "cache_prompt": True,
    }


def read_event(line: str) -> dict[str, Any] | None:
    """The event on a line of the stream, or None on a line without one.

    Raises:
        EngineError: if it is an error.
    """
    kind, _, data = line.partition(": ")
    if kind == "error":
        raise refusal(data.encode())
    if kind != "data":
        return None
    event = dict(json.loads(data))
    if "error" in event:
        raise refusal(data.encode())
    return event


def refusal(body: bytes) -> EngineError:
    """The error in the body of an answer that is one."""
    try:
        error = json.loads(body)
        error = error.get("error", error)
        kind, message = error.get("type"), str(error.get("message"))
    except (ValueError, AttributeError):
        kind, message = None, body[:300].decode("utf-8", errors="replace")
    if kind == "exceed_context_size_error":
        return ContextError(message, remedy="Open the model with a larger context, or shorten the conversation.")
    return RefusalError(f"the engine refused: {message}")


def end_of(event: dict[str, Any]) -> Ended:
    """How an answer ended and what it took, by its last event."""
    usage = {"prompt_tokens": event["tokens_evaluated"], "completion_tokens": event["tokens_predicted"]}
    if (cached := (event.get("timings") or {}).get("cache_n")) is not None:
        usage["cached_tokens"] = int(cached)
    return Ended("length" if event["stop_type"] == "limit" else "stop", usage)
