"""Read one design with Yosys into a flat netlist, and find its clocks, resets and unknowns."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ...sandbox import Limits
from ..design import IDENTIFIER, Design
from ..yosys import run_yosys
from .drivers import contended
from .facts import Facts, facts_of

READ_LIMITS: Final = Limits(cpu_s=20.0, wall_s=40.0, memory_mb=4096, file_mb=64, output_kb=4096)
OUTPUTS: Final = ("side.il", "side.json", "side.v", "early.il")
CONFLICT: Final = re.compile(r"multiple conflicting drivers|Drivers conflicting with a constant")
WORDS: Final = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\\\S+|[A-Za-z_][A-Za-z0-9_$]*', re.DOTALL
)


@dataclass(frozen=True)
class Side:
    """A design as Yosys reads it: RTLIL and Verilog of one flat module `side`, and its facts.

    `problem` says why there is no netlist; `facts` are then empty. `contention` says that nets
    have several drivers.
    """

    design: Design
    rtlil: str
    netlist: str
    facts: Facts
    problem: str
    cpu_s: float
    contention: bool = False


@lru_cache(maxsize=64)
def read_side(design: Design) -> Side:
    """Return the design's netlist; a design that Yosys refuses gives a `problem`, no error."""
    files = {name: relaxed(text) for name, text in design.files().items()}
    result = run_yosys(files, script(design), limits=READ_LIMITS, keep=OUTPUTS)
    done = result.last
    if not done.ok or len(result.files) != len(OUTPUTS):
        return Side(design, "", "", Facts(), _problem(done.stdout + done.stderr, done.stopped),
                    done.cpu_s)  # fmt: skip
    early = result.files["early.il"].decode("utf-8", "replace")
    if CONFLICT.search(done.stdout) and contended(early):
        problem = "a net has several drivers, of which Yosys would pick one"
        return Side(design, "", "", Facts(), problem, done.cpu_s, contention=True)
    module: dict[str, Any] = json.loads(result.files["side.json"])["modules"]["side"]
    facts = facts_of(module)
    bad = [p.name for p in (*facts.inputs, *facts.outputs) if not IDENTIFIER.fullmatch(p.name)]
    problem = f"the port name {bad[0]!r} is not a plain identifier" if bad else ""
    rtlil, netlist = (
        result.files[name].decode("utf-8", "replace") for name in ("side.il", "side.v")
    )
    return Side(design, rtlil, netlist, facts, problem, done.cpu_s)


def script(design: Design) -> list[str]:
    """Return the lines that read a design and flatten it; every name in them was checked."""
    defines = "".join(f" -D{name}={value}" for name, value in design.defines)
    parameters = "".join(f" -chparam {name} {value}" for name, value in design.parameters)
    lines = [f"read_verilog -sv -I.{defines} {source.name}" for source in design.sources]
    return [
        *lines,
        f"hierarchy -check -top {design.top}{parameters}",
        "proc -noopt",
        "flatten",
        # Before any optimisation: it would pick one of several drivers of a net.
        "check",
        "write_rtlil early.il",
        # What a design prints or asserts about itself is no part of what its outputs do.
        "delete t:$print t:$check t:$assert t:$assume t:$cover t:$scopeinfo",
        "memory_map",
        "opt_expr -keepdc",
        "opt_clean",
        "wreduce -keepdc",
        "opt_clean",
        "rename -top side",
        "write_rtlil side.il",
        "write_json side.json",
        # A pmux is written as a casez, which hides an unknown select; gates do not. (`pmuxtree`
        # would take a default of x for a choice it may make.)
        "techmap t:$pmux",
        "write_verilog -noattr side.v",
    ]


def relaxed(text: str) -> str:
    """Return the text with `always_comb` as `always @*`: the same logic, latches included.

    Yosys ends at a latch in an always_comb block, even one that is never reached.
    """
    return WORDS.sub(lambda m: "always @*" if m.group() == "always_comb" else m.group(), text)


def _problem(log: str, stopped: str | None) -> str:
    if stopped:
        return f"Yosys was stopped while reading the design: it reached its {stopped} limit"
    errors = re.findall(r"ERROR: (.+)|^(\S+:\d+: .*)$", log, re.MULTILINE)
    said = " ".join(a or b for a, b in errors[-2:]).strip()
    return f"Yosys cannot read the design: {said[:400] or 'no reason given'}"
