"""Multiplexers: vector or separate select lines, unused selects, one-hot selects, packed inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import (
    article,
    assigns,
    cased,
    constant,
    draw_inputs,
    draw_output,
    listed,
    module,
)
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top

SELECTS: Final = ("sel", "sel", "s", "select", "choice", "addr", "index", "sel_i", "pick", "which")
LINES: Final = ("s", "sel", "sel_", "c", "k", "select")
WIDTHS: Final = (1, 1, 1, 2, 3, 4, 4, 6, 8, 8, 8, 9, 12, 16, 16, 20, 24, 32, 32, 48, 64, 100)


def _names(rng: Random, count: int) -> tuple[tuple[str, ...], str, str]:
    """Return the names of the data inputs, of the select input and of the output."""
    inputs = draw_inputs(rng, count)
    sel = rng.choice([s for s in SELECTS if s not in inputs])
    return inputs, sel, draw_output(rng, (*inputs, sel))


def _width(rng: Random, count: int) -> int:
    if rng.random() < 0.5:
        return rng.choice(WIDTHS if count < 9 else WIDTHS[:12])
    return rng.randint(1, 64 if count < 9 else 16)


def _multiplexer(rng: Random) -> Case:
    """A multiplexer in which every value of the select chooses an input."""
    count = rng.choice((2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 16))
    (inputs, sel, y), width = _names(rng, count), _width(rng, count)
    bits = (count - 1).bit_length()
    turned = count == 2 and rng.random() < 0.25
    order = inputs[::-1] if turned else inputs
    lines = _lines(rng, bits, (*inputs, y)) if count in (4, 8) and rng.random() < 0.25 else ()
    selects = tuple(Port(n) for n in lines) if lines else (Port(sel, bits),)
    face = Interface(
        draw_top((f"mux{count}", f"mux_{count}to1", "mux", "selector", f"mux{count}x{width}"), rng),
        _placed(rng, tuple(Port(n, width) for n in inputs), selects), (Port(y, width),),
    )  # fmt: skip
    chosen = f"{{{', '.join(lines)}}}" if lines else sel
    arms = [(f"{bits}'d{n}", f"{y} = {name}") for n, name in enumerate(order)]
    reference = module(face, cased(chosen, arms), registers=(y,))
    if count == 2:
        reference = module(face, assigns({y: f"{sel} ? {order[1]} : {order[0]}"}))
    packed = f"wire [{count * width - 1}:0] all = {{{', '.join(reversed(order))}}};"
    second = module(
        face, packed, f"wire [{bits - 1}:0] at = {chosen};", f"assign {y} = all >> at * {width};"
    )

    def shown(values: Values) -> dict[str, int]:
        at = sum(values[n] << k for k, n in enumerate(reversed(lines))) if lines else values[sel]
        return {y: values[order[at]]}

    return Case(
        key=f"mux {count} {width} {turned} {bool(lines)}", interface=face,
        says=_mux_says(y, order, chosen, lines), reference=reference, second=second,
        machine=lambda: Function(shown),
    )  # fmt: skip


def _lines(rng: Random, bits: int, taken: Sequence[str]) -> tuple[str, ...]:
    """Return the names of separate select lines, the most significant one first."""
    stem = rng.choice([s for s in LINES if not any(n.startswith(s) for n in taken)])
    return tuple(f"{stem}{n}" for n in range(bits - 1, -1, -1))


def _placed(
    rng: Random, data: tuple[Port, ...], selects: tuple[Port, ...]
) -> tuple[Port, ...]:  # fmt: skip
    return (*selects, *data) if rng.random() < 0.35 else (*data, *selects)


def _mux_says(y: str, order: tuple[str, ...], chosen: str, lines: tuple[str, ...]) -> Says:
    count = len(order)
    each = [f"{n} for {chosen} = {at}" for at, n in enumerate(order)]
    when = [f"{y} is {n} when {chosen} is {at}" for at, n in enumerate(order)]
    first, last = order[0], order[-1]
    order_of = f"; {lines[0]} is the high bit of the select" if lines else ""
    if count == 2:
        return Says(
            brief=(
                f"{y} is {first} when {chosen} is 0, and {last} when {chosen} is 1",
                f"a 2-to-1 multiplexer: {chosen} = 0 [chooses|selects] {first}, {chosen} = 1 "
                f"{last}",
                f"[if|when] {chosen} is [high|1], {y} [follows|is|shows] {last}; otherwise {first}",
                f"{chosen} selects [between|which of] {first} and {last} for {y}: {first} when it "
                f"is low, {last} when it is high",
                f"[implement|build] a 2:1 mux. {chosen} low passes {first} to {y}, high passes "
                f"{last}",
            ),
            points=((when[0], f"with {chosen} low, {first} goes to {y}"),
                    (when[1], f"with {chosen} high, {last} goes to {y}")),
        )  # fmt: skip
    return Says(
        brief=(
            f"{article(count)} {count}-to-1 multiplexer: {chosen} = 0 [chooses|selects] {first}, "
            f"1 {order[1]} "
            f"and so on up to {last} for {count - 1}{order_of}",
            f"{chosen} selects which of {listed(order)} goes to {y}, counted from 0 in this "
            f"order{order_of}",
            f"{y} is {', '.join(each)}{order_of}",
            f"[implement|build] {article(count)} {count}:1 mux of {listed(order)} with output "
            f"{y}; {first} is "
            f"chosen by {chosen} = 0, {last} by {count - 1}{order_of}",
            f"pass input number {chosen} on to {y}, where {first} has number 0 and {last} number "
            f"{count - 1}{order_of}",
        ),
        points=tuple((w, f"{chosen} = {at} [chooses|selects] "
        f"{n}") for at, (w, n) in enumerate(zip(when, order, strict=True)))
        if count <= 8 else ((f"{y} is one of {listed(order)}",), (f"{chosen} is its number, "
        f"counted from 0",)),
    )  # fmt: skip


def _unused(rng: Random) -> Case:
    """A multiplexer in which some values of the select choose no input."""
    count = rng.choice((3, 3, 5, 5, 6, 6, 7, 9, 10, 12))
    (inputs, sel, y), width = _names(rng, count), _width(rng, count)
    bits, most = (count - 1).bit_length(), (1 << width) - 1
    level = rng.choice((0, 0, most, most, rng.randint(0, most), None))
    base = rng.choice("dh")
    other = inputs[rng.choice((0, -1))] if level is None else constant(level, width, base)
    said = other
    if level is not None:
        said = f"hexadecimal {level:X}" if base == "h" and width > 1 else f"{level}"
        if level == most and width > 1:
            base, said, other = "b", "all ones", f"{{{width}{{1'b1}}}}"
    face = Interface(
        draw_top((f"mux{count}", "mux", "selector", f"mux_{count}_of_{1 << bits}"), rng),
        _placed(rng, tuple(Port(n, width) for n in inputs), (Port(sel, bits),)), (Port(y, width),),
    )  # fmt: skip
    arms = [(f"{bits}'d{n}", f"{y} = {name}") for n, name in enumerate(inputs)]
    chain = other
    for at, name in enumerate(inputs):
        chain = f"({sel} == {at} ? {name} : {chain})"
    rest = f"{count}" if count == (1 << bits) - 1 else f"{count} to {(1 << bits) - 1}"
    if count == (1 << bits) - 2:
        rest = f"{count} or {count + 1}"
    return Case(
        key=f"mux unused {count} {width} {level} {said if level is None else ''} {base}",
        interface=face, says=_unused_says(y, inputs, sel, said, rest),
        reference=module(face, cased(sel, arms, f"{y} = {other}"), registers=(y,)),
        second=module(face, assigns({y: chain})),
        machine=lambda: Function(lambda v: {
            y: v[inputs[v[sel]]] if v[sel] < count else v[other] if level is None else level}),
    )  # fmt: skip


def _unused_says(y: str, inputs: tuple[str, ...], sel: str, other: str, rest: str) -> Says:
    last, final = inputs[-1], len(inputs) - 1
    each = ", ".join(f"{n} for {sel} = {at}" for at, n in enumerate(inputs))
    return Says(
        brief=(
            f"{sel} selects one of {listed(inputs)} for {y}, counted from 0; for the "
            f"[remaining|unused] values ({rest}) {y} is {other}",
            f"{y} is {each}, and {other} for every other {sel}",
            f"{article(len(inputs))} {len(inputs)}-to-1 multiplexer: {sel} = 0 chooses "
            f"{inputs[0]} and so on up to "
            f"{last} for {final}. Any [larger|other] {sel} gives {other}",
            f"[choose|route] input number {sel} to {y} ({inputs[0]} is 0, {last} is {final}); "
            f"{other} when there is no such input",
            f"select from {listed(inputs)} by {sel}, from 0 on; {y} has to be {other} if {sel} is "
            f"{rest}",
        ),
        points=(*((f"{sel} = {at}: {y} is {n}", f"{y} is {n} when {sel} is "
        f"{at}") for at, n in enumerate(inputs)),
                (f"all other values of {sel}: {y} is {other}", f"when {sel} is {rest}, {y} is "
                f"{other}")),
    )  # fmt: skip


def _one_hot(rng: Random) -> Case:
    """A multiplexer with a select line for each input, and zero when not exactly one is set."""
    count = rng.choice((2, 3, 3, 4, 4, 5, 6, 8))
    (inputs, sel, y), width = _names(rng, count), _width(rng, count)
    face = Interface(
        draw_top(("onehot_mux", "mux_onehot", "one_hot_select", "mux"), rng),
        _placed(rng, tuple(Port(n, width) for n in inputs), (Port(sel, count),)), (Port(y, width),),
    )  # fmt: skip
    arms = [(f"{count}'b{1 << n:0{count}b}", f"{y} = {name}") for n, name in enumerate(inputs)]
    zero = constant(0, width)
    codes = [f"{sel} == {count}'b{1 << n:0{count}b}" for n in range(count)]
    either = " | ".join(f"({{{width}{{{c}}}}} & {n})" for c, n in zip(codes, inputs, strict=True))

    def shown(values: Values) -> dict[str, int]:
        value = values[sel]
        single = value.bit_count() == 1
        return {y: values[inputs[value.bit_length() - 1]] if single else 0}

    lines = [f"{sel}[{n}] selects {name}" for n, name in enumerate(inputs)]
    odd = f"when no bit or more than one bit of {sel} is set"
    says = Says(
        brief=(
            f"{sel} is one-hot: {'; '.join(lines)}. {y} is 0 {odd}",
            f"a multiplexer with a one-hot select: bit i of {sel} chooses the i-th of "
            f"{listed(inputs)}, counted from 0; {y} is 0 {odd}",
            f"{y} is the input whose bit of {sel} is the only one set ({inputs[0]} belongs to bit "
            f"0, {inputs[-1]} to bit {count - 1}); in all other cases 0",
            f"one-hot mux of {listed(inputs)}, bit 0 of {sel} for the first; {y} = 0 for codes "
            f"that are not one-hot",
        ),
        points=(*((line,) for line in lines), (f"{y} is 0 {odd}", f"for all other values of {sel} "
        f"{y} is 0")),
    )  # fmt: skip
    return Case(
        key=f"mux one-hot {count} {width}", interface=face, says=says,
        reference=module(face, cased(sel, arms, f"{y} = {zero}"), registers=(y,)),
        second=module(face, assigns({y: either})), machine=lambda: Function(shown),
        stimuli=_hot(face, sel, count),
    )  # fmt: skip


def _hot(face: Interface, sel: str, count: int) -> Callable[[Random], list[dict[str, int]]]:
    def given(rng: Random) -> list[dict[str, int]]:
        found = list[dict[str, int]]()
        for _ in range(160):
            values = {p.name: rng.getrandbits(p.width) for p in face.inputs}
            if rng.random() < 0.7:
                values[sel] = 1 << rng.randrange(count)
            found.append(values)
        return found

    return given


FAMILIES: Final = (
    Family("multiplexer", "muxes", _multiplexer, weight=1.5),
    Family("multiplexer with unused selects", "muxes", _unused),
    Family("one-hot multiplexer", "muxes", _one_hot, held_out=True),
)
