"""Run Yosys scripts of ours on untrusted sources: the native pyosys module, else a system yosys."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

from ..errors import ToolUnavailable
from ..sandbox import Job, JobResult, Limits, Step, shared_pool
from .design import Design

SERVICE: Final = Path(__file__).parent / "services" / "yosys.py"
SCRIPT: Final = "run.ys"
LIMITS: Final = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=4096, file_mb=64, output_kb=4096)
Engine = Literal["pyosys", "yosys"]
# Comments and strings are matched first, so that the word is found in code only.
ALWAYS_COMB: Final = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|\\\S+|(?<![\w$])always_comb(?![\w$])", re.DOTALL
)


@cache
def engine() -> Engine:
    """Return which Yosys there is; ToolUnavailable when there is none."""
    try:
        version("pyosys")
    except PackageNotFoundError:
        if shutil.which("yosys"):
            return "yosys"
        raise ToolUnavailable(
            "Yosys is not installed: pip install 'terragate[rtl]', or apt-get install yosys"
        ) from None
    return "pyosys"


def run_yosys(
    files: Mapping[str, str],
    script: Sequence[str],
    *,
    limits: Limits = LIMITS,
    keep: tuple[str, ...] = (),
) -> JobResult:
    """Run script lines, in which no untrusted text may stand, over files; `keep` comes back.

    The one step's `code` is not 0 when a command failed: Yosys ends the process at an error.
    """
    job = {**files, SCRIPT: "\n".join(script) + "\n"}
    if engine() == "pyosys":
        step = Step(call=SCRIPT, limits=limits)
        return shared_pool(service=SERVICE).run(Job(job, (step,), keep))
    step = Step(argv=("yosys", "-q", "-l", "/dev/stdout", "-s", SCRIPT), limits=limits)
    return shared_pool().run(Job(job, (step,), keep))


def design_files(design: Design) -> dict[str, str]:
    """Return a design's files as Yosys is given them, every token at its place.

    An `always_comb` is read as `always @*`: Yosys refuses some that other tools accept, because it
    sees a latch where a later assignment always wins. A real latch is found by the lint rule.
    """
    return {name: ALWAYS_COMB.sub(_relaxed, text) for name, text in design.files().items()}


def _relaxed(found: re.Match[str]) -> str:
    return "always @*  " if found.group() == "always_comb" else found.group()


def reading(design: Design) -> list[str]:
    """Return the script lines that read a design and make its top, with parameters, the root."""
    names = " ".join(source.name for source in design.sources)
    defines = "".join(f" -D{n}={v}" if v else f" -D{n}" for n, v in design.defines)
    changed = "".join(f" -chparam {n} {v}" for n, v in design.parameters)
    return [
        f"read_verilog -sv -I.{defines} {names}",
        f"hierarchy -check -top {design.top}{changed}",
    ]


@cache
def yosys_version() -> str:
    """Return the engine and its version, such as "pyosys 0.70"."""
    if engine() == "pyosys":
        return f"pyosys {version('pyosys')}"
    done = shared_pool().run(Job({}, (Step(argv=("yosys", "-V")),))).last
    found = re.search(r"Yosys (\S+)", done.stdout)
    return f"yosys {found.group(1) if found else 'unknown'}"
