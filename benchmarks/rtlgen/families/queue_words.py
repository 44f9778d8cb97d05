"""The words for queues, stacks and memories with byte enables."""

from __future__ import annotations

from ..case import Says
from ..interface import Interface
from ..words import bits, told


def fifo_says(face: Interface, depth: int) -> Says:
    """Return the words for a queue of `depth` words."""
    push, din, pop = (p.name for p in face.inputs)
    (dout, full, empty), word = (p.name for p in face.outputs), bits(face.outputs[0].width)
    points = (
        (f"a [FIFO|first-in first-out queue] for {depth} words of {word}",
         f"{depth} words of {word} in a FIFO with one clock",
         f"synchronous FIFO, depth {depth}, {word} wide"),
        (f"{push} = 1 at a clock edge stores {din}, unless the queue is full; {pop} = 1 removes"
         " the oldest word, unless it is empty; both may happen at once",
         f"at a clock edge {din} is appended if {push} is 1 and {full} is 0, and the oldest word"
         f" leaves if {pop} is 1 and {empty} is 0, independently of each other",
         f"{push} appends {din} (ignored while {full}), {pop} drops the oldest word (ignored while"
         f" {empty}); both together are allowed"),
        (f"{dout} is the oldest word without a clock, or 0 while it is empty",
         f"{dout} shows the oldest word all the time, and 0 when there is none",
         f"{dout} = oldest word (combinational), 0 if empty"),
        *_filling_points(full, empty, depth),
    )  # fmt: skip
    return Says(told(face.names, *points), points)


def _filling_points(full: str, empty: str, depth: int) -> tuple[tuple[str, ...], ...]:
    return (
        (f"{full} and {empty} tell that {depth} or no words are stored",
         f"{full} is 1 with {depth} words inside, {empty} with none",
         f"{full}: {depth} words; {empty}: 0 words"),
        ("reset empties it", "after reset it is empty", "on reset all words are dropped"),
    )  # fmt: skip


def stack_says(face: Interface, depth: int, first: bool) -> Says:
    """Return the words for a stack of `depth` words; `first`: a push goes before a pop."""
    push, din, pop = (p.name for p in face.inputs)
    (dout, full, empty), word = (p.name for p in face.outputs), bits(face.outputs[0].width)
    winner, loser, blocked = (push, pop, full) if first else (pop, push, empty)
    points = (
        (f"a stack of at most {depth} words of {word}",
         f"a last-in first-out memory (stack), {depth} deep and {word} wide",
         f"LIFO with room for {depth} words of {word}"),
        (f"{push} = 1 puts {din} on top, unless it is full; {pop} = 1 removes the top word,"
         " unless it is empty",
         f"at a clock edge {push} stacks {din} (ignored while {full}) and {pop} drops the top word"
         f" (ignored while {empty})",
         f"{push}: {din} becomes the top, {pop}: the top goes; a push when full and a pop when"
         " empty do nothing"),
        (f"if both are possible, only the {'push' if first else 'pop'} is done",
         f"with both at 1, {winner} wins unless {blocked} is 1; then {loser} is done",
         f"when both could be done, {winner} goes first and {loser} is ignored"),
        (f"{dout} is the top word without a clock, or 0 while it is empty",
         f"{dout} always shows the top word, and 0 if there is none",
         f"{dout} = top word (combinational), 0 if empty"),
        *_filling_points(full, empty, depth),
    )  # fmt: skip
    return Says(told(face.names, *points), points)


def lanes_says(face: Interface, kept: bool) -> Says:
    """Return the words for a memory with byte enables; `kept`: the output is a register."""
    be, wa, din, ra = (p.name for p in face.inputs)
    dout, width = face.outputs[0].name, face.outputs[0].width
    lanes, count = face.inputs[0].width, 1 << face.inputs[1].width
    points = (
        (f"a memory of {count} words of {lanes} bytes with a write port and a read port",
         f"{count} words of {width} bits, one port to write and one to read",
         f"two-port RAM, {count} x {width} bits"),
        (f"at a clock edge each byte of {din} whose bit of {be} is 1 is written to the word at"
         f" {wa}; the other bytes of that word are kept",
         f"{be}[i] = 1 writes byte i of {din}, bits 8i to 8i+7, into the word at {wa}; bytes with"
         " a 0 do not change",
         f"writes go byte by byte to address {wa}: byte number i, counted from the lowest, only if"
         f" {be}[i] is 1"),
        (f"{dout} is a register that takes the word at {ra} at every clock edge, the old one if"
         " it is being written",
         f"reading is synchronous: {ra} gives {dout} after the edge, with the contents from"
         " before the write",
         f"{dout} is loaded from {ra} in each cycle, read before write")
        if kept else
        (f"{dout} is the word at {ra}, without a clock", f"reading {ra} to {dout} is combinational",
         f"asynchronous read of {ra}"),
        ("there is no reset", "nothing is initialised", "no reset, contents unknown at first"),
    )  # fmt: skip
    return Says(told(face.names, *points), points)
