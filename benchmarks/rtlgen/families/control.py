"""Small controllers: lights, coins, locks, pumps and things that move to and fro."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told
from .sales import Sale, vending_reference, vending_second, vending_words

LIGHTS: Final = (("green", "yellow", "red"), ("go", "slow", "stop"), ("g", "y", "r"),
                 ("lamp_a", "lamp_b", "lamp_c"), ("phase0", "phase1", "phase2"))  # fmt: skip
HOLDS: Final = ("", "", "hold", "freeze", "pause")
VENDS: Final = ("vend", "dispense", "drop", "release_item", "serve")
COINS: Final = (("coin_a", "coin_b"), ("nickel", "dime"), ("silver", "gold"), ("one", "two"),
                ("c1", "c2"))  # fmt: skip
OPENS: Final = ("unlocked", "open", "granted", "door", "pass_ok")


def _lights(rng: Random) -> Case:
    """Return lights that are lit one after the other, each for some cycles."""
    times = tuple(rng.randint(1, 9) for _ in range(3))
    names, hold = rng.choice(LIGHTS), rng.choice(HOLDS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("traffic", "light_ctrl", "signal_ctrl", "lamp_cycle"), rng),
                     (Port(hold),) if hold else (), tuple(Port(n) for n in names), draw_clock(rng),
                     reset)  # fmt: skip
    assert reset is not None
    order = "".join(str(at) * n for at, n in enumerate(times))

    def shown(state: int, _: Values) -> Outputs:
        return {name: int(order[state] == str(at)) for at, name in enumerate(names)}

    def successor(state: int, inputs: Values) -> int:
        return state if hold and inputs[hold] else (state + 1) % len(order)

    a, b, c = names
    points = _lights_words(a, b, c, times, hold)
    return Case(
        key=f"{times} {not hold} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points),
        reference=_lights_reference(face, times, hold), second=_lights_second(face, times, hold),
        machine=lambda: Registers(0, successor, shown), cycles=200,
    )  # fmt: skip


def _lights_reference(face: Interface, times: tuple[int, ...], hold: str) -> str:
    """Return a counter of the whole round."""
    names = [port.name for port in face.outputs]
    total, first, second = sum(times), times[0], times[0] + times[1]
    size, guard = f"{(total - 1).bit_length()}'d", f"if (!{hold}) " if hold else ""
    step = f"{guard}t <= (t == {size}{total - 1}) ? {size}0 : t + {size}1;"
    return (
        f"{face.header()}\n  reg [{(total - 1).bit_length() - 1}:0] t;\n"
        + clocked(face, f"t <= {size}0;", step)
        + f"\n  assign {names[0]} = (t < {size}{first});\n"
        f"  assign {names[1]} = (t >= {size}{first}) && (t < {size}{second});\n"
        f"  assign {names[2]} = (t >= {size}{second});\nendmodule\n"
    )  # fmt: skip


def _lights_second(face: Interface, times: tuple[int, ...], hold: str) -> str:
    """Return a ring of lights and the time left of the lit one."""
    names = [port.name for port in face.outputs]
    moves = [
        f"if ({f'!{hold}' if hold else 1})",
        "begin",
        "  if (left != 1) left <= left - 1;",
        "  else begin",
        "    lit <= {lit[1:0], lit[2]};",
        f"    left <= lit[0] ? {times[1]} : lit[1] ? {times[2]} : {times[0]};",
        "  end",
        "end",
    ]
    return (f"{face.header()}\n  reg [2:0] lit;\n  reg [3:0] left;\n"
            + clocked(face, f"lit <= 1;\nleft <= {times[0]};", "\n".join(moves))
            + f"\n  assign {{{', '.join(reversed(names))}}} = lit;\nendmodule\n")  # fmt: skip


def _lights_words(
    a: str, b: str, c: str, times: tuple[int, ...], hold: str
) -> tuple[tuple[str, ...], ...]:
    points = [
        (f"the outputs take turns: {a} ({_cycles(times[0])}), {b} ({_cycles(times[1])}), {c} "
         f"({_cycles(times[2])}), again {a}, and so on",
         f"over and over: {_cycles(times[0])} of {a} = 1, {_cycles(times[1])} of {b} = 1, "
         f"{_cycles(times[2])} of {c} = 1",
         f"{a} is 1 for {_cycles(times[0])}, then {b} for {_cycles(times[1])}, then {c} for "
         f"{_cycles(times[2])}, again and again"),
        ("exactly one of them is 1 at any time", "the other two are 0",
         "never is more or less than one of them 1"),
        (f"reset goes to the first cycle of {a}", f"after reset {a} is lit, with its full time "
                                                  "ahead",
         f"on reset it begins with the first cycle of {a}"),
    ]  # fmt: skip
    if hold:
        points.insert(2, (f"while {hold} is 1 nothing moves on", f"{hold} = 1 stops the time",
                          f"cycles with {hold} = 1 do not count"))  # fmt: skip
    return tuple(points)


def _cycles(count: int) -> str:
    return "1 cycle" if count == 1 else f"{count} cycles"


def _vending(rng: Random) -> Case:
    one, two = rng.choice(((1, 2), (1, 2), (1, 3), (2, 3), (1, 5), (2, 5), (1, 4), (3, 4)))
    price, keeps = rng.randint(one + two, 20), rng.random() < 0.5
    sale = Sale(one, two, price, keeps)
    (a, b), vend = rng.choice(COINS), rng.choice(VENDS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("vending", "vendor", "ticket_box", "coin_fsm"), rng),
                     (Port(a), Port(b)), (Port(vend),), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None

    def successor(state: Any, inputs: Values) -> Any:
        paid = state[0] + one * inputs[a] + two * inputs[b]
        if paid < price:
            return paid, 0
        return (paid - price if keeps else 0), 1

    points = vending_words(face, sale)
    return Case(
        key=f"{one} {two} {price} {keeps} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points),
        reference=vending_reference(face, sale), second=vending_second(face, sale),
        machine=lambda: Registers((0, 0), successor, lambda state, _: {vend: state[1]}), cycles=250,
    )  # fmt: skip


def _keys(names: tuple[str, str, str], code: tuple[int, ...], most: int) -> Stimuli:
    key, enter, close = names

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        at = 0
        for _ in range(330):
            right = rng.random() < 0.8
            press = int(rng.random() < 0.7)
            digit = code[at] if right else rng.randint(0, most)
            at = (at + 1 if digit == code[at] else 0) % len(code) if press else at
            yield {key: digit, enter: press, close: int(rng.random() < 0.08)}

    return stimuli


def _lock(rng: Random) -> Case:
    width, length = rng.choice((2, 3, 4, 4, 8)), rng.choice((2, 3, 3, 4))
    code = tuple(rng.randrange(1 << width) for _ in range(length))
    key, enter = rng.choice(
        (("digit", "enter"), ("key", "press"), ("num", "valid"), ("k", "strobe"))
    )
    close, opened = rng.choice(("close", "relock", "shut", "leave")), rng.choice(OPENS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("code_lock", "keypad", "lock_fsm", "safe"), rng),
                     (Port(key, width), Port(enter), Port(close)), (Port(opened),), draw_clock(rng),
                     reset)  # fmt: skip
    assert reset is not None

    def successor(done: int, inputs: Values) -> int:
        if inputs[close]:
            return 0
        if not inputs[enter] or done == length:
            return done
        return done + 1 if inputs[key] == code[done] else 0

    said = ", ".join(str(c) for c in code)
    points = _lock_words(opened, said, key, enter, close)
    return Case(
        key=f"{width} {code} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points),
        reference=_lock_reference(face, code), second=_lock_second(face, code),
        machine=lambda: Registers(0, successor, lambda done, _: {opened: int(done == length)}),
        stimuli=_keys((key, enter, close), code, (1 << width) - 1),
    )  # fmt: skip


def _lock_reference(face: Interface, code: tuple[int, ...]) -> str:
    """Return a counter of the right numbers, each compared by itself."""
    key, enter, close = (port.name for port in face.inputs)
    opened, width, length = face.outputs[0].name, face.inputs[0].width, len(code)
    wide = length.bit_length()
    size = f"{wide}'d"
    terms = " || ".join(f"(n == {size}{at} && {key} == {width}'d{c})" for at, c in enumerate(code))
    return (
        f"{face.header()}\n  reg [{wide - 1}:0] n;\n  wire right = {terms};\n"
        + clocked(face, f"n <= {size}0;", f"if ({close}) n <= {size}0;\n"
                  f"else if ({enter} && n != {size}{length}) n <= right ? n + {size}1 : {size}0;")
        + f"\n  assign {opened} = (n == {size}{length});\nendmodule\n"
    )  # fmt: skip


def _lock_second(face: Interface, code: tuple[int, ...]) -> str:
    """Return a register with one bit set at the place reached, and the code as one constant."""
    key, enter, close = (port.name for port in face.inputs)
    opened, width, length = face.outputs[0].name, face.inputs[0].width, len(code)
    packed = sum(c << width * at for at, c in enumerate(code))
    return (
        f"{face.header()}\n  reg [{length}:0] at;\n  wire [{width * length - 1}:0] code = "
        f"{width * length}'d{packed};\n  integer i;\n"
        + clocked(face, "at <= 1;", f"if ({close}) at <= 1;\nelse if ({enter} & !at[{length}])\n"
                  f"begin\n  at <= 1;\n  for (i = 0; i < {length}; i = i + 1)\n"
                  f"    if (at[i] & {key} == code[i * {width} +: {width}]) at <= 2 << i;\nend")
        + f"\n  assign {opened} = at[{length}];\nendmodule\n"
    )  # fmt: skip


def _lock_words(
    opened: str, said: str, key: str, enter: str, close: str
) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"{opened} becomes 1 when the code {said} has been entered on {key}, one number in each "
         "cycle "
         f"with {enter} = 1",
         f"a lock opens ({opened} = 1) after the numbers {said} in this order; {key} is taken only "
         f"while {enter} is 1",
         f"the code is {said}: with each {enter} = 1 one number is read from {key}, and after the "
         "last "
         f"right one {opened} is 1"),
        ("a wrong number means starting over from the first; it does not itself count as the first",
         "any wrong number sends it back to the beginning, and is not tried as a first number",
         "after an error all numbers must be entered anew, beginning with the next one"),
        (f"once open it stays so, whatever is entered, until {close} = 1 locks it again",
         f"{opened} stays 1 until {close}", f"only {close} (or reset) ends {opened} = 1"),
        (f"{close} has priority over {enter} and also drops what was entered so far",
         f"{close} = 1 always returns to the beginning, even with {enter} = 1",
         f"if {close} is 1, {enter} does not matter and nothing entered remains"),
        ("reset locks it, with nothing entered", f"after reset {opened} is 0 and no number entered",
         "on reset it is locked at the beginning"),
    )  # fmt: skip
    return points


FAMILIES: Final = (
    Family("lights in turn", "control", _lights),
    Family("vending machine", "control", _vending),
    Family("code lock", "control", _lock, held_out=True),
)
