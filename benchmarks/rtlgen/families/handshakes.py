"""Handshakes: one stage between valid/ready partners, request and acknowledge."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told

# Valid, ready and data on the way in, then on the way out.
STREAMS: Final = (
    ("in_valid", "in_ready", "in_data", "out_valid", "out_ready", "out_data"),
    ("s_valid", "s_ready", "s_data", "m_valid", "m_ready", "m_data"),
    ("up_valid", "up_ready", "up_data", "dn_valid", "dn_ready", "dn_data"),
    ("vi", "ri", "di", "vo", "ro", "q"),
    ("src_vld", "src_rdy", "src", "dst_vld", "dst_rdy", "dst"),
)  # fmt: skip
HANDS: Final = (("req", "ack"), ("request", "done"), ("start", "finished"), ("call", "answer"),
                ("strobe", "ready"), ("cmd", "rsp"))  # fmt: skip


def _slice(rng: Random) -> Case:
    """Return one stage that stores a word between a valid/ready source and sink."""
    names, width = rng.choice(STREAMS), rng.choice((1, 4, 8, 8, 12, 16, 24, 32))
    vi, ri, di, vo, ro, do = names
    keeps = rng.random() < 0.5
    reset = draw_reset(rng)
    face = Interface(draw_top(("reg_slice", "stage", "pipe_stage", "skid", "holding_reg"), rng),
                     (Port(vi), Port(di, width), Port(ro)), (Port(ri), Port(vo), Port(do, width)),
                     draw_clock(rng), reset)  # fmt: skip
    assert reset is not None

    def successor(state: Any, inputs: Values) -> Any:
        used, word = state
        if used and not inputs[ro]:
            return state
        taken = inputs[vi] or not keeps
        return inputs[vi], inputs[di] if taken else word

    def shown(state: Any, inputs: Values) -> Outputs:
        return {ri: int(not state[0] or inputs[ro] == 1), vo: state[0], do: state[1]}

    points = _slice_words(face, keeps)
    return Case(
        key=f"{width} {keeps} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}", interface=face,
        says=Says(told(face.names, *points), points), reference=_slice_reference(face, keeps),
        second=_slice_second(face, keeps), machine=lambda: Registers((0, 0), successor, shown),
        cycles=220,
    )  # fmt: skip


def _slice_reference(face: Interface, keeps: bool) -> str:
    """Return the stage with its outputs as registers."""
    vi, di, ro = (port.name for port in face.inputs)
    ri, vo, do = (port.name for port in face.outputs)
    width = face.outputs[2].width
    load = f"if ({vi} && {ri}) {do} <= {di};" if keeps else f"if ({ri}) {do} <= {di};"
    return (
        f"{face.header({vo, do})}\n"
        + clocked(face, f"{vo} <= 1'b0;\n{do} <= {width}'d0;", f"if ({ri}) {vo} <= {vi};\n{load}")
        + f"\n  assign {ri} = !{vo} || {ro};\nendmodule\n"
    )  # fmt: skip


def _slice_second(face: Interface, keeps: bool) -> str:
    """Return the stage as a word that may be in use or free."""
    vi, di, ro = (port.name for port in face.inputs)
    ri, vo, do = (port.name for port in face.outputs)
    width = face.outputs[2].width
    return (
        f"{face.header()}\n  reg used;\n  reg [{width - 1}:0] word;\n  wire free = ~(used & "
        f"~{ro});\n"
        + clocked(face, "used <= 0;\nword <= 0;", f"used <= free ? {vi} : used;\n"
                  f"word <= (free{f' & {vi}' if keeps else ''}) ? {di} : word;")
        + f"\n  assign {ri} = free;\n  assign {vo} = used;\n  assign {do} = word;\nendmodule\n"
    )  # fmt: skip


def _slice_words(face: Interface, keeps: bool) -> tuple[tuple[str, ...], ...]:
    vi, di, ro = (port.name for port in face.inputs)
    ri, vo, do = (port.name for port in face.outputs)
    return (
        (f"a register stage with valid/ready handshakes: {vi}, {ri} and {di} on the input, {vo}, "
         f"{ro} "
         f"and {do} on the output",
         f"one word is stored between a source ({vi}/{ri}, {di}) and a sink ({vo}/{ro}, {do})",
         f"a pipeline stage: {di} moves to {do} with valid and ready on both sides"),
        (f"{ri} is combinational: 1 if no word is stored or {ro} is 1",
         f"{ri} is high when {vo} is 0 or {ro} is 1, in the same cycle",
         f"{ri} = not {vo} or {ro}"),
        (f"at a clock edge with {ri} = 1, {vo} takes {vi}; otherwise it is kept",
         f"{vo} is a register that is loaded with {vi} whenever {ri} is 1",
         f"the register {vo} follows {vi} at edges with {ri} = 1 only"),
        (f"{do} takes {di} when {vi} and {ri} are both 1, else it is kept",
         f"the data register {do} is loaded only if {vi} and {ri} are 1",
         f"{do} changes only in a transfer ({vi} and {ri} both 1)")
        if keeps else
        (f"{do} takes {di} in every cycle with {ri} = 1, valid or not",
         f"the data register {do} is loaded with {di} whenever {ri} is 1, whatever {vi} is",
         f"{do} follows {di} at each edge with {ri} = 1"),
        (f"reset clears {vo} and {do}", f"after reset {vo} and {do} are 0", f"{vo} and {do}: 0 on "
         "reset"),
    )  # fmt: skip


def _requests(req: str, length: int, pulse: bool) -> Stimuli:
    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(40):
            for _ in range(rng.choice((length - 1, length, length + 2, 1))):
                yield {req: 1 if not pulse or rng.random() < 0.5 else 0}
            for _ in range(rng.choice((1, 1, 2, length + 2 if pulse else 3))):
                yield {req: 0}

    return stimuli


def _handshake(rng: Random) -> Case:
    length, pulse = rng.randint(1, 9), rng.random() < 0.5
    req, ack = rng.choice(HANDS)
    busy = rng.choice(("busy", "working", "occupied"))
    reset = draw_reset(rng)
    face = Interface(
        draw_top(("handshake", "responder", "server", "acker"), rng),
        (Port(req),),
        (Port(ack), *([Port(busy)] if pulse else [])),
        draw_clock(rng),
        reset,
    )
    assert reset is not None

    def successor(state: int, inputs: Values) -> int:
        if pulse:
            return state - 1 if state else length * inputs[req]
        return min(state + 1, length) if inputs[req] else 0

    def shown(state: int, _: Values) -> Outputs:
        if pulse:
            return {ack: int(state == 1), busy: int(state > 0)}
        return {ack: int(state == length)}

    return Case(
        key=f"{length} {pulse} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}", interface=face,
        says=_handshake_says(face, length, pulse),
        reference=_handshake_reference(face, length, pulse),
        second=_handshake_second(face, length, pulse),
        machine=lambda: Registers(0, successor, shown), stimuli=_requests(req, length, pulse),
    )  # fmt: skip


def _handshake_reference(face: Interface, length: int, pulse: bool) -> str:
    """Return a counter of cycles, down for a pulse and otherwise up."""
    req, ack = face.inputs[0].name, face.outputs[0].name
    wide = length.bit_length()
    zero, one, top = (f"{wide}'d{v}" for v in (0, 1, length))
    if pulse:
        busy = face.outputs[1].name
        step = f"if (n != {zero}) n <= n - {one};\nelse if ({req}) n <= {top};"
        show = f"  assign {ack} = (n == {one});\n  assign {busy} = (n != {zero});\n"
    else:
        step = f"if (!{req}) n <= {zero};\nelse if (n != {top}) n <= n + {one};"
        show = f"  assign {ack} = (n == {top});\n"
    size = f"[{wide - 1}:0] " if wide > 1 else ""
    return (f"{face.header()}\n  reg {size}n;\n" + clocked(face, f"n <= {zero};", step)
            + f"\n{show}endmodule\n")  # fmt: skip


def _handshake_second(face: Interface, length: int, pulse: bool) -> str:
    """Return a shift register with a bit for every cycle."""
    req, ack = face.inputs[0].name, face.outputs[0].name
    if pulse:
        busy = face.outputs[1].name
        moves = f"if (|bits) bits <= bits >> 1; else if ({req}) bits <= {1 << (length - 1)};"
        other = f"  assign {ack} = bits[0];\n  assign {busy} = |bits;\n"
    else:
        moves = f"if ({req}) bits <= (bits << 1) | 1; else bits <= 0;"
        other = f"  assign {ack} = bits[{length - 1}];\n"
    return (f"{face.header()}\n  reg [{length - 1}:0] bits;\n"
            + clocked(face, "bits <= 0;", moves) + f"\n{other}endmodule\n")  # fmt: skip


def _handshake_says(face: Interface, length: int, pulse: bool) -> Says:
    req, ack = face.inputs[0].name, face.outputs[0].name
    cycles = "1 cycle" if length == 1 else f"{length} cycles"
    edges = "one clock edge" if length == 1 else f"{length} clock edges"
    if pulse:
        busy = face.outputs[1].name
        points = (
            (f"a request is {req} = 1 at a clock edge while idle; it occupies the following "
             f"{cycles}",
             f"when idle and {req} is 1 at a clock edge, {busy} is 1 for the next {cycles}",
             f"{req} starts a job of {cycles}, the first being the one after the clock edge"),
            (f"{busy} is 1 in these cycles and {ack} is 1 in the last of them",
             f"{ack} is 1 only in the last cycle in which {busy} is 1",
             f"{busy} marks all cycles of the job, {ack} its last"),
            (f"{req} is ignored while {busy} is 1", "requests during a job are lost",
             f"a {req} while {busy} does nothing"),
            ("reset makes it idle, with both outputs 0", f"after reset {ack} and {busy} are 0",
             "reset: idle"),
        )  # fmt: skip
    else:
        points = (
            (f"{ack} becomes 1 when {req} has been 1 at {edges} in a row, and stays 1 while {req} "
             "does",
             f"{req} held at 1 is answered by {ack} = 1 after {edges}; {ack} then stays as long as "
             f"{req} is 1",
             f"after {edges} with {req} = 1 {ack} rises and waits for {req} to fall"),
            (f"a clock edge with {req} = 0 takes {ack} back to 0 and the count to its beginning",
             f"once {req} was 0 at a clock edge {ack} is 0 and counting begins anew",
             f"{req} = 0 at an edge ends {ack} and any waiting"),
            (f"reset gives {ack} = 0 with nothing counted", f"after reset {ack} is 0, the count "
                                                            "too",
             "reset clears everything"),
        )  # fmt: skip
    return Says(told(face.names, *points), points)


FAMILIES: Final = (
    Family("valid/ready register slice", "buses", _slice),
    Family("request and acknowledge", "buses", _handshake),
)
