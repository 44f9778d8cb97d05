"""Check SystemVerilog assertions about a design, given in a module of their own.

The property module has ports named as those of the design, all of them inputs, and holds immediate
`assert`, `assume` and `cover` statements. What is claimed: for all power-on values of registers
that have none, and all inputs that the assumes allow, no assert fails.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ...sandbox import Limits
from ..design import IDENTIFIER, Design, Source
from ..icarus import icarus_version
from ..yosys import run_yosys, yosys_version
from .bench import run_steps
from .check import solver_rows
from .counterexample import SHOWN, change
from .facts import Facts, Port, facts_of, obstacle
from .miter import Circuit, Model, input_places, model_for, why_not
from .property_bench import testbench, wrapper
from .reading import Side, read_side, relaxed
from .result import Holds, Property
from .solver import Cover, abc_version, reach, solve
from .stimulus import Interface, interface

AGE: Final = 5
COVER_MAP: Final = (
    '(* techmap_celltype = "$cover" *)\nmodule cover_as_assert (input A, input EN);\n'
    "  \\$assert reached (.A(~A), .EN(EN));\nendmodule\n"
)
FILES: Final = ("assert.aig", "assert.map", "assert.yw", "cover.aig", "cover.map", "cover.yw")


@dataclass
class _Run:
    side: Side
    properties: Source
    checker: str
    ports: tuple[str, ...]
    deadline: float
    depth: int
    model: Model = "every edge"
    cpu_s: float = 0.0
    tried: list[str] = field(default_factory=list[str])

    def left(self) -> float:
        return max(1.0, self.deadline - time.monotonic())


def holds(
    design: Design, properties: Source, *, budget_s: float = 30.0, depth: int = 12
) -> Holds:  # fmt: skip
    """Return whether the asserts in `properties` hold for the design, and which covers are reached.

    Assumes that contradict each other would make every assert hold: then the result is unknown.
    """
    deadline = time.monotonic() + budget_s
    side = read_side(design)
    if side.problem:
        return Holds("error", "read", reason=side.problem, cpu_s=side.cpu_s)
    checker, ports, problem, cpu = _checker(properties, side.facts)
    if problem:
        return Holds("error", "read", reason=problem, cpu_s=side.cpu_s + cpu)
    run = _Run(side, properties, checker, ports, deadline, depth, cpu_s=side.cpu_s + cpu)
    found = _decide(run)
    return Holds(
        found.result, found.method, found.depth, found.reason, found.properties, found.changes,
        found.testbench, run.cpu_s, tuple(run.tried),
        (yosys_version(), abc_version(), icarus_version()),
    )  # fmt: skip


def _checker(source: Source, facts: Facts) -> tuple[str, tuple[str, ...], str, float]:
    """Return the property module's name and ports, or what is wrong with it."""
    lines = [
        "read_verilog -sv -formal properties.sv",
        "hierarchy -auto-top",
        "proc",
        "write_json found.json",
    ]
    result = run_yosys({"properties.sv": relaxed(source.text)}, lines, keep=("found.json",))
    done = result.last
    if not done.ok or "found.json" not in result.files:
        why = why_not(done.stdout + done.stderr, done.stopped)
        return "", (), f"the property module cannot be read: {why}", done.cpu_s
    modules: dict[str, Any] = json.loads(result.files["found.json"])["modules"]
    tops = [n for n, m in modules.items() if "top" in m.get("attributes", {})]
    if len(tops) != 1 or not IDENTIFIER.fullmatch(tops[0]):
        return "", (), "the property source must hold one top module with a plain name", done.cpu_s
    known = {p.name: p.width for p in (*facts.inputs, *facts.outputs)}
    ports: dict[str, dict[str, Any]] = modules[tops[0]]["ports"]
    for name, port in ports.items():
        if port["direction"] != "input" or known.get(name) != len(port["bits"]):
            wanted = f"{known[name]} bits" if name in known else "no such port"
            return "", (), (
                f"the property module's port {name!r} is an {port['direction']} of "
                f"{len(port['bits'])} bits; the design has {wanted}: give inputs named as its ports"
            ), done.cpu_s  # fmt: skip
    return tops[0], tuple(ports), "", done.cpu_s


