"""Compile and simulate with Icarus Verilog, both steps in one sandbox job."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ..errors import ToolUnavailable
from ..sandbox import Finished, Job, JobResult, Limits, SandboxPool, Step, shared_pool

IMAGE: Final = "sim.vvp"
COMPILE_LIMITS: Final = Limits(cpu_s=15.0, wall_s=30.0, memory_mb=2048, output_kb=256)
RUN_LIMITS: Final = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=2048, file_mb=64, output_kb=4096)


@dataclass(frozen=True)
class Simulation:
    """One compilation and, where it succeeded, one run; `files` are those asked back."""

    compiled: Finished
    run: Finished | None
    files: Mapping[str, bytes]
    sandbox: str
    version: str


def simulate(
    files: Mapping[str, str],
    order: Sequence[str],
    top: str,
    *,
    flags: Sequence[str] = (),
    limits: Limits = RUN_LIMITS,
    keep: tuple[str, ...] = (),
    waves: bool = False,
    pool: SandboxPool | None = None,
) -> Simulation:
    """Compile the files named in `order` with module `top` as root, and simulate.

    `flags` are ours (`-D`, `-P`, `-I`, built from checked names), never a model's. Without `waves`
    the simulator writes no dump file whatever the sources ask for.
    """
    require_icarus()
    compiler = (
        "iverilog", "-g2012", "-Wall", "-Winfloop", "-Wno-timescale", "-s", top,
        *flags, "-o", IMAGE, *order,
    )  # fmt: skip
    simulator = ("vvp", "-N", IMAGE, *(() if waves else ("-none",)))
    steps = (Step(compiler, limits=COMPILE_LIMITS), Step(simulator, limits=limits))
    result = (pool or shared_pool()).run(Job(files, steps, keep))
    return _simulation(result)


def _simulation(result: JobResult) -> Simulation:
    compiled, *ran = result.steps
    return Simulation(
        compiled, ran[0] if ran else None, result.files, result.mode, icarus_version()
    )


def require_icarus() -> None:
    """Raise ToolUnavailable, with the command that mends it, when Icarus is not installed."""
    if not (shutil.which("iverilog") and shutil.which("vvp")):
        raise ToolUnavailable("Icarus Verilog is not installed: apt-get install iverilog")


@cache
def icarus_version() -> str:
    """Return the version, such as "iverilog 11.0"."""
    require_icarus()
    done = shared_pool().run(Job({}, (Step(argv=("iverilog", "-V")),))).last
    found = re.search(r"version (\S+)", done.stdout)
    return f"iverilog {found.group(1) if found else 'unknown'}"
