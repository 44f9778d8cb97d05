"""Timers: set ones, watchdogs, events counted in windows."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Port
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
    only = f" in cycles with {enable} high" if enable else ""
    also = f" The count is the output {q}." if shows else ""
    zero = f" Reset sets the count to 0, so {done} is 1" if face.reset else ""
    says = Says(
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
            *(((f"{q} is the counter's value",),) if shows else ()),
            *((("reset clears the counter", "on reset the counter is 0"),) if face.reset else ()),
        ),
    )  # fmt: skip
    q = q if shows else "count"
    zeros, also = sized(0, width), f"{enable} && " if enable else ""
    body = clocked(face, f"{q} <= {zeros};", (
        f"if ({load}) {q} <= {d};\nelse if ({also}{q} != {zeros}) {q} <= {q} -"
        f" {sized(1, width)};"))  # fmt: skip
    regs = "" if shows else f"  reg [{width - 1}:0] count;\n"
    less = f"now - ((|now){f' & {enable}' if enable else ''})"
    shown_as = f"assign {done} = ~|now;" + (f"\nassign {q} = now;" if shows else "")

    def successor(state: int | None, i: Values) -> int | None:
        if i[load] or state is None:
            return i[d] if i[load] else None
        return state if enable and not i[enable] else max(0, state - 1)

    def shown(state: int, _: Values) -> Outputs:
        return {done: int(state == 0), **({q: state} if shows else {})}

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for n in range(260):
            size = rng.choice((3, 8, 30, 1 << width))
            yield {load: int(n == 2 or rng.random() < 0.06), d: rng.randrange(min(size,
                1 << width)),
                   **({enable: int(rng.random() < 0.7)} if enable else {})}  # fmt: skip

    return Case(
        key=f"{width} {shows} {bool(enable)} {timing(face)}", interface=face, says=says,
        reference=module(face, f"{regs}{body}\n  assign {done} = ({q} == {zeros});",
                         *((q,) if shows else ())),
        second=apart(face, width, "0", f"after = {load} ? {d} : {less};", shown_as),
        machine=lambda: Registers(0, successor, shown, forgets=True), stimuli=stimuli,
    )  # fmt: skip


def _watchdog(rng: Random) -> Case:
    most, kick, bark = (
        rng.randint(3, 20),
        rng.choice(KICKS),
        rng.choice(("bark", "timeout", "alarm", "trip", "bite", "reset_out")),
    )
    sticky = rng.random() < 0.5
    bits = most.bit_length()
    face = faced(rng, ("watchdog", "wdt", "heartbeat_monitor"), (Port(kick),), (Port(bark),))
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
    says = Says(
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
    zero, last, one = (sized(n, bits) for n in (0, most, 1))
    steps = (f"if (!{bark}) count <= {kick} ? {zero} : count + {one};" if sticky else
             f"if ({kick}) count <= {zero};\nelse if (!{bark}) count <= count +"
             f" {one};")  # fmt: skip
    body = f"  assign {bark} = (count == {last});\n{clocked(face, f'count <= {zero};', steps)}"
    # The second counts down.
    logic = (f"if ({kick}{' && now != 0' if sticky else ''}) after = {most};\n"
             "else if (now > 0) after = now - 1;")  # fmt: skip

    def successor(state: int, i: Values) -> int:
        if sticky and state == most:
            return state
        return 0 if i[kick] else min(most, state + 1)

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for n in range(min(480, 6 * most + 60)):
            yield {kick: int(rng.random() < (0.15 if n % (3 * most) < most else 0.5 / most))}

    return Case(
        key=f"{most} {sticky} {timing(face)}", interface=face, says=says, stimuli=stimuli,
        reference=module(face, f"  reg [{bits - 1}:0] count;\n{body}"),
        second=apart(face, bits, f"{bits}'d{most}", logic, f"assign {bark} = now == 0;"),
        machine=lambda: Registers(0, successor, lambda s, _: {bark: int(s == most)}),
    )  # fmt: skip


def _window(rng: Random) -> Case:
    window, d, q = rng.randint(3, 32), rng.choice(EVENTS), rng.choice(RESULTS)
    valid = rng.choice(FRESH) if rng.random() < 0.5 else None
    bits, wide = (window - 1).bit_length(), window.bit_length()
    outputs = (Port(q, wide), *((Port(valid),) if valid else ()))
    face = faced(rng, ("event_counter", "rate_meter", "frequency_counter"), (Port(d),), outputs)
    also = (f" {valid} is 1 in the cycle after such a clock edge (when {q} is new), else"
            " 0." if valid
            else "")  # fmt: skip
    says = Says(
        brief=(
            f"count the clock cycles with {d} high in windows of {window} clock cycles, which"
            f" follow each other directly. At the last clock edge of a window {q} takes the"
            " window's total (this last cycle included); it holds until the next window"
            f" ends.{also} Reset starts a new window and clears"
            f" {f'{q} and {valid}' if valid else q}",
            f"an event meter: every {window} clock cycles {q} is updated with the number of cycles,"
            f" among these {window}, in which {d} was 1 at the clock edge.{also} The first window"
            f" begins after reset, which sets {f'{q} and {valid}' if valid else q} to 0",
            f"time runs from 0 to {window - 1} again and again. A tally adds {d} at each clock"
            f" edge; at time {window - 1} the tally plus {d} goes to {q} and the tally to 0.{also}"
            " All registers are 0 in reset",
        ),
    )  # fmt: skip
    zt, zw, last = sized(0, bits), sized(0, wide), sized(window - 1, bits)
    clears = f"t <= {zt};\nn <= {zw};\n{q} <= {zw};" + (f"\n{valid} <= 1'b0;" if valid else "")
    body = clocked(face, clears, (f"{valid} <= (t == {last});\n" if valid else "") + (
        f"if (t == {last}) begin\n  t <= {zt};\n  n <= {zw};\n  {q} <= n + {d};\nend\nelse begin\n"
        f"  t <= t + {sized(1, bits)};\n  n <= n + {d};\nend"))  # fmt: skip
    regs = f"  reg {Port('t', bits).range}t;\n  reg {Port('n', wide).range}n;\n"
    # The second keeps the window's samples themselves.
    second = module(face, (
        f"  reg [{window - 1}:0] past;\n  reg [{window - 1}:0] mark;\n  reg [{wide - 1}:0] sum;\n "
        f" reg [{wide - 1}:0] kept;\n  reg fresh;\n  integer k;\n  always @* begin\n    sum ="
        f" {d};\n    for (k = 0; k < {window - 1}; k = k + 1) sum = sum + past[k];\n  end\n"
        + clocked(face, f"past <= 0;\nmark <= {window}'d1;\nkept <= 0;\nfresh <= 0;", (
            f"past <= (past << 1) | {d};\nmark <= {{mark[{window - 2}:0], mark[{window - 1}]}};\n"
            f"if (mark[{window - 1}]) kept <= sum;\nfresh <= mark[{window - 1}];"))
        + f"\n  assign {q} = kept;" + (f"\n  assign {valid} ="
                                       " fresh;" if valid else "")))  # fmt: skip

    def successor(
        state: tuple[tuple[int, ...], int, int], i: Values
    ) -> tuple[tuple[int, ...], int, int]:
        seen = (*state[0], i[d])
        return ((), sum(seen), 1) if len(seen) == window else (seen, state[1], 0)

    def shown(state: tuple[tuple[int, ...], int, int], _: Values) -> Outputs:
        return {q: state[1], **({valid: state[2]} if valid else {})}

    return Case(
        key=f"{window} {bool(valid)} {timing(face)}", interface=face, says=says,
        reference=module(face, regs + body, q, *((valid,) if valid else ())),
        second=second, machine=lambda: Registers(((), 0, 0), successor, shown),
        cycles=min(480, 8 * window + 60),
    )  # fmt: skip


FAMILIES: Final = (
    Family("countdown timer", "timers", _timer),
    Family("watchdog", "timers", _watchdog, weight=0.7, held_out=True),
    Family("events in a window", "timers", _window, weight=0.7, held_out=True),
)
