"""What the Linux kernel refuses a process and its children from now on, without any privilege.

`harden` takes away privileges and the system calls no EDA tool needs (seccomp); `restrict` adds a
Landlock layer: files may be read and written below the given paths only, no TCP, and no signal to,
no tracing of and no abstract socket of a process outside. Both return what the kernel granted.
Standard library only: the worker loads this file by its path.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import struct
from collections.abc import Iterable

LIBC = ctypes.CDLL(None, use_errno=True)
SET_PDEATHSIG, SET_DUMPABLE, SET_SECCOMP, SET_SUBREAPER, NO_NEW_PRIVS = 1, 4, 22, 36, 38
KILL = 9
DAC_READ_SEARCH = 1 << 2
# By name, the numbers on x86_64 and on aarch64 (-1 where there is none). Refused with EPERM:
# sockets, other processes, mounts, namespaces, objects that outlive a job, handles round a path.
REFUSED = {
    "socket": (41, 198), "socketpair": (53, 199), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pivot_root": (155, 41),
    "mount": (165, 40), "umount2": (166, 39), "unshare": (272, 97), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "pidfd_getfd": (438, 438), "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "clock_settime": (227, 112),
    "settimeofday": (164, 170), "sethostname": (170, 161), "setdomainname": (171, 162),
    "quotactl": (179, 60), "syslog": (103, 116), "mknod": (133, -1), "mknodat": (259, 33),
    "truncate": (76, 45),
}  # fmt: skip
# Modes, owners and times: Landlock has no say in them. They are not changed, and no tool minds.
IGNORED = {
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "utime": (132, -1), "utimes": (235, -1),
    "futimesat": (261, -1), "utimensat": (280, 88),
}  # fmt: skip
# The C library falls back to calls whose arguments can be looked at.
ABSENT = {"clone3": (435, 435), "io_uring_setup": (425, 425)}
CLONE = (56, 220)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NEW_NAMESPACES = 0x7E020000
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS = 1, 38
LOAD, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 14
REMOVE, MAKE_DIR, MAKE_FILE = (1 << 4) | (1 << 5), 1 << 7, 1 << 8
READ = EXECUTE | READ_FILE | READ_DIR
# No links, pipes, sockets or devices, and nothing that a job wrote is executed.
WORK = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | REMOVE | MAKE_DIR | MAKE_FILE
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446


def harden() -> list[str]:
    """Give up privileges and needless system calls; become the parent of orphans below."""
    _prctl(NO_NEW_PRIVS, 1)
    _prctl(SET_DUMPABLE, 0)
    _prctl(SET_SUBREAPER, 1)
    _drop_capabilities()
    return ["seccomp"] if _filter_calls() else []


def end_with_parent(parent: int) -> None:
    """End this process when its parent ends."""
    _prctl(SET_PDEATHSIG, KILL)
    if os.getppid() != parent:
        os._exit(1)


def restrict(reads: Iterable[str], works: Iterable[str], devices: Iterable[str] = ()) -> list[str]:
    """Open nothing but what lies below `reads`, `works` and `devices`; [] without Landlock.

    Only with "signals" in the answer (Linux 6.12) are signals to processes outside refused as well.
    """
    version = LIBC.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return []
    kinds = (1 << (13, 14, 15, 15, 16)[min(version, 5) - 1]) - 1
    rules = struct.pack("=QQQ", kinds, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = LIBC.syscall(CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return []
    for paths, rights in (
        (reads, READ), (works, WORK), (devices, READ_FILE | WRITE_FILE | TRUNCATE),
    ):  # fmt: skip
        for path in paths:
            _allow(ruleset, path, rights & kinds)
    done = LIBC.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return ["landlock", "signals"][: done * (1 + (version >= 6))]


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(handle).st_mode):
        rights &= OF_A_FILE
    LIBC.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)


def _drop_capabilities() -> None:
    """Keep of root's powers that of reading what other users own: tools may be installed there."""
    head = struct.pack("=Ii", 0x20080522, 0)
    held = ctypes.create_string_buffer(24)
    if LIBC.capget(head, held) == 0:
        low = struct.unpack_from("=I", held, 4)[0] & DAC_READ_SEARCH
        LIBC.capset(head, struct.pack("=6I", low, low, 0, 0, 0, 0))


def _filter_calls() -> bool:
    if platform.machine() not in MACHINES:
        return False
    code = _program(*MACHINES[platform.machine()])
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    return _prctl(SET_SECCOMP, 2, program)


def _program(column: int, audit: int) -> bytes:
    """Return the filter in the classic BPF of seccomp(2): numbers first, then clone's flags."""
    lines = [_line(LOAD, 4), _line(EQUAL, audit, 1), _line(RETURN, ERRNO | EPERM), _line(LOAD, 0)]
    if column == 0:
        # The x32 numbers are another table.
        lines += [_line(GREATER, 0x3FFFFFFF, 0, 1), _line(RETURN, ERRNO | EPERM)]
    for calls, error in ((REFUSED, EPERM), (IGNORED, 0), (ABSENT, ENOSYS)):
        for numbers in calls.values():
            if numbers[column] >= 0:
                lines += [_line(EQUAL, numbers[column], 0, 1), _line(RETURN, ERRNO | error)]
    lines += [
        _line(EQUAL, CLONE[column], 0, 3), _line(LOAD, 16), _line(ANY_BIT, NEW_NAMESPACES, 0, 1),
        _line(RETURN, ERRNO | EPERM), _line(RETURN, ALLOW),
    ]  # fmt: skip
    return b"".join(lines)


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _prctl(option: int, *values: int | bytes) -> bool:
    wide = [v if isinstance(v, bytes) else ctypes.c_ulong(v) for v in values]
    zeros = [ctypes.c_ulong(0)] * (4 - len(values))
    return LIBC.prctl(option, *wide, *zeros) == 0
