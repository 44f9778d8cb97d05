"""Several sandboxes shared by threads: a job waits for a free one."""

from __future__ import annotations

import atexit
import queue
from functools import cache
from os import cpu_count
from pathlib import Path

from .box import Sandbox
from .job import Job, JobResult, Mode


class SandboxPool:
    """At most `size` jobs at once; use as a context manager, or close it."""

    def __init__(self, size: int, mode: Mode | None = None, *, service: Path | None = None) -> None:
        self._all = [Sandbox(mode, service=service) for _ in range(size)]
        self.mode: Mode = self._all[0].mode
        # Last in, first out: a job gets the worker whose pages are warm.
        self._free: queue.LifoQueue[Sandbox] = queue.LifoQueue()
        for sandbox in self._all:
            self._free.put(sandbox)

    def run(self, job: Job) -> JobResult:
        """Run a job in the next free sandbox; safe to call from many threads."""
        sandbox = self._free.get()
        try:
            return sandbox.run(job)
        finally:
            self._free.put(sandbox)

    def close(self) -> None:
        """End every sandbox."""
        for sandbox in self._all:
            sandbox.close()

    def __enter__(self) -> SandboxPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@cache
def shared_pool(*, service: Path | None = None) -> SandboxPool:
    """Return this process's pool, one sandbox per core; it is closed when the process ends."""
    pool = SandboxPool(cpu_count() or 1, service=service)
    atexit.register(pool.close)
    return pool
