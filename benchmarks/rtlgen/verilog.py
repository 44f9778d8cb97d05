"""Pieces of Verilog that many families share: clocked blocks and case statements."""

from __future__ import annotations

from .interface import Interface


def clocked(face: Interface, at_reset: str, otherwise: str) -> str:
    """Return an always block that resets, if the module can, and does something otherwise.

    Both statements are given without indentation; several lines are put between begin and end.
    """
    if face.reset is None:
        return f"  always {face.event()}\n" + _statement(otherwise, 4)
    return (
        f"  always {face.event()}\n    if ({face.reset.condition})\n{_statement(at_reset, 6)}\n"
        f"    else\n{_statement(otherwise, 6)}"
    )


def _statement(text: str, depth: int) -> str:
    lines, space = text.splitlines(), " " * depth
    if len(lines) == 1:
        return space + text
    return "\n".join([f"{space}begin", *(f"{space}  {line}" for line in lines), f"{space}end"])
