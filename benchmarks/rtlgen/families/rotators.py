"""Shift registers with a choice of direction: rotators and universal ones."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Port
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


def _rotating(rng: Random) -> Case:
    width = rng.choice((4, 5, 8, 8, 12, 16, 24, 32, 48, 64, 80))
    q, load, d, go = rng.choice(SHIFTED), rng.choice(LOADS), rng.choice(DATA), rng.choice(ENABLES)
    two = rng.random() < 0.6
    way = "" if two else rng.choice(("dir", "left_not_right", "right", "way"))
    right = rng.choice((1, 2)) if two else int(way != "left_not_right")
    inputs = (Port(load), Port(go, 2 if two else 1), *((Port(way),) if way else ()), Port(d, width))
    face = faced(rng, ("rotator", "rotate_both", "barrel_ring"), inputs, (Port(q, width),),
                 none=0.7)  # fmt: skip
    left = 3 - right if two else 1 - right
    if two:
        said = (f"{go} = {binary(right, 2)} rotates right by one bit, {binary(left, 2)} rotates"
                " left by one bit, 00 and 11 do nothing")  # fmt: skip
        tests = [(f"{go} == {binary(right, 2)}", False), (f"{go} == {binary(left, 2)}", True)]
    else:
        said = (f"with {go} high it rotates by one bit, to the right when {high(way, right)}, to"
                f" the left when {high(way, left)}; with {go} low it holds")  # fmt: skip
        name = way if right else f"!{way}"
        tests = [(f"{go} && {name}", False), (f"{go}", True)]
    says = Says(
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
    turned = {
        True: f"{{{q}[{width - 2}:0], {q}[{width - 1}]}}",
        False: f"{{{q}[0], {q}[{width - 1}:1]}}",
    }
    body = f"if ({load}) {q} <= {d};" + "".join(
        f"\nelse if ({test}) {q} <= {turned[to]};" for test, to in tests)  # fmt: skip
    back = width - 1
    toright = f"({go} == {right})" if two else f"{go} & ({way} == {right})"
    toleft = f"({go} == {left})" if two else f"{go} & ({way} == {left})"
    logic = (f"if ({toright}) after = (now << {back}) | (now >> 1);\nif ({toleft}) after ="
             f" (now >> {back}) | (now << 1);\nif ({load}) after = {d};")  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        if i[load] or state is None:
            return i[d] if i[load] else None
        if two:
            step = 1 if i[go] == left else -1 if i[go] == right else 0
        else:
            step = 0 if not i[go] else -1 if i[way] == right else 1
        text = f"{state:0{width}b}"
        return int(text[step:] + text[:step], 2)

    return Case(
        key=f"{width} {two} {right} {timing(face)}", interface=face, says=says, cycles=150,
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};", body), q),
        second=apart(face, width, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}, forgets=True),
    )  # fmt: skip


def _universal(rng: Random) -> Case:
    width, q, mode, d = rng.randint(3, 12), *drawn(rng, SHIFTED, MODES, DATA)
    high_in, low_in = rng.choice((("sr_in", "sl_in"), ("msb_in", "lsb_in"), ("r_in", "l_in"),
                                  ("from_left", "from_right")))  # fmt: skip
    texts = {
        "hold": "hold", "load": f"load {d}",
        "right": f"shift right by one, {high_in} enters at bit {width - 1}",
        "left": f"shift left by one, {low_in} enters at bit 0",
    }  # fmt: skip
    order = list(texts)
    rng.shuffle(order)
    inputs = (Port(mode, 2), Port(d, width), Port(high_in), Port(low_in))
    face = faced(rng, ("universal_shift", "universal_register", "usr"), inputs, (Port(q, width),))
    listed = "; ".join(f"{v}: {texts[o]}" for v, o in enumerate(order))
    coded = "; ".join(f"{binary(v, 2)[3:]} = {texts[o]}" for v, o in enumerate(order))
    says = Says(
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
    forms = {
        "hold": q,
        "load": d,
        "right": into(q, high_in, width, False),
        "left": into(q, low_in, width, True),
    }
    arms = "\n".join(f"  2'd{v}: {q} <= {forms[o]};" for v, o in enumerate(order))
    body = f"case ({mode})\n{arms}\nendcase"
    codes = {o: v for v, o in enumerate(order)}
    logic = (f"if ({mode} == {codes['load']}) after = {d};\nif ({mode} == {codes['right']}) after ="
             f" (now >> 1) | ({high_in} << {width - 1});\nif ({mode} == {codes['left']}) after ="
             f" (now << 1) | {low_in};")  # fmt: skip

    def successor(state: int, i: Values) -> int:
        does = order[i[mode]]
        if does in ("hold", "load"):
            return state if does == "hold" else i[d]
        return moved(state, i[low_in if does == "left" else high_in], width, does == "left")

    return Case(
        key=f"{width} {order} {timing(face)}", interface=face, says=says, cycles=150,
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};", body), q),
        second=apart(face, width, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}),
    )  # fmt: skip


FAMILIES: Final = (
    Family("rotator", "shift registers", _rotating, weight=0.7),
    Family("universal shift register", "shift registers", _universal, weight=0.7, held_out=True),
)
