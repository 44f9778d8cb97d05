"""Numbers over time: accumulators, moving sums and extremes."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import DATA, ENABLES, apart, faced, module, reset_points, resets, sized, timing

SUMS: Final = ("sum", "acc", "total", "q", "out", "accum", "result")
CLEARS: Final = ("clear_sum", "restart", "zero", "clr_acc", "flush", "new_run")
TOPS: Final = {"max": ("peak", "max", "maximum", "largest", "q"),
               "min": ("min", "minimum", "smallest", "lowest", "q")}  # fmt: skip


def _accumulator(rng: Random) -> Case:
    width, d, q = rng.choice((2, 3, 4, 4, 6, 8, 8, 12, 16)), rng.choice(DATA), rng.choice(SUMS)
    wide = width + rng.choice((0, 2, 4, 8, 8))
    enable = rng.choice(ENABLES) if rng.random() < 0.5 else None
    clear, signed = rng.choice(CLEARS) if rng.random() < 0.5 else None, rng.random() < 0.3
    signed = signed and wide > width
    inputs = (Port(d, width), *(Port(n) for n in (enable, clear) if n))
    face = faced(rng, ("accumulator", "running_sum", "integrator"), inputs, (Port(q, wide),))

    def successor(state: int, i: Values) -> int:
        if clear and i[clear]:
            return 0
        number = i[d] - (1 << width if signed and i[d] >> (width - 1) else 0)
        return state if enable and not i[enable] else (state + number) % (1 << wide)

    return Case(
        key=f"{width} {wide} {signed} {bool(enable)} {bool(clear)} {timing(face)}",
        interface=face,
        says=_accumulator_says(face, enable, clear, signed),
        reference=_accumulator_reference(face, enable, clear, signed),
        second=_accumulator_second(face, enable, clear, signed),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}),
        cycles=160,
    )


def _accumulator_says(face: Interface, enable: str | None, clear: str | None, signed: bool) -> Says:
    d, q, wide = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    kind = " as a signed number (two's complement)" if signed else ""
    only = f" [while|when] {enable} is high" if enable else ""
    first = f" {clear} high sets {q} to 0 instead and has priority." if clear else ""
    return Says(
        brief=(
            f"{q} [accumulates|sums up] {d}{kind}, one value per clock cycle{only}, in {wide} bits"
            f" without saturation.{first}{resets(face, q)[1:]}",
            f"an accumulator of {wide} bits: every clock edge{only} adds {d}{kind} to {q}, modulo"
            f" 2^{wide}.{first}{resets(face, q)[1:]}",
            f"{q} is the running sum of {d}{kind}: at each clock edge{only} {q} becomes {q} + {d}"
            f" ({wide} bits, carries out are lost).{first}{resets(face, q)[1:]}",
            f"add {d}{kind} to {q} in every clock cycle{only}; overflow wraps around."
            f"{first}{resets(face, q)[1:]}",
        ),
        points=(
            (f"every clock edge{only} {d}{kind} is added to {q}", f"{q} becomes {q} + {d}{kind} at"
             f" each clock edge{only}"),
            *(((f"{clear} high clears {q} and has priority",),) if clear else ()),
            *(((f"otherwise {q} holds",),) if enable else ()),
            (f"{q} wraps around at {wide} bits",),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def _accumulator_reference(
    face: Interface, enable: str | None, clear: str | None, signed: bool
) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    width, wide = face.inputs[0].width, face.outputs[0].width
    term = f"{{{{{wide - width}{{{d}[{width - 1}]}}}}, {d}}}" if signed else d
    body = f"{f'if ({enable}) ' if enable else ''}{q} <= {q} + {term};"
    body = f"if ({clear}) {q} <= {sized(0, wide)};\nelse {body}" if clear else body
    return module(face, clocked(face, f"{q} <= {sized(0, wide)};", body), q)


def _accumulator_second(
    face: Interface, enable: str | None, clear: str | None, signed: bool
) -> str:
    d, q, wide = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    value = f"$signed({d})" if signed else d
    plus = f"$signed(now) + {value}" if signed else f"now - (~{{{wide}'d0, {d}}} + 1)"
    logic = f"if ({enable or 1}) after = {plus};" + (f"\nif ({clear}) after = 0;" if clear else "")
    return apart(face, wide, "0", logic, f"assign {q} = now;")


def _moving(rng: Random) -> Case:
    width, count, d, q = (
        rng.choice((2, 3, 4, 4, 6, 8, 8, 10)),
        rng.randint(2, 5),
        rng.choice(DATA),
        rng.choice(SUMS),
    )
    enable = rng.choice(ENABLES) if rng.random() < 0.3 else None
    wide = (count * ((1 << width) - 1)).bit_length()
    face = faced(rng, ("moving_sum", "window_sum", "boxcar"),
                 (Port(d, width), *((Port(enable),) if enable else ())), (Port(q, wide),
                     ))  # fmt: skip

    def successor(state: tuple[int, ...], i: Values) -> tuple[int, ...]:
        return state if enable and not i[enable] else (*state[1:], i[d])

    return Case(
        key=f"{width} {count} {bool(enable)} {timing(face)}",
        interface=face,
        says=_moving_says(face, count, enable),
        reference=_moving_reference(face, count, enable),
        second=_moving_second(face, count, enable),
        machine=lambda: Registers((0,) * count, successor, lambda s, _: {q: sum(s)}),
        cycles=120,
    )


def _moving_says(face: Interface, count: int, enable: str | None) -> Says:
    d, q, wide = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    only = f" while {enable} is high" if enable else ""
    return Says(
        brief=(
            f"{q} = sum of the last {count} values that {d} had at clock edges{only} (0 for those"
            f" before reset). The values are stored in {count} registers, cleared by reset; the sum"
            " itself is combinational",
            f"the moving sum of the last {count} samples: every clock edge{only} takes {d} into a"
            f" shift register of {count} words, and {q} is the sum of these words (combinational,"
            f" {wide} bits, so nothing overflows). Reset clears all words",
            f"{q} shows the sum of the {count} newest samples of {d}, one taken at each clock edge"
            f"{only}; samples before reset count as 0. The adder is behind the registers",
            f"keep the {count} latest values of {d} in registers (a new one every clock"
            f" cycle{only}) and output their sum on {q}. Reset sets them to 0",
        ),
    )  # fmt: skip


def _moving_reference(face: Interface, count: int, enable: str | None) -> str:
    """Return a register per sample."""
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    names = [f"s{n}" for n in range(count)]
    moves = "\n".join(f"{n} <= {s};" for n, s in zip(names, [d, *names[:-1]], strict=True))
    if enable:
        moves = f"if ({enable}) begin\n" + "\n".join(f"  {x}" for x in moves.split("\n")) + "\nend"
    regs = "".join(f"  reg [{width - 1}:0] {n};\n" for n in names)
    body = clocked(face, "\n".join(f"{n} <= {sized(0, width)};" for n in names), moves)
    return module(face, f"{regs}{body}\n  assign {q} = {' + '.join(names)};")


def _moving_second(face: Interface, count: int, enable: str | None) -> str:
    """Return all samples in one shift register."""
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    bits = width * count
    logic = f"if ({enable or 1}) after = {{{d}, now[{bits - 1}:{width}]}};"
    parts = " + ".join(f"now[{width * n + width - 1}:{width * n}]" for n in range(count))
    return apart(face, bits, "0", logic, f"assign {q} = {parts};")


@dataclass(frozen=True)
class _Kept:
    """Which value is kept of all, and the inputs that let a value in (`enable`, `again` always)."""

    kind: str
    width: int
    signed: bool
    enable: str | None
    again: str | None

    @property
    def half(self) -> int:
        """Return the weight of the highest bit."""
        return 1 << (self.width - 1)

    @property
    def start(self) -> int:
        """Return the value in reset, which any other one replaces."""
        least, most = (self.half, self.half - 1) if self.signed else (0, 2 * self.half - 1)
        return least if self.kind == "max" else most

    @property
    def said(self) -> str:
        """Return the value in reset as the specification says it."""
        return f"{self.width}'h{self.start:x}" if self.start else "0"

    def number(self, value: int) -> int:
        """Return the number that the bits of a value mean."""
        return value - (2 * self.half if self.signed and value >= self.half else 0)


def _extreme(rng: Random) -> Case:
    kind, width, d = rng.choice(("max", "min")), rng.randint(3, 16), rng.choice(DATA)
    q, signed = rng.choice(TOPS[kind]), rng.random() < 0.25
    enable = rng.choice(ENABLES) if rng.random() < 0.4 else None
    again = rng.choice(CLEARS) if rng.random() < 0.4 else None
    kept = _Kept(kind, width, signed, enable, again)
    inputs = (Port(d, width), *(Port(n) for n in (enable, again) if n))
    face = faced(rng, (f"running_{kind}", "peak_hold", "extreme"), inputs, (Port(q, width),))

    def successor(state: int, i: Values) -> int:
        if again and i[again]:
            return i[d]
        if enable and not i[enable]:
            return state
        best = max if kind == "max" else min
        return best(state, i[d], key=kept.number)

    return Case(
        key=f"{kind} {width} {signed} {bool(enable)} {bool(again)} {timing(face)}",
        interface=face,
        says=_extreme_says(face, kept),
        reference=_extreme_reference(face, kept),
        second=_extreme_second(face, kept),
        machine=lambda: Registers(kept.start, successor, lambda s, _: {q: s}),
        cycles=160,
    )


def _extreme_says(face: Interface, kept: _Kept) -> Says:
    d, q = face.inputs[0].name, face.outputs[0].name
    kind, enable, again, said = kept.kind, kept.enable, kept.again, kept.said
    word = "greater" if kind == "max" else "less"
    sort = "signed" if kept.signed else "unsigned"
    only = f" and {enable} is high" if enable else ""
    over = f" {again} high loads {d} into {q} whatever it is (it has priority)." if again else ""
    return Says(
        brief=(
            f"the {kind}imum of all values of {d} so far ({sort}): at a clock edge {q} takes {d} if"
            f" it is {word} than {q}{only}, else holds.{over}{resets(face, q, said)[1:]}",
            f"{q} holds the {'largest' if kind == 'max' else 'smallest'} {sort} value that {d} had"
            f" at a clock edge{f' with {enable} high' if enable else ''} since reset.{over}"
            f"{resets(face, q, said)[1:]}",
            f"compare {d} with {q} as {sort} numbers every clock cycle and store it when it is"
            f" {word}{only}.{over}{resets(face, q, said)[1:]}",
        ),
    )  # fmt: skip


def _extreme_reference(face: Interface, kept: _Kept) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    enable, again = kept.enable, kept.again
    sign = ">" if kept.kind == "max" else "<"
    test = f"$signed({d}) {sign} $signed({q})" if kept.signed else f"{d} {sign} {q}"
    test = f"{enable} && {test}" if enable else test
    body = (f"if ({again} || ({test})) {q} <= {d};" if again and enable else
            f"if ({again} || {test}) {q} <= {d};" if again else
                f"if ({test}) {q} <= {d};")  # fmt: skip
    start = kept.said if kept.start else sized(0, kept.width)
    return module(face, clocked(face, f"{q} <= {start};", body), q)


def _extreme_second(face: Interface, kept: _Kept) -> str:
    """Return the comparison without signs: a signed number's highest bit is inverted for it."""
    d, q, width = face.inputs[0].name, face.outputs[0].name, kept.width
    flip = f" ^ {width}'d{kept.half}" if kept.signed else ""
    pair = f"(now{flip}) < ({d}{flip})" if kept.kind == "max" else f"({d}{flip}) < (now{flip})"
    logic = f"if ({kept.enable or 1}) if ({pair}) after = {d};"
    if kept.again:
        logic += f"\nif ({kept.again}) after = {d};"
    return apart(face, width, f"{width}'d{kept.start}", logic, f"assign {q} = now;")


FAMILIES: Final = (
    Family("accumulator", "accumulators", _accumulator),
    Family("moving sum", "accumulators", _moving, weight=0.7),
    Family("running extreme", "accumulators", _extreme, weight=0.8, held_out=True),
)
