"""Number formats: sign and magnitude, rounding off fractions, letters and digits in ASCII."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import RESULTS, WORDS, distinct, near, ports, pure, signed

CLASSES: Final = {
    "a decimal digit": ((48, 57),), "an upper-case letter": ((65, 90),),
    "a lower-case letter": ((97, 122),), "a letter": ((65, 90), (97, 122)),
    "a hexadecimal digit (0-9, A-F, a-f)": ((48, 57), (65, 70), (97, 102)),
    "a printable character (codes 32 to 126)": ((32, 126),),
    "a control character (codes 0 to 31, or 127)": ((0, 31), (127, 127)),
    "a letter or a decimal digit": ((48, 57), (65, 90), (97, 122)),
    "an octal digit (0-7)": ((48, 55),), "a binary digit (0 or 1)": ((48, 49),),
    "a letter from A to M, upper case": ((65, 77),),
    "an upper-case hexadecimal digit (0-9, A-F)": ((48, 57), (65, 70)),
    "a letter from n to z, lower case": ((110, 122),),
}  # fmt: skip


def _sign_magnitude(rng: Random) -> Case:
    width = rng.choice((*range(3, 17), 8, 24, 32))
    kind = rng.choice(("split", "pack", "back", "join"))
    x, y, s, m = distinct(rng, WORDS, RESULTS, ("sign", "neg", "sgn", "negative", "is_neg"),
                          ("mag", "magnitude", "m", "abs_val", "size_out"))  # fmt: skip
    n = width - 1
    inputs = (Port(s), Port(m, n)) if kind == "join" else (Port(x, width),)
    outputs = (Port(s), Port(m, width)) if kind == "split" else (Port(y, width),)
    top = draw_top(("sign_mag", "to_sm", "sm_convert", "sign_magnitude"), rng)
    face = Interface(top, inputs, outputs)
    reference, second = _sign_magnitude_bodies((kind, x, y, s, m), width)

    def function(given: Values) -> Outputs:
        if kind == "join":
            return {y: (-given[m] if given[s] else given[m]) % (1 << width)}
        value, rest = signed(given[x], width), given[x] % (1 << n)
        if kind == "split":
            return {s: int(value < 0), m: abs(value)}
        if kind == "pack":
            return {y: (1 << n) + -value % (1 << n) if value < 0 else value}
        return {y: (-rest if value < 0 else rest) % (1 << width)}

    says = _sign_magnitude_says((kind, x, y, s, m), width)
    return pure(f"{width} {kind}", face, says, reference, second, function,
                stimuli=near(face.inputs, {x, m}, (1 << n, 0)))  # fmt: skip


def _sign_magnitude_bodies(names: tuple[str, ...], width: int) -> tuple[str, str]:
    kind, x, y, s, m = names
    n = width - 1
    low, sign = f"{x}[{n - 1}:0]", f"{x}[{n}]"
    if kind == "join":
        return (
            f"assign {y} = {s} ? -{{1'b0, {m}}} : {m};",
            f"assign {y} = ({{1'b0, {m}}} ^ {{{width}{{{s}}}}}) + {s};",
        )
    if kind == "split":
        return (
            f"assign {s} = {sign};\nassign {m} = {sign} ? -{x} : {x};",
            f"assign {s} = $signed({x}) < 0;\nassign {m} = ({x} ^ {{{width}{{{s}}}}}) + {s};",
        )
    if kind == "pack":
        return (
            f"assign {y} = {sign} ? {{1'b1, -{low}}} : {x};",
            f"assign {y} = {{{sign}, ({low} ^ {{{n}{{{sign}}}}}) + {n}'d0 + {sign}}};",
        )
    return (
        f"assign {y} = {sign} ? -{{1'b0, {low}}} : {x};",
        f"wire [{n}:0] t_ = {low};\nassign {y} = (t_ ^ {{{width}{{{sign}}}}}) + {sign};",
    )


def _sign_magnitude_says(names: tuple[str, ...], width: int) -> Says:
    kind, x, y, s, m = names
    n = width - 1
    fact = {
        "join": f"{y} is the two's complement number with the sign {s} (1 = negative) and "
                f"magnitude {m}",
        "split": f"{s} is the sign bit of the two's complement number {x} (1 = negative) and {m} "
                 f"its absolute value",
        "pack": f"{y} is {x} converted from two's complement to sign-magnitude",
        "back": f"{y} is {x} converted from sign-magnitude to two's complement",
    }[kind]  # fmt: skip
    rest = {
        "join": "; magnitude 0 gives 0 with either sign",
        "split": f"; {m} is unsigned, {width} bits",
        "back": "; the sign is the top bit, and minus zero becomes 0",
        "pack": f"; the result has the sign in its top bit and the magnitude in the other {n} bits "
                f"(for -{1 << n} these are 0)",
    }[kind]  # fmt: skip
    return Says(
        brief=(f"{fact}{rest}", f"sign-magnitude conversion ({width} bits): {fact}{rest}",
               f"[convert|number conversion], {width} bits: {fact}{rest}"),
        points=((fact,), (rest[2:],)),
    )  # fmt: skip


def _rounding(rng: Random) -> Case:
    cut, whole = rng.randint(1, 6), rng.randint(2, 10)
    width, is_signed = cut + whole, rng.random() < 0.35
    mode = rng.choice(("down", "half up", "half up", "up", "saturate"))
    if mode == "saturate":
        is_signed = False
    x, y = distinct(rng, WORDS, RESULTS)
    out = whole if mode in ("down", "saturate") else whole + 1
    face = Interface(draw_top(("round", "round_off", "drop_fraction", "fix_round"), rng),
                     (Port(x, width),), (Port(y, out),))  # fmt: skip
    add = {"down": 0, "up": (1 << cut) - 1}.get(mode, 1 << cut - 1)
    number = f"$signed({x})" if is_signed else x
    if mode == "down":
        reference = f"assign {y} = {x}[{width - 1}:{cut}];"
    else:
        plus = f"{width + 1}'{'s' if is_signed else ''}d{add}"
        reference = f"wire [{width}:0] total = {number} + {plus};\n"
        reference += (f"assign {y} = total[{width}] ? {whole}'d{(1 << whole) - 1} : "
                      f"total[{width - 1}:{cut}];" if mode == "saturate"
                      else f"assign {y} = total[{width}:{cut}];")  # fmt: skip
    high, low = f"{x}[{width - 1}:{cut}]", f"{x}[{cut - 1}:0]"
    top = f"{{{x}[{width - 1}], {high}}}" if is_signed else f"{{1'b0, {high}}}"
    up = {"down": "1'b0", "up": f"(|{low})"}.get(mode, f"{x}[{cut - 1}]")
    second = f"wire [{whole}:0] t_ = {top} + {up};\nassign {y} = " + (
        f"t_[{whole}] ? {{{whole}{{1'b1}}}} : "
        f"t_[{whole - 1}:0];" if mode == "saturate" else "t_;")  # fmt: skip

    def function(given: Values) -> Outputs:
        value = signed(given[x], width) if is_signed else given[x]
        value = (value + add) >> cut
        return {y: min(value, (1 << whole) - 1) if mode == "saturate" else value % (1 << out)}

    says = _rounding_says((mode, x, y), cut, is_signed, whole, width)
    return pure(f"{cut} {whole} {is_signed} {mode}", face, says, reference, second, function,
                stimuli=near(face.inputs, {x}, ((1 << width) - 1, 1 << cut)))  # fmt: skip


def _rounding_says(
    names: tuple[str, ...], cut: int, is_signed: bool, whole: int, width: int
) -> Says:
    mode, x, y = names
    kind = "signed (two's complement)" if is_signed else "unsigned"
    how = {
        "down": "[rounded down|truncated towards minus infinity]" if is_signed
        else "[rounded down|truncated]",
        "up": "rounded up to an integer ([ceiling|towards plus infinity], integers stay)",
        "half up": "rounded to the nearest integer, halves up",
        "saturate": f"rounded to the nearest integer, halves up, and limited to {(1 << whole) - 1}",
    }[mode]  # fmt: skip
    fraction = f"{cut} fraction bit{'s' if cut > 1 else ''}"
    return Says(
        brief=(
            f"{x} is [a|the] {kind} fixed-point number with {fraction}; {y} is {x} {how}"
            .replace("[a|the] unsigned", "an unsigned").replace("[a|the]", "a"),
            f"[drop|remove] the {fraction} of the {kind} {width}-bit number {x}; the result is "
            f"{how} and given on {y}",
            f"fixed point to integer: {y} = {x} / 2^{cut} {how} ({kind})",
            f"the {kind} value {x} ({fraction} below the point) is {how} to give the integer {y}",
        ),
        points=((f"{x} has {fraction} at its low end and is {kind}",), (f"{y} is {x} {how}",)),
    )  # fmt: skip


def _ascii(rng: Random) -> Case:
    width = rng.choice((7, 8))
    count = rng.choice((1, 1, 2, 3))
    picked = rng.sample(list(CLASSES), count)
    c, *flags = distinct(rng, ("ch", "char_in", "c", "ascii", "code", "symbol"),
                         *((f"is_{'abc'[n]}", f"class{n}", f"f{n}", f"t{n}", f"hit{n}")
                           for n in range(count)))  # fmt: skip
    face = Interface(draw_top(("char_class", "ascii_check", "classify", "is_char"), rng),
                     (Port(c, width),), ports(flags))  # fmt: skip

    def tests(name: str) -> str:
        parts = [f"({c} >= {width}'d{low} && {c} <= {width}'d{high})" if low < high else
                 f"({c} == {width}'d{low})" for low, high in CLASSES[name] if low]  # fmt: skip
        parts += [f"({c} <= {width}'d{high})" for low, high in CLASSES[name] if not low]
        return " || ".join(parts)

    reference = "\n".join(
        f"assign {f} = {tests(name)};" for f, name in zip(flags, picked, strict=True)
    )
    second = "\n".join(
        f"wire [127:0] m{n}_ = "
        f"128'h{sum(1 << v for a, b in CLASSES[name] for v in range(a, b + 1)):x};\n"
        f"assign {f} = {f'{c}[7] ? 1' + chr(39) + 'b0 : ' if width == 8 else ''}m{n}_[{c}[6:0]];"
        for n, (f, name) in enumerate(zip(flags, picked, strict=True)))  # fmt: skip

    def function(given: Values) -> Outputs:
        return {f: int(any(low <= given[c] <= high for low, high in CLASSES[name]))
                for f, name in zip(flags, picked, strict=True)}  # fmt: skip

    says = _ascii_says(c, flags, picked, width)
    return pure(f"{width} {picked}", face, says, reference, second, function)


def _codes(name: str) -> str:
    spans = [f"{low} to {high}" if low < high else str(low) for low, high in CLASSES[name]]
    return "" if "codes" in name else f" (codes {' or '.join(spans)})"


def _ascii_says(c: str, flags: list[str], picked: list[str], width: int) -> Says:
    facts = [f"{f} is 1 [if|when] {c} is {name}{_codes(name)}"
             for f, name in zip(flags, picked, strict=True)]  # fmt: skip
    return Says(
        brief=(f"{c} is an ASCII code. {'; '.join(facts)}",
               f"classify the ASCII character {c}: {', '.join(facts)}",
               f"{', '.join(facts)}; {c} is {width}-bit ASCII"),
        points=((f"{c} is an ASCII code of {width} bits",), *((fact, f"{fact}, else 0")
                                                             for fact in facts)),
    )  # fmt: skip


FAMILIES: Final = (
    Family("sign and magnitude", "arithmetic", _sign_magnitude, weight=0.7),
    Family("rounding", "arithmetic", _rounding),
    Family("character class", "compare", _ascii, weight=0.7),
)
