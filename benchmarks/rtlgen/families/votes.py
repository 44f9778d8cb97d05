"""How many of several bits are 1: population counts, majorities and thresholds."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import assigns, counted, draw_inputs, draw_output, listed, module
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top

VECTORS: Final = (
    "in",
    "in",
    "a",
    "d",
    "data",
    "data_in",
    "votes",
    "vec",
    "word",
    "x",
    "bus",
    "mask",
)
COUNTS: Final = (
    "count",
    "count",
    "out",
    "ones",
    "num_ones",
    "total",
    "pop",
    "cnt",
    "weight",
    "sum",
)
ZEROS: Final = ("zeros", "count", "num_zeros", "out", "zero_count", "total", "cnt")
RELATIONS: Final = {
    ">=": "at least",
    "==": "exactly",
    "<=": "at most",
    "<": "fewer than",
    ">": "more than",
}
MEANINGS: Final[dict[str, Callable[[int, int], bool]]] = {
    ">=": lambda n, k: n >= k, "==": lambda n, k: n == k, "<=": lambda n, k: n <= k,
    "<": lambda n, k: n < k, ">": lambda n, k: n > k,
}  # fmt: skip


def _loop(target: str, a: str, width: int, size: int, bit: str = "{a}[i]") -> str:
    """Return the loop that adds up the bits of a vector."""
    return (
        f"integer i;\nalways @(*) begin\n  {target} = {size}'d0;\n"
        f"  for (i = 0; i < {width}; i = i + 1)\n"
        f"    {target} = {target} + {bit.format(a=a)};\nend"
    )


def _population(rng: Random) -> Case:
    """The number of ones among several inputs or in a vector."""
    return _counting(rng, zeros=False)


def _zeros(rng: Random) -> Case:
    """The number of zeros in a vector."""
    return _counting(rng, zeros=True)


def _counting(rng: Random, *, zeros: bool) -> Case:
    single = not zeros and rng.random() < 0.4
    width = rng.randint(2, 8) if single else rng.choice((rng.randint(3, 32), rng.randint(3, 255)))
    names = draw_inputs(rng, width) if single else (rng.choice(VECTORS),)
    y = rng.choice([n for n in (ZEROS if zeros else COUNTS) if n not in names])
    size, digit = width.bit_length(), "0" if zeros else "1"
    tops = ("popcount", "count_ones", "ones_counter", "bit_count")
    inputs = tuple(Port(n) for n in names) if single else (Port(names[0], width),)
    face = Interface(
        draw_top(("count_zeros", "zero_counter") if zeros else tops, rng),
        inputs, (Port(y, size),),
    )  # fmt: skip
    bits = names if single else [f"{names[0]}[{n}]" for n in range(width)]
    bit = "!{a}[i]" if zeros else "{a}[i]"
    reference = module(face, _loop(y, names[0], width, size, bit), registers=(y,))
    if single:
        reference = module(face, assigns({y: " + ".join(names)}))
    if single:
        thirds = [bits[at::3] for at in range(3) if bits[at::3]]
        total = " + ".join(f"({' + '.join(third)})" for third in thirds)
    else:
        # In the same order, or the proof takes too long.
        total = " + ".join(f"({n} == 1'b{digit})" for n in bits)

    def shown(values: Values) -> dict[str, int]:
        text = "".join(f"{values[port.name]:0{port.width}b}" for port in inputs)
        return {y: text.count(digit)}

    return Case(
        key=f"counting {digit} {width} {single}", interface=face,
        says=_counting_says(y, names, width, digit, single=single), reference=reference,
        second=module(face, assigns({y: total})),
        machine=lambda: Function(shown), cycles=120,
    )  # fmt: skip


def _counting_says(
    y: str, names: tuple[str, ...], width: int, digit: str, *, single: bool
) -> Says:  # fmt: skip
    word, a = ("ones", names[0]) if digit == "1" else ("zeros", names[0])
    if single:
        brief = (
            f"{y} is the number of inputs that are 1",
            f"[count|add up] the ones among {listed(names)}",
            f"{y} says how many of {listed(names)} are [high|1], from 0 to {width}",
            f"population count of the {width} inputs, as a binary number on {y}",
            f"the binary number {y} tells how many of the {width} inputs are set",
        )  # fmt: skip
    else:
        brief = (
            f"{y} is the number of {word} in {a}",
            f"[count|add up] the {word} [in|of] the {width} bits of {a}",
            f"{y} says how many [bits of {a}|of the bits of {a}] are {digit}, from 0 to {width}",
            f"{'population count' if digit == '1' else 'count of the 0 bits'} of {a}, as a binary "
            f"number on {y}",
            f"the binary number {y} tells how many bits of {a} are "
            f"{'set' if digit == '1' else 'clear'}",
        )  # fmt: skip
    return Says(brief=brief, points=(brief[:4],), ports={y: f"number of {word}"})


def _threshold(rng: Random) -> Case:
    """Whether at least, exactly, at most... so many of several inputs are 1; majorities."""
    single = rng.random() < 0.6
    count = rng.randint(3, 7) if single else rng.choice((rng.randint(4, 16), rng.randint(4, 64)))
    names = draw_inputs(rng, count) if single else (rng.choice(VECTORS),)
    y = draw_output(rng, names)
    majority = count % 2 == 1 and rng.random() < 0.35
    relation = ">=" if majority else rng.choice(list(RELATIONS))
    limit = (count + 1) // 2 if majority else rng.randint(1, count - 1)
    size = count.bit_length()
    inputs = tuple(Port(n) for n in names) if single else (Port(names[0], count),)
    face = Interface(
        draw_top(("majority",) if majority else ("threshold", "at_least", "vote", "quorum"), rng),
        inputs, (Port(y),),
    )  # fmt: skip
    test = f"{relation} {size}'d{limit}"
    if single:
        reference = module(face, assigns({y: f"({' + '.join(names)}) {test}"}))
        second = module(face, assigns({y: _chosen(names, count, relation, limit)}))
    else:
        loop = _loop("ones", names[0], count, size)
        reference = module(face, f"reg [{size - 1}:0] ones;", loop, assigns({y: f"ones {test}"}))
        summed = " + ".join(f"{names[0]}[{n}]" for n in range(count))
        second = module(
            face, f"wire [{size}:0] n = {summed};", assigns({y: _other(relation, limit)})
        )

    def shown(values: Values) -> dict[str, int]:
        ones = sum(value.bit_count() for value in values.values())
        return {y: int(MEANINGS[relation](ones, limit))}

    return Case(
        key=f"threshold {single} {count} {relation} {limit}", interface=face,
        says=_threshold_says(y, names, count, relation, limit if not majority else 0),
        reference=reference, second=second, machine=lambda: Function(shown), cycles=120,
        stimuli=None if single else _near(names[0], count, limit),
    )  # fmt: skip


def _chosen(names: tuple[str, ...], count: int, relation: str, limit: int) -> str:
    """Return the sum of products of the numbers that satisfy the relation."""
    terms = [
        " & ".join(n if number >> at & 1 else f"~{n}" for at, n in enumerate(names))
        for number in range(1 << count) if MEANINGS[relation](number.bit_count(), limit)
    ]  # fmt: skip
    return " | ".join(f"({term})" for term in terms)


def _other(relation: str, limit: int) -> str:
    return {">=": f"!(n < {limit})", "<": f"!(n >= {limit})", ">": f"!(n <= {limit})",
            "<=": f"!(n > {limit})", "==": f"!(n != {limit})"}[relation]  # fmt: skip


def _near(a: str, width: int, limit: int) -> Callable[[Random], list[dict[str, int]]]:
    """Return stimuli whose number of ones is about the limit."""

    def given(rng: Random) -> list[dict[str, int]]:
        found = list[dict[str, int]]()
        for _ in range(160):
            ones = min(width, max(0, limit + rng.randint(-2, 2)))
            found.append({a: sum(1 << at for at in rng.sample(range(width), ones))})
        return found

    return given


def _threshold_says(
    y: str, names: tuple[str, ...], count: int, relation: str, limit: int
) -> Says:  # fmt: skip
    a, several = names[0], len(names) > 1
    of = f"of {listed(names)}" if several else f"of the {count} bits of {a}"
    inputs = f"the {count} inputs" if several else f"the bits of {a}"
    if not limit:
        brief = (
            f"{y} is the majority {of}", f"{y} is 1 when more than half {of} are 1",
            f"majority vote: {y} takes the value that most of {inputs} have",
            f"{y} agrees with the majority of {inputs}",
        )  # fmt: skip
        return Says(brief=brief, points=(brief[:3],))
    said = f"{RELATIONS[relation]} {counted(limit, '').split(' ')[0]}"
    verb = "is" if limit == 1 else "are"
    number = f"the number of ones among {inputs}"
    sign = {">=": f"{limit} or more", "==": f"{limit}", "<=": f"{limit} or less",
            "<": f"less than {limit}", ">": f"greater than {limit}"}[relation]  # fmt: skip
    brief = (
        f"{y} is 1 when {said} {of} {verb} 1", f"{y} is [high|1] if {number} is {sign}, [else "
        f"low|else 0|and 0 otherwise]",
        f"count the ones among {inputs}: {y} = 1 if the count is {sign}",
        f"[set|raise] {y} exactly when {said} {of} {verb} 1",
        f"{y} tells whether {number} is {sign}",
    )  # fmt: skip
    return Says(brief=brief, points=(brief[:4], (f"in all other cases {y} is 0",)))


FAMILIES: Final = (
    Family("population count", "counts of ones", _population),
    Family("count of zeros", "counts of ones", _zeros, held_out=True),
    Family("threshold", "counts of ones", _threshold),
)
