"""Does it make a difference where in the order of files a design stands?

Directives, names outside modules and the unit of time reach from one file into the next. A design
that has none of them, and asks for none, is compiled to the same program first or last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .design import Design
from .fingerprint import tokens

# System functions that depend on their arguments alone; others tell the time, say, in some unit.
PURE: Final = frozenset(("$signed", "$unsigned", "$clog2", "$bits"))
OPENS: Final = frozenset(("module", "macromodule"))


def stands_alone(design: Design) -> bool:
    """Return whether a design says the same wherever its files are in the order; False if unsure.

    A "#" may be a delay, whose unit an earlier file may have set.
    """
    if design.includes or design.defines:
        return False
    return all(_stands_alone(tokens(source.text)) for source in design.sources)


def _stands_alone(words: Sequence[str]) -> bool:
    depth = 0
    for word in words:
        if "`" in word or word == "#" or (word.startswith("$") and word not in PURE):
            return False
        if word in OPENS:
            depth += 1
        elif word == "endmodule":
            depth -= 1
        elif depth < 1:
            return False
    return depth == 0
