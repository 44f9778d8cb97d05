"""Tables as people put them into specifications: truth tables, Karnaugh maps, states, waveforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

GRAY: Final = {1: ("0", "1"), 2: ("00", "01", "11", "10")}
Cell = Callable[[int], int | None]
Row = tuple[Sequence[int], Sequence[int | None]]


def shown(value: int | None, width: int = 1, unknown: str = "x") -> str:
    """Return a value in binary, or the mark of an unknown one."""
    return unknown * width if value is None else f"{value:0{width}b}"


def truth_table(
    inputs: Sequence[str], outputs: Sequence[str], rows: Sequence[Row], *, bars: bool = True
) -> str:
    """Return a truth table of one-bit columns; rows are (inputs, outputs)."""
    between = " | " if bars else "  "
    heads = [*inputs, *outputs]
    lines = [between.join(heads)]
    for given, wanted in rows:
        cells = [*(str(v) for v in given), *(shown(v) for v in wanted)]
        lines.append(between.join(c.ljust(len(h)) for c, h in zip(cells, heads, strict=True)))
    return "\n".join(line.rstrip() for line in lines)


def karnaugh(names: Sequence[str], value: Cell, *, unknown: str = "d") -> str:
    """Return the Karnaugh map of two to four inputs; `value` of the number they form, first high.

    Columns are the first names, rows the others, both in Gray order.
    """
    across = (len(names) + 1) // 2
    top, side = names[:across], names[across:]
    columns, rows = GRAY[across], GRAY[len(side)]
    head = "".join(top)
    lines = [f"{' ' * len(''.join(side))}  {head}", "".join(side) + "  " + " ".join(columns)]
    for row in rows:
        cells = []
        for column in columns:
            cells.append(shown(value(int(column + row, 2)), 1, unknown).rjust(len(column)))
        lines.append(f"{row.ljust(len(''.join(side)))}  " + " ".join(cells))
    return "\n".join(lines)


def state_table(
    states: Sequence[str], inputs: Sequence[str], following: Mapping[tuple[str, str], str],
    outputs: Mapping[str, str], *, output: str,
) -> str:  # fmt: skip
    """Return a Moore machine's table: a row per state, a column per input, the output last."""
    heads = ["State", *(f"Next state {value}" for value in inputs), output]
    lines = [" | ".join(heads)]
    for state in states:
        cells = [state, *(following[state, value] for value in inputs), outputs[state]]
        lines.append(" | ".join(c.ljust(len(h)) for c, h in zip(cells, heads, strict=True)))
    return "\n".join(line.rstrip() for line in lines)


def arrows(
    states: Sequence[str], inputs: Sequence[str], following: Mapping[tuple[str, str], str],
    outputs: Mapping[str, str],
) -> str:  # fmt: skip
    """Return a Moore machine as lines `A (0) --1--> B`, a line per transition."""
    lines = [
        f"{state} ({outputs[state]}) --{value}--> {following[state, value]}"
        for state in states
        for value in inputs
    ]
    return "\n".join(lines)


def waveform(columns: Sequence[str], rows: Sequence[Sequence[str]], *, step_ns: int = 5) -> str:
    """Return a waveform table: a row per sampled time, the signals' values in columns."""
    widths = [max(len(name), *(len(row[at]) for row in rows)) for at, name in enumerate(columns)]
    lines = ["time  " + "  ".join(n.ljust(w) for n, w in zip(columns, widths, strict=True))]
    for number, row in enumerate(rows):
        cells = "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True))
        lines.append(f"{number * step_ns}ns".ljust(6) + cells)
    return "\n".join(line.rstrip() for line in lines)
