"""How much work the calls of one conversation may make: hostile calls can double a tree again and again.

It counts steps of the back ends, not seconds, so that a verdict is the same on every machine. What honest calls take is
a two-hundredth of what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST = 5_000_000  # steps of a conversation, each about a microsecond; the data's own answers take 24,000 at most
_TREE = 1_000_000  # characters of all paths below a directory; the data's largest tree has 5,000
_PATHS = ("find", "du")  # calls that walk through a whole tree


class Effort:
    """What the calls of a conversation have taken so far.

    Args:
        files: The back end that holds a tree of files, if there is one.
    """

    def __init__(self, files: Any = None) -> None:
        self.spent = 0
        self._files = files
        self._said = 0  # characters of all arguments; what a back end keeps grows no faster, but for trees

    def charge(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Counts a call before it is made.

        Raises:
            MemoryError: if it, or all together, would take too much.
        """
        self._said += sum(len(value) if type(value) is str else 8 for value in arguments.values())
        steps = 10 + self._said // 200
        precision = arguments.get("precision")
        if type(precision) is int:
            steps += precision * precision // 200
        if self._files is not None:
            steps += self._in_files(name, arguments)
        self._spend(steps)

    def note(self, result: str) -> None:
        """Counts what a call gave; raises as `charge` does."""
        self._said += len(result) // 100
        self._spend(len(result) // 3)

    def _spend(self, steps: int) -> None:
        self.spent += steps
        if self.spent > MOST:
            raise MemoryError("this conversation's calls take more work than any of the benchmark's")

    def _in_files(self, name: str, arguments: Mapping[str, Any]) -> int:
        here = getattr(self._files, "_current_dir", None)
        if name == "cp":
            copied = getattr(here, "contents", {}).get(str(arguments.get("source")))
            return len(getattr(copied, "contents", ()))
        if name == "pwd":
            return 3 * _depth(here)
        if name not in _PATHS:
            return 0
        size = sum(tree_size(each, _TREE) for each in (here, getattr(self._files, "root", None)))
        if size > _TREE:
            self.spent += size
            raise MemoryError("the tree of files is larger than any of the benchmark's")
        return size


def tree_size(directory: Any, most: int, *, contents: bool = False) -> int:
    """Characters of all paths below a directory, counted until there are more than `most`; it may contain itself.

    Args:
        contents: Count what stands in files, too.
    """
    total = 0
    waiting = [(directory, 0)]
    while waiting and total <= most:
        holder, length = waiting.pop()
        for name, item in getattr(holder, "contents", {}).items():
            path = length + len(str(name)) + 1
            total += path
            if hasattr(item, "contents"):
                waiting.append((item, path))
            elif contents:
                total += len(str(getattr(item, "content", "")))
            if total > most:
                break
    return total


def _depth(directory: Any) -> int:
    depth = 0
    while directory is not None and depth < _TREE:
        depth, directory = depth + 1, getattr(directory, "parent", None)
    return depth
