"""Interleaved timings, what they say about a ratio, and the machine they were taken on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import rasterio

PACKAGES: Final = (
    "geopandas", "numpy", "pandas", "pyogrio", "pyproj", "rasterio", "rasterstats", "shapely",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """How much longer the other way takes: ratio of medians, and least and most of the rounds."""

    name: str
    ours_s: tuple[float, ...]
    theirs_s: tuple[float, ...]
    ratio: float
    ratio_least: float
    ratio_most: float
    goal: float | None
    equal: bool

    @property
    def reached(self) -> bool | None:
        """Say whether the goal was reached; nothing where there is none."""
        return None if self.goal is None else self.ratio >= self.goal

    def plain(self) -> dict[str, Any]:
        """Return the JSON-plain comparison."""
        return {**asdict(self), "reached": self.reached}


class Elapsed(float):
    """Seconds that a call measured itself, because it ran in another process."""


def interleave(rounds: int, calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the seconds of every call in every round, in turn; the first round is dropped.

    A call that returns `Elapsed` has measured itself.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            result = call()
            taken = time.perf_counter() - started
            seconds[name].append(float(result) if isinstance(result, Elapsed) else taken)
    return {name: taken[1:] for name, taken in seconds.items()}


def compare(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    equal: bool,
    goal: float | None = None,
) -> Comparison:
    """Return the comparison of two interleaved timings."""
    ratios = [other / own for own, other in zip(ours, theirs, strict=True)]
    return Comparison(
        name=name,
        ours_s=tuple(round(s, 6) for s in ours),
        theirs_s=tuple(round(s, 6) for s in theirs),
        ratio=round(statistics.median(theirs) / statistics.median(ours), 3),
        ratio_least=round(min(ratios), 3),
        ratio_most=round(max(ratios), 3),
        goal=goal,
        equal=equal,
    )


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, memory, load and system."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cpus": len(psutil.Process().cpu_affinity() or ()) if _affine() else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_at_start": round(psutil.getloadavg()[0], 2),
    }


def _affine() -> bool:
    return hasattr(psutil.Process, "cpu_affinity")


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "gdal": rasterio.__gdal_version__, **found}


def git_sha() -> str | None:
    """Return the commit of the checkout, with a plus sign if it was changed; none without git."""
    root = Path(__file__).parents[2]
    try:
        sha, changes = (
            subprocess.run(
                ["git", *words], cwd=root, capture_output=True, text=True, check=True, timeout=20
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{sha}+" if changes else sha
