"""Which signals a signal depends on, nearest first: where to look when it is wrong."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import ToolError
from ..records import Frozen
from ..sandbox import Job, Limits, Step, shared_pool
from .design import Design
from .netlist import place_of, yosys_error
from .yosys import design_files, reading, run_yosys

SERVICE: Final = Path(__file__).parent / "services" / "verilog.py"
REQUEST: Final = "verilog.request.json"
LIMITS: Final = Limits(cpu_s=15, wall_s=30, memory_mb=4096)
Reader = Literal["pyverilog", "yosys"]


class Dependencies(Frozen):
    """For each signal the signals it is computed from, and the lines that assign it."""

    reads: dict[str, tuple[str, ...]]
    lines: dict[str, tuple[int, ...]]
    reader: Reader


class ConeSignal(Frozen):
    """A signal in the cone of influence: how many assignments away, and where it is assigned."""

    name: str
    distance: int
    lines: tuple[int, ...]


def cone(design: Design, signal: str, most: int = 12) -> tuple[ConeSignal, ...]:
    """Return the cone of influence of a signal of the top, nearest first, at most `most` signals.

    The signal itself comes first. Read with pyverilog, and with Yosys what pyverilog cannot read.
    """
    known = dependencies(design)
    found: dict[str, int] = {signal: 0}
    waiting = deque([signal])
    while waiting and len(found) < most:
        name = waiting.popleft()
        for source in known.reads.get(name, ()):
            if source not in found and len(found) < most:
                found[source] = found[name] + 1
                waiting.append(source)
    return tuple(
        ConeSignal(name=name, distance=distance, lines=known.lines.get(name.split(".")[-1], ()))
        for name, distance in found.items()
    )


@lru_cache(maxsize=256)
def dependencies(design: Design) -> Dependencies:
    """Return who reads whom; ToolError when neither pyverilog nor Yosys can read the design."""
    answer = read_verilog(design, depends=True)
    if answer is not None:
        reads = {name: tuple(rows) for name, rows in answer["depends"].items()}
        lines = {name: tuple(sorted(set(rows))) for name, rows in answer["lines"].items()}
        return Dependencies(reads=reads, lines=lines, reader="pyverilog")
    result = run_yosys(
        design_files(design),
        [*reading(design), "proc", "flatten", "write_json n.json"],
        keep=("n.json",),
    )
    if not result.last.ok:
        raise ToolError(yosys_error(result.last), kind="bad_data")
    return _from_netlist(json.loads(result.files["n.json"])["modules"][design.top])


def read_verilog(design: Design, *, depends: bool = False) -> Mapping[str, Any] | None:
    """Return what pyverilog says of a design; None when it cannot read it (it is Verilog-2005)."""
    if design.includes or design.defines or design.parameters:
        return None
    order = [source.name for source in design.sources]
    request = json.dumps({"order": order, "top": design.top, "depends": depends})
    job = Job({**design.files(), REQUEST: request}, (Step(call=REQUEST, limits=LIMITS),))
    done = shared_pool(service=SERVICE).run(job).last
    return json.loads(done.stdout) if done.ok else None


def _from_netlist(module: dict[str, Any]) -> Dependencies:
    names: dict[Any, str] = {}
    lines: dict[str, tuple[int, ...]] = {}
    for name, wire in module["netnames"].items():
        if not wire.get("hide_name"):
            lines[name] = (place_of(str(wire["attributes"].get("src", "")))[1],)
            for bit in wire["bits"]:
                names.setdefault(bit, name)
    drivers: dict[Any, dict[str, Any]] = {}
    for cell in module["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"].get(port) == "output":
                drivers.update(dict.fromkeys(bits, cell))
    reads = {
        name: tuple(dict.fromkeys(_sources(wire["bits"], name, names, drivers)))
        for name, wire in module["netnames"].items()
        if not wire.get("hide_name")
    }
    return Dependencies(reads=reads, lines=lines, reader="yosys")


def _sources(
    bits: list[Any], own: str, names: dict[Any, str], drivers: dict[Any, dict[str, Any]]
) -> Iterator[str]:
    """Yield the named signals that feed these bits, through cells whose wires have no name."""
    waiting, seen = deque(bits), set[Any]()
    while waiting:
        bit = waiting.popleft()
        cell = drivers.get(bit)
        if cell is None or bit in seen:
            continue
        seen.add(bit)
        for port, inputs in cell["connections"].items():
            if cell["port_directions"].get(port) != "input":
                continue
            for source in inputs:
                name = names.get(source)
                if name is not None and name != own:
                    yield name
                elif name is None:
                    waiting.append(source)
