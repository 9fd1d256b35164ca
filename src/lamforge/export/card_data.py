"""What a model was trained on, as its card tells it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lamforge.data import data_hash, read_trajectories
from lamforge.data.exchange import FORMS
from lamforge.messages import Trajectory

_MOST = 8  # domains and agents that are named


def described(path: Path) -> str:
    """A file or folder of conversations: how many, of what, by whom, and whose licence some of them have.

    Raises:
        DataError: if it cannot be read.
    """
    domains: Counter[str] = Counter()
    agents: Counter[str] = Counter()
    owned: Counter[str] = Counter()
    passed = 0
    for trajectory in read_trajectories(path):
        domains[trajectory.domain or "unnamed"] += 1
        agents[trajectory.agent or "unnamed"] += 1
        owned.update(_owned(trajectory))
        passed += trajectory.reward == 1
    hashes = ", ".join(f"`{each[:16]}…`" for each in data_hash([path]).values())
    named = ", ".join(f"{name} ({count:,})" for name, count in domains.most_common(_MOST))
    players = ", ".join(name for name, _ in agents.most_common(_MOST))
    lines = [
        f"- `{path.name}`: {sum(domains.values()):,} conversations, {passed:,} of them verified; domains: {named}; "
        f"played by: {players}; SHA-256 {hashes}"
    ]
    lines += [f"  - {count:,} of them made of {whose}" for whose, count in owned.most_common()]
    return "\n".join(lines)


def _owned(trajectory: Trajectory) -> list[str]:
    """Whose data an imported conversation was, with the licence that it came under."""
    known = trajectory.provenance
    if "licence" not in known:
        return []
    form = FORMS.get(str(known.get("source")))
    return [f"{form.origin if form and form.origin else 'imported data'}, {known['licence']}"]
