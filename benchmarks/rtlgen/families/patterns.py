"""What bits a word has: leading and trailing runs, one-hot words."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from ..vectors import EXHAUSTIVE_BITS
from .codes import sparse
from .pure import FLAGS, WORDS, distinct, ports, pure

COUNTS: Final = ("count", "n", "num_zeros", "y", "out", "cnt", "lz", "len_out", "zeros", "result")


def _stimuli(name: str, width: int) -> Stimuli | None:
    return (lambda _: sparse(name, width)) if width > EXHAUSTIVE_BITS else None


def _zeros(rng: Random) -> Case:
    return _run(rng, bit=0)


def _ones(rng: Random) -> Case:
    return _run(rng, bit=1)


def _run(rng: Random, *, bit: int) -> Case:
    width, leading = rng.choice((*range(3, 17), 4, 8, 8, 16)), rng.random() < 0.55
    flag = rng.random() < 0.3
    size = width.bit_length()
    names = COUNTS if bit == 0 else ("count", "n", "num_ones", "y", "out", "cnt", "ones", "run")
    x, y, z = distinct(rng, WORDS, names, ("all_zero", "empty", "none", "zero") if bit == 0 else
                       ("all_ones", "full", "all_set"))  # fmt: skip
    outputs = (Port(y, size), *(ports((z,)) if flag else ()))
    short = ("lzc" if leading else "tzc") if bit == 0 else ("count_ones_run", "run_length")[leading]
    face = Interface(draw_top((short, f"{short}{width}", "run_count", "zero_run"), rng),
                     (Port(x, width),), outputs)  # fmt: skip
    loop = (f"for (i = 0; i < {width}; i = i + 1)" if leading
            else f"for (i = {width - 1}; i >= 0; i = i - 1)")  # fmt: skip
    at = f"{width - 1} - i" if leading else "i"
    test = f"{x}[i]" if bit == 0 else f"!{x}[i]"
    reference = (f"integer i;\nalways @(*) begin\n  {y} = {size}'d{width};\n  {loop}\n"
                 f"    if ({test}) {y} = {at};\nend")  # fmt: skip
    whole = f"{width}'d0" if bit == 0 else f"{{{width}{{1'b1}}}}"
    if flag:
        reference += f"\nassign {z} = {x} == {whole};"
    word = x if bit == 0 else f"~{x}"
    upto = " + ".join(f"~|(w_ >> {n})" if leading else f"~|(w_ << {width - 1 - n})"
                      for n in range(width))  # fmt: skip
    second = (f"wire [{width - 1}:0] w_ = {word};\nassign {y} = {size}'d0 + {upto};"
              + (f"\nassign {z} = ~|w_;" if flag else ""))  # fmt: skip

    def function(given: Values) -> Outputs:
        text = f"{given[x]:0{width}b}"[:: 1 if leading else -1]
        length = len(text) - len(text.lstrip(str(bit)))
        return {y: length, **({z: int(length == width)} if flag else {})}

    says = _run_says((x, y, z), bit, flag, leading, width)
    return pure(f"{width} {leading} {flag}", face, says, reference, second, function,
                stimuli=_stimuli(x, width))  # fmt: skip


def _run_says(names: tuple[str, ...], bit: int, flag: bool, leading: bool, width: int) -> Says:
    x, y, z = names
    end, side = ("leading", "most") if leading else ("trailing", "least")
    what = ("zero", "one")[bit]
    every = "no bit is set" if bit == 0 else "all bits are set"
    tell = f"; {z} is 1 in this case only" if flag else ""
    return Says(
        brief=(
            f"{y} is the number of {end} {what}s of {x}, counted from the {side} significant bit. "
            f"If {every}, {y} is {width}{tell}",
            f"[count|report] how many {what}s {x} has before its first {1 - bit}, from the {side} "
            f"significant end, on {y}; {width} [if|when] {every}{tell}",
            f"{end} {what} counter for {width} bits: {x} in, {y} out ({width} if {every}){tell}",
            f"the {end} {what}s of {x} (at its {side} significant end) are counted; the count is "
            f"{y}, which is {width} if {every}{tell}",
        ),
        points=((f"{y} counts the {end} {what}s of {x}", f"{y} is the number of {what}s at the "
                 f"{side} significant end of {x}, up to the first {1 - bit}"),
                (f"{y} is {width} if {every}{tell}", f"if {every}, {y} is {width}{tell}")),
    )  # fmt: skip


def _one_hot(rng: Random) -> Case:
    width = rng.choice((*range(3, 17), 4, 8))
    kind = rng.choice(("one", "one", "at most one", "more", "cold", "two kinds"))
    x, y, z = distinct(rng, (*WORDS, "onehot", "state", "grants"), FLAGS,
                       ("none", "empty", "is_zero", "idle"))  # fmt: skip
    outputs = ports((y, z) if kind == "two kinds" else (y,))
    face = Interface(draw_top(("onehot_check", f"check{width}", "one_hot", "bit_check"), rng),
                     (Port(x, width),), outputs)  # fmt: skip
    zero = f"{width}'d0"
    several, word = f"({x} & ({x} - {width}'d1))", x
    if kind == "cold":
        word = f"~{x}"
        several = f"(~{x} & (~{x} - {width}'d1))"
    test = f"({word} != {zero}) && ({several} == {zero})"
    reference = {
        "at most one": f"assign {y} = {several} == {zero};",
        "more": f"assign {y} = {several} != {zero};",
    }.get(kind, f"assign {y} = {test};")  # fmt: skip
    second = (
        f"reg [4:0] t_;\ninteger i;\nalways @(*) begin\n  t_ = 0;\n  for (i = 0; i < {width}; "
        f"i = i + 1) t_ = t_ + {'!' if kind == 'cold' else ''}{x}[i];\nend\nassign {y} = "
    ) + {"at most one": "t_ < 2;", "more": "t_ > 1;"}.get(kind, "t_ == 1;")
    if kind == "two kinds":
        reference += f"\nassign {z} = {x} == {zero};"
        second += f"\nassign {z} = ~|{x};"

    def function(given: Values) -> Outputs:
        ones = given[x].bit_count()
        if kind == "two kinds":
            return {y: int(ones == 1), z: int(ones == 0)}
        return {y: int({"at most one": ones < 2, "more": ones > 1, "one": ones == 1,
                        "cold": ones == width - 1}[kind])}  # fmt: skip

    says = _one_hot_says((kind, x, y, z), width)
    return pure(f"{width} {kind}", face, says, reference, second, function,
                stimuli=_stimuli(x, width))  # fmt: skip


def _one_hot_says(names: tuple[str, ...], width: int) -> Says:
    kind, x, y, z = names
    fact = {
        "one": f"exactly one bit of {x} is 1", "two kinds": f"exactly one bit of {x} is 1",
        "at most one": f"at most one bit of {x} is 1 (none or one)",
        "more": f"two or more bits of {x} are 1", "cold": f"exactly one bit of {x} is 0",
    }[kind]  # fmt: skip
    tell = f"; {z} is 1 [if|when] no bit is 1" if kind == "two kinds" else ""
    return Says(
        brief=(
            f"{y} is 1 [if|when] {fact}, otherwise 0{tell}",
            f"[set|raise] {y} [if and only if|exactly when] {fact}{tell}",
            f"[check|test] the {width}-bit word: {y} = 1 means {fact}{tell}",
            f"{y} shall tell whether {fact}{tell}",
        ),
        points=((f"{y} is high if {fact}", f"{y} is 1 only when {fact}"),
                (f"otherwise {y} is 0", f"in all other cases {y} is low"),
                *(((tell[2:],),) if tell else ())),
    )  # fmt: skip


FAMILIES: Final = (
    Family("run of zeros", "codes", _zeros),
    Family("run of ones", "codes", _ones, held_out=True),
    Family("one-hot check", "codes", _one_hot, weight=0.7),
)
