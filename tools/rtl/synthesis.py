"""Synthesise with Yosys: cells by type, flip-flops, latches, depth, area and timing where known."""

from __future__ import annotations

import json
import re
import shutil
from functools import lru_cache
from typing import Any, Final

from pydantic import Field

from ..errors import ToolError
from ..records import Frozen
from ..sandbox import Job, Limits, Step, shared_pool
from .design import Design
from .netlist import yosys_error
from .yosys import design_files, reading, run_yosys, yosys_version

LIMITS: Final = Limits(cpu_s=60.0, wall_s=120.0, memory_mb=4096, file_mb=64, output_kb=4096)
DEPTH: Final = re.compile(r"Longest topological path in .*\(length=(\d+)\)")
SLACK: Final = re.compile(r"^terragate_delay ([0-9.eE+-]+)$", re.MULTILINE)
FLIP_FLOP: Final = re.compile(r"^\$_(?:DFF|SDFF|ALDFF|DFFE|SDFFE|ALDFFE|DFFSR|FF)\w*_$")
LATCH: Final = re.compile(r"^\$_(?:DLATCH|SR)\w*_$")


class Synthesis(Frozen):
    """What a design becomes: generic gates, or cells of a Liberty library.

    `depth` is the longest path in cells between registers; `area` is in the library's own unit and
    `delay_ns` what OpenSTA says, both None without a library (and OpenSTA).
    """

    cells: dict[str, int]
    total: int
    flip_flops: int
    latches: int
    depth: int
    area: float | None = None
    delay_ns: float | None = None
    tool: str = Field(default="")


@lru_cache(maxsize=256)
def synthesise(design: Design, liberty: str | None = None) -> Synthesis:
    """Return the synthesised design's figures; ToolError with file and line when it has none."""
    files = design_files(design)
    script = [*reading(design), f"synth -flatten -top {design.top}", "tee -o g.json stat -json"]
    keep = ["g.json", "ltp.txt"]
    if liberty is not None:
        files["cells.lib"] = liberty
        keep += ["m.json", "mapped.v"]
        script += [
            "dfflibmap -liberty cells.lib",
            "abc -liberty cells.lib",
            "opt_clean -purge",
            "tee -o m.json stat -json -liberty cells.lib",
            "write_verilog -noattr -noexpr mapped.v",
        ]
    script += ["tee -o ltp.txt ltp -noff"]
    result = run_yosys(files, script, limits=LIMITS, keep=tuple(keep))
    if not result.last.ok:
        raise ToolError(yosys_error(result.last), kind="bad_data")
    gates = _statistics(result.files["g.json"])
    mapped = _statistics(result.files["m.json"]) if liberty is not None else gates
    generic, cells = gates["num_cells_by_type"], mapped["num_cells_by_type"]
    depth = DEPTH.findall(result.files.get("ltp.txt", b"").decode())
    return Synthesis(
        cells=dict(sorted(cells.items())),
        total=sum(cells.values()),
        flip_flops=sum(n for kind, n in generic.items() if FLIP_FLOP.match(kind)),
        latches=sum(n for kind, n in generic.items() if LATCH.match(kind)),
        depth=max((int(found) for found in depth), default=0),
        area=float(mapped["area"]) if "area" in mapped else None,
        delay_ns=_delay(design, files, result.files.get("mapped.v")),
        tool=yosys_version(),
    )


def _statistics(text: bytes) -> dict[str, Any]:
    return json.loads(text)["design"]


def _delay(design: Design, files: dict[str, str], mapped: bytes | None) -> float | None:
    """Return the longest combinational delay by OpenSTA, None where it is not installed."""
    program = shutil.which("sta")
    if program is None or mapped is None:
        return None
    script = "\n".join((
        "read_liberty cells.lib", "read_verilog mapped.v", f"link_design {design.top}",
        "create_clock -name virtual -period 1000", "set_input_delay 0 -clock virtual [all_inputs]",
        "set_output_delay 0 -clock virtual [all_outputs]",
        'puts "terragate_delay [expr 1000 - [worst_slack -max]]"',
    ))  # fmt: skip
    job = {"cells.lib": files["cells.lib"], "mapped.v": mapped, "sta.tcl": script}
    step = Step(("sta", "-no_splash", "-no_init", "-exit", "sta.tcl"), limits=LIMITS)
    found = SLACK.search(shared_pool().run(Job(job, (step,))).last.stdout)
    return float(found.group(1)) if found else None
