"""Controllers with a memory: levels with hysteresis, things that go up and down."""

from __future__ import annotations

from random import Random
from typing import Any, Final, NamedTuple

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told
from .shuttles import Shuttle, shuttle_reference, shuttle_second, shuttle_words

LEVELS: Final = ("level", "depth", "temp", "fill", "height", "sense", "reading")
PUMPS: Final = ("pump", "heater", "valve", "drive", "motor", "fan", "on")
FLOORS: Final = (("floor", "target"), ("pos", "goal"), ("here", "there"), ("at", "wanted"),
                 ("track", "seek"), ("angle", "setpoint"))  # fmt: skip


class _Switch(NamedTuple):
    """An output that becomes `over` from level `high` on and the opposite below level `low`."""

    low: int
    high: int
    over: int
    start: int


def _hysteresis(rng: Random) -> Case:
    width = rng.randint(3, 8)
    low = rng.randint(1, (1 << width) - 3)
    high = rng.randint(low + 1, (1 << width) - 1)
    drains, start = rng.random() < 0.4, rng.randrange(2)
    switch = _Switch(low, high, int(drains), start)
    level, pump = rng.choice(LEVELS), rng.choice(PUMPS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("pump_ctrl", "thermostat", "level_ctrl", "two_point"), rng),
                     (Port(level, width),), (Port(pump),), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None

    def successor(state: int, inputs: Values) -> int:
        if inputs[level] < low:
            return 1 - switch.over
        return switch.over if inputs[level] >= high else state

    points = _hysteresis_words(face, switch)
    return Case(
        key=f"{width} {low} {high} {drains} {start} {reset.asynchronous} {reset.active_low}",
        interface=face, says=Says(told(face.names, *points), points),
        reference=_hysteresis_reference(face, switch), second=_hysteresis_second(face, switch),
        machine=lambda: Registers(start, successor, lambda state, _: {pump: state}),
    )  # fmt: skip


def _hysteresis_reference(face: Interface, switch: _Switch) -> str:
    level, pump, size = face.inputs[0].name, face.outputs[0].name, f"{face.inputs[0].width}'d"
    low, high, over, start = switch
    moves = (
        f"if ({level} < {size}{low}) {pump} <= 1'b{1 - over};\n"
        f"else if ({level} >= {size}{high}) {pump} <= 1'b{over};"
    )
    body = clocked(face, f"{pump} <= 1'b{start};", moves)
    return f"{face.header({pump})}\n{body}\nendmodule\n"


def _hysteresis_second(face: Interface, switch: _Switch) -> str:
    """Return the switch with both comparisons as wires."""
    level, pump = face.inputs[0].name, face.outputs[0].name
    low, high, over, start = switch
    body = clocked(
        face, f"now <= {start};", f"now <= under | over ? {'over' if over else 'under'} : now;"
    )
    return (
        f"{face.header()}\n  reg now;\n"
        f"  wire under = !({level} >= {low}), over = {level} > {high - 1};\n"
        f"{body}\n  assign {pump} = now;\nendmodule\n"
    )


def _hysteresis_words(face: Interface, switch: _Switch) -> tuple[tuple[str, ...], ...]:
    level, pump = face.inputs[0].name, face.outputs[0].name
    low, high, over, start = switch
    below, above = ("off", "on") if over else ("on", "off")
    return (
        (f"{pump} goes {below} ({1 - over}) when {level} is below {low}, and {above} ({over}) when"
         f" it is {high} or more",
         f"with {level} < {low}, {pump} becomes {1 - over}; with {level} >= {high} it becomes"
         f" {over}",
         f"switch {pump} {below} under {low} and {above} from {high} upwards, by the unsigned "
         f"{level}"),
        (f"between these limits {pump} keeps its value", "in between nothing changes",
         f"for values from {low} to {high - 1} it stays as it was"),
        (f"{pump} is a register, set at the clock edge; reset makes it {start}",
         f"{pump} changes at clock edges only and is {start} after reset",
         f"reset gives {pump} = {start}"),
    )  # fmt: skip


def _trend(rng: Random) -> Case:
    """Return a memory of the last change's direction."""
    width, start = rng.randint(2, 8), rng.randrange(2)
    level, up = rng.choice(LEVELS), rng.choice(("rising", "up", "trend", "increasing", "dir"))
    reset = draw_reset(rng)
    face = Interface(draw_top(("trend", "direction", "level_memory", "slope_sign"), rng),
                     (Port(level, width),), (Port(up),), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    reference = (
        f"{face.header({up})}\n  reg [{width - 1}:0] last;\n"
        + clocked(face, f"last <= {width}'d0;\n{up} <= 1'b{start};",
                  f"last <= {level};\nif ({level} != last) {up} <= ({level} > last);")
        + "\nendmodule\n"
    )  # fmt: skip
    second = (
        f"{face.header()}\n  reg [{width - 1}:0] last;\n  reg now;\n"
        + clocked(face, f"last <= 0;\nnow <= {start};",
                  f"last <= {level};\nif ({level} > last) now <= 1; else if ({level} < last) now "
                  "<= 0;")
        + f"\n  assign {up} = now;\nendmodule\n"
    )  # fmt: skip

    def successor(state: Any, inputs: Values) -> Any:
        last, was = state
        now = inputs[level]
        return now, was if now == last else int(now > last)

    points = _trend_words(up, level, start)
    return Case(
        key=f"{width} {start} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}", interface=face,
        says=Says(told(face.names, *points), points), reference=reference, second=second,
        machine=lambda: Registers((0, start), successor, lambda state, _: {up: state[1]}),
    )  # fmt: skip


def _trend_words(up: str, level: str, start: int) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"{up} remembers the direction of the last change of {level}: 1 if it went up, 0 if down",
         f"at each clock edge {level} is compared with its value at the edge before: if greater, "
         f"{up} "
         "becomes 1, if smaller, 0",
         f"{up} is 1 after {level} has grown from one cycle to the next and 0 after it has fallen"),
        (f"while {level} does not change, {up} is kept", f"an equal value leaves {up} alone",
         f"no change of {level}: {up} as before"),
        (f"reset sets {up} to {start} and the remembered {level} to 0",
         f"after reset {up} is {start} and the value before counts as 0",
         f"on reset {up} = {start}, previous value 0"),
    )  # fmt: skip
    return points


