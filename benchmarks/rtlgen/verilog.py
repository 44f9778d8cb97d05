"""Pieces of Verilog that many families share: clocked blocks and case statements."""

from __future__ import annotations

from .interface import Interface


def clocked(face: Interface, at_reset: str, otherwise: str) -> str:
    """Return an always block that resets, if the module can, and does something otherwise.

    Both statements are given without indentation; several lines are put between begin and end.
    """
    if face.reset is None:
        return f"  always {face.event()}\n" + _statement(otherwise, 4)
    head = f"  always {face.event()}\n    if ({face.reset.condition})\n{_statement(at_reset, 6)}\n"
    lines = otherwise.splitlines()
    if lines[0].startswith("if (") and _single(lines):
        return head + "\n".join([f"    else {lines[0]}", *(f"    {line}" for line in lines[1:])])
    return f"{head}    else\n{_statement(otherwise, 6)}"


def _statement(text: str, depth: int) -> str:
    lines, space = text.splitlines(), " " * depth
    if _single(lines):
        return "\n".join(space + line for line in lines)
    return "\n".join([f"{space}begin", *(f"{space}  {line}" for line in lines), f"{space}end"])


def _single(lines: list[str]) -> bool:
    """Return whether the lines are one statement: a line, a case, or an if with all its branches.

    What belongs to a statement is indented, or begins one of its other branches.
    """
    if len(lines) == 1:
        return True
    rest = [line for line in lines[1:] if not line.startswith(" ")]
    if lines[0].startswith("case"):
        return rest == ["endcase"]
    return lines[0].startswith("if (") and all(line.startswith(("else", "end")) for line in rest)
