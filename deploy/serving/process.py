"""A detached server process: started, watched and stopped by its id and start time."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

_PASSED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD"}
)
_PASSED_PREFIXES = ("LC_", "XDG_", "CUDA_", "NVIDIA_", "NCCL_", "VLLM_")
# A key set for another server would lock us out of our own.
_KEPT_BACK = frozenset({"VLLM_API_KEY"})
_TAIL_BYTES = 16_384


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_environment(current: Mapping[str, str], *overrides: Mapping[str, str]) -> dict[str, str]:
    """Return what a server may know of our environment, without our secrets, plus `overrides`."""
    kept = {
        name: value
        for name, value in current.items()
        if (name in _PASSED or name.startswith(_PASSED_PREFIXES)) and name not in _KEPT_BACK
    }
    for override in overrides:
        kept.update(override)
    return kept


def start_detached(argv: Sequence[str], environment: Mapping[str, str], log_path: Path) -> int:
    """Start a program in a session of its own, its output in `log_path`; return its id."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        argv[0],
        list(argv),
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log_path), write, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def started_at(pid: int) -> float | None:
    """Return when the process was started (s since the epoch), or None if it does not run."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time()
    except psutil.NoSuchProcess:
        return None


def is_running(pid: int, start: float) -> bool:
    """Return whether this very process, not a later one of the same id, still runs."""
    now = started_at(pid)
    return now is not None and abs(now - start) < 1.0


def stop(pid: int, start: float, *, grace_s: float = 10.0) -> None:
    """Stop a detached process and all of its session, politely first, then by force."""
    leader_start = started_at(pid)
    if leader_start is not None and not is_running(pid, start):
        return  # the id belongs to somebody else now
    family = _session(pid, since=start)
    leader = [process for process in family if process.pid == pid]
    for process in leader:
        _signal(process, signal.SIGTERM)
    psutil.wait_procs(leader, timeout=grace_s)
    # A leader that ended well has ended its children; whatever is left is an orphan.
    for process in family:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(family, timeout=grace_s)


def log_tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a log, without blank ones."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _session(pid: int, *, since: float) -> list[psutil.Process]:
    """Return the processes of a session, also those whose leader has died."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == pid and process.create_time() > since - 1.0:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found
