"""Functions given by a table of values: look-ups, ROMs, displays and control words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from ..vectors import EXHAUSTIVE_BITS
from .pure import RESULTS, WORDS, distinct, ports, pure

Rows = Sequence[tuple[int, int]]
Style = Callable[[int, int], str]
# Segments a (top), b, c (right), d (bottom), e, f (left) and g (middle) of the digits.
GLYPHS: Final = (
    "abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg",
    "abcefg", "cdefg", "adef", "bcdeg", "adefg", "aefg",
)  # fmt: skip
OTHER_GLYPHS: Final = {6: "cdefg", 7: "abcf", 9: "abcfg", 12: "deg"}


def decimal(width: int, value: int) -> str:
    """Return a sized decimal constant."""
    return f"{width}'d{value}"


def binary(width: int, value: int) -> str:
    """Return a sized binary constant."""
    return f"{width}'b{value:0{width}b}"


def hexadecimal(width: int, value: int) -> str:
    """Return a sized hexadecimal constant."""
    return f"{width}'h{value:0{(width + 3) // 4}x}"


def _styles(rng: Random, width: int) -> tuple[Style, Style]:
    drawn = ((hexadecimal, decimal), (hexadecimal, hexadecimal), (decimal, decimal))
    if width < 6:
        drawn = (*drawn, (binary, binary), (binary, decimal))
    return rng.choice(drawn)


def _plain(constant: str) -> str:
    return constant.split("'")[1][1:]


def select(x: str, y: str, rows: Sequence[tuple[str, str]], default: str | None) -> str:
    """Return an always block with a case statement of constants."""
    lines = [f"    {code}: {y} = {value};" for code, value in rows]
    if default is not None:
        lines.append(f"    default: {y} = {default};")
    return "\n".join(["always @(*)", f"  case ({x})", *lines, "  endcase"])


def _or_of_rows(x: str, y: str, rows: Rows, width: int, other: int) -> str:
    """Return a second body: the OR of all rows that match, the default where none does."""
    terms = [f"({{{width}{{{x} == {code}}}}} & {width}'d{value})" for code, value in rows]
    terms.append(f"({{{width}{{!hit_}}}} & {width}'d{other})")
    hit = " || ".join(f"{x} == {code}" for code, _ in rows)
    return f"wire hit_ = {hit};\nassign {y} = {' | '.join(terms)};"


def _hits(x: str, width: int, codes: Sequence[int]) -> Stimuli | None:
    if width <= EXHAUSTIVE_BITS:
        return None

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(240):
            near = rng.choice(codes) ^ rng.choice((0, 0, 1 << rng.randrange(width)))
            yield {x: rng.choice((near, near, rng.getrandbits(width)))}

    return stimuli


def _lookup(rng: Random) -> Case:
    width, out = rng.choice((3, 4, 4, 5, 6, 7, 8, 8, 8, 10)), rng.choice((2, 3, 4, 4, 8, 6, 1))
    count = rng.randint(3, min(9, (1 << width) - 2))
    codes = rng.sample(range(1 << width), count)
    if rng.random() < 0.5:
        codes.sort()
    ordered = rng.random() < 0.4 and count <= 1 << out
    values = list(range(count)) if ordered else [rng.randrange(1 << out) for _ in range(count)]
    other, flag = rng.choice((0, 0, (1 << out) - 1)), rng.random() < 0.35
    x, y, v = distinct(rng, (*WORDS, "key", "scan", "symbol", "id_in"),
                       (*RESULTS, "digit"), ("valid", "known", "hit", "found"))  # fmt: skip
    outputs = (Port(y, out), *(ports((v,)) if flag else ()))
    face = Interface(draw_top(("lookup", "translate", "key_decode", "map_code"), rng),
                     (Port(x, width),), outputs)  # fmt: skip
    left, right = _styles(rng, width)
    rows = list(zip(codes, values, strict=True))
    shown = [(left(width, code), right(out, value)) for code, value in rows]
    if flag:
        target = f"{{{v}, {y}}}"
        body = [(code, f"{{1'b1, {value}}}") for code, value in shown]
        reference = select(x, target, body, f"{{1'b0, {right(out, other)}}}")
    else:
        reference = select(x, y, shown, right(out, other))
    second = _or_of_rows(x, y, rows, out, other) + (f"\nassign {v} = hit_;" if flag else "")
    known = dict(rows)

    def function(given: Values) -> Outputs:
        word = given[x]
        return {y: known.get(word, other), **({v: int(word in known)} if flag else {})}

    says = _lookup_says((x, y, v if flag else ""), shown, right(out, other), rng)
    return pure(f"{width} {out} {rows} {other} {flag}", face, says, reference, second, function,
                stimuli=_hits(x, width, codes))  # fmt: skip


def _lookup_says(
    names: tuple[str, str, str], shown: Sequence[tuple[str, str]], other: str, rng: Random
) -> Says:
    x, y, v = names
    tell = f"; {v} is 1 for the listed values only" if v else ""
    if rng.random() < 0.5:
        bases = {"h": "hexadecimal", "d": "decimal", "b": "binary"}
        base, out = (bases[text.split("'")[1][0]] for text in shown[0])
        shown, other = [(_plain(code), _plain(value)) for code, value in shown], _plain(other)
        tell += f"; {x} is in {base}, {y} in {out}" if base != out else f"; all values are {base}"
    rest = f"every other {x} gives {other}"
    table = _table((x, y), shown, other, rng)
    said = ", ".join(f"{code} gives {value}" for code, value in shown)
    if rng.random() < 0.6:
        return Says(
            brief=(f"{y} is [looked up|given] by the table below; {rest}{tell}",
                   f"[translate|map] {x} to {y} as [listed|the table says]; {rest}{tell}",
                   f"look-up table from {x} to {y}; {rest}{tell}"),
            tables=(table,), needs_table=True,
        )  # fmt: skip
    return Says(
        brief=(f"{y} depends on {x}: {said}; {rest}{tell}",
               f"[translate|map] {x} to {y}: {said}; {rest}{tell}",
               f"code translation, {x} to {y}. {said}; {rest}{tell}"),
        points=(*((f"for {x} = {code}, {y} is {value}", f"{x} = {code} gives {value}")
                  for code, value in shown), (rest + tell,)),
        tables=(table,),
    )  # fmt: skip


def _table(
    heads: tuple[str, str], rows: Sequence[tuple[str, str]], default: str | None, rng: Random
) -> str:
    between = rng.choice((" | ", " -> ", ": ", "  "))
    wide = max(len(heads[0]), *(len(code) for code, _ in rows), 5 if default else 0)
    lines = [f"{code.ljust(wide)}{between}{value}" for code, value in rows]
    if default is not None:
        lines.append(f"{'other'.ljust(wide)}{between}{default}")
    return "\n".join([f"{heads[0].ljust(wide)}{between}{heads[1]}", *lines])


def _rom(rng: Random) -> Case:
    bits, out = rng.choice((2, 3, 3, 3, 4)), rng.choice((4, 4, 5, 6, 8, 8, 8, 12, 16))
    values = [rng.randrange(1 << out) for _ in range(1 << bits)]
    x, y = distinct(rng, ("addr", "address", "a", "index", "sel", "i_addr", "adr"),
                    (*RESULTS, "data", "word"))  # fmt: skip
    face = Interface(draw_top(("rom", f"rom{1 << bits}x{out}", "constants", "table_rom"), rng),
                     (Port(x, bits),), (Port(y, out),))  # fmt: skip
    style = rng.choice((hexadecimal, hexadecimal, decimal))
    shown = [(decimal(bits, n), style(out, value)) for n, value in enumerate(values)]
    packed = "".join(f"{value:0{out}b}" for value in reversed(values))
    second = (
        f"wire [{len(packed) - 1}:0] all_ = {len(packed)}'b{packed};\n"
        f"assign {y} = all_[{x}*{out} +: {out}];"
    )
    plain = [_plain(value) for _, value in shown]
    base = "hexadecimal" if style is hexadecimal else "decimal"
    listed = ", ".join(plain)
    table = _table((x, y), [(str(n), value) for n, (_, value) in enumerate(shown)], None, rng)
    says = Says(
        brief=(
            f"combinational ROM with {1 << bits} words of {out} bits. From address 0 on they are "
            f"(in {base}): {listed}. {y} is the word at address {x}",
            f"{y} is the entry number {x} of the list {listed} ({base}, entry 0 first)",
            f"{1 << bits} constants are selected by {x}; in the order {x} = 0, 1, 2, ... {y} is "
            f"{listed} ({base})",
            f"read-only table without a clock: {x} = 0 to {(1 << bits) - 1} give {listed} on {y}, "
            f"all in {base}",
        ),
        points=(("it is a ROM read without a clock", f"{y} follows {x} without a clock"),
                (f"the words from address 0 on are, in {base}, {listed}",),
                (f"{y} is the word at the address {x}",)),
        tables=(table,),
    )  # fmt: skip
    return pure(f"{bits} {out} {values}", face, says, select(x, y, shown, None), second,
                lambda given: {y: values[given[x]]})  # fmt: skip


def _segments(rng: Random) -> Case:
    count, low = rng.choice((10, 10, 10, 16, 16, 8)), rng.random() < 0.4
    order = rng.choice(("abcdefg", "gfedcba"))
    glyphs: list[str] = list(GLYPHS)
    for digit, other in OTHER_GLYPHS.items():
        if rng.random() < 0.3:
            glyphs[digit] = other
    bits = 3 if count == 8 else 4
    blank = rng.choice(("", "", "g", "adg")) if count == 10 else ""
    x, y = distinct(rng, ("digit", "bcd", "num", "hex", "in", "d", "value"),
                    ("seg", "segments", "segs", "display", "out", "led", "y"))  # fmt: skip
    face = Interface(draw_top(("seven_seg", "seg7", "display_decoder", "hex_display"), rng),
                     (Port(x, bits),), (Port(y, 7),))  # fmt: skip

    def coded(segments: str) -> int:
        word = int("".join("1" if s in segments else "0" for s in order), 2)
        return word ^ 127 if low else word

    rows = [(n, coded(glyphs[n])) for n in range(count)]
    rest = coded(blank) if count == 10 else None
    shown = [(decimal(bits, n), binary(7, value)) for n, value in rows]
    reference = select(x, y, shown, None if rest is None else binary(7, rest))
    second = _or_of_rows(x, y, rows, 7, rest or 0)
    table = _table((x, y), [(str(n), f"{v:07b}") for n, v in rows],
                   None if rest is None else f"{rest:07b}", rng)  # fmt: skip
    known = dict(rows)
    says = _segments_says((blank, order, table, x, y), count, low, rest)
    return pure(f"{rows} {rest}", face, says, reference, second,
                lambda given: {y: known.get(given[x], rest or 0)})  # fmt: skip


def _segments_says(names: tuple[str, ...], count: int, low: bool, rest: object) -> Says:
    blank, order, table, x, y = names
    lit = "0" if low else "1"
    way = f"{y}[6] is segment {order[0]} and {y}[0] segment {order[-1]}"
    kind = {10: "decimal", 16: "hexadecimal", 8: "octal"}[count]
    shows = {"": "nothing", "g": "a dash (segment g)"}.get(blank, "the segments a, d and g")
    tail = (f". {x} above 9 shows {shows}"
            if rest is not None else "")  # fmt: skip
    return Says(
        brief=(
            f"decode the {kind} digit {x} for a seven-segment display as listed below; {way}, and "
            f"{lit} lights a segment{tail}",
            f"seven-segment decoder: {y} for every {x} is given below ({way}; lit = {lit}){tail}",
            f"{y} drives a seven-segment display ({way}; a segment is on at {lit}). The patterns "
            f"are listed below{tail}",
        ),
        tables=(table,), needs_table=True,
    )  # fmt: skip


FAMILIES: Final = (
    Family("look-up table", "tables", _lookup),
    Family("ROM", "tables", _rom),
    Family("seven segments", "tables", _segments, weight=0.7),
)
