"""What this machine has left: RAM, and the memory of its NVIDIA GPUs, all in bytes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import psutil

_MIB = 1024 * 1024
_QUERY = "index,name,memory.total,memory.free"
_TIMEOUT_S = 30.0
CGROUP = Path("/sys/fs/cgroup")


class Gpu(NamedTuple):
    """One GPU as nvidia-smi lists it."""

    number: int
    name: str
    total: int
    free: int


class Machine(NamedTuple):
    """What may be used here; `gpus` is empty on a machine without a working NVIDIA driver."""

    ram_free: int
    gpus: tuple[Gpu, ...]


def this_machine() -> Machine:
    """Return the free RAM and the GPUs of this machine."""
    return Machine(free_ram(), gpus())


def free_ram() -> int:
    """Return the RAM that a new process can have: what is available, or what a container leaves."""
    available = psutil.virtual_memory().available
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no container, no limit ("max"), or the older cgroups
        return available
    return min(available, max(0, limit - used))


def gpus() -> tuple[Gpu, ...]:
    """Return the NVIDIA GPUs; none where nvidia-smi is missing or fails."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    argv = [program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=True
        )
        return tuple(_gpu(line) for line in done.stdout.splitlines() if line.strip())
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()


def _gpu(line: str) -> Gpu:
    number, name, total, free = (part.strip() for part in line.split(","))
    return Gpu(int(number), name, int(total) * _MIB, int(free) * _MIB)
