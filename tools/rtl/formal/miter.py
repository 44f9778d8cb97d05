"""Turn two netlists into one circuit in AIGER that answers 1 when an output differs.

Unknown values are written out in two-valued logic (Yosys `xprop`): every bit becomes a value and a
mark "has none". Registers without an initial value start marked, in gold and in gate alike, so a
proof covers all power-on values at once, and equal unknowns are not taken for equal values. A
difference is an output bit that has a value in gold and, in gate, another one or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ...sandbox import Limits
from ..yosys import run_yosys
from .facts import Facts
from .reading import Side

Model = Literal["edges are cycles", "every edge"]
# Merging cells is sound only after unknown values are written out: before it, two registers that
# start unknown may be taken for the same one.
ENCODE: Final = (
    "opt_expr -keepdc",
    "opt_clean",
    "xprop -assume-def-inputs -required -formal",
    "delete t:$assume",
    "opt_merge",
    "opt_clean",
    "techmap",
    "simplemap",
    # A wide shifter of which one bit is used leaves most of its gates unused.
    "opt_clean",
    "aigmap",
)


@dataclass(frozen=True)
class Circuit:
    """A circuit in AIGER, its inputs by place as (port, bit), or why there is none."""

    aiger: bytes
    inputs: tuple[tuple[str, int], ...]
    model: Model
    problem: str
    cpu_s: float


def model_for(gold: Facts, gate: Facts) -> Model:
    """Return `edges are cycles` where that is exact, else `every edge`.

    It is exact when all registers of both designs have the same clock port and edge, no logic reads
    that clock, there is no latch, and either no register has an asynchronous reset or all of them
    have the same one, straight from a port. Elsewhere a reset pulse between two edges, or the level
    of the clock, can lead to states that no sequence of whole cycles reaches.
    """
    both = (gold, gate)
    clocks = gold.clocks | gate.clocks
    plain = not any(
        f.derived_clock or f.derived_reset or f.latches or f.data_inputs & {n for n, _ in clocks}
        for f in both
    )
    resets = gold.resets | gate.resets
    all_reset = len(resets) == 1 and not any(f.unreset for f in both)
    exact = len(clocks) <= 1 and plain and (not resets or all_reset)
    return "edges are cycles" if exact else "every edge"


def build(gold: Side, gate: Side, model: Model, *, cpu_s: float) -> Circuit:
    """Return the circuit that compares the two designs."""
    conversion = ("async2sync", "formalff -clk2ff") if model == "edges are cycles" else (
        "clk2fflogic",)  # fmt: skip
    lines = [
        "read_rtlil gold.il",
        "rename side gold",
        "read_rtlil gate.il",
        "rename side gate",
        "miter -equiv -flatten -ignore_gold_x gold gate miter",
        "hierarchy -top miter",
        "delete gold gate",
        *conversion,
        *ENCODE,
        "write_aiger -zinit -L -symbols -map miter.map miter.aig",
    ]
    limits = Limits(cpu_s=cpu_s, wall_s=2 * cpu_s, memory_mb=4096, file_mb=256, output_kb=4096)
    files = {"gold.il": gold.rtlil, "gate.il": gate.rtlil}
    result = run_yosys(files, lines, limits=limits, keep=("miter.map", "miter.aig"))
    done = result.last
    if not done.ok or "miter.aig" not in result.files:
        return Circuit(b"", (), model, why_not(done.stdout + done.stderr, done.stopped), done.cpu_s)
    inputs = input_places(result.files["miter.map"].decode(), "in_")
    return Circuit(result.files["miter.aig"], inputs, model, "", done.cpu_s)


def input_places(text: str, prefix: str) -> tuple[tuple[str, int], ...]:
    """Return (port, bit) for each input of an AIGER map, in order; "" for what is no port."""
    places: dict[int, tuple[str, int]] = {}
    for line in text.splitlines():
        kind, place, bit, name = [*line.split(" ", 3), "", "", "", ""][:4]
        if kind == "input" and name.startswith(prefix):
            places[int(place)] = (name.removeprefix(prefix), int(bit))
    return tuple(places.get(i, ("", 0)) for i in range(max(places, default=-1) + 1))


def why_not(log: str, stopped: str | None) -> str:
    """Return one sentence on why Yosys made no circuit."""
    if stopped:
        return f"the circuit is too large: Yosys reached its {stopped} limit"
    if "logic loop" in log:
        return "logic feeds itself without a register between (a combinational loop)"
    lines = [line for line in log.splitlines() if "ERROR" in line]
    return f"Yosys made no circuit: {(lines or ['no reason given'])[-1][:300]}"
