"""A system call filter (seccomp-BPF, seccomp(2)) that a process puts on itself: no network, no other processes.

It cannot be taken off again, and needs no privilege. Linux on x86_64 and aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from lamforge.tools.sandbox.syscalls import LAST, Machine, system_call, this_machine

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_NUMBER, _ARCH, _FIRST = 0, 4, 16  # offsets in struct seccomp_data; of the first argument, the lower half
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x10000
_NO_NEW_PRIVILEGES = 38  # of prctl(2)
_SET_FILTER, _ALL_THREADS = 1, 1
_CAPABILITY_VERSION = 0x20080522


def refuse_network_and_processes() -> bool:
    """Filters this process's system calls from now on; whether it could be done."""
    machine = this_machine() if sys.platform == "linux" else None
    if machine is None:
        return False
    # Capabilities are what makes root special; for others there are none to give up.
    system_call(machine.capset, struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24))
    if not promise_no_new_privileges():
        return False
    code = _program(machine, os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    return system_call(machine.seccomp, _SET_FILTER, _ALL_THREADS, header) == 0


def promise_no_new_privileges() -> bool:
    """What the kernel wants of a process before it may restrict itself; whether it could be done."""
    return ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0


def _program(machine: Machine, pid: int) -> bytes:
    """The filter as an array of struct sock_filter. Jumps count the instructions that are left out."""
    lines = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        *_refusing(_AT_LEAST, LAST + 1, errno.ENOSYS),
        *_refusing(_EQUAL, machine.clone3, errno.ENOSYS),  # its flags cannot be seen; libc falls back to clone
    ]
    for number in machine.refused:
        lines += _refusing(_EQUAL, number, errno.EPERM)
    lines += _only_if(machine.clone, [(_ANY_BIT, 1, 0, _CLONE_THREAD)])
    lines += _only_if(machine.kill, [(_EQUAL, 1, 0, pid)])
    lines += _only_if(machine.tgkill, [(_EQUAL, 1, 0, pid)])
    lines += _only_if(machine.prlimit64, [(_EQUAL, 2, 0, pid), (_EQUAL, 1, 0, 0)])
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _refusing(test: int, number: int, error: int) -> list[tuple[int, int, int, int]]:
    return [(test, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]


def _only_if(number: int, tests: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """A call that is allowed if a test of its first argument holds, and else refused."""
    refusal = [(_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    body = [(_LOAD, 0, 0, _FIRST), *tests, *refusal]
    return [(_EQUAL, 0, len(body), number), *body]
