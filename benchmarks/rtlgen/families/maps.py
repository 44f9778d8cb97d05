"""Functions given by tables: truth tables, Karnaugh maps, lists of minterms or maxterms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import cased, draw_inputs, draw_output, draw_outputs, listed, module
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top
from ..tables import GRAY, karnaugh, truth_table


def _number(names: Sequence[str], values: Values) -> int:
    """Return the number the inputs form, the first one the most significant."""
    found = 0
    for name in names:
        found = 2 * found + values[name]
    return found


def _joined(names: Sequence[str]) -> str:
    return f"{{{', '.join(names)}}}" if len(names) > 1 else names[0]


def _products(names: Sequence[str], numbers: Sequence[int]) -> str:
    """Return a sum of products with a product for each number, for a second description."""
    terms = []
    for number in numbers:
        bits = f"{number:0{len(names)}b}"
        terms.append(
            " & ".join(n if b == "1" else f"~{n}" for n, b in zip(names, bits, strict=True))
        )
    return " | ".join(f"({term})" for term in terms) or "1'b0"


def _truth_table(rng: Random) -> Case:
    """A truth table of two to four inputs and one or two outputs."""
    count, outs = rng.choice((2, 3, 3, 3, 4, 4)), rng.choice((1, 1, 1, 2))
    names = draw_inputs(rng, count)
    outputs = draw_outputs(rng, outs, names)
    rows = [rng.randrange(1 << outs) for _ in range(1 << count)]
    while any(len({row >> at & 1 for row in rows}) < 2 for at in range(outs)):
        rows = [rng.randrange(1 << outs) for _ in range(1 << count)]
    face = Interface(
        draw_top(("truth_table", "table_fn", "lookup", "truth", "lut"), rng),
        tuple(Port(n) for n in names), tuple(Port(y) for y in outputs),
    )  # fmt: skip
    target = _joined(outputs)
    arms = [
        (f"{count}'b{at:0{count}b}", f"{target} = {outs}'b{row:0{outs}b}")
        for at, row in enumerate(rows)
    ]
    levels = {y: [row >> (outs - 1 - k) & 1 for row in rows] for k, y in enumerate(outputs)}
    sums = "\n".join(
        f"assign {y} = {_products(names, [n for n, v in enumerate(level) if v])};"
        for y, level in levels.items()
    )
    given = [
        (tuple(map(int, f"{at:0{count}b}")), tuple(map(int, f"{row:0{outs}b}")))
        for at, row in enumerate(rows)
    ]
    tables = (truth_table(names, outputs, given), truth_table(names, outputs, given, bars=False),
              _lines(names, outputs, given))  # fmt: skip
    return Case(
        key=f"truth table {count} {outs} {rows}", interface=face,
        says=Says(brief=_table_briefs(names, outputs), tables=tables, needs_table=True),
        reference=module(face, cased(_joined(names), arms), registers=outputs),
        second=module(face, sums),
        machine=lambda: Function(
            lambda v: {y: level[_number(names, v)] for y, level in levels.items()}),
    )  # fmt: skip


def _table_briefs(names: Sequence[str], outputs: Sequence[str]) -> tuple[str, ...]:
    ys, them, one = listed(outputs), listed(names), len(outputs) == 1
    return (
        "[implement|build] the combinational circuit [of|given by] the truth table below",
        f"{ys} {'is a function' if one else 'are functions'} of {them}, given by a truth table",
        f"the truth table [says|defines] what {ys} {'is' if one else 'are'} for every combination "
        f"of {them}",
        f"no clock, no state: {ys} {'depends' if one else 'depend'} on the inputs [only|alone], "
        f"as the table shows",
        f"a lookup from {them} to {ys}, row by row as listed",
    )  # fmt: skip


def _lines(
    names: Sequence[str], outputs: Sequence[str],
    rows: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
) -> str:  # fmt: skip
    """Return a truth table as lines `abc = 011: y = 1`."""
    left, right = (" ".join(n) for n in (names, outputs))
    return "\n".join(
        f"{left} = {' '.join(map(str, given))} -> {right} = {' '.join(map(str, wanted))}"
        for given, wanted in rows
    )


def _karnaugh(rng: Random) -> Case:
    """A Karnaugh map of two to four inputs, with don't-cares at times."""
    count = rng.choice((2, 3, 3, 4, 4, 4))
    vector = rng.random() < 0.2
    plain = draw_inputs(rng, count)
    x = rng.choice(("x", "in", "a", "d"))
    names = tuple(f"{x}[{n}]" for n in range(count - 1, -1, -1)) if vector else plain
    y = draw_output(rng, (*plain, x))
    cares = rng.random() < 0.45
    cells = [rng.choice((0, 1, None)) if cares else rng.randint(0, 1) for _ in range(1 << count)]
    while not {0, 1} <= set(cells):
        cells = [rng.randint(0, 1) for _ in cells]
    layout = _layout(rng, count)
    face = Interface(
        draw_top(("kmap", "karnaugh", "map_fn", "k_map", "mapped"), rng),
        (Port(x, count),) if vector else tuple(Port(n) for n in names), (Port(y),),
    )  # fmt: skip
    arms = [(f"{count}'b{at:0{count}b}", f"{y} = 1'b{cells[at] or 0}") for at in layout.places()]
    mark = rng.choice("ddx-") if cares else "d"
    tables = tuple(_map(names, cells, mark, layout, between) for between in (" ", " | "))
    if layout == Layout(GRAY[(count + 1) // 2], GRAY[count // 2]) and len("".join(names)) == count:
        tables += (karnaugh(names, lambda at: cells[at], unknown=mark),)
    ones = [at for at in range(1 << count) if cells[at] == 1]

    def shown(values: Values) -> dict[str, int | None]:
        return {y: cells[values[x] if vector else _number(names, values)]}

    return Case(
        key=f"karnaugh {count} {cells} {layout} {vector}", interface=face,
        says=Says(brief=_map_briefs(y, mark, None in cells), tables=tables, needs_table=True),
        reference=module(face, cased(x if vector else _joined(names), arms), registers=(y,)),
        second=module(face, f"assign {y} = {_products(names, ones)};"),
        machine=lambda: Function(shown),
    )  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """A map's column and row headings; the columns are the first inputs, or sideways the last."""

    columns: tuple[str, ...]
    rows: tuple[str, ...]
    sideways: bool = False

    def place(self, column: str, row: str) -> int:
        """Return the number of a cell."""
        return int(row + column if self.sideways else column + row, 2)

    def places(self) -> list[int]:
        """Return the cells' numbers in the order the map is read."""
        return [self.place(column, row) for row in self.rows for column in self.columns]


def _layout(rng: Random, count: int) -> Layout:
    """Return a layout, in Gray order but for a few; with three inputs either side has two."""
    across = rng.choice(((count + 1) // 2, (count + 1) // 2, count // 2))
    columns, rows = GRAY[across], GRAY[count - across]
    if rng.random() < 0.12:
        columns, rows = (tuple(rng.sample(names, len(names))) for names in (columns, rows))
    return Layout(columns, rows, rng.random() < 0.3)


def _map(
    names: Sequence[str], cells: Sequence[int | None], mark: str, layout: Layout, between: str
) -> str:
    """Return a map with its headings."""
    columns, rows = layout.columns, layout.rows
    cut = len(rows[0]) if layout.sideways else len(columns[0])
    top, side = names[:cut], names[cut:]
    if layout.sideways:
        top, side = side, top
    left = max(len(" ".join(side)), len(rows[0]))
    lines = [
        f"{'':{left}}{between}{' '.join(top)}",
        f"{' '.join(side):{left}}{between}{between.join(columns)}",
    ]
    for row in rows:
        found = [cells[layout.place(column, row)] for column in columns]
        shown = [(mark if v is None else str(v)).rjust(len(columns[0])) for v in found]
        lines.append(f"{row:{left}}{between}{between.join(shown)}")
    return "\n".join(line.rstrip() for line in lines)


def _map_briefs(y: str, mark: str, cares: bool) -> tuple[str, ...]:
    free = f"; {mark} marks a don't-care, for which any value will do" if cares else ""
    short = f" ({mark} = don't care)" if cares else ""
    return (
        f"[implement|build] the function of the Karnaugh map below{short}",
        f"{y} is given by this Karnaugh map{free}",
        f"derive {y} from the Karnaugh map{short}",
        f"[the map|the Karnaugh map] below shows {y} for all values of the inputs{free}",
        f"the cells of the K-map hold the value of {y}{free}",
    )  # fmt: skip


def _terms(rng: Random) -> Case:
    """A function as a list of minterms or maxterms, with don't-cares at times."""
    return _listed_terms(rng, zeros=False)


def _maxterms(rng: Random) -> Case:
    """A function as a list of maxterms: the numbers for which it is 0."""
    return _listed_terms(rng, zeros=True)


def _listed_terms(rng: Random, *, zeros: bool) -> Case:
    count = rng.choice((2, 3, 3, 4, 4, 4, 5))
    names, size = draw_inputs(rng, count), 1 << count
    y = draw_output(rng, names)
    chosen = sorted(rng.sample(range(size), rng.randint(1, min(size - 1, 9))))
    rest = [n for n in range(size) if n not in chosen]
    free: list[int] = []
    if rng.random() < 0.35 and len(rest) > 2:
        free = sorted(rng.sample(rest, rng.randint(1, min(4, len(rest) - 1))))
    face = Interface(
        draw_top(("minterms", "sop_fn", "term_list", "sum_fn", "terms"), rng),
        tuple(Port(n) for n in names), (Port(y),),
    )  # fmt: skip
    level, other = (0, 1) if zeros else (1, 0)
    label = ", ".join(f"{count}'d{n}" for n in chosen)
    code = cased(_joined(names), [(label, f"{y} = 1'b{level}")], f"{y} = 1'b{other}")
    ones = [n for n in range(size) if (n in chosen) != zeros]

    def shown(values: Values) -> dict[str, int | None]:
        at = _number(names, values)
        return {y: None if at in free else int(at in ones)}

    return Case(
        key=f"terms {count} {zeros} {chosen} {free}", interface=face,
        says=_terms_says(y, names, chosen, free, zeros=zeros),
        reference=module(face, code, registers=(y,)),
        second=module(face, f"assign {y} = {_products(names, ones)};"),
        machine=lambda: Function(shown),
    )  # fmt: skip


def _terms_says(
    y: str, names: tuple[str, ...], chosen: list[int], free: list[int], *, zeros: bool
) -> Says:  # fmt: skip
    """Return the words; `chosen` are the numbers for which it is 0 or 1, `free` the don't-cares."""
    level, args, listing = int(not zeros), ", ".join(names), ", ".join(map(str, chosen))
    vector, either = f"{{{args}}}", listed([str(n) for n in chosen], "or")
    order = (
        f"{names[0]} is the most significant bit[ of the number| and {names[-1]} the least "
        f"significant one|]"
    )
    big, small, kind, whole = "sum m", "d", "minterms", "sum of minterms"
    if zeros:
        big, small, kind, whole = "product M", "D", "maxterms", "product of maxterms"
    symbol, loose, meant, others = f"{y}({args}) = {big}({listing})", "", "", "all other values"
    if free:
        spared = listed([str(n) for n in free], "or")
        symbol += f" {'*' if zeros else '+'} {small}({', '.join(map(str, free))})"
        loose, meant = f". For {spared} any value will do", f"; {small} lists the don't-cares"
        others = f"all others, except that {spared} may give anything"
    return Says(
        brief=(
            f"{symbol}, where {order}{meant}",
            f"{y} is {level} when {vector}, read as [a binary|an unsigned] number, is {either}, "
            f"and {1 - level} for {others}. {order}",
            f"the {kind} of {y} are {listing}, with {names[0]} as the most significant "
            f"input{loose}",
            f"[implement|realise] the {whole} {listing} of the inputs {args} ({names[0]} is the "
            f"high bit){loose}",
            f"{y} has the {kind} {big[-1]}({listing}) in the variables {args}; {order}{loose}",
        ),
        points=((f"the inputs form the number {vector}", f"{vector} is read as an unsigned number"),
                (f"for {listing} {y} is {level}", f"{y} is {level} if this number is {either}"),
                (f"{y} is {1 - level} for {others}",)),
    )  # fmt: skip


FAMILIES: Final = (
    Family("truth table", "logic", _truth_table, weight=1.5),
    Family("karnaugh map", "logic", _karnaugh, weight=1.5),
    Family("minterms", "logic", _terms),
    Family("maxterms", "logic", _maxterms, held_out=True),
)
