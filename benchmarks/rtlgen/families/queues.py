"""Queues and stacks, and a memory with byte enables."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from ..case import Case, Family, Stimuli
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from .memories import INS, OUTS
from .queue_words import fifo_says, lanes_says, stack_says

PUTS: Final = (("push", "pop"), ("wr", "rd"), ("insert", "fetch"), ("wr_en", "rd_en"), ("enq",
    "deq"),
               ("write", "read"), ("in_stb", "out_stb"))  # fmt: skip
FULLS: Final = (("full", "empty"), ("is_full", "is_empty"), ("wfull", "rempty"), ("ff", "ef"))


def _phases(names: tuple[str, str, str], width: int, depth: int) -> Stimuli:
    """Return stimuli that fill and empty a queue in turn."""
    push, pop, din = names

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for phase in range(24):
            more = 0.85 if phase % 2 == 0 else 0.25
            for _ in range(depth + rng.randint(0, 6)):
                yield {push: int(rng.random() < more), pop: int(rng.random() < 1.05 - more),
                       din: rng.getrandbits(width)}  # fmt: skip

    return stimuli


def _event(face: Interface) -> str:
    assert face.clock is not None
    return f"@({face.clock.edge} {face.clock.name})"


def _ports(rng: Random, tops: tuple[str, ...]) -> tuple[Interface, int]:
    bits, width = rng.choice(
        ((2, 1), (2, 2), (2, 4), (2, 8), (2, 8), (2, 16), (3, 2), (3, 4), (3, 8))
    )
    (push, pop), (full, empty) = rng.choice(PUTS), rng.choice(FULLS)
    din, dout = rng.choice(INS), rng.choice(OUTS)
    face = Interface(
        draw_top(tops, rng),
        (Port(push), Port(din, width), Port(pop)),
        (Port(dout, width), Port(full), Port(empty)),
        draw_clock(rng),
        draw_reset(rng),
    )
    return face, bits


def _fifo(rng: Random) -> Case:
    face, bits = _ports(rng, ("fifo", "queue", "sync_fifo", "buffer"))
    assert face.reset is not None
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    width, depth = face.outputs[0].width, 1 << bits

    def successor(words: tuple[int, ...], inputs: Values) -> tuple[int, ...]:
        added = (*words, inputs[din]) if inputs[push] and len(words) < depth else words
        return added[1:] if inputs[pop] and words else added

    def shown(words: tuple[int, ...], _: Values) -> Outputs:
        return {dout: words[0] if words else 0, full: int(len(words) == depth),
                empty: int(not words)}  # fmt: skip

    return Case(
        key=f"{bits} {width} {face.reset.asynchronous} {face.reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=fifo_says(face, depth), reference=_fifo_reference(face, bits),
        second=_fifo_second(face, bits), machine=lambda: Registers((), successor, shown),
        stimuli=_phases((push, pop, din), width, depth),
    )  # fmt: skip


def _fifo_reference(face: Interface, bits: int) -> str:
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    depth, size = 1 << bits, f"{bits + 1}'d"
    moves = (
        f"if ({push} && !{full}) wp <= wp + {size}1;\nif ({pop} && !{empty}) rp <= rp + {size}1;"
    )
    return "\n".join([
        face.header(), f"  reg {face.outputs[0].range}mem [0:{depth - 1}];",
        f"  reg [{bits}:0] wp, rp;",
        f"  always {_event(face)}",
        f"    if ({push} && !{full}) mem[wp[{bits - 1}:0]] <= {din};",
        clocked(face, f"wp <= {size}0;\nrp <= {size}0;", moves),
        f"  assign {empty} = (wp == rp);", f"  assign {full} = (wp - rp == {size}{depth});",
        f"  assign {dout} = {empty} ? {face.outputs[0].width}'d0 : mem[rp[{bits - 1}:0]];",
        "endmodule\n",
    ])  # fmt: skip


def _fifo_second(face: Interface, bits: int) -> str:
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    width, depth, size = face.outputs[0].width, 1 << bits, f"{bits + 1}'d"
    return "\n".join([
        face.header(), f"  reg [{width * depth - 1}:0] all;", f"  reg [{bits}:0] wp, rp;",
        f"  wire none = ~|(wp ^ rp), most = (wp ^ rp) == {size}{depth};",
        f"  wire put = {push} & ~most, take = {pop} & ~none;",
        f"  always {_event(face)} if (put) all[wp[{bits - 1}:0] * {width} +: {width}] <= {din};",
        clocked(face, "wp <= 0;\nrp <= 0;", "if (put) wp <= wp + 1;\nif (take) rp <= rp + 1;"),
        f"  assign {empty} = none;", f"  assign {full} = most;",
        f"  assign {dout} = {{{width}{{~none}}}} & all[rp[{bits - 1}:0] * {width} +: {width}];",
        "endmodule\n",
    ])  # fmt: skip


def _stack(rng: Random) -> Case:
    face, bits = _ports(rng, ("stack", "lifo", "lifo_buffer", "push_down"))
    assert face.reset is not None
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    width, depth = face.outputs[0].width, 1 << bits
    first = rng.random() < 0.5

    def successor(words: tuple[int, ...], inputs: Values) -> tuple[int, ...]:
        puts, takes = inputs[push] and len(words) < depth, inputs[pop] and words
        if puts and (first or not takes):
            return (*words, inputs[din])
        return words[:-1] if takes else words

    def shown(words: tuple[int, ...], _: Values) -> Outputs:
        return {dout: words[-1] if words else 0, full: int(len(words) == depth),
                empty: int(not words)}  # fmt: skip

    return Case(
        key=f"{bits} {width} {first} {face.reset.asynchronous} {face.reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=stack_says(face, depth, first),
        reference=_stack_reference(face, bits, first), second=_stack_second(face, bits, first),
        machine=lambda: Registers((), successor, shown),
        stimuli=_phases((push, pop, din), width, depth),
    )  # fmt: skip


def _stack_reference(face: Interface, bits: int, first: bool) -> str:
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    depth, size, index = 1 << bits, f"{bits + 1}'d", f"[{bits - 1}:0]"
    puts, takes = f"{push} && !{full}", f"{pop} && !{empty}"
    wires = ([f"  wire put = {puts};", f"  wire take = {takes} && !put;"] if first
             else [f"  wire take = {takes};", f"  wire put = {puts} && !take;"])  # fmt: skip
    moves = f"if (put) n <= n + {size}1;\nelse if (take) n <= n - {size}1;"
    return "\n".join([
        face.header(), f"  reg {face.outputs[0].range}mem [0:{depth - 1}];",
        f"  reg [{bits}:0] n;", *wires,
        f"  wire {index} last = n{index} - {bits}'d1;",
        f"  always {_event(face)}", f"    if (put) mem[n{index}] <= {din};",
        clocked(face, f"n <= {size}0;", moves),
        f"  assign {empty} = (n == {size}0);", f"  assign {full} = (n == {size}{depth});",
        f"  assign {dout} = {empty} ? {face.outputs[0].width}'d0 : mem[last];", "endmodule\n",
    ])  # fmt: skip


def _stack_second(face: Interface, bits: int, first: bool) -> str:
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    width, depth, index = face.outputs[0].width, 1 << bits, f"[{bits - 1}:0]"
    one, other = ("put", "take") if first else ("take", "put")
    raw = {"put": f"{push} & ~n[{bits}]", "take": f"{pop} & (|n)"}
    return "\n".join([
        face.header(), f"  reg [{width * depth - 1}:0] all;", f"  reg [{bits}:0] n;",
        f"  wire {one} = {raw[one]};", f"  wire {other} = {raw[other]} & ~{one};",
        f"  wire {index} top = n + {depth - 1};",
        f"  always {_event(face)} if (put) all[n{index} * {width} +: {width}] <= {din};",
        clocked(face, "n <= 0;", "if (put | take) n <= put ? n + 1 : n - 1;"),
        f"  assign {empty} = !n;", f"  assign {full} = n[{bits}];",
        f"  assign {dout} = {{{width}{{|n}}}} & all[top * {width} +: {width}];", "endmodule\n",
    ])  # fmt: skip


def _lanes(rng: Random) -> Case:
    """Return a memory with a write port with byte enables and a read port."""
    bits, lanes = rng.choice(((1, 2), (2, 2), (2, 2), (1, 3), (2, 3), (1, 4), (3, 2), (2, 4)))
    kept = rng.random() < 0.5
    be, wa, ra = rng.choice((("be", "waddr", "raddr"), ("byte_en", "wa", "ra"),
                             ("strb", "aw", "ar"), ("wmask", "dst", "src"),
                             ("we", "addr_a", "addr_b")))  # fmt: skip
    din, dout, width = rng.choice(INS), rng.choice(OUTS), 8 * lanes
    face = Interface(draw_top(("dual_port", "byte_ram", "tdp_ram", "lane_mem"), rng),
                     (Port(be, lanes), Port(wa, bits), Port(din, width), Port(ra, bits)),
                     (Port(dout, width),), draw_clock(rng))  # fmt: skip
    return Case(
        key=f"{bits} {lanes} {kept} {face.clock and face.clock.edge}", interface=face,
        says=lanes_says(face, kept), reference=_lanes_reference(face, kept),
        second=_lanes_second(face, kept), machine=lambda: _lanes_machine(face, kept), cycles=240,
    )  # fmt: skip


def _lanes_reference(face: Interface, kept: bool) -> str:
    be, wa, din, ra = (p.name for p in face.inputs)
    dout, width, count = face.outputs[0].name, face.outputs[0].width, 1 << face.inputs[1].width
    spans = [f"[{8 * at + 7}:{8 * at}]" for at in range(face.inputs[0].width)]
    writes = [f"if ({be}[{at}]) mem[{wa}]{span} <= {din}{span};" for at, span in enumerate(spans)]
    if kept:
        writes.append(f"{dout} <= mem[{ra}];")
    return "\n".join([
        face.header({dout} if kept else set()), f"  reg [{width - 1}:0] mem [0:{count - 1}];",
        clocked(face, "", "\n".join(writes)), *([] if kept else [f"  assign {dout} = mem[{ra}];"]),
        "endmodule\n",
    ])  # fmt: skip


def _lanes_second(face: Interface, kept: bool) -> str:
    be, wa, din, ra = (p.name for p in face.inputs)
    dout, width = face.outputs[0].name, face.outputs[0].width
    mask = ", ".join(f"{{8{{{be}[{at}]}}}}" for at in reversed(range(face.inputs[0].width)))
    part, read = (f"all[{at} * {width} +: {width}]" for at in (wa, ra))
    return "\n".join([
        face.header({dout} if kept else set()),
        f"  reg [{(width << face.inputs[1].width) - 1}:0] all;",
        f"  wire [{width - 1}:0] mask = {{{mask}}};", f"  wire [{width - 1}:0] old = {part};",
        f"  always {_event(face)} {part} <= (old & ~mask) | ({din} & mask);",
        f"  always {_event(face)} {dout} <= {read};" if kept else f"  assign {dout} = {read};",
        "endmodule\n",
    ])  # fmt: skip


def _lanes_machine(face: Interface, kept: bool) -> Registers:
    """Return the memory by address and byte, beside the word that was read last."""
    be, wa, din, ra = (p.name for p in face.inputs)
    dout, lanes = face.outputs[0].name, face.inputs[0].width

    def word(store: dict[tuple[int, int], int], at: int) -> int | None:
        parts = [store.get((at, lane)) for lane in range(lanes)]
        known = [p for p in parts if p is not None]
        return sum(p << 8 * n for n, p in enumerate(known)) if len(known) == lanes else None

    def successor(state: Any, inputs: Values) -> Any:
        store = dict(state[0])
        shown = word(store, inputs[ra])
        for lane in range(lanes):
            if inputs[be] >> lane & 1:
                store[inputs[wa], lane] = inputs[din] >> 8 * lane & 255
        return store, shown

    def shown(state: Any, inputs: Values) -> Outputs:
        return {dout: state[1] if kept else word(state[0], inputs[ra])}

    return Registers(None, successor, shown, power_on=({}, None))


FAMILIES: Final = (
    Family("fifo", "memories", _fifo, weight=1.2),
    Family("stack", "memories", _stack, held_out=True),
    Family("memory with byte enables", "memories", _lanes, weight=0.6),
)
