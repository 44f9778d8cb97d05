"""Positions that go to and fro between two ends: the words and two implementations."""

from __future__ import annotations

from typing import NamedTuple

from ..interface import Interface
from ..verilog import clocked
from .clocking import indented


class Shuttle(NamedTuple):
    """A position from 0 to `most` and its direction `up`, which it `shows` or keeps for itself.

    It moves while `step` is 1, in every cycle where `step` is "".
    """

    pos: str
    up: str
    step: str
    most: int
    shows: bool


def shuttle_reference(face: Interface, shuttle: Shuttle) -> str:
    """Return a register of the position and one of the direction."""
    pos, up, step, most, shows = shuttle
    size = f"{most.bit_length()}'d"
    move = f"{up} <= go_up;\n{pos} <= go_up ? {pos} + {size}1 : {pos} - {size}1;"
    if step:
        move = f"if ({step})\nbegin\n{indented(move, 2)}\nend"
    return (
        face.header({pos, up}) + ("" if shows else f"\n  reg {up};")
        + f"\n  wire go_up = ({pos} == {size}0) || ({up} && {pos} != {size}{most});\n"
        + clocked(face, f"{pos} <= {size}0;\n{up} <= 1'b1;", move) + "\nendmodule\n"
    )  # fmt: skip


def shuttle_second(face: Interface, shuttle: Shuttle) -> str:
    """Return a counter of the whole way there and back."""
    pos, up, step, most, shows = shuttle
    period = 2 * most
    count = period.bit_length()
    return (
        f"{face.header()}\n  reg [{count - 1}:0] t;\n  reg once;\n"
        + clocked(face, "t <= 0;\nonce <= 0;", f"if ({step or 1}) begin t <= (t == {period - 1}) "
                  "? 0 : t + 1; once <= 1; end")
        + f"\n  assign {pos} = (t > {most}) ? {period} - t : t;\n"
        + (f"  assign {up} = !once | ((t != 0) & (t <= {most}));\n" if shows else "")
        + "endmodule\n"
    )  # fmt: skip


def shuttle_words(shuttle: Shuttle) -> tuple[tuple[str, ...], ...]:
    """Return the statements on ways, ends, reset, direction and rest."""
    pos, up, step, most, shows = shuttle
    when = f"cycle with {step} = 1" if step else "cycle"
    points = [
        (f"{pos} goes up by one in every {when} until it is {most}, then down by one until it is "
         "0, and so on to and fro",
         f"in each {when} {pos} moves by one: up from 0 to {most}, then down to 0, then up again",
         f"{pos} walks between 0 and {most}, one step per {when}, turning at both ends"),
        (f"each end lasts one step only: {most - 1}, {most}, {most - 1} and 1, 0, 1",
         f"the turn costs no extra step ({most} is followed by {most - 1}, 0 by 1)",
         f"after {most} comes {most - 1}, after 0 comes 1"),
        (f"reset: {pos} = 0, going up", f"reset puts {pos} to 0 with the direction up",
         "after reset it starts at 0 upwards"),
    ]  # fmt: skip
    if shows:
        points.insert(
            2,
            (
                f"{up} is the direction of the last step: 1 for up, 0 for down (1 after reset)",
                f"{up} tells how the last step went, 1 up, 0 down; reset makes it 1",
                f"{up} = 1 if the step before was upwards or there was none since reset",
            ),
        )
    if step:
        points.append((f"without {step} nothing changes", f"{step} = 0 holds everything",
                       f"while {step} is 0 it rests"))  # fmt: skip
    return tuple(points)
