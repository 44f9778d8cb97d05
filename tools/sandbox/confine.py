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
# Refused with EPERM, by architecture: sockets, other processes, mounts, namespaces, kernel objects
# that outlive a job, and the handles that go round a path.
REFUSED = {
    "x86_64": (
        41, 53, 29, 68, 64, 240, 101, 310, 311, 155, 165, 166, 272, 308, 304, 428, 429, 430, 432,
        442, 298, 321, 323, 248, 249, 250, 438, 246, 175, 313, 176, 169, 167, 168, 163, 227, 164,
        170, 171, 179, 103, 133, 259,
    ),
    "aarch64": (
        198, 199, 194, 186, 190, 180, 117, 270, 271, 41, 40, 39, 97, 268, 265, 428, 429, 430, 432,
        442, 241, 280, 282, 217, 218, 219, 438, 104, 105, 273, 106, 142, 224, 225, 89, 112, 170,
        161, 162, 60, 116, 33,
    ),
}  # fmt: skip
# Modes, owners and times: Landlock has no say in them. They are not changed, and no tool minds.
IGNORED = {
    "x86_64": (90, 91, 268, 452, 92, 93, 94, 260, 188, 189, 190, 197, 198, 199, 132, 235, 261, 280),
    "aarch64": (52, 53, 452, 54, 55, 5, 6, 7, 14, 15, 16, 88),
}
# The C library falls back to calls whose arguments can be looked at: clone3 and io_uring go.
ABSENT = (435, 425)
CLONE = {"x86_64": 56, "aarch64": 220}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
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


def restrict(reads: Iterable[str], works: Iterable[str], devices: Iterable[str] = ()) -> bool:
    """Open nothing but what lies below `reads`, `works` and `devices`; False without Landlock."""
    version = LIBC.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    kinds = (1 << (13, 14, 15, 15, 16)[min(version, 5) - 1]) - 1
    rules = struct.pack("=QQQ", kinds, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = LIBC.syscall(CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return False
    for paths, rights in (
        (reads, READ), (works, WORK), (devices, READ_FILE | WRITE_FILE | TRUNCATE),
    ):  # fmt: skip
        for path in paths:
            _allow(ruleset, path, rights & kinds)
    done = LIBC.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return done


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
    machine = platform.machine()
    if machine not in AUDIT:
        return False
    code = _program(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    return _prctl(SET_SECCOMP, 2, program)


def _program(machine: str) -> bytes:
    """Return the filter in the classic BPF of seccomp(2): numbers first, then clone's flags."""
    lines = [
        _line(LOAD, 4), _line(EQUAL, AUDIT[machine], 1), _line(RETURN, ERRNO | EPERM), _line(LOAD, 0),
    ]  # fmt: skip
    if machine == "x86_64":
        # The x32 numbers are another table.
        lines += [_line(GREATER, 0x3FFFFFFF, 0, 1), _line(RETURN, ERRNO | EPERM)]
    for numbers, error in ((REFUSED[machine], EPERM), (IGNORED[machine], 0), (ABSENT, ENOSYS)):
        for number in numbers:
            lines += [_line(EQUAL, number, 0, 1), _line(RETURN, ERRNO | error)]
    lines += [
        _line(EQUAL, CLONE[machine], 0, 3), _line(LOAD, 16), _line(ANY_BIT, NEW_NAMESPACES, 0, 1),
        _line(RETURN, ERRNO | EPERM), _line(RETURN, ALLOW),
    ]  # fmt: skip
    return b"".join(lines)


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _prctl(option: int, *values: int | bytes) -> bool:
    wide = [v if isinstance(v, bytes) else ctypes.c_ulong(v) for v in values]
    zeros = [ctypes.c_ulong(0)] * (4 - len(values))
    return LIBC.prctl(option, *wide, *zeros) == 0
