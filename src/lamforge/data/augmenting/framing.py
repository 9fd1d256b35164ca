"""Marks around what users say, such as xLAM's concatenation tokens (arXiv 2409.03215), to learn to look past them."""

from __future__ import annotations

import random
from collections.abc import Callable

from lamforge.messages import Message, Trajectory

FRAMES = (
    ("[START OF QUERY]\n", "\n[END OF QUERY]"),
    ("[START OF QUERY] ", " [END OF QUERY]"),
    ("<query>\n", "\n</query>"),
    ("<query>", "</query>"),
    ("Query: ", ""),
)


def framed(trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
    """The conversation with one kind of marks around all that its user says; None if it has such marks."""
    before, after = rng.choice(FRAMES)
    said = [message.content or "" for message in trajectory.messages if message.role == "user"]
    if not said or any(mark.strip() in text for text in said for frame in FRAMES for mark in frame if mark):
        return None
    return _changed(trajectory, lambda text: f"{before}{text}{after}")


def unframed(trajectory: Trajectory) -> Trajectory:
    """The conversation without the marks."""
    return _changed(trajectory, _without)


def _without(text: str) -> str:
    for before, after in FRAMES:
        if text.startswith(before) and text.endswith(after):
            return text[len(before) : len(text) - len(after)]
    return text


def _changed(trajectory: Trajectory, change: Callable[[str], str]) -> Trajectory:
    def one(message: Message) -> Message:
        if message.role != "user" or not message.content:
            return message
        return message.model_copy(update={"content": change(message.content)})

    return trajectory.model_copy(update={"messages": [one(message) for message in trajectory.messages]})
