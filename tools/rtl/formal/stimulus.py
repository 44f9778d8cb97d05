"""Steps of input values: random ones that reach deep states, and those a solver asks for."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .facts import Facts, Port

CLOCK_NAME: Final = re.compile(r"(?i)(.*_)?(clk|clock|ck)(_.*|[0-9]*|in)?")
RESET_NAME: Final = re.compile(r"(?i)(.*_)?(a|s)?(rst|reset|clr|clear)(_?n|_?b|_i|_in|[0-9])?")
LOW_NAME: Final = re.compile(r"(?i).*(rst|reset|clr|clear)_?[nb]")
SHORT: Final = (16, 40, 24, 90, 12, 60, 30, 120)
LONG: Final = 1150
Style = Literal["random", "zero", "one", "sparse", "dense", "corner", "count", "hold"]
BIT_STYLES: Final[tuple[Style, ...]] = ("random", "random", "zero", "one", "sparse", "dense")
WORD_STYLES: Final[tuple[Style, ...]] = ("random", "random", "corner", "count", "hold", "sparse")


@dataclass(frozen=True)
class Interface:
    """The inputs and outputs both designs have, and which inputs are clocks, gates and resets.

    `rising` is the active edge of the first clock. `leading` inputs change before the others
    within a step, so that registers sample old data.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clocks: tuple[str, ...]
    leading: frozenset[str]
    resets: tuple[tuple[str, bool], ...]
    rising: bool = True

    def split(self, row: int) -> dict[str, int]:
        """Return the value of each input in a packed step."""
        values: dict[str, int] = {}
        for port in self.inputs:
            values[port.name] = row & ((1 << port.width) - 1)
            row >>= port.width
        return values

    def pack(self, values: Mapping[str, int]) -> int:
        """Return one step as a number, the first input in its lowest bits."""
        row, shift = 0, 0
        for port in self.inputs:
            row |= (values[port.name] & ((1 << port.width) - 1)) << shift
            shift += port.width
        return row


def interface(inputs: Sequence[Port], outputs: Sequence[Port], *facts: Facts) -> Interface:
    """Return the interface with the clocks and resets of the netlists; by name where there is none.

    A port that a netlist calls a clock is one; names are asked only when no netlist was read.
    """
    clocks = {name for f in facts for name, _ in f.clocks}
    steering = {name for f in facts for name in f.steering}
    if not facts:
        clocks = {p.name for p in inputs if p.width == 1 and CLOCK_NAME.fullmatch(p.name)}
    resets = {name: level for f in facts for name, level in f.resets if name not in clocks}
    for port in inputs:
        if port.width == 1 and port.name not in clocks and RESET_NAME.fullmatch(port.name):
            resets.setdefault(port.name, not LOW_NAME.fullmatch(port.name))
    first = next((p.name for p in inputs if p.name in clocks), "")
    return Interface(
        tuple(inputs),
        tuple(outputs),
        tuple(p.name for p in inputs if p.name in clocks),
        frozenset(clocks | steering),
        tuple(resets.items()),
        not clocks or all(up for f in facts for name, up in f.clocks if name == first),
    )


def random_rows(face: Interface, seed: int, *, cycles: int = 0, most: int = 1 << 20) -> list[int]:
    """Return steps of random values with resets, rests and long quiet stretches in them.

    `cycles` is how many clock cycles to fill; 0 is a short run with one stretch of over a thousand
    cycles, where there is a clock at all.
    """
    chance = random.Random(seed)
    rows: list[int] = []
    values = {p.name: 0 for p in face.inputs}
    for name, level in face.resets:
        values[name] = int(level)
    counted = 0
    for number, length in enumerate(_lengths(face, chance, cycles)):
        styles = _styles(face, chance, quiet=length >= LONG, first=number == 0)
        for at in range(length):
            for row in _cycle(face, chance, values, styles, at):
                rows.append(row)
            if len(rows) >= most:
                return rows
        counted += length
    return rows


def _lengths(face: Interface, chance: random.Random, cycles: int) -> Iterator[int]:
    if not cycles:
        yield from SHORT
        yield from SHORT
        if face.clocks:
            yield LONG
        return
    left = cycles
    while left > 0:
        length = chance.choice((*SHORT, 300, LONG, LONG + 300, 5000))
        yield length
        left -= length


def _styles(
    face: Interface, chance: random.Random, *, quiet: bool, first: bool
) -> dict[str, Style]:
    resets = dict(face.resets)
    styles: dict[str, Style] = {}
    for port in face.inputs:
        if port.name in face.clocks:
            continue
        if port.name in resets:
            active: Style = "one" if resets[port.name] else "zero"
            rest: Style = "zero" if resets[port.name] else "one"
            styles[port.name] = "hold" if first or chance.random() < 0.6 else rest
            if not quiet and not first and chance.random() < 0.15:
                styles[port.name] = "sparse" if active == "one" else "dense"
        elif port.width == 1:
            styles[port.name] = chance.choice(("zero", "one", "dense", "random") if quiet
                                              else BIT_STYLES)  # fmt: skip
        else:
            styles[port.name] = chance.choice(WORD_STYLES)
    return styles


def _cycle(
    face: Interface, chance: random.Random, values: dict[str, int], styles: Mapping[str, Style],
    at: int,
) -> Iterator[int]:  # fmt: skip
    """Yield the steps of one cycle: data with the clock's fall, its rise, sometimes data again."""
    clock = chance.choice(face.clocks) if face.clocks else ""
    if clock:
        values[clock] = 0
    _draw(face, chance, values, styles, at)
    yield face.pack(values)
    if not clock:
        return
    values[clock] = 1
    yield face.pack(values)
    if chance.random() < 0.2:
        _draw(face, chance, values, styles, at)
        yield face.pack(values)


def _draw(
    face: Interface, chance: random.Random, values: dict[str, int], styles: Mapping[str, Style],
    at: int,
) -> None:  # fmt: skip
    resets = dict(face.resets)
    for port in face.inputs:
        style = styles.get(port.name)
        if style is None:
            continue
        if port.name in resets and style == "hold":
            values[port.name] = int(resets[port.name] == (at < 3))
        else:
            values[port.name] = _value(chance, style, port.width, values[port.name], at)


def _value(chance: random.Random, style: Style, width: int, old: int, at: int) -> int:
    most = (1 << width) - 1
    match style:
        case "zero":
            return 0
        case "one":
            return most
        case "sparse":
            return chance.getrandbits(width) & chance.getrandbits(width) & chance.getrandbits(width)
        case "dense":
            return most & ~(chance.getrandbits(width) & chance.getrandbits(width)
                            & chance.getrandbits(width))  # fmt: skip
        case "corner":
            return chance.choice((0, most, 1, 1 << (width - 1), most >> 1, most - 1))
        case "count":
            return (old + 1) & most
        case "hold":
            return old if at % 9 else chance.getrandbits(width)
        case "random":
            return chance.getrandbits(width)


def exhaustive_rows(face: Interface) -> list[int]:
    """Return every input value once: for a design without registers and with few input bits."""
    return list(range(1 << sum(p.width for p in face.inputs)))
