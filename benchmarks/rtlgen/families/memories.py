"""Memories: RAM, ROM, register file, byte-enabled and dual-port memory."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family
from ..interface import Interface, Port, draw_clock
from ..machine import Function, Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from .memory_words import file_says, ram_says, rom_says

ADDRESSES: Final = ("addr", "a", "address", "ad", "index", "loc")
WRITES: Final = ("we", "wr", "write", "wen", "wr_en", "store")
INS: Final = ("din", "d", "wdata", "data_in", "wd", "in")
OUTS: Final = ("dout", "q", "rdata", "data_out", "rd", "out")
BASES: Final = {"h": "hexadecimal", "d": "decimal", "b": "binary"}
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
        says=ram_says(face, kind), reference=reference, second=_ram_second(face, bits, kind),
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


def _rom(rng: Random) -> Case:
    bits, width, late = rng.choice((2, 3, 3, 4)), rng.choice((2, 4, 4, 8, 8)), rng.random() < 0.4
    words = [rng.randrange(1 << width) for _ in range(1 << bits)]
    if len(set(words)) < 2:
        return _rom(rng)
    addr, out, base = rng.choice(ADDRESSES), rng.choice(OUTS), rng.choice("hdb")
    face = Interface(draw_top(("rom", "lookup", "table_rom", "constants"), rng),
                     (Port(addr, bits),), (Port(out, width),),
                     draw_clock(rng) if late else None)  # fmt: skip
    numerals = [_numeral(word, width, base) for word in words]

    def function(inputs: Values) -> Outputs:
        return {out: words[inputs[addr]]}

    def taken(_: Any, inputs: Values) -> int:
        return words[inputs[addr]]

    return Case(
        key=f"{words} {late}", interface=face,
        says=rom_says(face, BASES[base], ", ".join(numerals)),
        reference=_rom_reference(face, [f"{width}'{base}{numeral}" for numeral in numerals]),
        second=_rom_second(face, words),
        machine=lambda: Registers(None, taken, lambda state, _: {out: state}, forgets=True)
        if late else Function(function), cycles=80,
    )  # fmt: skip


def _numeral(word: int, width: int, base: str) -> str:
    """Return the digits of a word, base by Verilog's letter; all but decimal have leading zeros."""
    if base == "d":
        return str(word)
    return f"{word:0{(width + 3) // 4}x}" if base == "h" else f"{word:0{width}b}"


def _rom_event(face: Interface) -> str:
    return f"@({_clockless(face)})" if face.clock else "@(*)"


def _rom_reference(face: Interface, constants: list[str]) -> str:
    addr, out = face.inputs[0], face.outputs[0].name
    sets = "<=" if face.clock else "="
    labels = [f"{addr.width}'d{at}" for at in range(len(constants) - 1)] + ["default"]
    rows = [f"      {label}: {out} {sets} {constant};"
            for label, constant in zip(labels, constants, strict=True)]  # fmt: skip
    return "\n".join([face.header({out}), f"  always {_rom_event(face)}",
                      f"    case ({addr.name})", *rows, "    endcase", "endmodule\n"])  # fmt: skip


def _rom_second(face: Interface, words: list[int]) -> str:
    addr, out, width = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    packed, total = sum(w << width * at for at, w in enumerate(words)), width * len(words)
    read = f"all[{addr} * {width} +: {width}]"
    return "\n".join([
        face.header({out} if face.clock else set()),
        f"  wire [{total - 1}:0] all = {total}'h{packed:x};",
        f"  always {_rom_event(face)} {out} <= {read};" if face.clock else
        f"  assign {out} = {read};",
        "endmodule\n",
    ])  # fmt: skip


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
        interface=face, says=file_says(face, zero, through),
        reference=_file_reference(face, bits, zero, through),
        second=_file_second(face, bits, zero, through),
        machine=lambda: Registers(None, successor, shown, power_on={}), cycles=200,
    )  # fmt: skip


def _file_reference(face: Interface, bits: int, zero: bool, through: bool) -> str:
    we, wa, wd, ra, rb = (p.name for p in face.inputs)
    (qa, qb), width = (p.name for p in face.outputs), face.outputs[0].width

    def read(at: str) -> str:
        text = f"({we} && {wa} == {at}) ? {wd} : regs[{at}]" if through else f"regs[{at}]"
        return f"({at} == {bits}'d0) ? {width}'d0 : {text}" if zero else text

    return (
        f"{face.header()}\n  reg [{width - 1}:0] regs [0:{(1 << bits) - 1}];\n"
        + clocked(face, "", f"if ({we}) regs[{wa}] <= {wd};")
        + f"\n  assign {qa} = {read(ra)};\n  assign {qb} = {read(rb)};\nendmodule\n"
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


FAMILIES: Final = (
    Family("single-port ram", "memories", _ram),
    Family("rom", "memories", _rom),
    Family("register file", "memories", _file),
)
