"""Clock dividers: the words for them and what counts in them."""

from __future__ import annotations

from ..case import Says
from ..interface import Interface, Port
from ..verilog import clocked
from .clocking import module, sized


def divided_says(face: Interface, period: int, toggles: bool) -> Says:
    """Return the words for a square wave (`toggles`) or a pulse of one clock cycle."""
    q, half, last = face.outputs[0].name, period // 2, period - 1
    cycles = "clock cycle" if half == 1 else f"{half} clock cycles"
    if toggles:
        return Says(brief=(
            f"{q} is the clock divided by {period}: {cycles} low, then {cycles} high, and so on."
            f" Reset makes {q} 0 and begins with the low half",
            f"divide the clock by {period}: {q} toggles every {cycles}, so it is low for {half} and"
            f" high for {half}. It starts low[| after reset]. Reset sets {q} to 0 and starts a new"
            " period",
            f"{q} is a square wave of 1/{period} of the clock frequency with a duty cycle of one"
            f" half. In reset it is 0; after reset it changes after every {cycles}",
            f"a clock divider by {period} (50 % duty): a counter makes {q} invert every {cycles}."
            f" Reset clears the counter and {q}",
        ))  # fmt: skip
    return Says(
        brief=(
            f"{q} is a pulse of one clock cycle with a period of {period}: it is 1 when a counter"
            f" from 0 to {last} (0 in reset, wrapping) is {last}",
            f"{q} is high for one clock cycle in every {period}: a counter runs from 0 to {last}"
            f" and again, and {q} is 1 while it is {last}. Reset [clears it|sets the counter to 0]",
            f"[make|generate] a tick every {period} clock cycles: {q} = 1 during the cycle in which"
            f" an internal counter (0 to {last}, wrapping, 0 in reset) [is|equals] {last}, else 0",
            f"an internal counter counts modulo {period}; reset [clears it|sets it to 0]. {q} is 1"
            f" exactly while the counter is at its last value {last}",
        ),
    )  # fmt: skip


def divided_reference(face: Interface, period: int, toggles: bool) -> str:
    """Return a counter of a period, or of half of one at whose end the output toggles."""
    q = face.outputs[0].name
    count = period // 2 if toggles else period
    bits = max(1, (count - 1).bit_length())
    last, zero, one = sized(count - 1, bits), sized(0, bits), sized(1, bits)
    reg = f"  reg {Port('count', bits).range}count;\n"
    if not toggles:
        body = clocked(
            face, f"count <= {zero};", f"count <= (count == {last}) ? {zero} : count + {one};"
        )
        return module(face, f"{reg}{body}\n  assign {q} = (count == {last});")
    if count == 1:
        return module(face, clocked(face, f"{q} <= 1'b0;", f"{q} <= ~{q};"), q)
    body = f"if (count == {last}) begin\n  count <= {zero};\n  {q} <= ~{q};\nend\n" \
           f"else count <= count + {one};"  # fmt: skip
    return module(face, reg + clocked(face, f"count <= {zero};\n{q} <= 1'b0;", body), q)
