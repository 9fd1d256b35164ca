"""Counts and times for Prometheus."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lamforge.error_kinds import problem_kind

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_BETWEEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """One server's."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "lamforge_requests", "Requests by path and status.", ["path", "status"], registry=self._registry
        )
        self.tokens = Counter("lamforge_tokens", "Tokens read and written.", ["kind"], registry=self._registry)
        self.first = Histogram(
            "lamforge_time_to_first_token_seconds",
            "From the request's turn to its first piece.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.between = Histogram(
            "lamforge_inter_token_seconds", "Between two pieces.", buckets=_BETWEEN, registry=self._registry
        )
        self.queue = Gauge("lamforge_queue_length", "Requests that wait for their turn.", registry=self._registry)
        self.parse_failures = Counter(
            "lamforge_parse_failures",
            "Answers with something like a call that is none, or that breaks its schema.",
            registry=self._registry,
        )
        self.wrong_calls = Counter(
            "lamforge_wrong_calls", "Calls that are wrong, by kind of error.", ["kind"], registry=self._registry
        )

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)

    async def watched(self, deltas: AsyncGenerator[dict[str, Any], None]) -> AsyncGenerator[dict[str, Any], None]:
        """The same deltas, counted and timed."""
        last = time.perf_counter()
        first, wrong = True, False
        async with aclosing(deltas) as stream:
            async for delta in stream:
                now = time.perf_counter()
                (self.first if first else self.between).observe(now - last)
                first, last = False, now
                for piece in delta.get("tool_calls", ()):
                    if problems := piece.get("problems"):
                        wrong = True
                        self.wrong_calls.labels(problem_kind(problems[0])).inc()
                if "finish_reason" in delta:
                    self.tokens.labels("prompt").inc(delta["usage"].get("prompt_tokens", 0))
                    self.tokens.labels("completion").inc(delta["usage"].get("completion_tokens", 0))
                    self.parse_failures.inc(wrong or bool(delta.get("problem")))
                    if delta.get("problem"):
                        self.wrong_calls.labels("unparsable").inc()
                yield delta
