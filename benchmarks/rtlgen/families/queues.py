"""Queues and stacks, and a memory with byte enables."""

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
from .memories import INS, OUTS

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
    width, depth, size = face.outputs[0].width, 1 << bits, f"{bits + 1}'d"
    word = f"[{width - 1}:0] " if width > 1 else ""
    moves = (
        f"if ({push} && !{full}) wp <= wp + {size}1;\nif ({pop} && !{empty}) rp <= rp + {size}1;"
    )
    reference = "\n".join([
        face.header(), f"  reg {word}mem [0:{depth - 1}];", f"  reg [{bits}:0] wp, rp;",
        f"  always {_event(face)}",
        f"    if ({push} && !{full}) mem[wp[{bits - 1}:0]] <= {din};",
        clocked(face, f"wp <= {size}0;\nrp <= {size}0;", moves),
        f"  assign {empty} = (wp == rp);", f"  assign {full} = (wp - rp == {size}{depth});",
        f"  assign {dout} = {empty} ? {width}'d0 : mem[rp[{bits - 1}:0]];", "endmodule\n",
    ])  # fmt: skip
    second = "\n".join([
        face.header(), f"  reg [{width * depth - 1}:0] all;", f"  reg [{bits}:0] wp, rp;",
        f"  wire none = ~|(wp ^ rp), most = (wp ^ rp) == {size}{depth};",
        f"  wire put = {push} & ~most, take = {pop} & ~none;",
        f"  always {_event(face)} if (put) all[wp[{bits - 1}:0] * {width} +: {width}] <= {din};",
        clocked(face, "wp <= 0;\nrp <= 0;", "if (put) wp <= wp + 1;\nif (take) rp <= rp + 1;"),
        f"  assign {empty} = none;", f"  assign {full} = most;",
        f"  assign {dout} = {{{width}{{~none}}}} & all[rp[{bits - 1}:0] * {width} +: {width}];",
        "endmodule\n",
    ])  # fmt: skip

    def successor(words: tuple[int, ...], inputs: Values) -> tuple[int, ...]:
        added = (*words, inputs[din]) if inputs[push] and len(words) < depth else words
        return added[1:] if inputs[pop] and words else added

    def shown(words: tuple[int, ...], _: Values) -> Outputs:
        return {dout: words[0] if words else 0, full: int(len(words) == depth),
                empty: int(not words)}  # fmt: skip

    points = _fifo_words(depth, push, din, pop, full, empty, dout, width)
    return Case(
        key=f"{bits} {width} {face.reset.asynchronous} {face.reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=Says(told(face.names, *points), points), reference=reference,
        second=second, machine=lambda: Registers((), successor, shown),
        stimuli=_phases((push, pop, din), width, depth),
    )  # fmt: skip


def _fifo_words(
    depth: int, push: str, din: str, pop: str, full: str, empty: str, dout: str, width: int
) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"a [FIFO|first-in first-out queue] for {depth} words of {_bits(width)}",
         f"{depth} words of {_bits(width)} in a FIFO with one clock",
         f"synchronous FIFO, depth {depth}, {_bits(width)} wide"),
        (f"{push} = 1 at a clock edge stores {din}, unless the queue is full; {pop} = 1 removes "
         "the "
         "oldest word, unless it is empty; both may happen at once",
         f"at a clock edge {din} is appended if {push} is 1 and {full} is 0, and the oldest word "
         "leaves "
         f"if {pop} is 1 and {empty} is 0, independently of each other",
         f"{push} appends {din} (ignored while {full}), {pop} drops the oldest word (ignored while "
         f"{empty}); both together are allowed"),
        (f"{dout} is the oldest word without a clock, or 0 while it is empty",
         f"{dout} shows the oldest word all the time, and 0 when there is none",
         f"{dout} = oldest word (combinational), 0 if empty"),
        (f"{full} and {empty} tell that {depth} or no words are stored",
         f"{full} is 1 with {depth} words inside, {empty} with none",
         f"{full}: {depth} words; {empty}: 0 words"),
        ("reset empties it", "after reset it is empty", "on reset all words are dropped"),
    )  # fmt: skip
    return points


def _bits(width: int) -> str:
    return "1 bit" if width == 1 else f"{width} bits"