def _decide(run: _Run) -> Holds:
    nonce = secrets.token_hex(6)
    files = {
        "side.il": run.side.rtlil,
        "properties.sv": relaxed(run.properties.text),
        "bench.sv": wrapper(run.side.facts, run.checker, run.ports, nonce, AGE),
        "cover.v": COVER_MAP,
    }
    read = _reading(nonce)
    first = run_yosys(files, [*read, "write_json bench.json"], keep=("bench.json",))
    run.cpu_s += first.last.cpu_s
    if not first.last.ok:
        text = first.last.stdout + first.last.stderr
        return Holds("error", "read", reason=why_not(text, first.last.stopped))
    facts = facts_of(json.loads(first.files["bench.json"])["modules"][f"bench_{nonce}"])
    if why := obstacle(facts):
        return Holds("unknown", "read", reason=f"the design {why}")
    run.model = model_for(facts, facts)
    limits = Limits(cpu_s=run.left(), wall_s=2 * run.left(), memory_mb=4096, file_mb=256,
                    output_kb=4096)  # fmt: skip
    made = run_yosys(files, [*read, *_circuits(run.model)], limits=limits, keep=FILES)
    run.cpu_s += made.last.cpu_s
    if not made.last.ok:
        return Holds("unknown", "read", reason=why_not(made.last.stdout + made.last.stderr,
                                                       made.last.stopped))  # fmt: skip
    face = interface(run.side.facts.inputs, run.side.facts.outputs, facts)
    return _answer(run, made.files, face)


def _reading(nonce: str) -> list[str]:
    return [
        "read_rtlil side.il",
        f"rename side design_{nonce}",
        "read_verilog -sv -formal properties.sv",
        "read_verilog -sv -formal bench.sv",
        f"hierarchy -check -top bench_{nonce}",
        "proc",
        "flatten",
        "memory_map",
        "opt_expr -keepdc",
        "opt_clean",
    ]


def _circuits(model: Model) -> list[str]:
    """Return the lines that write the asserts, then the covers, under the same assumes.

    Registers without an initial value get a free one, and so does every x.
    """
    conversion = ["async2sync", "formalff -clk2ff"] if model == "edges are cycles" else [
        "clk2fflogic"]  # fmt: skip
    gates = ["techmap", "simplemap", "aigmap"]
    write = "write_aiger -zinit -L -B -symbols -map {0}.map -ywmap {0}.yw {0}.aig"
    return [
        *conversion, "setundef -undriven -anyseq", "opt_clean", "design -save both",
        "chformal -cover -remove", *gates, write.format("assert"),
        "design -load both", "chformal -assert -remove", "techmap -map cover.v", *gates,
        write.format("cover"),
    ]  # fmt: skip


def _answer(run: _Run, files: Any, face: Interface) -> Holds:
    asserts = _names(files["assert.yw"])
    covers = _names(files["cover.yw"])
    seen = reach(files["cover.aig"], depth=4 * run.depth, budget_s=run.left() / 3)
    run.cpu_s += seen.cpu_s
    run.tried.append(f"covers: {sorted(seen.reached)} of {len(covers)} reached")
    old = next((i for i, name in enumerate(covers) if name.startswith("old_enough")), None)
    found = tuple(_cover(name, i, seen) for i, name in enumerate(covers) if i != old)
    if old is not None and old not in seen.reached:
        reason = ("no input satisfies the assumes for more than a few steps: they contradict each "
                  "other, and every assert would hold")  # fmt: skip
        return Holds("unknown", "covers", reason=reason, properties=found)
    if not asserts:
        return Holds("unknown", "covers", reason="there is no assert", properties=found)
    steps = run.depth if run.model == "edges are cycles" else 2 * run.depth
    answer = solve(files["assert.aig"], depth=steps, budget_s=run.left(), constrained=True)
    run.cpu_s += answer.cpu_s
    run.tried.append(f"{answer.method}, {run.model}: {answer.result}, depth {answer.depth}")
    if answer.result == "proved":
        return Holds("proved", answer.method, properties=found)
    if answer.result == "open":
        reason = "neither a proof nor a failure within the time budget"
        return Holds("bounded" if answer.depth else "unknown", answer.method, answer.depth, reason,
                     found)  # fmt: skip
    circuit = Circuit(b"", input_places(files["assert.map"].decode(), ""), run.model, "", 0.0)
    rows = solver_rows(face, circuit, answer.frames)
    name = asserts[answer.output] if answer.output < len(asserts) else ""
    failed = Property("assert", name, "refuted", answer.depth)
    return _failed(run, rows, face, answer.method, (failed, *found))


