"""How much scripted conversations repeat each other: near-duplicate turns of users and agent on the bundled domains.

A turn is compared if it has at least five words and is not a bare value: "Yes, please." and an e-mail address are no
fault. Two turns are near-duplicates if their sets of three-word shingles have a Jaccard similarity of at least 0.8, ids
and all; "masked" is the harsher measure in which every word with a digit is taken for the same. Goal: under 2 % of
the users' compared turns in 10,000 conversations.

    python benchmarks/bench_variety.py [conversations] [domain ...]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from lamforge.domains import load_domain
from lamforge.generate import generate_multi
from lamforge.messages import Trajectory
from lamforge.near_duplicates import masked, near_duplicates, words_of

CONVERSATIONS = 10_000
DOMAINS = ("store", "airline", "clinic")
LONG = 5  # words of a turn that is compared


def conversations(domain: str, count: int) -> tuple[list[Trajectory], float]:
    """Scripted conversations, and how many are made in a second."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        generate_multi(load_domain(domain), Path(folder), tasks=count, test_tasks=0, seed=1)
        rate = count / (time.perf_counter() - started)
        with (Path(folder) / "trajectories.jsonl").open(encoding="utf-8") as lines:
            return [Trajectory.model_validate_json(line) for line in lines], rate


def share(talks: list[Trajectory], role: str) -> str:
    """What is said of one side's turns."""
    turns = [m.content for talk in talks for m in talk.messages if m.role == role and m.content]
    compared = [words_of(turn) for turn in turns if len(turn.split()) > 1]
    compared = [words for words in compared if len(words) >= LONG]
    near = sum(like is not None for like in near_duplicates(compared)) / len(compared)
    hidden = sum(like is not None for like in near_duplicates([masked(words) for words in compared])) / len(compared)
    return f"{len(compared):,} of {len(turns):,} turns compared, {near:.2%} near-duplicates, masked {hidden:.2%}"


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else CONVERSATIONS
    for name in sys.argv[2:] or DOMAINS:
        found, rate = conversations(name, asked)
        print(f"{name}: {len(found):,} conversations, {rate:.0f}/s", flush=True)
        print(f"  users: {share(found, 'user')}", flush=True)
        print(f"  agent: {share(found, 'assistant')}", flush=True)
