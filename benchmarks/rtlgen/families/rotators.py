"""Shift registers with a choice of direction: rotators and universal ones."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import (
    DATA,
    ENABLES,
    apart,
    binary,
    drawn,
    faced,
    high,
    module,
    reset_points,
    resets,
    sized,
    some,
    timing,
)  # fmt: skip
from .shiftregs import LOADS, SHIFTED, into, moved

MODES: Final = ("mode", "op", "s", "ctrl", "func", "sel")


@dataclass(frozen=True)
class Turns:
    """When a rotator turns: as two bits of `go` say, or, if `go` is 1, as the input `way` says.

    `right` is the value of these two bits or of `way` that turns it to the right.
    """

    go: str
    way: str
    right: int

    @property
    def left(self) -> int:
        """Return the value that turns it to the left."""
        return 1 - self.right if self.way else 3 - self.right


def _rotating(rng: Random) -> Case:
    width = rng.choice((4, 5, 8, 8, 12, 16, 24, 32, 48, 64, 80))
    q, load, d, go = rng.choice(SHIFTED), rng.choice(LOADS), rng.choice(DATA), rng.choice(ENABLES)
    two = rng.random() < 0.6
    way = "" if two else rng.choice(("dir", "left_not_right", "right", "way"))
    right = rng.choice((1, 2)) if two else int(way != "left_not_right")
    inputs = (Port(load), Port(go, 2 if two else 1), *((Port(way),) if way else ()), Port(d, width))
    face = faced(rng, ("rotator", "rotate_both", "barrel_ring"), inputs, (Port(q, width),),
                 none=0.7)  # fmt: skip
    turns = Turns(go, way, right)

    def successor(state: int | None, i: Values) -> int | None:
        if i[load] or state is None:
            return i[d] if i[load] else None
        if two:
            step = 1 if i[go] == turns.left else -1 if i[go] == right else 0
        else:
            step = 0 if not i[go] else -1 if i[way] == right else 1
        text = f"{state:0{width}b}"
        return int(text[step:] + text[:step], 2)

    return Case(
        key=f"{width} {two} {right} {timing(face)}", interface=face,
        says=_rotating_says(face, turns), cycles=150,
        reference=_rotating_reference(face, turns), second=_rotating_second(face, turns),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}, forgets=True),
    )  # fmt: skip


def _rotating_says(face: Interface, turns: Turns) -> Says:
    load, d, q = face.inputs[0].name, face.inputs[-1].name, face.outputs[0].name
    width, go, way = face.outputs[0].width, turns.go, turns.way
    left, right = turns.left, turns.right
    said = (f"with {go} high it rotates by one bit, to the right when {high(way, right)}, to"
            f" the left when {high(way, left)}; with {go} low it holds" if way else
            f"{go} = {binary(right, 2)} rotates right by one bit, {binary(left, 2)} rotates"
            " left by one bit, 00 and 11 do nothing")  # fmt: skip
    return Says(
        brief=(
            f"{q} is a rotating register of {width} bits. {load} (first in priority) loads {d};"
            f" else {said}. No bit is lost, the one at the end goes round{resets(face, q)}",
            f"{some(width)} rotator with load: {load} high puts {d} into {q} at the clock edge."
            f" Else {said}{resets(face, q)}",
            f"{q} is loaded with {d} when {load} is high, which has priority; otherwise {said}. The"
            f" bit that leaves at one end enters at the other{resets(face, q)}",
            f"[rotate|turn] {q} left or right: {said}. {load} = 1 loads {d} instead"
            f"{resets(face, q)}",
        ),
    )  # fmt: skip


def _rotating_reference(face: Interface, turns: Turns) -> str:
    load, d, q = face.inputs[0].name, face.inputs[-1].name, face.outputs[0].name
    top, go = face.outputs[0].width - 1, turns.go
    if turns.way:
        # The other way is what is left of the cases in which it turns.
        right, left = f"{go} && {turns.way if turns.right else f'!{turns.way}'}", go
    else:
        right, left = (f"{go} == {binary(code, 2)}" for code in (turns.right, turns.left))
    body = (f"if ({load}) {q} <= {d};"
            f"\nelse if ({right}) {q} <= {{{q}[0], {q}[{top}:1]}};"
            f"\nelse if ({left}) {q} <= {{{q}[{top - 1}:0], {q}[{top}]}};")  # fmt: skip
    return module(face, clocked(face, f"{q} <= {sized(0, top + 1)};", body), q)


def _rotating_second(face: Interface, turns: Turns) -> str:
    load, d, q = face.inputs[0].name, face.inputs[-1].name, face.outputs[0].name
    width, back = face.outputs[0].width, face.outputs[0].width - 1
    right, left = (
        f"{turns.go} & ({turns.way} == {value})" if turns.way else f"({turns.go} == {value})"
        for value in (turns.right, turns.left)
    )
    logic = (f"if ({right}) after = (now << {back}) | (now >> 1);\nif ({left}) after ="
             f" (now >> {back}) | (now << 1);\nif ({load}) after = {d};")  # fmt: skip
    return apart(face, width, "0", logic, f"assign {q} = now;")


def _universal(rng: Random) -> Case:
    width, q, mode, d = rng.randint(3, 12), *drawn(rng, SHIFTED, MODES, DATA)
    high_in, low_in = rng.choice((("sr_in", "sl_in"), ("msb_in", "lsb_in"), ("r_in", "l_in"),
                                  ("from_left", "from_right")))  # fmt: skip
    order = ["hold", "load", "right", "left"]
    rng.shuffle(order)
    inputs = (Port(mode, 2), Port(d, width), Port(high_in), Port(low_in))
    face = faced(rng, ("universal_shift", "universal_register", "usr"), inputs, (Port(q, width),))

    def successor(state: int, i: Values) -> int:
        does = order[i[mode]]
        if does in ("hold", "load"):
            return state if does == "hold" else i[d]
        return moved(state, i[low_in if does == "left" else high_in], width, does == "left")

    return Case(
        key=f"{width} {order} {timing(face)}", interface=face, says=_universal_says(face, order),
        reference=_universal_reference(face, order), second=_universal_second(face, order),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}), cycles=150,
    )  # fmt: skip


def _universal_says(face: Interface, order: list[str]) -> Says:
    mode, d, high_in, low_in = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    texts = {
        "hold": "hold", "load": f"load {d}",
        "right": f"shift right by one, {high_in} enters at bit {width - 1}",
        "left": f"shift left by one, {low_in} enters at bit 0",
    }  # fmt: skip
    listed = "; ".join(f"{v}: {texts[o]}" for v, o in enumerate(order))
    coded = "; ".join(f"{binary(v, 2)[3:]} = {texts[o]}" for v, o in enumerate(order))
    return Says(
        brief=(
            f"{some(width)} universal shift register {q}. At every clock edge {mode} decides:"
            f" {listed}{resets(face, q)}",
            f"what {q} ({width} bits) does at the clock edge depends on {mode}: {coded}"
            f"{resets(face, q)}",
            f"register {q} with four modes selected by {mode}. {listed}{resets(face, q)}",
        ),
        points=(
            *((f"{mode} = {v}: {texts[o]}", f"{binary(v, 2)} on {mode}: {texts[o]}")
              for v, o in enumerate(order)),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def _universal_reference(face: Interface, order: list[str]) -> str:
    mode, d, high_in, low_in = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    forms = {
        "hold": q,
        "load": d,
        "right": into(q, high_in, width, False),
        "left": into(q, low_in, width, True),
    }
    arms = "\n".join(f"  2'd{v}: {q} <= {forms[o]};" for v, o in enumerate(order))
    body = f"case ({mode})\n{arms}\nendcase"
    return module(face, clocked(face, f"{q} <= {sized(0, width)};", body), q)


def _universal_second(face: Interface, order: list[str]) -> str:
    mode, d, high_in, low_in = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    codes = {o: v for v, o in enumerate(order)}
    logic = (f"if ({mode} == {codes['load']}) after = {d};\nif ({mode} == {codes['right']}) after ="
             f" (now >> 1) | ({high_in} << {width - 1});\nif ({mode} == {codes['left']}) after ="
             f" (now << 1) | {low_in};")  # fmt: skip
    return apart(face, width, "0", logic, f"assign {q} = now;")


FAMILIES: Final = (
    Family("rotator", "shift registers", _rotating, weight=0.7),
    Family("universal shift register", "shift registers", _universal, weight=0.7, held_out=True),
)
