"""The words for memories and register files."""

from __future__ import annotations

from ..case import Says
from ..interface import Interface
from ..words import bits, told


def ram_says(face: Interface, kind: str) -> Says:
    """Return the words for a memory with one port; `kind` is how a write is read."""
    we, addr, din = (p.name for p in face.inputs)
    dout, count, word = face.outputs[0].name, 1 << face.inputs[1].width, bits(face.outputs[0].width)
    said = {
        "now": (f"reading is asynchronous: {dout} is the word at {addr}, without a clock",
                f"{dout} always shows the word at {addr} (combinational read)",
                f"{dout} follows {addr} at once"),
        "old": (f"at every clock edge {dout} takes the word at {addr}; in a write it is the old"
                " word",
                "reading is synchronous, in each cycle, and a write shows the word from before"
                f" it on {dout}",
                f"{dout} is a register loaded with the word at {addr}, read before write"),
        "new": (f"at every clock edge {dout} takes the word at {addr}; in a write it is the new"
                " word",
                f"reading is synchronous and write-first: a write also puts {din} into {dout}",
                f"{dout} is a register loaded with the word at {addr}, or with {din} in a write"),
        "hold": (f"without a write {dout} takes the word at {addr} at the clock edge; a write"
                 f" leaves {dout} as it is",
                 f"reading is synchronous and happens only when {we} is 0; {dout} is kept in a"
                 " write",
                 f"{dout} is a register, loaded from {addr} while {we} is 0 and unchanged while"
                 " it is 1"),
    }[kind]  # fmt: skip
    points = (
        (f"a single-port RAM of {count} words of {word}",
         f"a memory with {count} words, {word} each, and one port",
         f"{count} x {word} of RAM with one address"),
        (f"{we} = 1 writes {din} to the word at {addr} at the clock edge",
         f"at a clock edge with {we} high, {din} is stored at {addr}",
         f"writing is synchronous: {din} goes to address {addr} when {we} is 1"),
        said,
        ("there is no reset; contents are unknown before they are written",
         "the memory is not initialised", "no initial contents"),
    )  # fmt: skip
    return Says(told(face.names, *points), points)


def rom_says(face: Interface, base: str, listing: str) -> Says:
    """Return the words for a ROM with the listed contents, which are numerals of this base."""
    addr, out, count = face.inputs[0].name, face.outputs[0].name, 1 << face.inputs[0].width
    points = (
        (f"a ROM of {count} words with the contents ({base}, from address 0): {listing}",
         f"{out} is the word number {addr} of this list ({base}): {listing}",
         f"constants by {addr}, beginning with 0, in {base}: {listing}"),
        (f"reading is synchronous: {out} is a register that takes the word at each clock edge",
         f"{out} is registered, one clock edge after {addr}",
         "the output is registered, without reset")
        if face.clock else
        ("reading is combinational", f"{out} follows {addr} without a clock",
         "no clock, no register"),
    )  # fmt: skip
    return Says(told(face.names, *points), points)


def file_says(face: Interface, zero: bool, through: bool) -> Says:
    """Return the words for a register file with two read ports."""
    we, wa, wd, ra, rb = (p.name for p in face.inputs)
    qa, qb = (p.name for p in face.outputs)
    count, width = 1 << face.inputs[1].width, face.outputs[0].width
    points = [
        (f"a register file of {count} registers of {width} bits with one write port and two read"
         " ports",
         f"{count} registers of {width} bits, written one and read two at a time",
         f"register file: {count} x {width}, 1 write, 2 reads"),
        (f"{we} = 1 writes {wd} into register {wa} at the clock edge",
         f"at a clock edge with {we} high register number {wa} takes {wd}",
         f"the write port is {we}, {wa} and {wd}, clocked"),
        (f"{qa} is register {ra} and {qb} register {rb}, read without a clock",
         f"reads are combinational: {qa} from {ra}, {qb} from {rb}",
         f"asynchronous reads: {ra} to {qa}, {rb} to {qb}"),
        ("there is no reset", "no reset, no initial contents",
         "registers are unknown until written"),
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