def _stack(rng: Random) -> Case:
    face, bits = _ports(rng, ("stack", "lifo", "lifo_buffer", "push_down"))
    assert face.reset is not None
    push, din, pop = (p.name for p in face.inputs)
    dout, full, empty = (p.name for p in face.outputs)
    width, depth, size = face.outputs[0].width, 1 << bits, f"{bits + 1}'d"
    first = rng.random() < 0.5
    word, index = f"[{width - 1}:0] " if width > 1 else "", f"[{bits - 1}:0]"
    puts, takes = f"{push} && !{full}", f"{pop} && !{empty}"
    wires = ([f"  wire put = {puts};", f"  wire take = {takes} && !put;"] if first
             else [f"  wire take = {takes};", f"  wire put = {puts} && !take;"])  # fmt: skip
    reference = "\n".join([
        face.header(), f"  reg {word}mem [0:{depth - 1}];", f"  reg [{bits}:0] n;", *wires,
        f"  wire {index} last = n{index} - {bits}'d1;",
        f"  always {_event(face)}", f"    if (put) mem[n{index}] <= {din};",
        clocked(face, f"n <= {size}0;", f"if (put) n <= n + {size}1;\nelse if (take) n <= n - "
                                        f"{size}1;"),
        f"  assign {empty} = (n == {size}0);", f"  assign {full} = (n == {size}{depth});",
        f"  assign {dout} = {empty} ? {width}'d0 : mem[last];", "endmodule\n",
    ])  # fmt: skip
    one, other = ("put", "take") if first else ("take", "put")
    raw = {"put": f"{push} & ~n[{bits}]", "take": f"{pop} & (|n)"}
    second = "\n".join([
        face.header(), f"  reg [{width * depth - 1}:0] all;", f"  reg [{bits}:0] n;",
        f"  wire {one} = {raw[one]};", f"  wire {other} = {raw[other]} & ~{one};",
        f"  wire {index} top = n + {depth - 1};",
        f"  always {_event(face)} if (put) all[n{index} * {width} +: {width}] <= {din};",
        clocked(face, "n <= 0;", "if (put | take) n <= put ? n + 1 : n - 1;"),
        f"  assign {empty} = !n;", f"  assign {full} = n[{bits}];",
        f"  assign {dout} = {{{width}{{|n}}}} & all[top * {width} +: {width}];", "endmodule\n",
    ])  # fmt: skip

    def successor(words: tuple[int, ...], inputs: Values) -> tuple[int, ...]:
        puts, takes = inputs[push] and len(words) < depth, inputs[pop] and words
        if puts and (first or not takes):
            return (*words, inputs[din])
        return words[:-1] if takes else words

    def shown(words: tuple[int, ...], _: Values) -> Outputs:
        return {dout: words[-1] if words else 0, full: int(len(words) == depth),
                empty: int(not words)}  # fmt: skip

    winner, loser = (push, pop) if first else (pop, push)
    cannot = f"unless {full if first else empty} is 1"
    points = (
        (f"a stack of at most {depth} words of {_bits(width)}",
         f"a last-in first-out memory (stack), {depth} deep and {_bits(width)} wide",
         f"LIFO with room for {depth} words of {_bits(width)}"),
        (f"{push} = 1 puts {din} on top, unless it is full; {pop} = 1 removes the top word, "
         "unless it "
         "is empty",
         f"at a clock edge {push} stacks {din} (ignored while {full}) and {pop} drops the top word "
         f"(ignored while {empty})",
         f"{push}: {din} becomes the top, {pop}: the top goes; a push when full and a pop when "
         "empty do "
         "nothing"),
        (f"if both are possible, only the {'push' if first else 'pop'} is done",
         f"with both at 1, {winner} wins {cannot}; then {loser} is done",
         f"when both could be done, {winner} goes first and {loser} is ignored"),
        (f"{dout} is the top word without a clock, or 0 while it is empty",
         f"{dout} always shows the top word, and 0 if there is none",
         f"{dout} = top word (combinational), 0 if empty"),
        (f"{full} and {empty} tell that {depth} or no words are stored",
         f"{full} is 1 with {depth} words inside, {empty} with none",
         f"{full}: {depth} words; {empty}: 0 words"),
        ("reset empties it", "after reset it is empty", "on reset all words are dropped"),
    )  # fmt: skip
    return Case(
        key=f"{bits} {width} {first} {face.reset.asynchronous} {face.reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=Says(told(face.names, *points), points), reference=reference,
        second=second, machine=lambda: Registers((), successor, shown),
        stimuli=_phases((push, pop, din), width, depth),
    )  # fmt: skip


