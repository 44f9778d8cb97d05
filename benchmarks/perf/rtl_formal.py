"""Equivalence checks by Yosys: in the pooled service, and in a fresh process for each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from ...tools.errors import ToolUnavailable
from ...tools.rtl.yosys import SCRIPT, engine, run_yosys
from .rtl_simulation import WORKERS

LIMIT_S: Final = 120.0
FRESH: Final = (
    "from pyosys import libyosys as ys; "
    f"ys.run_pass('script {SCRIPT}', ys.Design())"
)  # fmt: skip
# A saturating accumulator, and the same with its sum written another way.
DESIGN: Final = """
module {name} (input clk, input reset, input [7:0] step, output reg [7:0] total);
  wire [8:0] next = {sum};
  always @(posedge clk)
    if (reset) total <= 8'd{start};
    else if (next[8]) total <= 8'hff;
    else total <= next[7:0];
endmodule
"""
CHECK: Final = (
    "read_verilog -sv gold.v gate.v",
    "proc",
    "flatten",
    "opt_clean",
    "miter -equiv -flatten -make_outputs gold gate miter",
    "hierarchy -top miter",
    "sat -verify -tempinduct -maxsteps 4 -prove trigger 0 -seq 1 -set-at 1 in_reset 1 miter",
)
Timed = tuple[float, list[int]]


def formal_calls(checks: int) -> tuple[Callable[[], Timed], Callable[[], Timed]]:
    """Return the two ways to do so many checks: each returns its seconds and the exit codes."""
    if engine() != "pyosys":
        raise ToolUnavailable("the comparison needs pyosys: pip install 'terragate[rtl]'")
    jobs = [_job(number) for number in range(checks)]
    return lambda: _timed(_pooled, jobs), lambda: _timed(_fresh, jobs)


def _job(number: int) -> dict[str, str]:
    gold = DESIGN.format(name="gold", sum="total + step", start=number % 256)
    # Every third check is of a design that starts elsewhere, which a check has to refuse.
    start = (number + (number % 3 == 0)) % 256
    gate = DESIGN.format(name="gate", sum="{1'b0, step} - ~{1'b0, total} - 9'd1", start=start)
    return {"gold.v": gold, "gate.v": gate}


def _timed(work: Callable[[dict[str, str]], int], jobs: list[dict[str, str]]) -> Timed:
    with ThreadPoolExecutor(WORKERS) as threads:
        started = time.perf_counter()
        codes = list(threads.map(work, jobs))
        return time.perf_counter() - started, codes


def _pooled(files: dict[str, str]) -> int:
    return run_yosys(files, CHECK).last.code


def _fresh(files: dict[str, str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**files, SCRIPT: "\n".join(CHECK) + "\n"}.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-c", FRESH], cwd=folder, capture_output=True, timeout=LIMIT_S,
            check=False,
        ).returncode  # fmt: skip
