"""Vending machines: the words for them and two implementations."""

from __future__ import annotations

from typing import NamedTuple

from ..interface import Interface
from ..verilog import clocked


class Sale(NamedTuple):
    """What both coins are worth and the ware costs; `keeps` when nothing paid is lost."""

    one: int
    two: int
    price: int
    keeps: bool


def vending_reference(face: Interface, sale: Sale) -> str:
    """Return a register of the amount paid."""
    a, b, vend = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    one, two, price, keeps = sale
    wide = (price + one + two).bit_length()
    size = f"{wide}'d"
    rest = f"sum - {size}{price}" if keeps else f"{size}0"
    return (
        f"{face.header({vend})}\n  reg [{wide - 1}:0] total;\n  wire [{wide - 1}:0] sum = total + "
        f"({a} ? {size}{one} : {size}0) + ({b} ? {size}{two} : {size}0);\n"
        + clocked(face, f"total <= {size}0;\n{vend} <= 1'b0;",
                  f"total <= (sum >= {size}{price}) ? {rest} : sum;\n{vend} <= (sum >= "
                  f"{size}{price});")
        + "\nendmodule\n"
    )  # fmt: skip


def vending_second(face: Interface, sale: Sale) -> str:
    """Return a register of the amount still owed."""
    a, b, vend = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    one, two, price, keeps = sale
    anew = f"{price} + owed - paid" if keeps else price
    return (
        f"{face.header()}\n  reg [5:0] owed;\n  reg out;\n  wire [5:0] paid = {a} * {one} + {b} * "
        f"{two};\n  wire enough = paid >= owed;\n"
        + clocked(face, f"owed <= {price};\nout <= 0;",
                  f"out <= enough;\nowed <= !enough ? owed - paid : {anew};")
        + f"\n  assign {vend} = out;\nendmodule\n"
    )  # fmt: skip


def vending_words(face: Interface, sale: Sale) -> tuple[tuple[str, ...], ...]:
    """Return the statements on coins, ware, rest and reset."""
    a, b, vend = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    one, two, price, keeps = sale
    return (
        (f"{a} = 1 at a clock edge is a coin worth {one}, {b} = 1 one worth {two}; both may come "
         "at once and then both count",
         f"coins: {a} is worth {one} and {b} {two}, both together {one + two}; each cycle with a "
         "1 is a coin",
         f"each cycle adds {one} for {a} and {two} for {b} to the amount paid"),
        (f"[when|once] the amount reaches {price} or more, {vend} is 1 for one cycle, the cycle "
         "after the coin",
         f"{vend} is 1 in the cycle after the coin that brings the sum to at least {price}",
         f"a sum of {price} or above gives {vend} = 1 in the next cycle"),
        (f"[what|whatever] is above {price} is kept for the next [sale|purchase]",
         f"then {price} is subtracted and the rest stays in the account",
         f"the surplus over {price} counts for the next one")
        if keeps else
        ("[what|whatever] is above is lost: the amount goes back to 0",
         "then the sum begins at 0 again, without change", "no change is given or kept"),
        (f"reset: nothing paid, {vend} = 0", f"reset clears the amount and {vend}",
         f"after reset the amount is 0 and {vend} is 0"),
    )  # fmt: skip
