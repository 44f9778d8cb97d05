"""Threads for several simulations at once; each waits for a free sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import cpu_count
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_all(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the results in the order of the items; `work` must not call this function itself."""
    return list(_threads().map(work, items))


@cache
def _threads() -> ThreadPoolExecutor:
    # Kept: a sandbox ends with the thread that started it (the kernel's parent-death signal).
    return ThreadPoolExecutor(cpu_count() or 1, thread_name_prefix="rtl")