def _shuttle(rng: Random) -> Case:
    """Return a position that goes to and fro between two ends."""
    most, step = rng.randint(2, 20), rng.choice(("", "en", "move", "tick", "walk"))
    pos, up = (
        rng.choice(("pos", "x", "place", "index", "led_no")),
        rng.choice(("up", "dir", "right")),
    )
    shows = rng.random() < 0.5
    shuttle = Shuttle(pos, up, step, most, shows)
    reset = draw_reset(rng)
    outs = (Port(pos, most.bit_length()), *([Port(up)] if shows else []))
    face = Interface(draw_top(("shuttle", "walker", "scanner", "ping_pong"), rng),
                     (Port(step),) if step else (), outs, draw_clock(rng), reset)  # fmt: skip
    assert reset is not None

    def successor(state: Any, inputs: Values) -> Any:
        at, forward = state
        if step and not inputs[step]:
            return state
        if at == (most if forward else 0):
            forward = not forward
        return at + (1 if forward else -1), forward

    def shown(state: Any, _: Values) -> Outputs:
        return {pos: state[0], **({up: int(state[1])} if shows else {})}

    points = shuttle_words(shuttle)
    return Case(
        key=f"{most} {not step} {shows} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points),
        reference=shuttle_reference(face, shuttle), second=shuttle_second(face, shuttle),
        machine=lambda: Registers((0, True), successor, shown), cycles=260,
    )  # fmt: skip


def _lift(rng: Random) -> Case:
    width = rng.randint(2, 5)
    floor, target = rng.choice(FLOORS)
    arrived = rng.choice(("door", "arrived", "there_now", "stop_now", "reached"))
    reset, start = draw_reset(rng), rng.randrange(1 << width) if rng.random() < 0.4 else 0
    face = Interface(
        draw_top(("lift", "elevator", "follower", "positioner"), rng),
        (Port(target, width),),
        (Port(floor, width), Port(arrived)),
        draw_clock(rng),
        reset,
    )
    assert reset is not None
    size = f"{width}'d"
    reference = (
        f"{face.header({floor})}\n"
        + clocked(face, f"{floor} <= {size}{start};", f"if ({target} > {floor}) {floor} <= "
                                                      f"{floor} + "
                  f"{size}1;\nelse if ({target} < {floor}) {floor} <= {floor} - {size}1;")
        + f"\n  assign {arrived} = ({floor} == {target});\nendmodule\n"
    )  # fmt: skip
    second = (
        f"{face.header()}\n  reg [{width - 1}:0] now;\n  wire signed [{width}:0] gap = {{1'b0, "
        f"{target}}} "
        f"- {{1'b0, now}};\n  wire same = ~|gap;\n"
        + clocked(face, f"now <= {start};", f"if (!same) now <= gap[{width}] ? now - 1 : now + 1;")
        + f"\n  assign {floor} = now;\n  assign {arrived} = same;\nendmodule\n"
    )  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        return state + (inputs[target] > state) - (inputs[target] < state)

    points = _lift_words(floor, target, arrived, start)
    return Case(
        key=f"{width} {start} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}", interface=face,
        says=Says(told(face.names, *points), points), reference=reference, second=second,
        machine=lambda: Registers(start, successor, lambda state, inputs: {
            floor: state, arrived: int(state == inputs[target])}), cycles=240,
    )  # fmt: skip


def _lift_words(floor: str, target: str, arrived: str, start: int) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"{floor} moves towards {target} by one per cycle and stays when it is there",
         f"in every cycle {floor} goes up by one if {target} is above it and down by one if "
         f"{target} is "
         "below; if equal it is kept",
         f"{floor} follows {target} (both unsigned) with at most one step per cycle"),
        (f"{arrived} is 1 exactly while {floor} equals {target} (combinational)",
         f"{arrived} = 1 whenever {floor} and {target} are equal, without delay",
         f"{arrived} shows in the same cycle that {floor} is {target}"),
        (f"reset sets {floor} to {start}", f"after reset {floor} is {start}",
         f"it begins at {start} on reset"),
    )  # fmt: skip
    return points


FAMILIES: Final = (
    Family("level with hysteresis", "control", _hysteresis, weight=1.2),
    Family("direction of the last change", "control", _trend),
    Family("to and fro", "control", _shuttle),
    Family("follow a target", "control", _lift),
)
