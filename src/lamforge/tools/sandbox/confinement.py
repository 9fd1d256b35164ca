"""What a guest process does to itself before it runs a stranger's code, and what of it the kernel allowed."""

from __future__ import annotations

import os
import resource
import signal
import site
import sys
from collections.abc import Iterable
from pathlib import Path

import lamforge
from lamforge.tools.sandbox.landlock import confine_files
from lamforge.tools.sandbox.seccomp import refuse_network_and_processes

LEVELS = ("strict", "process")  # strict: all of MEASURES or nothing; process: limits, and the others where possible
MEASURES = ("limits", "network", "processes", "files")

_FILE_BYTES = 16 << 20  # of each file that it writes
_OPEN_FILES = 64
_SYSTEM = (
    *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64"),
    *("/usr/share/zoneinfo", "/etc/localtime", "/etc/ld.so.cache", "/dev/urandom", "/dev/zero"),
)


def confine(readable: Iterable[Path], memory_bytes: int) -> dict[str, str]:
    """Restricts this process for good. Its working folder is what it may write to.

    Args:
        readable: Files and folders that it may read, beside Python and its packages.
        memory_bytes: Of its address space.
    Returns:
        For each of MEASURES what was done, or "none".
    """
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    files = confine_files([*readable, *_installation()], Path.cwd())
    filtered = refuse_network_and_processes()
    if not filtered and os.getuid() != 0:  # root is not limited
        _limit(resource.RLIMIT_NPROC, 1)
    return {
        "limits": "rlimit",
        "network": "seccomp" if filtered else "none",
        "processes": "seccomp" if filtered else "rlimit" if os.getuid() != 0 else "none",
        "files": "landlock" if files else "none",
    }


def allow_seconds(seconds: float) -> None:
    """Lets this process run so much longer, by the processor's time and by the clock; then the kernel ends it.

    The host counts too. This is for a guest whose host is gone.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    signal.alarm(2 * int(seconds) + 2)


def beside(file: Path) -> list[Path]:
    """What a Python file may read of its surroundings: itself, and the modules and packages in its folder."""
    others = [path for path in file.parent.glob("*.py") if path.is_file()]
    return [file, *others, *(path.parent for path in file.parent.glob("*/__init__.py"))]


def _limit(which: int, amount: int) -> None:
    _, most = resource.getrlimit(which)
    allowed = amount if most == resource.RLIM_INFINITY else min(amount, most)
    resource.setrlimit(which, (allowed, allowed))


def _installation() -> list[Path]:
    """Where Python, its packages and lamforge are."""
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), site.getusersitepackages()]
    packages = Path(lamforge.__file__).parents[1]
    found = [Path(folder) for folder in folders if folder not in ("", "/")]
    return [*found, packages / "lamforge", *map(Path, _SYSTEM)]
