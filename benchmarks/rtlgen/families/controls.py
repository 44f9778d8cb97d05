"""Control words: several one-bit outputs that a code selects by a table."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import distinct, ports, pure
from .tablelogic import binary, select

SIGNALS: Final = (
    "reg_write", "mem_read", "mem_write", "alu_src", "branch", "jump", "load", "store", "halt",
    "red", "yellow", "green", "motor", "pump", "valve", "heat", "cool", "fan", "lamp", "horn",
    "open", "close", "up", "down", "start", "stop", "inc", "dec", "push", "pop", "sel_a", "sel_b",
)  # fmt: skip
CODES: Final = ("op", "opcode", "state", "cmd", "mode", "instr", "phase", "sel", "code")


def _control(rng: Random) -> Case:
    bits, count = rng.choice((2, 2, 3, 3, 4)), rng.randint(2, 5)
    total = rng.randint(3, min(8, 1 << bits))
    codes = sorted(rng.sample(range(1 << bits), total))
    names: list[str] = rng.sample(SIGNALS, count)
    (x,) = distinct(rng, CODES)
    face = Interface(draw_top(("control", "control_decode", "decoder", "main_control"), rng),
                     (Port(x, bits),), ports(names))  # fmt: skip
    values = [rng.randrange(1 << count) for _ in codes]
    values[rng.randrange(total)] = rng.randrange(1, 1 << count)
    rest = total < 1 << bits
    target = f"{{{', '.join(names)}}}"
    shown = [(binary(bits, c), binary(count, v)) for c, v in zip(codes, values, strict=True)]
    reference = select(x, target, shown, binary(count, 0) if rest else None)
    columns = [[c for c, v in zip(codes, values, strict=True) if v >> (count - 1 - n) & 1]
               for n in range(count)]  # fmt: skip
    second = "\n".join(
        f"assign {name} = {' || '.join(f'{x} == {c}' for c in found) or 0};"
        for name, found in zip(names, columns, strict=True))  # fmt: skip
    known = dict(zip(codes, values, strict=True))

    def function(given: Values) -> Outputs:
        word = known.get(given[x], 0)
        return {name: word >> (count - 1 - n) & 1 for n, name in enumerate(names)}

    says = _says(x, names, known, bits, rng.random() < 0.6)
    return pure(f"{bits} {count} {sorted(known.items())}", face, says, reference, second, function)


def _says(x: str, names: list[str], known: dict[int, int], bits: int, by_table: bool) -> Says:
    rest = len(known) < 1 << bits
    heads = [x, *names]
    lines = [" | ".join(heads)]
    for code, value in [*known.items(), *([(None, 0)] if rest else [])]:
        cells = ["other" if code is None else f"{code:0{bits}b}", *f"{value:0{len(names)}b}"]
        lines.append(
            " | ".join(c.ljust(len(h)) for c, h in zip(cells, heads, strict=True)).rstrip()
        )
    said = "; ".join(f"{f'{c:0{bits}b}'}: " + (" and ".join(_on(names, v)) or "none")
                     for c, v in known.items())  # fmt: skip
    off = f" For every other {x} all outputs are 0." if rest else ""
    if by_table:
        return Says(
            brief=(f"the outputs depend on {x} as the table shows.{off}",
                   f"control decoder: {x} selects the values of {', '.join(names)} below.{off}",
                   f"[decode|translate] {x} into the control signals [below|of the table].{off}"),
            tables=("\n".join(lines),), needs_table=True,
        )  # fmt: skip
    return Says(
        brief=(f"{x} selects which outputs are 1, the others being 0. {said}.{off}",
               f"control decoder; outputs that are 1 by {x} (all others 0): {said}.{off}",
               f"for every {x} these outputs are high and the rest low: {said}.{off}"),
        points=(*((f"{x} = {f'{c:0{bits}b}'}: " + (f"{' and '.join(_on(names, v))} "
                   "[high|1], the rest 0" if v else "all outputs are 0"),)
                  for c, v in known.items()), *(((off,),) if off else ())),
        tables=("\n".join(lines),),
    )  # fmt: skip


def _on(names: list[str], value: int) -> list[str]:
    return [name for n, name in enumerate(names) if value >> (len(names) - 1 - n) & 1]


FAMILIES: Final = (Family("control decoder", "tables", _control, held_out=True),)
