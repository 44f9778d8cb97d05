"""Which codes are digits of a base."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import FLAGS, WORDS, distinct, pure


def _valid(rng: Random) -> Case:
    count, base = rng.randint(1, 5), rng.choice((10, 10, 10, 10, 9, 6, 7, 5, 11, 12, 13, 14))
    excess, good = rng.random() < 0.2, rng.random() < 0.6
    low, high = (3, 12) if excess else (0, base - 1)
    x, y = distinct(rng, (*WORDS, "bcd", "digits"), FLAGS)
    if not good:
        x, y = distinct(rng, (*WORDS, "bcd"), ("error", "invalid", "bad", "err", "illegal", "nok"))
    top = draw_top(("digit_check", "bcd_valid", "code_check", "is_bcd"), rng)
    face = Interface(top, (Port(x, 4 * count),), (Port(y),))
    parts = [f"{x}[{4 * at + 3}:{4 * at}]" if count > 1 else x for at in reversed(range(count))]
    if good:
        tests = [f"({p} >= 4'd3) && ({p} <= 4'd12)" if excess else f"{p} < 4'd{base}"
                 for p in parts]  # fmt: skip
    else:
        tests = [f"({p} < 4'd3) || ({p} > 4'd12)" if excess else f"{p} > 4'd{base - 1}"
                 for p in parts]  # fmt: skip
    mask = sum(1 << n for n in range(16) if low <= n <= high)
    table = " & ".join(f"legal_[{p}]" for p in parts)
    second = (f"wire [15:0] legal_ = 16'h{mask:04x};\n"
              f"assign {y} = {'' if good else '~'}({table});")  # fmt: skip

    def function(given: Values) -> Outputs:
        fits = all(low <= given[x] >> 4 * at & 15 <= high for at in range(count))
        return {y: int(fits == good)}

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(250):
            digits = [rng.randint(low, high) for _ in range(count)]
            if rng.random() < 0.5:
                digits[rng.randrange(count)] = rng.randrange(16)
            yield {x: sum(d << 4 * at for at, d in enumerate(digits))}

    kind = {10: "BCD digit"}.get(base, f"base-{base} digit") if not excess else "excess-3 digit"
    kind += f" ({low} to {high})"
    says = _valid_says((kind, x, y), count, good)
    join = " && " if good else " || "
    if count > 1 and not excess:
        tests = [f"({test})" for test in tests]
    return pure(f"{count} {low} {high} {good}", face, says, f"assign {y} = {join.join(tests)};",
                second, function, stimuli=stimuli if count > 2 else None)  # fmt: skip


def _valid_says(names: tuple[str, ...], count: int, good: bool) -> Says:
    kind, x, y = names
    every = f"[every|each] four-bit digit of {x}" if count > 1 else x
    some = f"[any|at least one] four-bit digit of {x}" if count > 1 else x
    fact = f"{every} is a valid {kind}" if good else f"{some} is not a valid {kind}"
    size = f"{x} holds {count} digits of four bits" if count > 1 else f"{x} is a four-bit code"
    return Says(
        brief=(
            f"{size}; {y} is 1 [if|when] {fact}[, otherwise 0|]",
            f"set {y} [if and only if|exactly when] {fact}",
            f"{y} = 1 when {fact}, else 0",
            f"the output {y} tells whether {fact}. {size}",
        ),
        points=((size,), (f"{y} is high if {fact}", f"{y} goes high only when {fact}")),
    )  # fmt: skip


FAMILIES: Final = (Family("digit validity", "arithmetic", _valid, weight=0.6),)
