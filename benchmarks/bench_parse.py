"""CPU time to read one call of 16,000 characters while it streams, a few characters at a time.

Peer in the same run: reading the text so far again for every piece, with the two patterns that parsers of this kind
search for (a name, and arguments with braces two levels deep). It is a stand-in for vLLM's `xlam` parser, written for
this comparison; that one was measured elsewhere at 834 microseconds a piece for 16,000 characters.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import time
from collections.abc import Callable

from lamforge.formats import StreamParser
from lamforge.formats.parse import parse

CHARACTERS, PIECE = 16_000, 4  # characters of the call, and of one piece
NAME = re.compile(r'"name"\s*:\s*"([^"]+)"')
ARGUMENTS = re.compile(r'"arguments"\s*:\s*(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})')


def call_of(length: int) -> str:
    """A call with nested arguments, about `length` characters long."""
    rng = random.Random(0)
    rows = []
    while len(json.dumps(rows)) < length - 60:
        rows.append(
            {"id": f"W{rng.randrange(10**6)}", "name": "x" * rng.randrange(40), "tags": ["a", {"b": [1.5, None]}]}
        )
    return json.dumps([{"name": "import_rows", "arguments": {"rows": rows}}])


def pieces_of(text: str, size: int) -> list[str]:
    """The text in pieces of this size."""
    return [text[place : place + size] for place in range(0, len(text), size)]


def own(pieces: list[str]) -> None:
    """Reads the pieces as they come."""
    parser = StreamParser()
    for piece in pieces:
        parser.feed(piece)
    parser.close()


def rescan(pieces: list[str]) -> None:
    """Searches the whole text so far for every piece."""
    text = ""
    for piece in pieces:
        text += piece
        NAME.findall(text)
        ARGUMENTS.search(text)


def seconds(read: Callable[[list[str]], None], pieces: list[str], repeats: int) -> float:
    """Median CPU seconds to read the pieces."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        read(pieces)
        times.append(time.process_time() - started)
    return statistics.median(times)


def exact(text: str) -> bool:
    """Whether every cut into pieces of one size, and every cut into two, reads as the whole does."""
    whole = parse(text)
    cuts = [pieces_of(text, size) for size in (1, 2, 3, 7, 60, len(text))]
    cuts += [[text[:place], text[place:]] for place in range(0, len(text), 97)]
    for pieces in cuts:
        parser = StreamParser()
        for piece in pieces:
            parser.feed(piece)
        parser.close()
        if parser.message != whole:
            return False
    return bool(whole.tool_calls) and whole.problem is None


if __name__ == "__main__":
    text = call_of(CHARACTERS)
    pieces = pieces_of(text, PIECE)
    mine, peer = seconds(own, pieces, 9), seconds(rescan, pieces, 3)
    quarter = pieces[: len(pieces) // 4]
    flat = (mine / len(pieces)) / (seconds(own, quarter, 9) / len(quarter))
    print(f"parse: {mine * 1e3:.1f} ms for {len(text):,} characters, read again for each piece {peer * 1e3:.0f} ms:")
    print(f"       {peer / mine:.0f}x less CPU in this run (goal 80x)")
    print(f"       {mine / len(pieces) * 1e6:.1f} us a piece, {flat:.2f} of what a piece of the first quarter costs")
    print(f"       exact at every cut tried: {exact(text)}")
