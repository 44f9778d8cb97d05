"""Encoders, decoders, demultiplexers and Gray codes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import ENABLES, RESULTS, SELECTS, distinct, ports, pure

REQUESTS: Final = ("in", "req", "x", "a", "d", "lines", "irq", "vec", "requests", "onehot", "r")
POSITIONS: Final = ("pos", "index", "out", "y", "idx", "code", "num", "enc", "which", "q")
VALIDS: Final = ("valid", "any", "v", "found", "hit", "gs", "active_req", "some")


def _bits(rng: Random) -> int:
    return rng.choice((3, 4, 4, 4, 5, 6, 7, 8, 8, 8))


def sparse(name: str, width: int) -> Iterator[dict[str, int]]:
    """Return words of few bits and of runs up to the top, which chance seldom gives."""
    yield {name: 0}
    for at in range(width):
        yield {name: 1 << at}
        yield {name: (1 << width) - (1 << at)}
        yield {name: (2 << at) - 1}
        for other in range(at):
            yield {name: 1 << at | 1 << other}


def _encoder(rng: Random) -> Case:
    width, flag = _bits(rng), rng.random() < 0.4
    cold, rest = rng.random() < 0.2, rng.choice((0, 0, 0, 1))
    size = max(1, (width - 1).bit_length())
    x, y, v = distinct(rng, REQUESTS, POSITIONS, VALIDS)
    outputs = (Port(y, size), *(ports((v,)) if flag else ()))
    face = Interface(draw_top(("encoder", f"encode{width}", "one_hot_to_bin", "enc"), rng),
                     (Port(x, width),), outputs)  # fmt: skip
    other = ((1 << size) - 1) * rest
    mask = (1 << width) - 1
    codes = [(1 << n) ^ (mask if cold else 0) for n in range(width)]
    lines = [f"    {width}'b{code:0{width}b}: {y} = {size}'d{n};" for n, code in enumerate(codes)]
    reference = "\n".join(["always @(*)", f"  case ({x})", *lines,
                           f"    default: {y} = {size}'d{other};", "  endcase"])  # fmt: skip
    picture = f"~{x}" if cold else x
    second = (
        f"wire [{width - 1}:0] h_ = {picture};\nreg [{size - 1}:0] t_;\ninteger i;\n"
        f"wire one_ = (|h_) & ~|(h_ & (h_ - 1'b1));\nalways @(*) begin\n  t_ = 0;\n"
        f"  for (i = 0; i < {width}; i = i + 1) if (h_[i]) t_ = t_ | i;\nend\n"
        f"assign {y} = one_ ? t_ : {other};"
    ) + (f"\nassign {v} = one_;" if flag else "")
    if flag:
        tests = (
            f"({picture} != {width}'d0) && (({picture} & ({picture} - {width}'d1)) == {width}'d0)"
        )
        reference += f"\nassign {v} = {tests};"

    def function(given: Values) -> Outputs:
        at = codes.index(given[x]) if given[x] in codes else None
        return {y: other if at is None else at, **({v: int(at is not None)} if flag else {})}

    says = _encoder_says((v, x, y), cold, flag, other, size, width)
    return pure(f"{width} {flag} {cold} {other}", face, says, reference, second, function,
                stimuli=(lambda _: sparse(x, width)) if width > 9 else None)  # fmt: skip


def _encoder_says(
    names: tuple[str, ...], cold: bool, flag: bool, other: int, size: int, width: int
) -> Says:
    v, x, y = names
    kind, mark = ("one-cold", "0") if cold else ("one-hot", "1")
    tell = f"; {v} is 1 [only if|exactly when] {x} is {kind}" if flag else ""
    return Says(
        brief=(
            f"{x} is {kind}: exactly one bit is {mark}, and {y} gives its number. For every other "
            f"value of {x}, {y} is {other}{tell}",
            f"{kind} to binary encoder, {width} lines to {size} bits: {y} = index of the only "
            f"{mark} "
            f"bit of {x}, or {other} if {x} is not {kind}{tell}",
            f"[encode|convert] the {kind} input {x} [into|to] the binary index {y} of the bit that "
            f"is {mark}; inputs that are not {kind} give {other}{tell}",
        ),
        points=((f"if exactly one bit of {x} is {mark}, {y} is the number of this bit",
                 f"{y} is the index of the single {mark} bit of {x}"),
                (f"{y} is {other} for all other inputs", f"any other input gives {y} = {other}"),
                *(((tell[2:],),) if flag else ())),
    )  # fmt: skip


def _priority(rng: Random) -> Case:
    return _first(rng, one_hot=False)


def _grant(rng: Random) -> Case:
    return _first(rng, one_hot=True)


def _mask(before: Collection[int], at: int, width: int) -> str:
    return "".join("1" if n == at else "0" if n in before else "?" for n in reversed(range(width)))


def _first(rng: Random, *, one_hot: bool) -> Case:
    width, low = _bits(rng), rng.random() < 0.5
    flag, rest = rng.choice(("", "", "valid", "none")), rng.choice((0, 0, 0, 1))
    size = width if one_hot else (width - 1).bit_length()
    other = 0 if one_hot else rest * ((1 << size) - 1)
    x, y, v = distinct(rng, REQUESTS, ("grant", "gnt", "y", "out", "sel", "first_one") if one_hot
                       else POSITIONS, VALIDS if flag == "valid" else ("none", "idle", "empty",
                       "no_req"))  # fmt: skip
    outputs = (Port(y, size), *(ports((v,)) if flag else ()))
    names = ("arbiter", "grant_unit") if one_hot else ("priority_encoder", f"prio{width}", "prienc")
    face = Interface(draw_top((*names, "first_bit"), rng), (Port(x, width),), outputs)
    order = list(range(width)) if low else list(reversed(range(width)))
    lines = [
        f"    {width}'b{_mask(order[:rank], at, width)}: {y} = "
        + (f"{width}'b{1 << at:0{width}b};" if one_hot else f"{size}'d{at};")
        for rank, at in enumerate(order)
    ]
    nothing = f"{width}'b{0:0{width}b}" if one_hot else f"{size}'d{other}"
    reference = "\n".join(["always @(*)", f"  casez ({x})", *lines,
                           f"    default: {y} = {nothing};", "  endcase"])  # fmt: skip
    start, step = (width - 1, "i - 1") if low else (0, "i + 1")
    stop = "i >= 0" if low else f"i < {width}"
    second = (f"reg [{size - 1}:0] t_;\ninteger i;\nalways @(*) begin\n  t_ = {other};\n"
              f"  for (i = {start}; {stop}; i = {step}) if ({x}[i]) t_ = "
              f"{'1 << i' if one_hot else 'i'};"
              f"\nend\nassign {y} = t_;")  # fmt: skip
    if flag:
        reference += f"\nassign {v} = {'' if flag == 'valid' else '~'}|{x};"
        second += f"\nassign {v} = {x} {'!=' if flag == 'valid' else '=='} 0;"

    def function(given: Values) -> Outputs:
        found = next((n for n in order if given[x] >> n & 1), None)
        value = other if found is None else (1 << found) if one_hot else found
        return {y: value, **({v: int((found is None) == (flag == "none"))} if flag else {})}

    says = _first_says((flag, v, x, y), width, low, one_hot, other)
    return pure(f"{width} {low} {flag} {other}", face, says, reference, second, function)


def _first_says(names: tuple[str, ...], width: int, low: bool, one_hot: bool, other: int) -> Says:
    flag, v, x, y = names
    end = "[lowest|least significant]" if low else "[highest|most significant]"
    rank = "lowest" if low else "highest"
    tell = {"": "", "valid": f"; {v} is 1 [if|when] any bit of {x} is set",
            "none": f"; {v} is 1 [if|when] no bit of {x} is set"}[flag]  # fmt: skip
    if one_hot:
        brief = (
            f"{y} has only that bit set which is the {end} bit set in {x}, and is 0 if {x} is "
            f"0{tell}",
            f"fixed-priority arbiter: of the requests {x}, the one with the {rank} number is "
            f"granted, "
            f"one-hot on {y}; no request gives 0{tell}",
            f"[keep|pass] only the {end} 1 of {x} to {y}, all other bits of {y} are 0{tell}",
        )
    else:
        brief = (
            f"priority encoder: {y} is the [number|index|position] of the {end} bit of {x} that is "
            f"1; [if|when] no bit is set, {y} is {other}{tell}",
            f"{y} [tells|gives] the index of the {end} 1 in the {width}-bit {x}, or {other} if {x} "
            f"is 0{tell}",
            f"among the {width} request lines {x}, the {end} active one wins; its number is "
            f"output on"
            f" {y}, which is {other} without any request{tell}",
            f"{width}-input priority encoder, {end} bit first, index on {y} ({other} for no input "
            f"set){tell}",
        )
    return Says(
        brief=brief,
        points=((f"the {end} set bit of {x} has priority", f"{end} bit of {x} first"),
                (f"{y} is a one-hot mark of that "
                 f"bit" if one_hot else f"{y} is the number of that bit",),
                (f"{y} is {other} if no bit is set", f"with {x} = 0, {y} is {other}"),
                *(((tell[2:],),) if tell else ())),
    )  # fmt: skip


def _decoder(rng: Random) -> Case:
    bits = rng.choice((1, 2, 2, 3, 3, 3, 4, 4))
    count = 1 << bits if rng.random() < 0.65 else rng.randint((1 << bits >> 1) + 1, 1 << bits)
    enable, low = rng.choice(("", "high", "high", "low")), rng.random() < 0.3
    n, y, e = distinct(rng, (*SELECTS, "a", "addr", "in", "code", "bin"), (*RESULTS, "dec", "cs",
                       "select_n", "lines"), ENABLES if enable != "low" else
                       ("en_n", "enable_n", "n_en", "e_n", "disable_out", "nen"))  # fmt: skip
    count = max(count, 2)
    inputs = (Port(n, bits), *(ports((e,)) if enable else ()))
    face = Interface(draw_top(("decoder", f"dec{bits}to{count}", "line_select", "decode"), rng),
                     inputs, (Port(y, count),))  # fmt: skip
    value = f"{count}'d1 << {n}"
    gated = {"": value, "high": f"{e} ? {value} : {count}'d0",
             "low": f"{e} ? {count}'d0 : {value}"}[enable]  # fmt: skip
    reference = f"assign {y} = {f'~({gated})' if low else gated};"
    active = {"": "1'b1", "high": e, "low": f"!{e}"}[enable]
    second = (f"reg [{count - 1}:0] t_;\ninteger i;\nalways @(*)\n  for (i = 0; i < {count}; i "
              f"= i + 1"
              f")\n    t_[i] = ({n} == i && {active}) ? 1'b{1 - low} : 1'b{int(low)};\n"
              f"assign {y} = t_;")  # fmt: skip

    def function(given: Values) -> Outputs:
        on = not enable or given[e] == (enable == "high")
        word = 1 << given[n] if on and given[n] < count else 0
        return {y: word ^ (((1 << count) - 1) if low else 0)}

    says = _decoder_says((e, enable, n, y), bits, count, low)
    return pure(f"{bits} {count} {enable} {low}", face, says, reference, second, function)


def _decoder_says(names: tuple[str, ...], bits: int, count: int, low: bool) -> Says:
    e, enable, n, y = names
    mark, idle = ("0", "1") if low else ("1", "0")
    when = {"": "", "high": f" [while|when] {e} is 1", "low": f" [while|when] {e} is 0"}[enable]
    off = {"": "", "high": f"; [if|when] {e} is 0, all outputs are {idle}",
           "low": f"; [if|when] {e} is 1, all outputs are {idle}"}[enable]  # fmt: skip
    none = f"; for {n} of {count} or more, all outputs are {idle}" if count < 1 << bits else ""
    return Says(
        brief=(
            f"{bits}-to-{count} decoder[ with active-low outputs|]: bit {n} of {y} is {mark} "
            f"and all "
            f"others are {idle}{when}{off}{none}" if low else
            f"{bits}-to-{count} decoder: bit {n} of {y} is {mark} and all others are {idle}{when}"
            f"{off}{none}",
            f"[decode|expand] the {bits}-bit number {n}: the bit of {y} with this number is "
            f"{mark}, "
            f"the others are {idle}{off}{none}",
            f"exactly the bit of {y} that {n} selects is {mark}{when}, every other one {idle}{off}"
            f"{none}",
            f"binary to one-of-{count} decoder, outputs {'active-low' if low else 'active-high'} "
            f"({y}[{n}] = {mark}, the rest {idle}){off}{none}",
        ),
        points=((f"bit number {n} of {y} is {mark}{when}, the others are {idle}",
                 f"{y}[{n}] is {mark}{when} and the rest of {y} is {idle}"),
                *(((off[2:],),) if off else ()),
                *(((none[2:],),) if none else ())),
    )  # fmt: skip


FAMILIES: Final = (
    Family("encoder", "codes", _encoder, weight=0.6),
    Family("priority encoder", "codes", _priority),
    Family("first bit as one-hot", "codes", _grant, held_out=True),
    Family("decoder", "codes", _decoder),
)
