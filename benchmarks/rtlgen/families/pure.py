"""What combinational cases share: names of their ports, stimuli, and a case out of two bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from random import Random
from textwrap import indent
from typing import Final

from ..case import Case, Says, Stimuli
from ..interface import Interface, Port
from ..machine import Function, Outputs, Values
from ..vectors import EXHAUSTIVE_BITS

PAIRS: Final = (
    "a b", "a b", "a b", "x y", "in1 in2", "in0 in1", "op_a op_b", "A B", "lhs rhs", "p q",
    "num1 num2", "i_a i_b", "opa opb", "data_a data_b", "m n", "first second", "left right",
)  # fmt: skip
WORDS: Final = (
    "in", "in", "a", "x", "d", "data", "din", "data_in", "value", "word", "i_data", "num", "val",
    "code", "in_data", "din_i", "vec",
)  # fmt: skip
RESULTS: Final = (
    "out", "out", "y", "z", "q", "result", "res", "data_out", "dout", "o", "f", "r", "o_data",
    "out_data", "outv",
)  # fmt: skip
SELECTS: Final = ("sel", "sel", "s", "select", "mode", "choose", "ctrl", "op", "pick", "cfg")
ENABLES: Final = ("en", "en", "enable", "ena", "active", "gate", "on", "go", "oe")
FLAGS: Final = ("flag", "hit", "ok", "y", "out", "match", "yes", "f", "z", "is_set", "found")
AMOUNTS: Final = (
    "n",
    "amount",
    "shamt",
    "shift",
    "sh",
    "count",
    "k",
    "amt",
    "dist_in",
    "num_places",
)


def distinct(rng: Random, *pools: Sequence[str]) -> list[str]:
    """Return the names of one entry of each pool ("a b" is two), all different in any case."""
    while True:
        names = [name for pool in pools for name in rng.choice(list(pool)).split()]
        if len({name.lower() for name in names}) == len(names):
            return names


def sized(width: int) -> str:
    """Return a width as an adjective with its article."""
    vowel = width in (8, 11, 18) or 80 <= width < 90
    return f"{'an' if vowel else 'a'} {width}-bit"


def signed(value: int, width: int) -> int:
    """Return the two's complement number that a word of this width means."""
    return value - (1 << width) if value >> (width - 1) & 1 else value


def written(face: Interface, body: str) -> str:
    """Return a module; outputs that its body assigns in a block are declared as registers."""
    lines = [line.strip() for line in body.splitlines()]
    inside = "\n".join(line for line in lines if not line.startswith(("assign", "wire", "reg")))
    registers = {port.name for port in face.outputs if _assigned(port.name, inside)}
    return f"{face.header(registers)}\n{indent(body.rstrip(), '  ')}\nendmodule\n"


def _assigned(name: str, text: str) -> bool:
    targets = re.findall(r"(?:^|[;:)]|begin|else|default)\s*(\{[^}]*\}|\w+)(?:\[[^=;]*\])?\s*=[^=]",
                         text, re.MULTILINE)  # fmt: skip
    return any(name in re.findall(r"\w+", target) for target in targets)


def pure(  # noqa: PLR0913
    key: str, face: Interface, says: Says, reference: str, second: str,
    function: Callable[[Values], Outputs], *, stimuli: Stimuli | None = None, cycles: int = 200,
    before: str = "",
) -> Case:  # fmt: skip
    """Return the case of a combinational module given by two bodies and its function.

    `before` is other modules that the reference instantiates.
    """
    return Case(
        key=key, interface=face, says=says, reference=before + written(face, reference),
        second=written(face, second), machine=lambda: Function(function), stimuli=stimuli,
        cycles=cycles,
    )  # fmt: skip


def ports(names: Iterable[str], width: int = 1) -> tuple[Port, ...]:
    """Return ports of one width."""
    return tuple(Port(name, width) for name in names)


def near(
    inputs: Sequence[Port], together: Collection[str], special: Sequence[int] = (), count: int = 200
) -> Stimuli | None:
    """Return stimuli in which the ports `together` are often equal, next to or special values.

    None where so few input bits are there that every combination is tried anyway.
    """
    if sum(port.width for port in inputs) <= EXHAUSTIVE_BITS:
        return None

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(count):
            now = {port.name: rng.getrandbits(port.width) for port in inputs}
            base = rng.choice((*special, rng.getrandbits(64))) if rng.random() < 0.6 else None
            for port in inputs:
                if port.name in together and base is not None:
                    now[port.name] = (base + rng.choice((-1, 0, 0, 0, 1))) % (1 << port.width)
            yield now

    return stimuli
