"""The system calls that a guest is refused, by their numbers on the two machines that the filter is written for.

It is a list of what is refused, not of what is allowed: Python and its libraries need too many. Calls newer than the
list are refused too. Files are Landlock's business, except for what it does not cover (owners, modes, times).
"""

from __future__ import annotations

import ctypes
import platform
from dataclasses import dataclass
from typing import Any

LAST = 451  # cachestat; every number above is answered with "no such call", as by an older kernel

# name: (x86_64, aarch64); None where the machine does not have the call
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # the network; a pair of connected sockets stays allowed, asyncio wants one
    "socket": (41, 198),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # other processes: none are made (threads are), and none is touched
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # what Landlock does not cover of files
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "truncate": (76, 45),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # the machine
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "uselib": (134, None),
}


@dataclass(frozen=True)
class Machine:
    """What differs between machines."""

    audit: int  # AUDIT_ARCH_* of linux/audit.h
    refused: tuple[int, ...]
    clone: int
    clone3: int
    kill: int
    tgkill: int
    prlimit64: int
    seccomp: int
    capset: int


def this_machine() -> Machine | None:
    """The numbers of the machine that runs this, or None where the filter is not written for it."""
    name = platform.machine()
    if name in ("x86_64", "amd64"):
        refused = tuple(numbers[0] for numbers in _REFUSED.values() if numbers[0] is not None)
        return Machine(0xC000003E, refused, 56, 435, 62, 234, 302, 317, 126)
    if name in ("aarch64", "arm64"):
        refused = tuple(numbers[1] for numbers in _REFUSED.values() if numbers[1] is not None)
        return Machine(0xC00000B7, refused, 220, 435, 129, 131, 261, 277, 91)
    return None


def system_call(number: int, *arguments: Any) -> int:
    """What the kernel answers to a call; -1 for an error. Numbers are passed as long, bytes as pointers to them."""
    library = ctypes.CDLL(None)
    library.syscall.restype = ctypes.c_long
    whole = [ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments)]
    return int(library.syscall(*whole))
