"""One thing that a lint rule says about a design, and what to do about it."""

from __future__ import annotations

from typing import Final, Literal

from ..records import Frozen

Rule = Literal[
    "blocking_in_clocked",
    "case_incomplete",
    "combinational_loop",
    "incomplete_sensitivity",
    "latch",
    "multiple_drivers",
    "nonblocking_in_combinational",
    "undriven",
    "unused",
    "width",
]
HINTS: Final[dict[Rule, str]] = {
    "blocking_in_clocked": "write '<=' for registers, so that the order of blocks has no effect",
    "case_incomplete": "add a default branch, or list every value",
    "combinational_loop": "break the loop with a register, or assign from other signals",
    "incomplete_sensitivity": "write 'always @*' (or always_comb): synthesis ignores the list",
    "latch": "assign the signal on every path, with a default at the top of the block",
    "multiple_drivers": "drive the signal from one always block or assign only",
    "nonblocking_in_combinational": "write '=' in combinational blocks",
    "undriven": "assign the signal, or remove it",
    "unused": "use the signal, or remove it",
    "width": "make both sides equally wide: slice, extend or size the constant",
}
# What no simulation can make right; the rest is a warning, for golden designs do it on purpose.
ERRORS: Final[frozenset[Rule]] = frozenset({"combinational_loop", "multiple_drivers"})


class Finding(Frozen):
    """A rule broken at a place; line and column count from 1, and are 0 where unknown."""

    file: str
    line: int
    column: int
    rule: Rule
    severity: Literal["error", "warning"]
    message: str
    hint: str
    tool: str


def finding(rule: Rule, message: str, tool: str, place: tuple[str, int, int]) -> Finding:
    """Return a finding with the rule's own severity and hint."""
    file, line, column = place
    return Finding(
        file=file,
        line=line,
        column=column,
        rule=rule,
        severity="error" if rule in ERRORS else "warning",
        message=message[:300],
        hint=HINTS[rule],
        tool=tool,
    )
