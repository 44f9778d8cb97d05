"""Numbers over time: accumulators, moving sums and extremes."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Port
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
    kind = " as a signed number (two's complement)" if signed else ""
    only = f" [while|when] {enable} is high" if enable else ""
    first = f" {clear} high sets {q} to 0 instead and has priority." if clear else ""
    says = Says(
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
    term = f"{{{{{wide - width}{{{d}[{width - 1}]}}}}, {d}}}" if signed else d
    body = f"{f'if ({enable}) ' if enable else ''}{q} <= {q} + {term};"
    body = f"if ({clear}) {q} <= {sized(0, wide)};\nelse {body}" if clear else body
    value = f"$signed({d})" if signed else d
    plus = f"$signed(now) + {value}" if signed else f"now - (~{{{wide}'d0, {d}}} + 1)"
    logic = f"if ({enable or 1}) after = {plus};" + (f"\nif ({clear}) after = 0;" if clear else "")

    def successor(state: int, i: Values) -> int:
        if clear and i[clear]:
            return 0
        number = i[d] - (1 << width if signed and i[d] >> (width - 1) else 0)
        return state if enable and not i[enable] else (state + number) % (1 << wide)

    return Case(
        key=f"{width} {wide} {signed} {bool(enable)} {bool(clear)} {timing(face)}", interface=face,
        says=says, reference=module(face, clocked(face, f"{q} <= {sized(0, wide)};", body), q),
        second=apart(face, wide, "0", logic, f"assign {q} = now;"), cycles=160,
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}),
    )  # fmt: skip


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
    only = f" while {enable} is high" if enable else ""
    says = Says(
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
    names = [f"s{n}" for n in range(count)]
    moves = "\n".join(f"{n} <= {s};" for n, s in zip(names, [d, *names[:-1]], strict=True))
    if enable:
        moves = f"if ({enable}) begin\n" + "\n".join(f"  {x}" for x in moves.split("\n")) + "\nend"
    regs = "".join(f"  reg [{width - 1}:0] {n};\n" for n in names)
    body = clocked(face, "\n".join(f"{n} <= {sized(0, width)};" for n in names), moves)
    bits = width * count
    logic = f"if ({enable or 1}) after = {{{d}, now[{bits - 1}:{width}]}};"
    parts = " + ".join(f"now[{width * n + width - 1}:{width * n}]" for n in range(count))

    def successor(state: tuple[int, ...], i: Values) -> tuple[int, ...]:
        return state if enable and not i[enable] else (*state[1:], i[d])

    return Case(
        key=f"{width} {count} {bool(enable)} {timing(face)}", interface=face, says=says, cycles=120,
        reference=module(face, f"{regs}{body}\n  assign {q} = {' + '.join(names)};"),
        second=apart(face, bits, "0", logic, f"assign {q} = {parts};"),
        machine=lambda: Registers((0,) * count, successor, lambda s, _: {q: sum(s)}),
    )  # fmt: skip


def _extreme(rng: Random) -> Case:
    kind, width, d = rng.choice(("max", "min")), rng.randint(3, 16), rng.choice(DATA)
    q, signed = rng.choice(TOPS[kind]), rng.random() < 0.25
    enable = rng.choice(ENABLES) if rng.random() < 0.4 else None
    again = rng.choice(CLEARS) if rng.random() < 0.4 else None
    inputs = (Port(d, width), *(Port(n) for n in (enable, again) if n))
    face = faced(rng, (f"running_{kind}", "peak_hold", "extreme"), inputs, (Port(q, width),))
    most, half = (1 << width) - 1, 1 << (width - 1)
    start = (half if signed else 0) if kind == "max" else (half - 1 if signed else most)
    word, sign = ("greater", ">") if kind == "max" else ("less", "<")
    sort = "signed" if signed else "unsigned"
    said = f"{width}'h{start:x}" if start else "0"
    only = f" and {enable} is high" if enable else ""
    over = f" {again} high loads {d} into {q} whatever it is (it has priority)." if again else ""
    says = Says(
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
    test = f"$signed({d}) {sign} $signed({q})" if signed else f"{d} {sign} {q}"
    test = f"{enable} && {test}" if enable else test
    body = (f"if ({again} || ({test})) {q} <= {d};" if again and enable else
            f"if ({again} || {test}) {q} <= {d};" if again else
                f"if ({test}) {q} <= {d};")  # fmt: skip
    flip = f" ^ {width}'d{half}" if signed else ""
    pair = f"(now{flip}) < ({d}{flip})" if kind == "max" else f"({d}{flip}) < (now{flip})"
    logic = f"if ({enable or 1}) if ({pair}) after = {d};" + (
        f"\nif ({again}) after = {d};" if again else ""
    )

    def number(value: int) -> int:
        return value - (most + 1 if signed and value >= half else 0)

    def successor(state: int, i: Values) -> int:
        if again and i[again]:
            return i[d]
        if enable and not i[enable]:
            return state
        return max(state, i[d], key=number) if kind == "max" else min(state, i[d], key=number)

    return Case(
        key=f"{kind} {width} {signed} {bool(enable)} {bool(again)} {timing(face)}", interface=face,
        says=says, reference=module(face, clocked(face,
            f"{q} <= {said if start else sized(0, width)};", body), q),
        second=apart(face, width, f"{width}'d{start}", logic, f"assign {q} = now;"), cycles=160,
        machine=lambda: Registers(start, successor, lambda s, _: {q: s}),
    )  # fmt: skip


FAMILIES: Final = (
    Family("accumulator", "accumulators", _accumulator),
    Family("moving sum", "accumulators", _moving, weight=0.7),
    Family("running extreme", "accumulators", _extreme, weight=0.8, held_out=True),
)
