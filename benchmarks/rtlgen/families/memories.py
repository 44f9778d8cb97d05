"""Memories: RAM, ROM, register file, byte-enabled and dual-port memory."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock
from ..machine import Function, Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told

ADDRESSES: Final = ("addr", "a", "address", "ad", "index", "loc")
WRITES: Final = ("we", "wr", "write", "wen", "wr_en", "store")
INS: Final = ("din", "d", "wdata", "data_in", "wd", "in")
OUTS: Final = ("dout", "q", "rdata", "data_out", "rd", "out")
Store = dict[int, int]


def _clockless(face: Interface) -> str:
    assert face.clock is not None
    return f"{face.clock.edge} {face.clock.name}"


def _ram(rng: Random) -> Case:
    """Return a memory with one port; what was never written is unknown."""
    bits, width, kind = rng.randint(2, 4), rng.choice((1, 2, 4, 4, 8, 8, 16)), rng.choice(
        ("now", "old", "old", "new", "hold"))  # fmt: skip
    addr, we, din, dout = (rng.choice(n) for n in (ADDRESSES, WRITES, INS, OUTS))
    face = Interface(draw_top(("ram", "memory", "sp_ram", "scratchpad", "store"), rng),
                     (Port(we), Port(addr, bits), Port(din, width)), (Port(dout, width),),
                     draw_clock(rng))  # fmt: skip
    size = f"[{width - 1}:0] " if width > 1 else ""
    read = {"now": "", "old": f"\n{dout} <= mem[{addr}];",
            "new": f"\n{dout} <= {we} ? {din} : mem[{addr}];",
            "hold": f"\nelse {dout} <= mem[{addr}];"}[kind]  # fmt: skip
    reference = (
        f"{face.header(set() if kind == 'now' else {dout})}\n  reg {size}mem "
        f"[0:{(1 << bits) - 1}];\n"
        + clocked(face, "", f"if ({we}) mem[{addr}] <= {din};{read}")
        + (f"\n  assign {dout} = mem[{addr}];" if kind == "now" else "") + "\nendmodule\n"
    )  # fmt: skip

    def successor(state: Any, inputs: Values) -> Any:
        store, shown = state
        at, old = inputs[addr], store.get(inputs[addr])
        after: Store = {**store, at: inputs[din]} if inputs[we] else store
        if kind == "new":
            return after, after.get(at)
        return after, shown if kind == "hold" and inputs[we] else old

    def shown(state: Any, inputs: Values) -> Outputs:
        return {dout: state[0].get(inputs[addr]) if kind == "now" else state[1]}

    return Case(
        key=f"{bits} {width} {kind} {face.clock and face.clock.edge}", interface=face,
        says=_ram_says(face, bits, kind), reference=reference, second=_ram_second(face, bits, kind),
        machine=lambda: Registers(None, successor, shown, power_on=({}, None)), cycles=220,
    )  # fmt: skip


def _ram_second(face: Interface, bits: int, kind: str) -> str:
    we, addr, din = (p.name for p in face.inputs)
    dout, width, count = face.outputs[0].name, face.outputs[0].width, 1 << bits
    lines = [
        face.header(set() if kind == "now" else {dout}),
        f"  reg [{width * count - 1}:0] all;",
        f"  wire [{width - 1}:0] old = all[{addr} * {width} +: {width}];",
        f"  always @({_clockless(face)}) if ({we}) all[{addr} * {width} +: {width}] <= {din};",
    ]
    read = {"now": f"  assign {dout} = old;", "old": f"{dout} <= old;",
            "new": f"if ({we}) {dout} <= {din}; else {dout} <= old;",
            "hold": f"if (!{we}) {dout} <= old;"}[kind]  # fmt: skip
    lines.append(read if kind == "now" else f"  always @({_clockless(face)}) {read}")
    return "\n".join([*lines, "endmodule\n"])


def _ram_says(face: Interface, bits: int, kind: str) -> Says:
    we, addr, din = (p.name for p in face.inputs)
    dout, width = face.outputs[0].name, face.outputs[0].width
    word = "1 bit" if width == 1 else f"{width} bits"
    said = {
        "now": (f"reading is asynchronous: {dout} is the word at {addr}, without a clock",
                f"{dout} always shows the word at {addr} (combinational read)",
                f"{dout} follows {addr} at once"),
        "old": (f"at every clock edge {dout} takes the word at {addr}; in a write it is the old "
                "word",
                "reading is synchronous, in each cycle, and a write shows the word from before "
                "it on "
                f"{dout}",
                f"{dout} is a register loaded with the word at {addr}, read before write"),
        "new": (f"at every clock edge {dout} takes the word at {addr}; in a write it is the new "
                "word",
                f"reading is synchronous and write-first: a write also puts {din} into {dout}",
                f"{dout} is a register loaded with the word at {addr}, or with {din} in a write"),
        "hold": (f"without a write {dout} takes the word at {addr} at the clock edge; a write "
                 "leaves "
                 f"{dout} as it is",
                 f"reading is synchronous and happens only when {we} is 0; {dout} is kept in a "
                 "write",
                 f"{dout} is a register, loaded from {addr} while {we} is 0 and unchanged while "
                 "it is "
                 "1"),
    }[kind]  # fmt: skip
    points = (
        (f"a single-port RAM of {1 << bits} words of {word}", f"a memory with {1 << bits} words, "
         f"{word} "
         "each, and one port", f"{1 << bits} x {word} of RAM with one address"),
        (f"{we} = 1 writes {din} to the word at {addr} at the clock edge",
         f"at a clock edge with {we} high, {din} is stored at {addr}",
         f"writing is synchronous: {din} goes to address {addr} when {we} is 1"),
        said,
        ("there is no reset; contents are unknown before they are written",
         "the memory is not initialised", "no initial contents"),
    )  # fmt: skip
    return Says(told(face.names, *points), points)


def _rom(rng: Random) -> Case:
    bits, width, late = rng.choice((2, 3, 3, 4)), rng.choice((2, 4, 4, 8, 8)), rng.random() < 0.4
    words = [rng.randrange(1 << width) for _ in range(1 << bits)]
    if len(set(words)) < 2:
        return _rom(rng)
    addr, out, style = rng.choice(ADDRESSES), rng.choice(OUTS), rng.choice("hdb")
    face = Interface(draw_top(("rom", "lookup", "table_rom", "constants"), rng), (Port(addr,
     bits),),
                     (Port(out, width),), draw_clock(rng) if late else None)  # fmt: skip
    number = {"h": lambda v: f"{width}'h{v:0{(width + 3) // 4}x}", "d": lambda v: f"{width}'d{v}",
              "b": lambda v: f"{width}'b{v:0{width}b}"}[style]  # fmt: skip
    rows = [f"      {bits}'d{at}: {out} {'<=' if late else '='} {number(w)};"
            for at, w in enumerate(words)]  # fmt: skip
    rows[-1] = rows[-1].replace(f"{bits}'d{len(words) - 1}:", "default:")
    event = f"@({_clockless(face)})" if late else "@(*)"
    reference = "\n".join([face.header({out}), f"  always {event}", f"    case ({addr})", *rows,
                           "    endcase", "endmodule\n"])  # fmt: skip
    packed, total = sum(w << width * at for at, w in enumerate(words)), width << bits
    drive = f"  always {event} {out} <= all[{addr} * {width} +: {width}];" if late else (
        f"  assign {out} = all[{addr} * {width} +: {width}];")  # fmt: skip
    second = "\n".join(
        [
            face.header({out} if late else set()),
            f"  wire [{total - 1}:0] all = {total}'h{packed:x};",
            drive,
            "endmodule\n",
        ]
    )
    shown = {"h": lambda v: f"{v:0{(width + 3) // 4}x}", "d": str, "b": lambda v: f"{v:0{width}b}"}
    base = {"h": "hexadecimal", "d": "decimal", "b": "binary"}[style]
    listing = ", ".join(shown[style](w) for w in words)
    points = _rom_words(late, base, listing, out, addr, words)

    def function(inputs: Values) -> Outputs:
        return {out: words[inputs[addr]]}

    def taken(_: Any, inputs: Values) -> int:
        return words[inputs[addr]]

    return Case(
        key=f"{words} {late}", interface=face, says=Says(told(face.names, *points), points),
        reference=reference, second=second,
        machine=lambda: Registers(None, taken, lambda state, _: {out: state}, forgets=True)
        if late else Function(function), cycles=80,
    )  # fmt: skip


def _rom_words(
    late: bool, base: str, listing: str, out: str, addr: str, words: list[int]
) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"a ROM of {len(words)} words with the contents ({base}, from address 0): {listing}",
         f"{out} is the word number {addr} of this list ({base}): {listing}",
         f"constants by {addr}, beginning with 0, in {base}: {listing}"),
        (f"reading is synchronous: {out} is a register that takes the word at each clock edge",
         f"{out} is registered, one clock edge after {addr}", "the output is registered, without "
          "reset")
        if late else
        ("reading is combinational", f"{out} follows {addr} without a clock", "no clock, no "
         "register"),
    )  # fmt: skip
    return points


def _file(rng: Random) -> Case:
    """Return a register file with two read ports."""
    bits, width = rng.randint(2, 4), rng.choice((4, 8, 8, 16, 32))
    zero, through = rng.random() < 0.5, rng.random() < 0.25
    we, (wa, ra, rb) = rng.choice(WRITES), rng.choice((
        ("waddr", "raddr1", "raddr2"), ("wa", "ra", "rb"), ("rd", "rs1", "rs2"), ("dst", "src_a",
        "src_b"), ("w_sel", "a_sel", "b_sel")))  # fmt: skip
    wd, (qa, qb) = rng.choice(("wdata", "wd", "din", "d")), rng.choice((
        ("rdata1", "rdata2"), ("qa", "qb"), ("out_a", "out_b"), ("op1", "op2")))  # fmt: skip
    face = Interface(draw_top(("regfile", "register_file", "rf", "reg_bank"), rng),
                     (Port(we), Port(wa, bits), Port(wd, width), Port(ra, bits), Port(rb, bits)),
                     (Port(qa, width), Port(qb, width)), draw_clock(rng))  # fmt: skip
    none = f"{width}'d0"

    def read(at: str) -> str:
        text = f"({we} && {wa} == {at}) ? {wd} : regs[{at}]" if through else f"regs[{at}]"
        return f"({at} == {bits}'d0) ? {none} : {text}" if zero else text

    reference = (
        f"{face.header()}\n  reg [{width - 1}:0] regs [0:{(1 << bits) - 1}];\n"
        + clocked(face, "", f"if ({we}) regs[{wa}] <= {wd};")
        + f"\n  assign {qa} = {read(ra)};\n  assign {qb} = {read(rb)};\nendmodule\n"
    )  # fmt: skip

    def successor(store: Store, inputs: Values) -> Store:
        return {**store, inputs[wa]: inputs[wd]} if inputs[we] else store

    def one(store: Store, inputs: Values, at: int) -> int | None:
        if zero and at == 0:
            return 0
        return inputs[wd] if through and inputs[we] and inputs[wa] == at else store.get(at)

    def shown(store: Store, inputs: Values) -> Outputs:
        return {qa: one(store, inputs, inputs[ra]), qb: one(store, inputs, inputs[rb])}

    return Case(
        key=f"{bits} {width} {zero} {through} {face.clock and face.clock.edge}",
        interface=face,
        says=_file_says(face, bits, zero, through), reference=reference,
        second=_file_second(face, bits, zero, through),
        machine=lambda: Registers(None, successor, shown, power_on={}), cycles=200,
    )  # fmt: skip


def _file_second(face: Interface, bits: int, zero: bool, through: bool) -> str:
    we, wa, wd, ra, rb = (p.name for p in face.inputs)
    width, lines = face.outputs[0].width, [face.header()]
    lines.append(f"  reg [{(width << bits) - 1}:0] all;")
    lines.append(
        f"  always @({_clockless(face)}) if ({we}) all[{wa} * {width} +: {width}] <= {wd};"
    )
    for port, at in zip(face.outputs, (ra, rb), strict=True):
        text = f"all[{at} * {width} +: {width}]"
        text = f"(~(|({wa} ^ {at})) & {we} ? {wd} : {text})" if through else text
        lines.append(f"  assign {port.name} = {f'(|{at}) ? {text} : 0' if zero else text};")
    return "\n".join([*lines, "endmodule\n"])


def _file_says(face: Interface, bits: int, zero: bool, through: bool) -> Says:
    we, wa, wd, ra, rb = (p.name for p in face.inputs)
    qa, qb = (p.name for p in face.outputs)
    points = [
        (f"a register file of {1 << bits} registers of {face.outputs[0].width} bits with one write "
         "port and two read ports",
         f"{1 << bits} registers of {face.outputs[0].width} bits, written one and read two at a "
         "time",
         f"register file: {1 << bits} x {face.outputs[0].width}, 1 write, 2 reads"),
        (f"{we} = 1 writes {wd} into register {wa} at the clock edge",
         f"at a clock edge with {we} high register number {wa} takes {wd}",
         f"the write port is {we}, {wa} and {wd}, clocked"),
        (f"{qa} is register {ra} and {qb} register {rb}, read without a clock",
         f"reads are combinational: {qa} from {ra}, {qb} from {rb}",
         f"asynchronous reads: {ra} to {qa}, {rb} to {qb}"),
        ("there is no reset", "no reset, no initial contents", "registers are unknown until "
         "written"),
    ]  # fmt: skip
    if zero:
        points.insert(3, ("register 0 always reads as 0", "reading number 0 gives 0",
                          "number 0 is the constant 0 when read"))  # fmt: skip
    if through:
        points.insert(
            3,
            (
                f"a read of the register that is being written shows {wd} already",
                f"writes are forwarded: reading {wa} while {we} is 1 gives {wd}",
                f"with {we} = 1 and equal numbers {wd} is passed through to the read port",
            ),
        )
    else:
        points.insert(
            3,
            (
                "a read of the register being written shows the old value until the edge",
                "new values are seen after the clock edge",
                "writes are not forwarded",
            ),
        )
    return Says(told(face.names, *points), tuple(points))


FAMILIES: Final = (
    Family("single-port ram", "memories", _ram),
    Family("rom", "memories", _rom),
    Family("register file", "memories", _file),
)
