"""Decimal arithmetic: BCD adders, conversions to and from BCD, which codes are digits."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .adders import CARRIES_IN, CARRIES_OUT, SUMS
from .pure import PAIRS, RESULTS, distinct, ports, pure

BINARY: Final = ("bin", "binary", "value", "in", "n", "number", "data_in", "bin_in", "x")
PACKED: Final = ("bcd", "bcd_out", "dec", "digits", "out", "y", "decimal")
DIGITS: Final = (
    "hundreds tens ones",
    "h t u",
    "d2 d1 d0",
    "digit2 digit1 digit0",
    "bcd2 bcd1 bcd0",
)


def _packed(number: int, digits: int) -> int:
    return int(f"{number % 10**digits:0{digits}d}", 16)


def _digit_adder(rng: Random) -> Case:
    base = rng.choice((10, 10, 10, 10, 10, *range(3, 16)))
    width = (base - 1).bit_length()
    has_in, form = rng.random() < 0.6, rng.choice(("two", "two", "sum"))
    a, b, c, s, k = distinct(rng, PAIRS, CARRIES_IN, SUMS, CARRIES_OUT)
    inputs = (*ports((a, b), width), *(ports((c,)) if has_in else ()))
    outputs = (Port(s, width), *(ports((k,)) if form == "two" else ()))
    top = draw_top(("bcd_adder", "bcd_digit") if base == 10 else ("mod_adder", "digit_adder"), rng)
    face = Interface(top, inputs, outputs)
    total = f"{a} + {b}" + (f" + {c}" if has_in else "")
    wrap, test = f"total - {width + 1}'d{base}", f"total >= {width + 1}'d{base}"
    reference = (f"wire [{width}:0] total = {total};\n"
                 + (f"assign {k} = {test};\nassign {s} = {k} ? {wrap} : total;" if form == "two"
                    else f"assign {s} = ({test}) ? {wrap} : total;"))  # fmt: skip
    second = (
        f"reg [{width}:0] t_;\nreg k_;\nalways @(*) begin\n  k_ = 1'b0;\n  t_ = {a};\n"
        f"  t_ = t_ + {b}{f' + {c}' if has_in else ''};\n  if (!(t_ < {base})) begin\n    k_ = 1;\n"
        f"    t_ = t_ + {(1 << width + 1) - base};\n  end\nend\nassign {s} = t_;"
    ) + (f"\nassign {k} = k_;" if form == "two" else "")

    def function(given: Values) -> Outputs:
        if max(given[a], given[b]) >= base:
            return {}
        value = given[a] + given[b] + (given[c] if has_in else 0)
        return {s: value % base, **({k: value // base} if form == "two" else {})}

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for number in range(2 * base * base):
            one, other = divmod(number // 2, base)
            yield {a: one, b: other, **({c: number % 2} if has_in else {})}

    says = _digit_adder_says((a, b, c, form, k, s, total), base, has_in)
    return pure(f"{base} {has_in} {form}", face, says, reference, second, function, stimuli=stimuli)


def _digit_adder_says(names: tuple[str, ...], base: int, has_in: bool) -> Says:
    a, b, c, form, k, s, total = names
    kind = "BCD" if base == 10 else f"base-{base}"
    more = f" and the carry in {c}" if has_in else ""
    digits = f"{kind} digits {a} and {b} ([each|both are] 0 to {base - 1})"
    rest = (f"{s} is the digit of the sum, i.e. {total} modulo {base}, and {k} is 1 [if|when] the "
            f"sum is {base} or more" if form == "two"
            else f"{s} is {total} modulo {base}; the carry is not needed")  # fmt: skip
    return Says(
        brief=(
            f"[add|sum] the {digits}{more}. {rest}",
            f"one-digit {kind} adder for {total}, where {a} and {b} are at most {base - 1}: {rest}",
            f"the inputs are the {digits}. The module adds them{more}: {rest}",
            f"{kind} digit sum of {a} and {b}{more}, operands below {base}; "
            f"{rest}",
        ),
        points=((f"{a} and {b} are {kind} digits, never more than {base - 1}",
                 f"only digits 0 to {base - 1} [appear|are applied] on {a} and {b}"),
                (f"it adds {a} and {b}{more}", f"the sum taken is {total}"), (rest,)),
    )  # fmt: skip


def _digits_adder(rng: Random) -> Case:
    count, has_in, has_out = rng.randint(2, 8), rng.random() < 0.6, rng.random() < 0.75
    a, b, c, s, k = distinct(rng, PAIRS, CARRIES_IN, SUMS, CARRIES_OUT)
    inputs = (*ports((a, b), 4 * count), *(ports((c,)) if has_in else ()))
    outputs = (Port(s, 4 * count), *(ports((k,)) if has_out else ()))
    top = draw_top((f"bcd_add{count}", "bcd_adder", f"dec_adder{count}", "decimal_adder"), rng)
    face = Interface(top, inputs, outputs)
    begin = c if has_in else "1'b0"
    reference = (
        f"integer i;\nreg [4:0] t;\nreg c;\nalways @(*) begin\n  c = {begin};\n"
        f"  for (i = 0; i < {count}; i = i + 1) begin\n"
        f"    t = {a}[4*i +: 4] + {b}[4*i +: 4] + c;\n    c = t >= 5'd10;\n"
        f"    {s}[4*i +: 4] = c ? t - 5'd10 : t;\n  end\n"
        + (f"  {k} = c;\n" if has_out else "") + "end"
    )  # fmt: skip
    second = (
        f"wire [{count}:0] k_;\nassign k_[0] = {begin};\ngenvar g;\ngenerate\n"
        f"  for (g = 0; g < {count}; g = g + 1) begin : digit_\n"
        f"    wire [4:0] u_ = {{1'b0, {a}[4*g+3:4*g]}} + {b}[4*g+3:4*g] + k_[g];\n"
        f"    assign k_[g+1] = u_ > 9;\n"
        f"    assign {s}[4*g+3:4*g] = u_[3:0] + (k_[g+1] ? 4'd6 : 4'd0);\n  end\nendgenerate"
    ) + (f"\nassign {k} = k_[{count}];" if has_out else "")

    def function(given: Values) -> Outputs:
        value = int(f"{given[a]:x}") + int(f"{given[b]:x}") + (given[c] if has_in else 0)
        return {s: _packed(value, count), **({k: value // 10**count} if has_out else {})}

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        most = 10**count
        for _ in range(250):
            one = rng.randrange(most)
            other = rng.choice((rng.randrange(most), most - 1 - one))
            yield {a: _packed(one, count), b: _packed(other, count),
                   **({c: rng.randrange(2)} if has_in else {})}  # fmt: skip

    says = _digits_adder_says((a, b, c, k, s), count, has_in, has_out)
    return pure(f"{count} {has_in} {has_out}", face, says, reference, second, function,
                stimuli=stimuli)  # fmt: skip


def _digits_adder_says(names: tuple[str, ...], count: int, has_in: bool, has_out: bool) -> Says:
    a, b, c, k, s = names
    more = f" and the carry in {c}" if has_in else ""
    rest = (f"{k} is the decimal carry out of the top digit" if has_out
            else "the carry out of the top digit is dropped")  # fmt: skip
    return Says(
        brief=(
            f"[add|sum] the {count}-digit BCD numbers {a} and {b}{more}, giving the BCD sum {s}. "
            f"Each digit takes four bits, the units in bits 3 to 0; {rest}",
            f"{count}-digit BCD adder[, four bits a digit, lowest digit in the low bits|with the "
            f"units digit in the lowest four bits]: {s} = {a} + {b}{f' + {c}' if has_in else ''} "
            f"in decimal; {rest}",
            f"{a}, {b} and {s} each hold {count} packed BCD digits (units in bits 3:0). Digit by "
            f"digit, {a} and {b} are added with a decimal carry to give {s}; "
            f"{f'the first carry in is {c}' if has_in else 'the first carry in is 0'} and {rest}",
            f"decimal addition of packed BCD: {a} plus {b}{more} on {s}, {count} digits with the "
            f"units in bits 3:0; {rest}",
        ),
        points=((f"{a}, {b} and {s} are {count} BCD digits, bits 3:0 the units",),
                (f"{s} is the decimal sum of {a} and {b}{more}",
                 f"{a} and {b}{more} are added in decimal; the sum is {s}"), (rest,),
                ("only valid BCD digits are applied", "no digit of the inputs exceeds 9")),
    )  # fmt: skip


def _to_bcd(rng: Random) -> Case:
    width, most = rng.choice(
        (*((w, (1 << w) - 1) for w in range(4, 10)), (7, 99), (7, 79), (6, 59))
    )
    count, packed = len(str(most)), rng.random() < 0.4
    n, y, *digits = distinct(rng, BINARY, PACKED, DIGITS)
    digits = digits[3 - count :]
    outputs = (Port(y, 4 * count),) if packed else ports(digits, 4)
    top = draw_top(("bin_to_bcd", "bin2bcd", f"bcd{width}", "to_decimal"), rng)
    face = Interface(top, (Port(n, width),), outputs)
    targets = [f"{y}[{4 * at + 3}:{4 * at}]" for at in reversed(range(count))] if packed else digits
    values = [f"{n} / {width}'d100", f"({n} / {width}'d10) % {width}'d10", f"{n} % {width}'d10"]
    if count == 2:
        values = [f"{n} / {width}'d10", values[2]]
    pairs = zip(targets, values, strict=True)
    reference = "\n".join(f"assign {target} = {value};" for target, value in pairs)
    hundreds = (
        "  for (i = 0; i < 6; i = i + 1) if (r_ >= 100) begin r_ = r_ - 100; h_ = h_ + 1; end\n"
    )
    second = (
        f"integer i;\nreg [3:0] h_, t_;\nreg [{width - 1}:0] r_;\nalways @(*) begin\n"
        f"  r_ = {n};\n  h_ = 0;\n  t_ = 0;\n{hundreds if count == 3 else ''}"
        "  for (i = 0; i < 13; i = i + 1) if (r_ >= 10) begin r_ = r_ - 10; t_ = t_ + 1; end\nend\n"
    ) + "\n".join(f"assign {target} = {value};" for target, value in
                  zip(targets, ("h_", "t_", "r_")[3 - count:], strict=True))  # fmt: skip

    def function(given: Values) -> Outputs:
        shown = f"{given[n]:0{count}d}"
        if given[n] > most:
            return {}
        return {y: int(shown, 16)} if packed else {d: int(shown[at]) for at, d in enumerate(digits)}

    says = _to_bcd_says((n, y), count, digits, most, packed, width)
    return pure(f"{width} {most} {packed}", face, says, reference, second, function, cycles=400)


def _to_bcd_says(
    names: tuple[str, ...], count: int, digits: list[str], most: int, packed: bool, width: int
) -> Says:
    n, y = names
    names = ("hundreds", "tens", "ones")[3 - count :]
    where = (f"{y}, packed with the ones in bits 3:0" if packed else
             ", ".join(f"{d} ({m})" for d, m in zip(digits, names, strict=True)))  # fmt: skip
    return Says(
        brief=(
            f"[convert|translate] the {width}-bit binary number {n} [to|into] {count} BCD digits: "
            f"{where}. {n} is at most {most}",
            f"binary to BCD[ converter|]: {n} (0 to {most}) becomes {count} decimal digits, "
            f"{where}",
            f"the {count} decimal digits of the unsigned {width}-bit input {n}, which is never "
            f"more than {most}, shall be given as BCD: {where}",
        ),
        points=((f"{n} is an unsigned number from 0 to {most}",),
                (f"its decimal digits are given as {where}", f"output its BCD digits: {where}")),
    )  # fmt: skip


def _from_bcd(rng: Random) -> Case:
    count, packed = rng.choice((2, 2, 3, 3, 4)), rng.random() < 0.5
    packed = packed or count == 4
    width = (10**count - 1).bit_length() + rng.randint(0, 3)
    y, x, *digits = distinct(rng, RESULTS, ("bcd", "dec", "bcd_in", "packed_in"), DIGITS)
    digits = digits[3 - count :]
    inputs = (Port(x, 4 * count),) if packed else ports(digits, 4)
    top = draw_top(("bcd_to_bin", "bcd2bin", "from_decimal", "dec2bin"), rng)
    face = Interface(top, inputs, (Port(y, width),))
    parts = [f"{x}[{4 * at + 3}:{4 * at}]" for at in reversed(range(count))] if packed else digits
    weights = [10 ** (count - 1 - at) for at in range(count)]
    reference = f"assign {y} = " + " + ".join(
        f"{part} * {width}'d{weight}" if weight > 1 else part
        for part, weight in zip(parts, weights, strict=True)) + ";"  # fmt: skip
    second = f"reg [{width - 1}:0] t_;\nalways @(*) begin\n  t_ = {parts[0]};\n" + "".join(
        f"  t_ = (t_ << 3) + (t_ << 1) + {part};\n" for part in parts[1:]
    ) + f"end\nassign {y} = t_;"  # fmt: skip

    def value(given: Values) -> Outputs:
        shown = f"{given[x]:0{count}x}" if packed else "".join(f"{given[d]:x}" for d in digits)
        return {y: int(shown)} if shown.isdecimal() else {}

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for number in rng.sample(range(10**count), min(10**count, 300)):
            shown = f"{number:0{count}d}"
            yield ({x: int(shown, 16)} if packed
                   else {d: int(shown[at]) for at, d in enumerate(digits)})  # fmt: skip

    says = _from_bcd_says((x, y), count, digits, packed, width)
    return pure(f"{count} {width} {packed}", face, says, reference, second, value, stimuli=stimuli)


def _from_bcd_says(
    names: tuple[str, ...], count: int, digits: list[str], packed: bool, width: int
) -> Says:
    x, y = names
    where = (f"{x} ({count} packed digits, ones in bits 3:0)" if packed
             else f"{', '.join(digits)} (most significant first)")  # fmt: skip
    return Says(
        brief=(
            f"[convert|translate] the {count}-digit BCD number {where} [to|into] binary on {y}",
            f"BCD to binary[ converter|]: {y} is the {width}-bit value of the {count} decimal "
            f"digits {where}",
            f"{y} [shall|must] be the binary value of the {count} BCD digits {where}. Only valid "
            f"digits occur",
        ),
        points=((f"the {count} BCD digits are {where}",),
                (f"{y} is their value in binary, {width} bits wide",)),
    )  # fmt: skip


FAMILIES: Final = (
    Family("digit adder", "adders", _digit_adder, weight=0.6),
    Family("BCD adder", "adders", _digits_adder, weight=0.5),
    Family("binary to BCD", "arithmetic", _to_bcd, weight=0.4),
    Family("BCD to binary", "arithmetic", _from_bcd, held_out=True),
)
