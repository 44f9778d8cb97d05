"""Logic on the bits of vectors: bitwise or logical, reductions, parity, neighbouring bits."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import VECTORS, assigns, draw_inputs, draw_outputs, listed, module
from ..interface import Interface, Port
from ..machine import Function
from ..names import draw_top

TARGETS: Final = ("out", "out", "y", "q", "data_out", "dout", "result", "z", "res", "o")
SIGNS: Final = {"and": "&", "or": "|", "xor": "^"}
OPPOSITES: Final = {"nand": "and", "nor": "or", "xnor": "xor"}
REDUCED: Final = {
    "and": ("[every bit|each bit] of {} is 1", "all bits of {} are 1"),
    "or": ("[any bit|at least one bit] of {} is 1", "{} is not 0"),
    "xor": ("{} has an odd number of [ones|1 bits]", "the number of [ones|1 bits] in {} is odd"),
    "nand": ("[any bit|at least one bit] of {} is 0", "not all bits of {} are 1"),
    "nor": ("no bit of {} is 1", "{} is 0"),
    "xnor": ("{} has an even number of [ones|1 bits]", "the number of [ones|1 bits] in {} is even"),
}
# Operator, its operands' number, and the words for it.
OPERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "{a} & {b}": ("the bitwise AND of {a} and {b}", "the AND of {a} and {b}, bit by bit"),
    "{a} | {b}": ("the bitwise OR of {a} and {b}", "the OR of {a} and {b}, bit by bit"),
    "{a} ^ {b}": ("the bitwise XOR of {a} and {b}", "the XOR of {a} and {b}, bit by bit"),
    "~{a}": ("the bitwise NOT of {a}", "{a} with every bit inverted"),
    "~{b}": ("the bitwise NOT of {b}", "{b} with every bit inverted"),
    "~({a} & {b})": ("the bitwise NAND of {a} and {b}", "the NAND of {a} and {b}, bit by bit"),
    "~({a} | {b})": ("the bitwise NOR of {a} and {b}", "the NOR of {a} and {b}, bit by bit"),
    "{a} && {b}": ("the logical AND of {a} and {b}", "1 when [both vectors|{a} and {b}] are "
    "non-zero, else 0"),
    "{a} || {b}": ("the logical OR of {a} and {b}", "1 when at least one of {a} and {b} is "
    "non-zero, else 0"),
    "!{a}": ("the logical NOT of {a}", "1 when {a} is zero, else 0"),
    "!{b}": ("the logical NOT of {b}", "1 when {b} is zero, else 0"),
}  # fmt: skip
BIT_BY_BIT: Final = (
    "{a} & {b}",
    "{a} | {b}",
    "{a} ^ {b}",
    "~{a}",
    "~{b}",
    "~({a} & {b})",
    "~({a} | {b})",
)


def _operators(rng: Random) -> Case:
    """Bitwise and logical operators on the same two vectors, an output for each."""
    width, count = rng.randint(2, 16), rng.randint(2, 4)
    a, b = draw_inputs(rng, 2)
    logical = [o for o in OPERATIONS if o not in BIT_BY_BIT]
    chosen = [rng.choice(BIT_BY_BIT), rng.choice(logical)]
    others = [o for o in OPERATIONS if o not in chosen]
    chosen += rng.sample(others, count - 2)
    rng.shuffle(chosen)
    names = draw_outputs(rng, count, (a, b))
    outs = tuple(
        Port(n, width if o in BIT_BY_BIT else 1) for n, o in zip(names, chosen, strict=True)
    )
    face = Interface(
        draw_top(("operators", "bit_logic", "bitwise_logical", "logic_ops", "two_vectors"), rng),
        (Port(a, width), Port(b, width)), outs,
    )  # fmt: skip
    codes = {n: o.format(a=a, b=b) for n, o in zip(names, chosen, strict=True)}
    said = [
        tuple(f"{n} is {w.format(a=a, b=b)}" for w in OPERATIONS[o])
        for n, o in zip(names, chosen, strict=True)
    ]
    mask = (1 << width) - 1
    meanings: dict[str, Callable[[int, int], int]] = {
        "{a} & {b}": lambda x, y: x & y, "{a} | {b}": lambda x, y: x | y, "{a} ^ {b}": lambda x,
        y: x ^ y,
        "~{a}": lambda x, _: mask - x, "~{b}": lambda _, y: mask - y,
        "~({a} & {b})": lambda x, y: mask - (x & y), "~({a} | {b})": lambda x, y: mask - (x | y),
        "{a} && {b}": lambda x, y: int(x > 0 and y > 0), "{a} || {b}": lambda x, y: int(x + y > 0),
        "!{a}": lambda x, _: int(x == 0), "!{b}": lambda _, y: int(y == 0),
    }  # fmt: skip
    return Case(
        key=f"operators {width} {chosen}", interface=face, says=_operators_says(said, (a, b)),
        reference=module(face, assigns(codes)),
        second=module(face, _operators_second(a, b, chosen, names)),
        machine=lambda: Function(
            lambda v: {n: meanings[o](v[a], v[b]) for n, o in zip(names, chosen, strict=True)}),
    )  # fmt: skip


def _operators_says(said: list[tuple[str, ...]], names: tuple[str, str]) -> Says:
    first, second = ("; ".join(options[at] for options in said) for at in range(2))
    return Says(
        brief=(first, second, f"from the vectors {listed(names)} [compute|derive] these: {first}",
               f"the outputs show how bitwise and logical operators differ: {first}",
               f"[combine|take] {listed(names)}, so that {second}"),
        points=tuple(said),
    )  # fmt: skip


def _operators_second(a: str, b: str, chosen: list[str], names: tuple[str, ...]) -> str:
    others = {
        "{a} & {b}": "~(~{a} | ~{b})", "{a} | {b}": "~(~{a} & ~{b})",
        "{a} ^ {b}": "({a} | {b}) & ~({a} & {b})",
        "~{a}": "-{a} - 1", "~{b}": "-{b} - 1", "~({a} & {b})": "~{a} | ~{b}",
        "~({a} | {b})": "~{a} & ~{b}",
        "{a} && {b}": "|{a} & |{b}", "{a} || {b}": "|{{{a}, {b}}}", "!{a}": "{a} == 0",
        "!{b}": "~|{b}",
    }  # fmt: skip
    return assigns({n: others[o].format(a=a, b=b) for n, o in zip(names, chosen, strict=True)})


def _part(rng: Random, width: int) -> tuple[int, int]:
    """Return the highest and the lowest bit of a slice of at least two bits."""
    low = rng.randint(0, width - 2)
    return rng.randint(low + 1, width - 1), low


def _reductions(rng: Random) -> Case:
    """One to three reductions of a vector or of slices of it."""
    width, a = rng.choice((rng.randint(3, 32), rng.randint(3, 128))), rng.choice(VECTORS)
    count = rng.choice((1, 1, 2, 2, 3))
    sliced = rng.random() < 0.4
    kinds = rng.sample(list(REDUCED), count)
    parts = [_part(rng, width) if sliced else (width - 1, 0) for _ in kinds]
    names = draw_outputs(rng, count, (a,))
    face = Interface(
        draw_top(("reduce", "reduction", "all_any_odd", "flags", "bit_check"), rng),
        (Port(a, width),), tuple(Port(n) for n in names),
    )  # fmt: skip
    whole = [a if p == (width - 1, 0) else f"{a}[{p[0]}:{p[1]}]" for p in parts]
    codes = {
        n: f"~{SIGNS[OPPOSITES[k]]}{w}" if k in OPPOSITES else f"{SIGNS[k]}{w}"
        for n, k, w in zip(names, kinds, whole, strict=True)
    }
    said = [
        (f"{n} is 1 when {REDUCED[k][0].format(w)}", f"{n} is 1 [if|exactly when] "
        f"{REDUCED[k][1].format(w)}",
         f"{n} is the {k.upper()} of [all bits|all the bits] of {w}",
         f"{n} is the reduction {k.upper()} of {w}")
        for n, k, w in zip(names, kinds, whole, strict=True)
    ]  # fmt: skip
    joined = tuple("; ".join(options[at] for options in said) for at in range(4))
    plans = list(zip(names, kinds, parts, strict=True))
    loops = "\n".join(_reduced_loop(n, k, a, p) for n, k, p in plans)
    return Case(
        key=f"reductions {width} {kinds} {parts}", interface=face,
        says=Says(brief=(*joined, f"[check|look at] the bits of {a}: "
        f"{joined[0]}"), points=tuple(said)),
        reference=module(face, assigns(codes)),
        second=module(face, f"integer nr;\nalways @(*) begin\n{loops}\nend", registers=names),
        machine=lambda: Function(
            lambda v: {n: _reduced(v[a], k, *p) for n, k, p in plans}),
        stimuli=_corners(a, width),
    )  # fmt: skip


def _reduced(value: int, kind: str, high: int, low: int) -> int:
    bits = [value >> at & 1 for at in range(low, high + 1)]
    plain = OPPOSITES.get(kind, kind)
    found = {"and": min(bits) == 1, "or": max(bits) == 1, "xor": sum(bits) % 2 == 1}[plain]
    return int(found != (kind in OPPOSITES))


def _reduced_loop(name: str, kind: str, a: str, part: tuple[int, int]) -> str:
    plain = OPPOSITES.get(kind, kind)
    last = f"\n  {name} = !{name};" if kind in OPPOSITES else ""
    return (f"  {name} = {1 if plain == 'and' else 0};\n"
            f"  for (nr = {part[1]}; nr < {part[0] + 1}; nr = nr + 1)\n"
            f"    {name} = {name} {SIGNS[plain]} {a}[nr];{last}")  # fmt: skip


def _corners(a: str, width: int) -> Callable[[Random], list[dict[str, int]]]:
    """Return stimuli in which all bits but a few are equal at times."""
    most = (1 << width) - 1

    def given(rng: Random) -> list[dict[str, int]]:
        found = [0, most, *(1 << n for n in range(width)), *(most ^ 1 << n for n in range(width))]
        found += [rng.randint(0, most) for _ in range(60)]
        found += [most >> rng.randrange(width) << rng.randrange(width) & most for _ in range(60)]
        rng.shuffle(found)
        return [{a: value} for value in found]

    return given


FAMILIES: Final = (
    Family("bitwise and logical", "bit logic", _operators),
    Family("reductions", "bit logic", _reductions),
)
