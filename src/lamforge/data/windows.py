"""Where a conversation that is too long may be split: before a user speaks, with what was said before kept as context.

Every assistant message is new in exactly one window, calls stay with their results, and nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable

from lamforge.messages import Message

Window = tuple[list[Message], int]  # messages, and the index of the first that is new in it


def cut_windows(
    messages: list[Message], room: int, length: Callable[[list[Message]], int]
) -> tuple[list[Window], bool]:
    """The windows of a conversation, and whether they hold all of it.

    Args:
        room: Tokens of a window behind the system message.
        length: Tokens of system message and some turns, without the system message's own.
    """
    system = messages[:1] if messages and messages[0].role == "system" else []
    turns = _turns(messages[len(system) :])
    sizes = [length(system + turn) for turn in turns]
    windows: list[Window] = []
    start = new = 0
    whole = True
    while new < len(turns):
        if sizes[new] > room:  # a turn that does not fit by itself is left out, and no window reaches over the gap
            whole, start, new = False, new + 1, new + 1
            continue
        while sum(sizes[start : new + 1]) > room:
            start += 1
        end = new + 1
        while end < len(turns) and sum(sizes[start : end + 1]) <= room:
            end += 1
        held = [message for turn in turns[start:end] for message in turn]
        windows.append((system + held, len(system) + sum(map(len, turns[start:new]))))
        start = new = end
        while start and sizes[start - 1] <= room and sum(sizes[start - 1 : end]) <= room // 2:
            start -= 1
    return windows, whole


def _turns(messages: list[Message]) -> list[list[Message]]:
    """Messages from where a user speaks up to the next time; what nobody answers any more is left out."""
    turns: list[list[Message]] = []
    for message in messages:
        if not turns or (message.role == "user" and _answered(turns[-1])):
            turns.append([])
        turns[-1].append(message)
    return turns if not turns or _answered(turns[-1]) else turns[:-1]


def _answered(turn: list[Message]) -> bool:
    return any(message.role == "assistant" for message in turn)
