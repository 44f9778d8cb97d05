"""What modules without a clock share: port names, module texts, case statements, lists in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Final

from .interface import Interface

LETTERS: Final = ("abcdefghijklmnop", "pqrstuvx", "xyz", "stuv", "klmn", "ABC", "efgh", "mnop")
# A stem, and the number its series begins with.
SERIES: Final = (
    ("in", 0), ("in", 1), ("x", 0), ("x", 1), ("x", 1), ("i", 0), ("d", 0), ("d", 1), ("a", 0),
    ("p", 1),
    ("data", 0), ("din", 0), ("in_", 0), ("ch", 0), ("ch", 1), ("src_", 0), ("src_", 1), ("op", 1),
    ("t", 0), ("t", 1), ("e", 0), ("num", 0), ("num", 1), ("m", 1), ("r", 0), ("way", 0),
    ("item", 0),
    ("v", 0), ("s", 0), ("inp", 1), ("lane_", 0), ("port_", 0), ("word", 0), ("val", 0),
)  # fmt: skip
LETTERED: Final = (
    "in_",
    "in_",
    "num_",
    "val_",
    "word_",
    "port_",
    "op_",
    "ch_",
    "data_",
    "in",
    "d_",
)
OUTPUTS: Final = (
    "y", "y", "z", "z", "out", "out", "f", "f", "q", "o", "result", "res", "x", "out1", "dout",
    "led",
    "out_y", "fn", "func", "data_out", "o_y",
)  # fmt: skip
OUTPUT_STEMS: Final = (
    ("y", 0), ("y", 1), ("z", 1), ("o", 0), ("o", 1), ("out", 0), ("out_", 0), ("out_", 1),
    ("dout", 0),
    ("f", 0), ("f", 1), ("g", 0), ("q", 0), ("res", 0), ("part", 1),
)  # fmt: skip
# One vector that a module takes apart; what comes twice is drawn more often.
VECTORS: Final = (
    "in",
    "in",
    "a",
    "d",
    "data",
    "data_in",
    "din",
    "vec",
    "word",
    "x",
    "bus",
    "value",
    "v",
)
LOOSE_OUTPUTS: Final = ("xyz", "pqrs", "uvxyz", "fgh", "yz", "qrst", "xy")


def draw_inputs(rng: Random, count: int, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return names of a series of inputs: letters, a stem with numbers, or a stem with letters."""
    used = set(taken)
    while True:
        style = rng.random()
        if style < 0.45:
            letters = rng.choice([x for x in LETTERS if len(x) >= count])
            at = rng.randrange(len(letters) - count + 1) if rng.random() < 0.2 else 0
            names = tuple(letters[at : at + count])
        elif style < 0.85:
            stem, first = rng.choice(SERIES)
            names = tuple(f"{stem}{number}" for number in range(first, first + count))
        else:
            stem = rng.choice(LETTERED)
            names = tuple(f"{stem}{letter}" for letter in LETTERS[0][:count])
        if not used & set(names):
            return names


def draw_output(rng: Random, taken: Iterable[str]) -> str:
    """Return a name of an output that is not taken."""
    used = set(taken)
    return rng.choice([name for name in OUTPUTS if name not in used])


def draw_outputs(rng: Random, count: int, taken: Iterable[str]) -> tuple[str, ...]:
    """Return names of a series of outputs that are not taken."""
    used = set(taken)
    if count == 1:
        return (draw_output(rng, used),)
    while True:
        loose = [letters for letters in LOOSE_OUTPUTS if len(letters) >= count]
        if loose and rng.random() < 0.4:
            names = tuple(rng.choice(loose)[:count])
        else:
            stem, first = rng.choice(OUTPUT_STEMS)
            names = tuple(f"{stem}{number}" for number in range(first, first + count))
        if not used & set(names):
            return names


def module(face: Interface, *lines: str, registers: Iterable[str] = ()) -> str:
    """Return a module of these lines, indented; outputs named in `registers` are `reg`."""
    body = "\n".join("\n".join(f"  {part}" for part in line.splitlines()) for line in lines)
    return f"{face.header(frozenset(registers))}\n{body}\nendmodule\n"


def assigns(values: Mapping[str, str]) -> str:
    """Return continuous assignments, a line for each name."""
    return "\n".join(f"assign {name} = {value};" for name, value in values.items())


def cased(
    selector: str, arms: Sequence[tuple[str, str]], otherwise: str | None = None
) -> str:  # fmt: skip
    """Return an always block with a case statement; arms are (label, statement without `;`)."""
    lines = ["always @(*)", f"  case ({selector})"]
    lines += [f"    {label}: {statement};" for label, statement in arms]
    if otherwise is not None:
        lines.append(f"    default: {otherwise};")
    return "\n".join([*lines, "  endcase"])


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names as a list in a sentence: `a, b and c`."""
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def constant(value: int, width: int, base: str = "d") -> str:
    """Return a sized constant; single bits are always binary."""
    if width == 1:
        return f"1'b{value}"
    digits = {"d": f"{value}", "h": f"{value:x}", "b": f"{value:0{width}b}"}[base]
    return f"{width}'{base}{digits}"


def counted(number: int, noun: str) -> str:
    """Return a number in words, as people write small ones, with its noun."""
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
    many = noun if number == 1 else f"{noun}s"
    return f"{names[number] if number < len(names) else number} {many}"


def article(number: int) -> str:
    """Return the article before a number that is written in digits."""
    return "an" if str(number).startswith("8") or number in (11, 18) else "a"
