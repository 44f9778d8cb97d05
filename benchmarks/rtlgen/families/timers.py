"""Timers: set ones, watchdogs, events counted in windows."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Registers, Values
from ..verilog import clocked
from .clocking import apart, drawn, faced, module, sized, timing

LOADS: Final = ("load", "start", "set_timer", "ld", "arm", "restart")
TIMES: Final = ("data", "delay", "ticks", "period", "value", "time_in", "start_value")
DONE: Final = ("tc", "done", "expired", "timeout", "zero", "ready", "elapsed")
KICKS: Final = ("kick", "feed", "alive", "refresh", "heartbeat", "pet")
EVENTS: Final = ("event_in", "hit", "x", "tick_in", "particle", "press", "in")
RESULTS: Final = ("count", "result", "rate", "frequency", "total", "q")
FRESH: Final = ("valid", "ready", "update", "new_result", "window_end")


def _timer(rng: Random) -> Case:
    width, load, d, done = rng.randint(3, 12), *drawn(rng, LOADS, TIMES, DONE)
    shows, enable = (
        rng.random() < 0.3,
        rng.choice(("run", "tick", "en")) if rng.random() < 0.3 else None,
    )
    inputs = (Port(load), Port(d, width), *((Port(enable),) if enable else ()))
    q = rng.choice(("count", "remaining", "left", "q"))
    outputs = (*((Port(q, width),) if shows else ()), Port(done))
    face = faced(rng, ("timer", "countdown", "delay_timer"), inputs, outputs, none=0.4)

    def successor(state: int | None, i: Values) -> int | None:
        if i[load] or state is None:
            return i[d] if i[load] else None
        return state if enable and not i[enable] else max(0, state - 1)

    def shown(state: int, _: Values) -> Outputs:
        return {done: int(state == 0), **({q: state} if shows else {})}

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for n in range(260):
            size = rng.choice((3, 8, 30, 1 << width))
            yield {load: int(n == 2 or rng.random() < 0.06),
                   d: rng.randrange(min(size, 1 << width)),
                   **({enable: int(rng.random() < 0.7)} if enable else {})}  # fmt: skip

    return Case(
        key=f"{width} {shows} {bool(enable)} {timing(face)}", interface=face,
        says=_timer_says(face), reference=_timer_reference(face), second=_timer_second(face),
        machine=lambda: Registers(0, successor, shown, forgets=True), stimuli=stimuli,
    )  # fmt: skip


def _timer_says(face: Interface) -> Says:
    load, d, *enable = (p.name for p in face.inputs)
    *counts, done = (p.name for p in face.outputs)
    only = f" in cycles with {enable[0]} high" if enable else ""
    also = f" The count is the output {counts[0]}." if counts else ""
    zero = f" Reset sets the count to 0, so {done} is 1" if face.reset else ""
    return Says(
        brief=(
            f"a down counter with {done}: load it with {d} when {load} is high (first in priority),"
            f" decrement it{only} while it is not 0, leave it at 0. {done} is high when it is"
            f" 0.{also}{zero}",
            f"a timer: {load} high at a clock edge loads {d} into a down counter. Otherwise the"
            f" counter goes down by one per clock cycle{only} until it is 0 and stays there. {done}"
            f" is 1 while the counter is 0.{also}{zero}",
            f"{load} sets the time to {d}; after that a counter counts down to 0{only} and stops."
            f" {done} shows (combinationally) that the count is 0. {load} works at any time.{also}"
            f"{zero}",
            f"[count|run] down from {d}, which is taken over at clock edges with {load} high (this"
            f" has priority), one step per clock cycle{only}, and hold at 0. {done} = (count is 0)."
            f"{also}{zero}",
        ),
        points=(
            (f"{load} high: an internal counter takes {d}", f"{load} loads the counter with {d}"),
            (f"{load} low: the counter decrements{only} unless it is 0, where it stays",),
            (f"{done} is 1 exactly while the counter is 0",),
            *((f"{q} is the counter's value",) for q in counts),
            *((("reset clears the counter", "on reset the counter is 0"),) if face.reset else ()),
        ),
    )  # fmt: skip


def _timer_reference(face: Interface) -> str:
    load, d, *enable = (p.name for p in face.inputs)
    *counts, done = (p.name for p in face.outputs)
    width, q = face.inputs[1].width, counts[0] if counts else "count"
    zero, one, also = sized(0, width), sized(1, width), f"{enable[0]} && " if enable else ""
    declared = "" if counts else f"  reg [{width - 1}:0] count;\n"
    body = clocked(face, f"{q} <= {zero};", (
        f"if ({load}) {q} <= {d};\n"
        f"else if ({also}{q} != {zero}) {q} <= {q} - {one};"))  # fmt: skip
    return module(face, f"{declared}{body}\n  assign {done} = ({q} == {zero});", *counts)


def _timer_second(face: Interface) -> str:
    load, d, *enable = (p.name for p in face.inputs)
    *counts, done = (p.name for p in face.outputs)
    less = f"now - ((|now){f' & {enable[0]}' if enable else ''})"
    shows = "\n".join([f"assign {done} = ~|now;", *(f"assign {q} = now;" for q in counts)])
    return apart(face, face.inputs[1].width, "0", f"after = {load} ? {d} : {less};", shows)


def _watchdog(rng: Random) -> Case:
    most, kick, bark = (
        rng.randint(3, 20),
        rng.choice(KICKS),
        rng.choice(("bark", "timeout", "alarm", "trip", "bite", "reset_out")),
    )
    sticky = rng.random() < 0.5
    face = faced(rng, ("watchdog", "wdt", "heartbeat_monitor"), (Port(kick),), (Port(bark),))

    def successor(state: int, i: Values) -> int:
        if sticky and state == most:
            return state
        return 0 if i[kick] else min(most, state + 1)

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for n in range(min(480, 6 * most + 60)):
            yield {kick: int(rng.random() < (0.15 if n % (3 * most) < most else 0.5 / most))}

    return Case(
        key=f"{most} {sticky} {timing(face)}", interface=face,
        says=_watchdog_says(face, most, sticky), stimuli=stimuli,
        reference=_watchdog_reference(face, most, sticky),
        second=_watchdog_second(face, most, sticky),
        machine=lambda: Registers(0, successor, lambda s, _: {bark: int(s == most)}),
    )  # fmt: skip


def _watchdog_says(face: Interface, most: int, sticky: bool) -> Says:
    kick, bark = face.inputs[0].name, face.outputs[0].name
    ends = (
        f"until reset; {kick} cannot clear it"
        if sticky
        else f"until {kick} is high at a clock edge, or reset"
    )
    rest = (
        f"Once it is {most}, only reset brings it back"
        if sticky
        else f"At {most} it stays until {kick} or reset"
    )
    return Says(
        brief=(
            f"a watchdog: a counter of clock cycles is set to 0 at each clock edge with {kick} high"
            f" and counts up otherwise. When it reaches {most} it stops and {bark} is 1, {ends}."
            " Reset sets the counter to 0",
            f"{bark} goes high after {most} clock edges in a row without {kick} and stays high"
            f" {ends}. Reset and, before that, {kick} start the waiting again",
            f"a cycle counter is cleared by {kick}, else it increments up to {most}. {rest}. {bark}"
            f" is 1 exactly while the counter is {most}. In reset the counter is 0",
        ),
        ports={kick: "sign of life", bark: "too long without one"},
    )  # fmt: skip


def _watchdog_reference(face: Interface, most: int, sticky: bool) -> str:
    kick, bark, bits = face.inputs[0].name, face.outputs[0].name, most.bit_length()
    zero, last, one = (sized(n, bits) for n in (0, most, 1))
    steps = (f"if (!{bark}) count <= {kick} ? {zero} : count + {one};" if sticky else
             f"if ({kick}) count <= {zero};\n"
             f"else if (!{bark}) count <= count + {one};")  # fmt: skip
    body = f"  assign {bark} = (count == {last});\n{clocked(face, f'count <= {zero};', steps)}"
    return module(face, f"  reg [{bits - 1}:0] count;\n{body}")


def _watchdog_second(face: Interface, most: int, sticky: bool) -> str:
    """Return the module that counts down."""
    kick, bark, bits = face.inputs[0].name, face.outputs[0].name, most.bit_length()
    logic = (f"if ({kick}{' && now != 0' if sticky else ''}) after = {most};\n"
             "else if (now > 0) after = now - 1;")  # fmt: skip
    return apart(face, bits, f"{bits}'d{most}", logic, f"assign {bark} = now == 0;")


def _window(rng: Random) -> Case:
    window, d, q = rng.randint(3, 32), rng.choice(EVENTS), rng.choice(RESULTS)
    valid = rng.choice(FRESH) if rng.random() < 0.5 else None
    outputs = (Port(q, window.bit_length()), *((Port(valid),) if valid else ()))
    face = faced(rng, ("event_counter", "rate_meter", "frequency_counter"), (Port(d),), outputs)

    def successor(
        state: tuple[tuple[int, ...], int, int], i: Values
    ) -> tuple[tuple[int, ...], int, int]:
        seen = (*state[0], i[d])
        return ((), sum(seen), 1) if len(seen) == window else (seen, state[1], 0)

    def shown(state: tuple[tuple[int, ...], int, int], _: Values) -> Outputs:
        return {q: state[1], **({valid: state[2]} if valid else {})}

    return Case(
        key=f"{window} {bool(valid)} {timing(face)}", interface=face,
        says=_window_says(face, window), reference=_window_reference(face, window),
        second=_window_second(face, window),
        machine=lambda: Registers(((), 0, 0), successor, shown),
        cycles=min(480, 8 * window + 60),
    )  # fmt: skip


def _window_says(face: Interface, window: int) -> Says:
    d, (q, *valid) = face.inputs[0].name, (p.name for p in face.outputs)
    cleared = " and ".join([q, *valid])
    also = (f" {valid[0]} is 1 in the cycle after such a clock edge (when {q} is new), else 0."
            if valid else "")  # fmt: skip
    return Says(
        brief=(
            f"count the clock cycles with {d} high in windows of {window} clock cycles, which"
            f" follow each other directly. At the last clock edge of a window {q} takes the"
            " window's total (this last cycle included); it holds until the next window"
            f" ends.{also} Reset starts a new window and clears {cleared}",
            f"an event meter: every {window} clock cycles {q} is updated with the number of cycles,"
            f" among these {window}, in which {d} was 1 at the clock edge.{also} The first window"
            f" begins after reset, which sets {cleared} to 0",
            f"time runs from 0 to {window - 1} again and again. A tally adds {d} at each clock"
            f" edge; at time {window - 1} the tally plus {d} goes to {q} and the tally to 0.{also}"
            " All registers are 0 in reset",
        ),
    )  # fmt: skip


def _window_reference(face: Interface, window: int) -> str:
    d, (q, *valid) = face.inputs[0].name, (p.name for p in face.outputs)
    bits, wide = (window - 1).bit_length(), face.outputs[0].width
    start, one, last, none = sized(0, bits), sized(1, bits), sized(window - 1, bits), sized(0, wide)
    clears = [f"t <= {start};", f"n <= {none};", f"{q} <= {none};"]
    moves = [f"if (t == {last}) begin\n  t <= {start};\n  n <= {none};\n  {q} <= n + {d};\nend\n"
             f"else begin\n  t <= t + {one};\n  n <= n + {d};\nend"]  # fmt: skip
    if valid:
        clears.append(f"{valid[0]} <= 1'b0;")
        moves.insert(0, f"{valid[0]} <= (t == {last});")
    declared = f"  reg {Port('t', bits).range}t;\n  reg {Port('n', wide).range}n;\n"
    return module(face, declared + clocked(face, "\n".join(clears), "\n".join(moves)), q, *valid)


def _window_second(face: Interface, window: int) -> str:
    """Return the module that keeps the window's samples themselves."""
    d, (q, *valid) = face.inputs[0].name, (p.name for p in face.outputs)
    wide, end = face.outputs[0].width, window - 1
    moves = (f"past <= (past << 1) | {d};\nmark <= {{mark[{end - 1}:0], mark[{end}]}};\n"
             f"if (mark[{end}]) kept <= sum;\nfresh <= mark[{end}];")  # fmt: skip
    shows = "\n".join([f"  assign {q} = kept;", *(f"  assign {name} = fresh;" for name in valid)])
    return module(face, (
        f"  reg [{end}:0] past;\n  reg [{end}:0] mark;\n  reg [{wide - 1}:0] sum;\n"
        f"  reg [{wide - 1}:0] kept;\n  reg fresh;\n  integer k;\n"
        f"  always @* begin\n    sum = {d};\n"
        f"    for (k = 0; k < {end}; k = k + 1) sum = sum + past[k];\n  end\n"
        + clocked(face, f"past <= 0;\nmark <= {window}'d1;\nkept <= 0;\nfresh <= 0;", moves)
        + f"\n{shows}"))  # fmt: skip


FAMILIES: Final = (
    Family("countdown timer", "timers", _timer),
    Family("watchdog", "timers", _watchdog, weight=0.7, held_out=True),
    Family("events in a window", "timers", _window, weight=0.7, held_out=True),
)
