"""Selection: an item of a packed vector, and the first of several conditions that holds."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import article, assigns, constant, counted, draw_inputs, draw_output, module
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top
from ..words import bits

SELECTS: Final = ("sel", "sel", "select", "choice", "addr", "index", "sel_i", "pick", "idx")
PACKED: Final = ("in", "in", "data", "din", "a", "bus", "words", "vec", "items", "d")
CONDITIONS: Final = (
    ("load", "clear", "hold", "swap"), ("use_a", "use_b", "use_c", "use_d"),
    ("stall", "branch", "jump", "irq"),
    ("req0", "req1", "req2", "req3"), ("c1", "c2", "c3", "c4"), ("hit", "miss", "bypass", "flush"),
    ("s0", "s1", "s2", "s3"), ("urgent", "high", "normal", "low"), ("test", "debug", "run", "idle"),
)  # fmt: skip


def _packed(rng: Random) -> Case:
    """One item of a vector that holds several, chosen by its number."""
    width = rng.choice((1, 1, 2, 4, 4, 8, 8, 16, rng.randint(2, 40), rng.randint(2, 24)))
    count = rng.choice([n for n in (4, 8, 16, 32, 64, 128, 256) if n * width <= 384])
    a, sel = rng.choice(PACKED), rng.choice(SELECTS)
    y, size = draw_output(rng, (a, sel)), (count - 1).bit_length()
    descending = width > 1 and rng.random() < 0.2
    inputs = (Port(a, count * width), Port(sel, size))
    face = Interface(
        draw_top(("packed_mux", f"mux{count}", "pick_item", "word_select", "mux"), rng),
        inputs if rng.random() < 0.7 else inputs[::-1], (Port(y, width),),
    )  # fmt: skip
    number = f"({count - 1} - {sel})*{width}" if descending else f"{sel}*{width}"
    value = f"{a}[{sel}]" if width == 1 else f"{a}[{number} +: {width}]"
    rows = range(count)
    places = [(count - 1 - n if descending else n) * width for n in rows]
    cases = "\n".join(f"    {size}'d{n}: {y} = {a} >> {place};" for n, place in enumerate(places))
    return Case(
        key=f"packed mux {count} {width} {descending}", interface=face,
        says=_packed_says(a, sel, y, count, width, descending=descending),
        reference=module(face, assigns({y: value})),
        second=module(face, f"always @(*)\n  case ({sel})\n{cases}\n  endcase", registers=(y,)),
        machine=lambda: Function(lambda v: {y: v[a] // 2 ** places[v[sel]] % 2**width}),
    )  # fmt: skip


def _packed_says(a: str, sel: str, y: str, count: int, width: int, *, descending: bool) -> Says:
    last = count - 1
    if width == 1:
        return Says(
            brief=(
                f"{y} is bit number {sel} of {a}",
                f"drive {y} with the bit of {a} that {sel} addresses",
                f"{sel} selects one of the {count} bits of {a}: {y} is {a}[{sel}]",
                f"{article(count)} {count}-to-1 multiplexer whose inputs are the bits of {a}; "
                f"{sel} = 0 selects "
                f"{a}[0]",
                f"[pick|choose] bit {sel} of {a}, bit 0 being the least significant",
                f"look up the bit of {a} at place {sel}",
            ),
            points=((f"the {count} inputs of the multiplexer are the bits of {a}", f"{sel} is the "
            f"number of a bit of {a}"),
                    (f"{y} is {a}[{sel}]", f"{y} shows this bit: {sel} = 0 is {a}[0]")),
        )  # fmt: skip
    item = f"{width}-bit item"
    low, high = (last, 0) if descending else (0, last)
    first = f"item {low} [is|lies] in {a}[{width - 1}:0]"
    end = f"item {high} in {a}[{count * width - 1}:{last * width}]"
    top = "most" if descending else "least"
    return Says(
        brief=(
            f"{a} holds {count} items of {bits(width)}; {first}, {end}. {y} is item number {sel}",
            f"{y} is the {item} of {a} with the number {sel}, counted from the {top} significant "
            f"end",
            f"{article(count)} {count}-to-1 multiplexer, {bits(width)} wide, with all its inputs "
            f"packed in {a}: "
            f"{first}, {end}. {sel} selects",
            f"[choose|pick] the {sel}-th {item} of {a}: {first} and {end}",
            f"{counted(count, item)} are packed in {a}, number 0 at the {top} significant end; "
            f"give out "
            f"the one that {sel} says",
        ),
        points=((f"{a} is a row of {counted(count, item)}",), (f"{first}, {end}",),
                (f"{y} is item number {sel}", f"{sel} selects the item that {y} shows")),
    )  # fmt: skip


def _priority(rng: Random) -> Case:
    """The value that belongs to the first condition that holds, or another one when none does."""
    count, width = rng.randint(2, 4), rng.choice((1, 2, 4, 8, 8, 12, 16, 16, 32))
    conditions = rng.choice(CONDITIONS)[:count]
    values = draw_inputs(rng, count + 1, conditions)
    fixed = rng.random() < 0.5
    data = values[:count] if fixed else values
    level = rng.choice((0, (1 << width) - 1, rng.randrange(1 << width)))
    other = constant(level, width) if fixed else values[-1]
    y = draw_output(rng, (*conditions, *values))
    low = [rng.random() < 0.15 for _ in conditions]
    ports = (*(Port(n) for n in conditions), *(Port(n, width) for n in data))
    face = Interface(
        draw_top(("priority_mux", "priority_select", "first_of", "selector"), rng),
        ports, (Port(y, width),),
    )  # fmt: skip
    tests = [f"!{n}" if turned else n for n, turned in zip(conditions, low, strict=True)]
    steps = [
        f"{'else ' if at else ''}if ({t}) {y} = {v};"
        for at, (t, v) in enumerate(zip(tests, data, strict=False))
    ]
    chain = "\n".join(["always @(*)", *(f"  {step}" for step in steps), f"  else {y} = {other};"])
    nested = other
    for test, value in reversed(list(zip(tests, data, strict=False))):
        nested = f"({test} ? {value} : {nested})"

    def shown(given: Values) -> dict[str, int]:
        for name, turned, value in zip(conditions, low, data, strict=False):
            if given[name] != turned:
                return {y: given[value]}
        return {y: level if fixed else given[other]}

    said = f"{level}" if fixed else other
    return Case(
        key=f"priority selection {count} {width} {level if fixed else 'input'} "
        f"{low}", interface=face,
        says=_priority_says(y, conditions, low, data, said),
        reference=module(face, chain, registers=(y,)), second=module(face, assigns({y: nested})),
        machine=lambda: Function(shown),
    )  # fmt: skip


def _priority_says(
    y: str, conditions: tuple[str, ...], low: list[bool], data: tuple[str, ...], other: str
) -> Says:  # fmt: skip
    holds = [f"{n} is {0 if turned else 1}" for n, turned in zip(conditions, low, strict=True)]
    pairs = list(zip(holds, data, strict=False))
    (first, a), rest = pairs[0], pairs[1:]
    also = ", ".join(f"else {v} if {h}" for h, v in rest)
    steps = "; ".join(f"otherwise, if {h}, {v}" for h, v in rest)
    rank = ", then ".join(conditions)
    each = "; ".join(f"{v} if {h}" for h, v in pairs)
    return Says(
        brief=(
            f"{y} is {a} if {first}, {also}, else {other}",
            f"if {first}, {y} is {a}; {steps}; [if none of these holds|failing all of these], "
            f"{other}",
            f"[the priority is|in order of priority:] {rank}. {y} is {each}; with several of them "
            f"true the first one counts, with none {y} is {other}",
            f"{y} takes the value of the first condition that holds, in this order: {each}; "
            f"{other} if none does",
            f"select with priority, highest first: {each}. Without any, {y} = {other}",
        ),
        points=((f"if {first}, {y} is {a}, whatever the other controls say", f"{first} has the "
        f"highest priority and selects {a}"),
                *((f"otherwise, if {h}, {y} is {v}",) for h, v in rest),
                (f"otherwise {y} is {other}", f"if none of these holds, {y} is {other}")),
    )  # fmt: skip


FAMILIES: Final = (
    Family("packed multiplexer", "muxes", _packed),
    Family("priority selection", "muxes", _priority),
)