def _lanes(rng: Random) -> Case:
    """Return a memory with a write port with byte enables and a read port."""
    bits, lanes = rng.choice(((1, 2), (2, 2), (2, 2), (1, 3), (2, 3), (1, 4), (3, 2), (2, 4)))
    kept = rng.random() < 0.5
    be, wa, ra = rng.choice((("be", "waddr", "raddr"), ("byte_en", "wa", "ra"), ("strb", "aw",
        "ar"),
                             ("wmask", "dst", "src"), ("we", "addr_a", "addr_b")))  # fmt: skip
    din, dout, width = rng.choice(INS), rng.choice(OUTS), 8 * lanes
    face = Interface(draw_top(("dual_port", "byte_ram", "tdp_ram", "lane_mem"), rng),
                     (Port(be, lanes), Port(wa, bits), Port(din, width), Port(ra, bits)),
                     (Port(dout, width),), draw_clock(rng))  # fmt: skip
    writes = [f"if ({be}[{at}]) mem[{wa}][{8 * at + 7}:{8 * at}] <= {din}[{8 * at + 7}:{8 * at}];"
              for at in range(lanes)]  # fmt: skip
    if kept:
        writes.append(f"{dout} <= mem[{ra}];")
    reference = "\n".join([
        face.header({dout} if kept else set()), f"  reg [{width - 1}:0] mem [0:{(1 << bits) - 1}];",
        clocked(face, "", "\n".join(writes)), *([] if kept else [f"  assign {dout} = mem[{ra}];"]),
        "endmodule\n",
    ])  # fmt: skip
    total = width << bits
    mask = "{" + ", ".join(f"{{8{{{be}[{at}]}}}}" for at in reversed(range(lanes))) + "}"
    part = f"all[{wa} * {width} +: {width}]"
    read = f"all[{ra} * {width} +: {width}]"
    second = "\n".join([
        face.header({dout} if kept else set()), f"  reg [{total - 1}:0] all;",
        f"  wire [{width - 1}:0] mask = {mask};", f"  wire [{width - 1}:0] old = {part};",
        f"  always {_event(face)} {part} <= (old & ~mask) | ({din} & mask);",
        f"  always {_event(face)} {dout} <= {read};" if kept else f"  assign {dout} = {read};",
        "endmodule\n",
    ])  # fmt: skip

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

    points = (
        (f"a memory of {1 << bits} words of {lanes} bytes with a write port and a read port",
         f"{1 << bits} words of {width} bits, one port to write and one to read",
         f"two-port RAM, {1 << bits} x {width} bits"),
        (f"at a clock edge each byte of {din} whose bit of {be} is 1 is written to the word at "
         f"{wa}; "
         "the other bytes of that word are kept",
         f"{be}[i] = 1 writes byte i of {din}, bits 8i to 8i+7, into the word at {wa}; bytes with "
         "a 0 "
         "do not change",
         f"writes go byte by byte to address {wa}: byte number i, counted from the lowest, only if "
         f"{be}[i] is 1"),
        (f"{dout} is a register that takes the word at {ra} at every clock edge, the old one if "
         "it is "
         "being written",
         f"reading is synchronous: {ra} gives {dout} after the edge, with the contents from "
         "before the "
         "write",
         f"{dout} is loaded from {ra} in each cycle, read before write")
        if kept else
        (f"{dout} is the word at {ra}, without a clock", f"reading {ra} to {dout} is combinational",
         f"asynchronous read of {ra}"),
        ("there is no reset", "nothing is initialised", "no reset, contents unknown at first"),
    )  # fmt: skip
    return Case(
        key=f"{bits} {lanes} {kept} {face.clock and face.clock.edge}", interface=face,
        says=Says(told(face.names, *points), points), reference=reference, second=second,
        machine=lambda: Registers(None, successor, shown, power_on=({}, None)), cycles=240,
    )  # fmt: skip


FAMILIES: Final = (
    Family("fifo", "memories", _fifo, weight=1.2),
    Family("stack", "memories", _stack, held_out=True),
    Family("memory with byte enables", "memories", _lanes, weight=0.6),
)
