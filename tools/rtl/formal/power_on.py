"""Give the registers of a design that starts without values some values, from outside.

For designs that Yosys cannot read: Icarus names the variables, and the bench sets those that are
unknown before the first step.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...sandbox import Limits
from ..design import IDENTIFIER, Design
from ..icarus import simulate
from .bench import instance, signals
from .stimulus import Interface

LIMITS: Final = Limits(cpu_s=5.0, wall_s=15.0, memory_mb=1024, file_mb=16, output_kb=256)
DUMP: Final = "variables.vcd"
MODULE: Final = "formal_variables"
MOST: Final = 2000


@dataclass(frozen=True)
class Variable:
    """A variable inside the design: its path from the bench, and its width in bits."""

    path: str
    width: int


def variables(design: Design, face: Interface) -> tuple[Variable, ...]:
    """Return the variables of the design that are not memories, as the simulator names them."""
    text = "\n".join((
        f"module {MODULE};", *signals(face, 0), instance(design, face),
        f'  initial begin $dumpfile("{DUMP}"); $dumpvars(0, dut); #1 $finish(0); end',
        "endmodule", "",
    ))  # fmt: skip
    files = {**design.files(), "formal_variables.sv": text}
    order = [*(source.name for source in design.sources), "formal_variables.sv"]
    flags = ["-I.", *(f"-D{name}={value}" for name, value in design.defines)]
    ran = simulate(files, order, MODULE, flags=flags, limits=LIMITS, keep=(DUMP,), waves=True)
    return tuple(_declared(ran.files.get(DUMP, b"").decode("utf-8", "replace")))[:MOST]


def _declared(dump: str) -> list[Variable]:
    scope: list[str] = []
    found: list[Variable] = []
    for line in dump.split("$enddefinitions", maxsplit=1)[0].splitlines():
        words = line.split()
        if words[:1] == ["$scope"] and len(words) > 2:
            scope.append(words[2])
        elif words[:1] == ["$upscope"] and scope:
            scope.pop()
        elif words[:2] == ["$var", "reg"] and len(words) > 4:
            path = [*scope[1:], words[4]]
            if all(IDENTIFIER.fullmatch(name) for name in path) and re.fullmatch(r"\d+", words[2]):
                found.append(Variable(".".join(path), int(words[2])))
    return found


def settings(found: Sequence[Variable], seed: int) -> list[str]:
    """Return statements that set each variable whose bits are all unknown to a random value."""
    chance = random.Random(seed)
    return [
        f"    if ({v.path} === {{{v.width}{{1'bx}}}})"
        f" {v.path} = {v.width}'h{chance.getrandbits(v.width):x};"
        for v in found
    ]  # fmt: skip