def _cover(name: str, at: int, seen: Cover) -> Property:
    if at in seen.reached:
        return Property("cover", name, "reached", seen.reached[at])
    return Property("cover", name, "unreachable" if seen.all_known else "unknown")


def _names(text: bytes) -> list[str]:
    """Return the labels of the properties in the order of the circuit's outputs."""
    paths: list[list[str]] = json.loads(text).get("asserts", [])
    words = [[w for part in path for w in re.split(r"\W+", part) if w] for path in paths]
    return ["_".join(w for w in name if w != "reached" and not w.startswith("properties_"))
            for name in words]  # fmt: skip


def _failed(
    run: _Run, rows: list[int], face: Interface, method: str, found: tuple[Property, ...]
) -> Holds:
    """Return a refutation with its inputs, when it fails in Icarus as well."""
    failed, why = _replay(run, rows, face)
    run.tried.append(f"replay in Icarus: {'fails' if failed else why}")
    if not failed:
        reason = f"the solver's counterexample does not fail in simulation: {why}"
        return Holds("unknown", method, reason=reason, properties=found[1:])
    trace = run_steps(run.side.design, face, rows)
    run.cpu_s += trace.cpu_s
    changes = tuple(change(face, i, rows[i], row, row) for i, row in enumerate(trace.rows))[-SHOWN:]
    bench = testbench(run.side.design, face, rows, run.properties, run.checker, run.ports)
    return Holds("refuted", f"{method}, replayed", len(rows), "", found, changes, bench)


def _replay(run: _Run, rows: list[int], face: Interface) -> tuple[bool, str]:
    """Return whether an assert is false in the last cycle when Icarus plays the steps.

    Icarus 11 reads no assertions, so the asserts are an output of the netlist. An assert of an
    unknown value counts as false, as it does in every simulator.
    """
    nonce = secrets.token_hex(6)
    files = {
        "side.il": run.side.rtlil,
        "properties.sv": relaxed(run.properties.text),
        "bench.sv": wrapper(run.side.facts, run.checker, run.ports, nonce, 0),
    }
    lines = [
        *_reading(nonce),
        "chformal -cover -remove",
        "chformal -assume -remove",
        # Sampled at an edge or not, an assert that fails is false in the steps before.
        "setparam -set TRG_ENABLE 0 t:$check",
        "chformal -lower",
        f"miter -assert bench_{nonce}",
        f"rename bench_{nonce} watched",
        "techmap t:$pmux",
        "write_verilog -noattr watched.v",
    ]
    made = run_yosys(files, lines, keep=("watched.v",))
    run.cpu_s += made.last.cpu_s
    if not made.last.ok:
        return False, "Yosys cannot write the netlist that is replayed"
    source = Source(name="watched.v", text=made.files["watched.v"].decode("utf-8", "replace"))
    watched = replace(face, outputs=(Port("trigger", 1),))
    trace = run_steps(Design(top="watched", sources=(source,)), watched, rows)
    run.cpu_s += trace.cpu_s
    return "1" in "".join(trace.rows[-4:]).replace("x", "1"), trace.problem or "no assert is false"
