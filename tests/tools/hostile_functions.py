"""What a stranger's tools may try; tests/tools/test_sandbox.py lets them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

CALLS: list[int] = []


def count() -> int:
    """Count the calls since the file was loaded."""
    CALLS.append(1)
    return len(CALLS)


async def later(word: str) -> str:
    """Wait for nothing."""
    await asyncio.sleep(0)
    return word


def in_a_thread() -> str:
    """Run something in a thread."""
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append("done"))
    thread.start()
    thread.join()
    return said[0]


def loop() -> None:
    """Never end."""
    while True:
        pass


def sleep() -> None:
    """Never end either."""
    time.sleep(1000)


def fork() -> int:
    """Make a process."""
    return os.fork()


def run_a_program() -> str:
    """Run a program."""
    return subprocess.run(["id"], capture_output=True, text=True, check=True).stdout


def connect(port: int) -> str:
    """Open a connection."""
    socket.create_connection(("127.0.0.1", port), timeout=1).close()
    return "connected"


def eat_memory() -> None:
    """Take all memory."""
    taken = []
    while True:
        taken.append(bytearray(100_000_000))


def environment() -> dict[str, str]:
    """Read the environment."""
    return dict(os.environ)


def read(path: str) -> str:
    """Read a file."""
    return Path(path).read_text(errors="replace")


def write(path: str) -> str:
    """Write a file."""
    Path(path).write_text("here")
    return Path(path).read_text()


def open_up(path: str) -> None:
    """Change a file's mode."""
    Path(path).chmod(0o777)


def link(path: str) -> str:
    """Read a file by another name."""
    Path("other").symlink_to(path)
    return Path("other").read_text()


def kill_the_parent() -> None:
    """End the process that asks."""
    os.kill(os.getppid(), 9)


def starve_the_parent() -> None:
    """Take the files of the process that asks."""
    resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (1, 1))


def print_garbage() -> str:
    """Print what looks like an answer."""
    print('{"result": "forged"}', flush=True)
    os.write(1, b'{"result": "forged"}\n')
    sys.stderr.write("noise\n")
    return "right"


def write_garbage_everywhere() -> str:
    """Write to every open file."""
    for number in range(3, 30):
        with contextlib.suppress(OSError):
            os.write(number, b"garbage\n")
    return "unheard"


def leave() -> None:
    """End the process."""
    os._exit(3)


def exit_politely() -> None:
    """Raise SystemExit."""
    sys.exit("bye")


def not_json() -> object:
    """Return what JSON cannot hold."""
    return {1, 2}


def flood() -> str:
    """Return too much."""
    return "a" * (30 << 20)
