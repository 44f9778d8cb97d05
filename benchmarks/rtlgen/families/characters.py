"""Characters on a serial line: their format, and the words for a receiver of them."""

from __future__ import annotations

from typing import NamedTuple

from ..case import Says
from ..interface import Interface
from ..words import told


class Plan(NamedTuple):
    """A character: data bits, place of the stop bit, even (0) or odd (1) parity, idle level.

    With `waits` a wrong stop bit keeps the receiver busy until the line is idle.
    """

    bits: int
    stop: int
    parity: int | None
    waits: bool
    idle: int


def receiver_says(face: Interface, plan: Plan, shows: bool) -> Says:
    """Return the words for a receiver, which `shows` the data bits or not."""
    x, done = face.inputs[0].name, face.outputs[-1].name
    points = [_character_words(x, plan), _done_words(done, plan), _stop_words(x, plan),
              (f"reset makes it wait for a start bit, with {done} = 0",
               f"on reset it is idle and {done} is 0",
               "a character in progress is dropped by reset")]  # fmt: skip
    if plan.parity is not None:
        points.insert(1, _parity_words(plan.parity, plan.idle))
    if shows:
        points.insert(-2, _data_words(face.outputs[0].name, done))
    return Says(told(face.names, *points), tuple(points))


def _character_words(x: str, plan: Plan) -> tuple[str, ...]:
    bits, idle = plan.bits, plan.idle
    check = "" if plan.parity is None else ", [a|one] parity bit"
    return (
        f"{x} is a serial line, one bit per cycle, that idles at {idle}: a start bit {1 - idle}, "
        f"{bits} data bits (least significant first){check} and a stop bit {idle}",
        f"receive characters on {x}, a bit per clock: one start bit ({1 - idle}), {bits} data "
        f"bits with the lowest first{check}, one stop bit ({idle}); the idle line is {idle}",
        f"character format on {x}, one bit in each cycle: start {1 - idle}, {bits} data bits LSB "
        f"first{check}, stop {idle}; between characters the line is {idle}",
    )


def _parity_words(parity: int, idle: int) -> tuple[str, ...]:
    kind, ones = ("even", "odd")[parity], "ones" if idle else "zeros"
    return (
        f"the parity is {kind}: data and parity bit together have an {kind} number of {ones}",
        f"{kind} parity, that is an {kind} number of {ones} in data and parity bit together",
        f"data bits and parity bit must have an {kind} number of {ones}",
    )


def _done_words(done: str, plan: Plan) -> tuple[str, ...]:
    checked = plan.parity is not None
    return (
        f"{done} is 1 for one cycle, right after [the|a] stop bit, if the stop bit "
        f"{'and the parity were' if checked else 'was'} right",
        f"in the cycle after a correct stop bit {done} is 1"
        f"{', provided the parity is right' if checked else ''}; otherwise it is 0",
        f"a [correctly received|good] character gives a pulse of one cycle on {done} behind its "
        "stop bit; a bad one none",
    )


def _data_words(out: str, done: str) -> tuple[str, ...]:
    return (
        f"{out} shows the data bits while {done} is 1, and does not matter otherwise",
        f"with {done} = 1, {out} is the character; at other times it may be anything",
        f"{out} must be valid in cycles with {done} = 1 only",
    )


def _stop_words(x: str, plan: Plan) -> tuple[str, ...]:
    if plan.waits:
        return (
            f"if the stop bit is {1 - plan.idle} it waits until {x} is {plan.idle} before it looks"
            " for a start bit again",
            f"after a wrong stop bit nothing is received until {x} has been {plan.idle}",
            f"a missing stop bit: skip everything up to the first {plan.idle} on {x}",
        )
    return (
        "after the stop bit, right or wrong, it looks for a start bit in the very next cycle",
        "whatever the stop bit was, the next cycle may bring a start bit",
        "a wrong stop bit only drops the character; the search for a start bit goes on at once",
    )
