"""What a process may do with files (Landlock, landlock(7)), decided by itself and for good. Linux 5.13 and later."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from lamforge.tools.sandbox.seccomp import promise_no_new_privileges
from lamforge.tools.sandbox.syscalls import system_call, this_machine

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same numbers on all machines
_VERSION = 1  # flag of create: say which version the kernel has
_PATH_BENEATH = 1

_EXECUTE, _WRITE, _READ, _LIST, _REMOVE_FOLDER, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_FOLDER, _MAKE_FILE = 1 << 7, 1 << 8
_TRUNCATE = 1 << 14
_RIGHTS = (0, 13, 14, 15, 15, 16)  # how many rights on files each version knows; from 5 on 16
_TCP = 0b11  # bind and connect; version 4
_SCOPES = 0b11  # abstract sockets and signals of others; version 6

_READ_ONLY = _READ | _LIST
_OWN = _READ | _WRITE | _LIST | _REMOVE_FOLDER | _REMOVE_FILE | _MAKE_FOLDER | _MAKE_FILE | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE


def confine_files(readable: Iterable[Path], own: Path) -> bool:
    """Lets this process read what is in `readable` and do anything in its `own` folder; whether it could be done.

    Every other file is out of its reach, whatever it is called, and so are the memory and environment of other
    processes. The process must have one thread.
    """
    if sys.platform != "linux" or this_machine() is None or len(list(Path("/proc/self/task").iterdir())) != 1:
        return False
    version = system_call(_CREATE, 0, 0, _VERSION)
    if version < 1:
        return False
    handled = (1 << _RIGHTS[min(version, 5)]) - 1
    attributes = struct.pack("=Q", handled)
    if version >= 4:
        attributes += struct.pack("=Q", _TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    rules = system_call(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(rules, path, _READ_ONLY)
            if path.is_file():
                _allow(rules, path.parent, _LIST)  # Python looks for modules by listing
        _allow(rules, Path(os.devnull), _READ | _WRITE)
        _allow(rules, own, _OWN & handled)
        return promise_no_new_privileges() and system_call(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    """Adds a rule for a file or for all in a folder; what does not exist needs none."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights &= -1 if path.is_dir() else _OF_FILES
        beneath = struct.pack("=Qi", rights, opened)
        system_call(_ADD_RULE, rules, _PATH_BENEATH, beneath, 0)
    finally:
        os.close(opened)
