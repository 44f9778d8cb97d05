"""Registers behind an address, written and read over a simple bus."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told

REGISTERS: Final = ("ctrl", "mask", "limit", "mode", "scale", "duty", "gain", "offset")
BUSES: Final = (
    ("we", "addr", "wdata", "rdata"),
    ("wr", "a", "d", "q"),
    ("write", "address", "din", "dout"),
    ("bus_we", "bus_addr", "bus_in", "bus_out"),
)


def _slave(rng: Random) -> Case:
    """Return registers behind an address, written and read over a simple bus."""
    count, width = rng.choice((2, 3, 3, 4)), rng.choice((4, 8, 8, 16, 32))
    step, base = rng.choice((1, 2, 4, 4)), rng.choice((0, 0, 16, 32, 64))
    names = tuple(rng.sample(REGISTERS, count))
    starts = tuple(rng.choice((0, 0, 0, rng.randrange(1 << min(width, 8)))) for _ in names)
    apb, we_name = rng.random() < 0.35, rng.choice(BUSES)
    we, addr, wdata, rdata = ("pwrite", "paddr", "pwdata", "prdata") if apb else we_name
    controls = ("psel", "penable", "pwrite") if apb else (we,)
    bits = (base + step * count).bit_length()
    places = tuple(base + step * at for at in range(count))
    reset, shows = draw_reset(rng), rng.random() < 0.4
    outs = (Port(rdata, width), *([Port(names[0], width)] if shows else []))
    face = Interface(draw_top(("bus_slave", "regs", "csr", "apb_regs", "config_regs"), rng),
                     (*(Port(c) for c in controls), Port(addr, bits), Port(wdata, width)), outs,
                     draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    plan = (names, places, starts, width, bits)

    def successor(state: tuple[int, ...], inputs: Values) -> tuple[int, ...]:
        if not all(inputs[c] for c in controls):
            return state
        return tuple(inputs[wdata] if inputs[addr] == p else v
                     for p, v in zip(places, state, strict=True))  # fmt: skip

    def shown(state: tuple[int, ...], inputs: Values) -> Outputs:
        found = dict(zip(places, state, strict=True)).get(inputs[addr], 0)
        return {rdata: found, **({names[0]: state[0]} if shows else {})}

    return Case(
        key=f"{plan} {apb} {shows} {reset.asynchronous} {reset.active_low}", interface=face,
        says=_slave_says(face, plan, controls, shows), reference=_slave_text(face, plan, controls),
        second=_slave_second(face, plan, controls),
        machine=lambda: Registers(starts, successor, shown),
        stimuli=_accesses(face, places, controls),
    )  # fmt: skip


Plan = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], int, int]


def _accesses(face: Interface, places: tuple[int, ...], controls: tuple[str, ...]) -> Stimuli:
    addr, wdata = face.inputs[-2], face.inputs[-1]

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(240):
            at = rng.choice(places) if rng.random() < 0.8 else rng.randrange(1 << addr.width)
            yield {addr.name: at, wdata.name: rng.getrandbits(wdata.width),
                   **{c: int(rng.random() < 0.75) for c in controls}}  # fmt: skip

    return stimuli


def _slave_text(face: Interface, plan: Plan, controls: tuple[str, ...]) -> str:
    names, places, starts, width, bits = plan
    addr, wdata, rdata = face.inputs[-2].name, face.inputs[-1].name, face.outputs[0].name
    inner = [n for n in names if n not in face.names]
    writes = [f"  {bits}'d{p}: {n} <= {wdata};" for n, p in zip(names, places, strict=True)]
    reads = [f"      {bits}'d{p}: {rdata} = {n};" for n, p in zip(names, places, strict=True)]
    return "\n".join([
        face.header({p.name for p in face.outputs}), f"  reg [{width - 1}:0] {', '.join(inner)};",
        clocked(face, "\n".join(f"{n} <= {width}'d{s};" for n, s in zip(names, starts,
            strict=True)),
                "\n".join([f"if ({' && '.join(controls)})", f"  case ({addr})",
                           *(f"  {w}" for w in writes), "  endcase"])),
        "  always @(*)", f"    case ({addr})", *reads, f"      default: {rdata} = {width}'d0;",
        "    endcase", "endmodule\n",
    ])  # fmt: skip


def _slave_second(face: Interface, plan: Plan, controls: tuple[str, ...]) -> str:
    names, places, starts, width, _ = plan
    addr, wdata, rdata = face.inputs[-2].name, face.inputs[-1].name, face.outputs[0].name
    lines, terms = [face.header(), f"  wire go = {' & '.join(controls)};"], list[str]()
    for at, place in enumerate(places):
        lines += [f"  reg [{width - 1}:0] v{at};", f"  wire at{at} = ~|({addr} ^ {place});"]
        lines.append(
            clocked(face, f"v{at} <= {starts[at]};", f"v{at} <= go & at{at} ? {wdata} : v{at};")
        )
        terms.append(f"(at{at} ? v{at} : 0)")
    lines.append(f"  assign {rdata} = {' | '.join(terms)};")
    lines += [f"  assign {p.name} = v{names.index(p.name)};" for p in face.outputs[1:]]
    return "\n".join([*lines, "endmodule\n"])


def _slave_says(face: Interface, plan: Plan, controls: tuple[str, ...], shows: bool) -> Says:
    names, places, starts, width, _ = plan
    addr, wdata, rdata = face.inputs[-2].name, face.inputs[-1].name, face.outputs[0].name
    where = ", ".join(f"{n} at {p}" for n, p in zip(names, places, strict=True))
    at_reset = ", ".join(f"{n} = {s}" for n, s in zip(names, starts, strict=True))
    go = " and ".join(controls) + (" are all 1" if len(controls) > 1 else " is 1")
    points = [
        (f"{len(names)} registers of {width} bits sit behind the address {addr}: {where} (decimal)",
         f"bus slave with the {width}-bit registers {where}; addresses are decimal",
         f"address map (decimal): {where}; {width} bits each"),
        (f"at a clock edge {wdata} is written to the addressed register if {go}; other addresses "
         "are "
         "ignored",
         f"when {go} the register at {addr} takes {wdata} at the clock edge; an unknown address "
         "writes "
         "nothing",
         f"write: {go}; {wdata} goes to the register selected by {addr}, if there is one"),
        (f"{rdata} is the addressed register without a clock, 0 for other addresses",
         f"reading is combinational: {addr} selects what {rdata} shows, 0 where there is no "
         "register",
         f"{rdata} always shows the register at {addr}, or 0"),
        (f"reset values: {at_reset}", f"after reset {at_reset}", f"reset sets {at_reset}"),
    ]  # fmt: skip
    if shows:
        points.insert(3, (f"{names[0]} is also an output", f"the register {names[0]} is brought "
                                                           "out",
                          f"the output {names[0]} is that register"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


FAMILIES: Final = (Family("registers on a bus", "buses", _slave, weight=1.5),)
