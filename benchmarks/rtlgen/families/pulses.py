"""Filters of noisy inputs, stretched pulses, pulse widths and counted events."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Registers, Values
from ..verilog import clocked
from .clocking import apart, binary, faced, module, sized, timing
from .edges import SIGNALS, runs

CLEANS: Final = ("clean", "q", "out", "filtered", "stable", "debounced", "y")
TRIGGERS: Final = ("trig", "start", "fire", "hit", "event_in", "go", "trigger")
STRETCHED: Final = ("out", "pulse", "active", "long_pulse", "q", "window_on", "lamp")
DUTIES: Final = ("duty", "level", "threshold", "width_in", "on_time", "compare")
PWMS: Final = ("pwm", "out", "pwm_out", "drive", "q", "led")


def _filter(rng: Random) -> Case:
    count, d, q = rng.randint(2, 8), rng.choice(SIGNALS), rng.choice(CLEANS)
    start = int(rng.random() < 0.25)
    face = faced(rng, ("glitch_filter", "majority_hold", "noise_filter"), (Port(d),), (Port(q),))

    def successor(state: tuple[tuple[int, ...], int], i: Values) -> tuple[tuple[int, ...], int]:
        past, shown = state
        kinds = set(past)
        return (*past[1:], i[d]), (kinds.pop() if len(kinds) == 1 else shown)

    return Case(
        key=f"{count} {start} {timing(face)}", interface=face,
        says=_filter_says(face, count, start),
        reference=_filter_reference(face, count, start), second=_filter_second(face, count, start),
        machine=lambda: Registers(((start,) * count, start), successor, lambda s, _: {q: s[1]}),
        stimuli=runs(d, 1, count + 2, 200),
    )  # fmt: skip


def _filter_says(face: Interface, count: int, start: int) -> Says:
    d, q = face.inputs[0].name, face.outputs[0].name
    fill = f"all samples count as {start} in reset"
    return Says(
        brief=(
            f"{q} is set when the last {count} samples of {d}, kept in a shift register, were all 1"
            " (before the present one is shifted in), cleared when they were all 0, and kept when"
            f" they were mixed. In reset {q} is {start} and {fill}",
            f"a glitch filter. A shift register keeps the last {count} samples of {d}; at a clock"
            f" edge at which all {count} kept samples (without the one being taken) are 1, {q}"
            f" becomes 1, at which all are 0 it becomes 0, and otherwise it holds. Reset sets {q}"
            f" to {start}; {fill}",
            f"{d} is shifted into a register of {count} bits every clock cycle. When the register"
            f" is all ones {q} is set by the next clock edge, when it is all zeros {q} is cleared"
            f" by it, else {q} does not change. Reset: {q} = {start}, {fill}",
            f"filter {d}: {q} follows only after {count} equal samples in a row. The samples are in"
            f" a shift register, whose old contents decide at each clock edge: only ones set {q},"
            f" only zeros clear it, a mix keeps it. In reset {q} is {start} and {fill}",
        ),
    )  # fmt: skip


def _filter_reference(face: Interface, count: int, start: int) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    ones, zeros = binary((1 << count) - 1, count), binary(0, count)
    past = f"last[{count - 2}:0]" if count > 2 else "last[0]"
    body = clocked(face, f"last <= {ones if start else zeros};\n{q} <= 1'b{start};", (
        f"last <= {{{past}, {d}}};\nif (last == {ones}) {q} <= 1'b1;\n"
        f"else if (last == {zeros}) {q} <= 1'b0;"))  # fmt: skip
    return module(face, f"  reg [{count - 1}:0] last;\n{body}", q)


def _filter_second(face: Interface, count: int, start: int) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    logic = (f"after = {{now[{count}], now[{count - 2}:0], {d}}};\nafter[{count}] ="
             f" &now[{count - 1}:0] | (now[{count}] & |now[{count - 1}:0]);")  # fmt: skip
    begin = (2 << count) - 1 if start else 0
    return apart(face, count + 1, f"{count + 1}'d{begin}", logic, f"assign {q} = now[{count}];")


def _debounced(rng: Random) -> Case:
    count, d, q = rng.randint(2, 16), rng.choice(SIGNALS), rng.choice(CLEANS)
    start = int(rng.random() < 0.2)
    face = faced(rng, ("debouncer", "debounce", "button_filter"), (Port(d),), (Port(q),))

    def successor(state: tuple[int, int], i: Values) -> tuple[int, int]:
        shown, unlike = state
        if i[d] == shown:
            return shown, 0
        return (i[d], 0) if unlike + 1 == count else (shown, unlike + 1)

    return Case(
        key=f"{count} {start} {timing(face)}", interface=face,
        says=_debounced_says(face, count, start),
        reference=_debounced_reference(face, count, start),
        second=_debounced_second(face, count, start),
        machine=lambda: Registers((start, 0), successor, lambda s, _: {q: s[0]}),
        stimuli=runs(d, 1, count + 2, 260),
    )  # fmt: skip


def _debounced_says(face: Interface, count: int, start: int) -> Says:
    d, q = face.inputs[0].name, face.outputs[0].name
    return Says(
        brief=(
            f"a debouncer: {q} takes the value of {d} when {d} has been different from {q} at"
            f" {count} clock edges in a row (at the last of them); a clock edge at which they are"
            f" equal starts the count again. Reset sets {q} to {start} and the count to 0",
            f"count the successive clock edges at which {d} differs from {q}; the last of {count}"
            f" in a row copies {d} to {q} and clears the count, and equality clears it as well. On"
            f" reset {q} is {start} and the count 0",
            f"{q} changes only after {count} equal samples of {d} that contradict it: a counter"
            f" counts up while {d} is not {q}, returns to 0 when they agree, and at {count - 1} the"
            f" next differing sample is taken over and the counter cleared. Reset: {q} = {start},"
            " counter 0",
        ),
    )  # fmt: skip


def _debounced_reference(face: Interface, count: int, start: int) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    bits = (count - 1).bit_length()
    zero, one, last = (sized(n, bits) for n in (0, 1, count - 1))
    body = clocked(face, f"count <= {zero};\n{q} <= 1'b{start};", (
        f"if ({d} == {q}) count <= {zero};\nelse if (count == {last}) begin\n "
        f" count <= {zero};\n  {q} <= {d};\nend\nelse count <= count + {one};"))  # fmt: skip
    return module(face, f"  reg {Port('count', bits).range}count;\n{body}", q)


def _debounced_second(face: Interface, count: int, start: int) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    bits = (count - 1).bit_length()
    logic = (f"if ({d} ^ now[{bits}]) begin\n  if (now[{bits - 1}:0] > {count - 2}) after = {{{d},"
             f" {bits}'d0}};\n  else after = now + 1;\nend else after[{bits - 1}:0] ="
             " 0;")  # fmt: skip
    return apart(
        face, bits + 1, f"{bits + 1}'d{start << bits}", logic, f"assign {q} = now[{bits}];"
    )


def _stretched(rng: Random) -> Case:
    count, d, q = rng.randint(2, 20), rng.choice(TRIGGERS), rng.choice(STRETCHED)
    again = rng.random() < 0.5
    face = faced(rng, ("pulse_stretcher", "one_shot", "monoflop"), (Port(d),), (Port(q),))

    def successor(state: int, i: Values) -> int:
        if i[d] and (again or state == 0):
            return count
        return max(0, state - 1)

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(220):
            yield {d: int(rng.random() < 1.2 / count)}

    return Case(
        key=f"{count} {again} {timing(face)}", interface=face,
        says=_stretched_says(face, count, again), stimuli=stimuli,
        reference=_stretched_reference(face, count, again),
        second=_stretched_second(face, count, again),
        machine=lambda: Registers(0, successor, lambda s, _: {q: int(s > 0)}),
    )  # fmt: skip


def _stretched_says(face: Interface, count: int, again: bool) -> Says:
    d, q = face.inputs[0].name, face.outputs[0].name
    over = (f"every further clock edge with {d} high starts the {count} cycles anew (retriggerable)"
            if again else f"{d} is ignored while {q} is high (not retriggerable)")  # fmt: skip
    return Says(
        brief=(
            f"[make|turn] {d} into a pulse of {count} clock cycles on {q}, beginning after the"
            f" clock edge that sees {d} high; {over}. Reset sets {q} to 0",
            f"a one-shot: after a clock edge with {d} high, {q} is high for {count} clock cycles;"
            f" {over}. Reset [ends|stops] the pulse: {q} is 0",
            f"stretch {d}: {q} goes to 1 at a clock edge at which {d} is 1 and falls {count} clock"
            f" edges later; {over}. In reset {q} is 0",
            f"a down counter is loaded with {count} when {d} is"
            f" high{'' if again else ' and it is 0'}, else it counts down to 0 and stays there. {q}"
            " is 1 while it is not 0. Reset clears the counter",
        ),
    )  # fmt: skip


def _stretched_reference(face: Interface, count: int, again: bool) -> str:
    d, q = face.inputs[0].name, face.outputs[0].name
    bits = count.bit_length()
    zero, one, most = (sized(n, bits) for n in (0, 1, count))
    free = "" if again else f" && count == {zero}"
    body = clocked(face, f"count <= {zero};", (
        f"if ({d}{free}) count <= {most};\n"
        f"else if (count != {zero}) count <= count - {one};"))  # fmt: skip
    shows = f"  assign {q} = (count != {zero});"
    return module(face, f"  reg [{bits - 1}:0] count;\n{body}\n{shows}")


def _stretched_second(face: Interface, count: int, again: bool) -> str:
    """Return the module that counts up from 1 and rests at 0."""
    d, q = face.inputs[0].name, face.outputs[0].name
    logic = (f"if (now) after = now == {count} ? 0 : now + 1;\n"
             f"if ({d}{'' if again else ' & now == 0'}) after = 1;")  # fmt: skip
    return apart(face, count.bit_length(), "0", logic, f"assign {q} = |now;")


def _pwm(rng: Random) -> Case:
    width, duty, q = rng.randint(2, 8), rng.choice(DUTIES), rng.choice(PWMS)
    period = rng.choice((1 << width, rng.randint((1 << (width - 1)) + 1, (1 << width) - 1)))
    above, late = rng.random() < 0.25, rng.random() < 0.25
    face = faced(rng, ("pwm", "pwm_gen", "dimmer"), (Port(duty, width),), (Port(q),))

    def successor(state: tuple[int, int], i: Values) -> tuple[int, int]:
        return (state[0] + 1) % period, int((state[0] < i[duty]) != above)

    def shown(state: tuple[int, int], i: Values) -> Outputs:
        return {q: state[1] if late else int((state[0] < i[duty]) != above)}

    return Case(
        key=f"{period} {above} {late} {timing(face)}", interface=face,
        says=_pwm_says(face, period, above, late),
        reference=_pwm_reference(face, period, above, late),
        second=_pwm_second(face, period, above, late),
        machine=lambda: Registers((0, 0), successor, shown), cycles=min(480, 3 * period + 60),
    )  # fmt: skip


def _pwm_says(face: Interface, period: int, above: bool, late: bool) -> Says:
    duty, q = face.inputs[0].name, face.outputs[0].name
    word = "greater than or equal to" if above else "[less than|below]"
    comes = (f"a register that takes, at each clock edge, whether the count (before it advances) is"
             f" {word} {duty}" if late else f"1 while the count is {word} {duty}, else 0"
             " (combinational)")  # fmt: skip
    return Says(
        brief=(
            f"{q} is {comes}, where the count goes from 0 to {period - 1} and over again with the"
            f" clock and starts at 0 in reset{f', like {q}' if late else ''}",
            f"pulse width modulation: a counter runs from 0 to {period - 1} and again, one step per"
            f" clock cycle; {q} is {comes}. Reset clears the counter{f' and {q}' if late else ''}",
            f"a free running counter with period {period} (0 to {period - 1}) is compared with"
            f" {duty}: {q} is {comes}. The counter{f' and {q} are' if late else ' is'} 0 in reset",
            f"PWM output {q} with a period of {period} clock cycles. {q} is {comes}; the count goes"
            f" 0, 1, ... {period - 1}, 0, ... and is 0 in reset{f', as is {q}' if late else ''}",
        ),
        ports={duty: "compare value", q: "PWM output"},
    )  # fmt: skip


def _pwm_reference(face: Interface, period: int, above: bool, late: bool) -> str:
    duty, width, q = face.inputs[0].name, face.inputs[0].width, face.outputs[0].name
    zero, one, last = (sized(n, width) for n in (0, 1, period - 1))
    steps = (f"count <= count + {one};" if period == 1 << width else
             f"count <= (count == {last}) ? {zero} : count + {one};")  # fmt: skip
    test = f"(count {'>=' if above else '<'} {duty})"
    declared = f"  reg [{width - 1}:0] count;\n"
    if late:
        body = clocked(face, f"count <= {zero};\n{q} <= 1'b0;", f"{steps}\n{q} <= {test};")
        return module(face, declared + body, q)
    body = clocked(face, f"count <= {zero};", steps)
    return module(face, f"{declared}{body}\n  assign {q} = {test};")


def _pwm_second(face: Interface, period: int, above: bool, late: bool) -> str:
    duty, width, q = face.inputs[0].name, face.inputs[0].width, face.outputs[0].name
    compared = f"{'' if above else '!'}(now[{width - 1}:0] >= {duty})"
    logic = (f"after[{width - 1}:0] = now[{width - 1}:0] < {period - 1} ? now[{width - 1}:0] + 1 :"
             f" 0;\nafter[{width}] = {compared};")  # fmt: skip
    shows = f"assign {q} = {f'now[{width}]' if late else compared};"
    return apart(face, width + 1, "0", logic, shows)


FAMILIES: Final = (
    Family("glitch filter", "pulses", _filter, weight=0.6),
    Family("debouncer", "pulses", _debounced, weight=0.6, held_out=True),
    Family("pulse stretcher", "pulses", _stretched, weight=0.7),
    Family("pulse width modulation", "pulses", _pwm),
)
