"""Remainders of serial data, and patterns that are shown one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told
from .charts import INPUTS

SUMS: Final = ("crc", "rem", "check", "q", "signature", "fcs")
LEDS: Final = ("leds", "led", "pattern", "lamps", "out", "lights", "coils")
STEPS: Final = ("", "tick", "en", "next_step", "advance", "step")


def _terms(width: int, polynomial: int) -> str:
    """Return the polynomial in words: `x^4 + x + 1`."""
    powers = [width, *(at for at in reversed(range(width)) if polynomial >> at & 1)]
    return " + ".join("1" if p == 0 else "x" if p == 1 else f"x^{p}" for p in powers)


def _crc(rng: Random) -> Case:
    width = rng.choice((3, 4, 5, 6, 7, 8, 8, 12, 16))
    polynomial = rng.randrange(1 << width) | 1
    start = rng.choice((0, 0, (1 << width) - 1, rng.randrange(1 << width)))
    x, crc = rng.choice(INPUTS), rng.choice(SUMS)
    enable = rng.choice(("", "en", "valid", "take", "enable"))
    reset = draw_reset(rng)
    face = Interface(draw_top(("crc_serial", f"crc{width}", "crc_reg", "lfsr_check"), rng),
                     (Port(x), *([Port(enable)] if enable else [])), (Port(crc, width),),
                     draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    size = f"{width}'h"
    guard = f"if ({enable}) " if enable else ""
    step = (f"{guard}{crc} <= {{{crc}[{width - 2}:0], 1'b0}} ^ (({crc}[{width - 1}] ^ {x}) ? "
            f"{size}{polynomial:x} : {size}0);")  # fmt: skip
    reference = (f"{face.header({crc})}\n" + clocked(face, f"{crc} <= {size}{start:x};", step)
                 + "\nendmodule\n")  # fmt: skip
    moves = [f"r[{at}] <= {f'r[{at - 1}]' if at else '1' + chr(39) + 'b0'}"
             f"{' ^ back' if polynomial >> at & 1 else ''};" for at in range(width)]  # fmt: skip
    if enable:
        moves = [f"if ({enable})", "begin", *(f"  {m}" for m in moves), "end"]
    second = (f"{face.header()}\n  reg [{width - 1}:0] r;\n  wire back = r[{width - 1}] ^ {x};\n"
              + clocked(face, f"r <= {start};", "\n".join(moves))
              + f"\n  assign {crc} = r;\nendmodule\n")  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        if enable and not inputs[enable]:
            return state
        # Division of the message so far, one more bit of it brought down.
        shifted = state << 1 ^ inputs[x] << width
        return shifted ^ (1 << width | polynomial) if shifted >> width & 1 else shifted

    said = _terms(width, polynomial)
    points = _crc_words(crc, width, said, x, size, polynomial, start, enable)
    return Case(
        key=f"{width} {polynomial} {start} {not enable} {reset.asynchronous} {reset.active_low}",
        interface=face, says=Says(told(face.names, *points), tuple(points)), reference=reference,
        second=second, machine=lambda: Registers(start, successor, lambda state, _: {crc: state}),
    )  # fmt: skip


def _crc_words(
    crc: str, width: int, said: str, x: str, size: str, polynomial: int, start: int, enable: str
) -> tuple[tuple[str, ...], ...]:
    points = [
        (f"{crc} is the register of a serial CRC of {width} bits with the polynomial {said}, fed "
         "with "
         f"{x}, one bit per cycle",
         f"a bit-serial CRC-{width} over {x}; the generator is {said} (without its leading term "
         f"{size}{polynomial:x})",
         f"CRC register {crc}, one bit of {x} per clock, polynomial {size}{polynomial:x} (that is "
         f"{said})"),
        (f"each step shifts {crc} left by one, with a 0 coming in, and XORs it with {size}"
         f"{polynomial:x} if the bit shifted out, XORed with {x}, is 1",
         f"a step: shift left; if {crc}[{width - 1}] xor {x} was 1, XOR the shifted value with "
         f"{size}"
         f"{polynomial:x}",
         f"feedback is {crc}[{width - 1}] xor {x}; {crc} is shifted left (0 in) and {size}"
         f"{polynomial:x} is XORed in when the feedback is 1"),
        (f"reset sets {crc} to {size}{start:x}", f"after reset {crc} is {size}{start:x}",
         f"initial value on reset: {size}{start:x}"),
    ]  # fmt: skip
    if enable:
        points.insert(2, (f"steps are made only while {enable} is 1", f"{enable} = 0 holds {crc}",
                          f"without {enable} nothing changes"))  # fmt: skip
    return tuple(points)


@dataclass(frozen=True)
class Show:
    """Patterns to show one after the other, each for some cycles, `once` or over and over.

    `step` is the input without which a cycle does not count, "" where there is none.
    """

    patterns: tuple[int, ...]
    shown_for: int
    step: str
    once: bool

    @property
    def total(self) -> int:
        """Return for how many cycles all of them are shown."""
        return len(self.patterns) * self.shown_for


def _lit(show: Show, bit: int) -> str:
    """Return the expression for one bit of the patterns: the times at which it is 1."""
    ones = [at for at, p in enumerate(show.patterns) if p >> bit & 1]
    if len(ones) in (0, len(show.patterns)):
        return f"1'b{int(bool(ones))}"
    last, each = len(show.patterns) - 1, show.shown_for
    return " | ".join(
        f"(t >= {at * each})" + ("" if at == last else f" & (t < {(at + 1) * each})") for at in ones
    )


def _sequencer(rng: Random) -> Case:
    """Return a sequencer of listed patterns, each shown for some cycles."""
    count, width = rng.randint(3, 8), rng.choice((2, 3, 4, 4, 6, 8))
    shown_for, step = rng.choice((1, 1, 1, 2, 3, 4, 5)), rng.choice(STEPS)
    patterns = [rng.randrange(1 << width) for _ in range(count)]
    if any(a == b for a, b in zip(patterns, [*patterns[1:], patterns[0]], strict=True)):
        return _sequencer(rng)
    show = Show(tuple(patterns), shown_for, step, once=rng.random() < 0.25)
    led, reset = rng.choice(LEDS), draw_reset(rng)
    face = Interface(
        draw_top(("sequencer", "light_show", "pattern_gen", "stepper"), rng),
        (Port(step),) if step else (),
        (Port(led, width),),
        draw_clock(rng),
        reset,
    )
    assert reset is not None

    def successor(state: int, inputs: Values) -> int:
        if step and not inputs[step]:
            return state
        return min(state + 1, show.total - 1) if show.once else (state + 1) % show.total

    def shown(state: int, _: Values) -> Outputs:
        return {led: patterns[state // shown_for]}

    return Case(
        key=f"{patterns} {shown_for} {show.once} {not step} {reset.asynchronous} "
        f"{reset.active_low}",
        interface=face, says=_sequencer_says(face, show),
        reference=_sequencer_reference(face, show), second=_sequencer_second(face, show),
        machine=lambda: Registers(0, successor, shown), cycles=min(300, 5 * show.total + 60),
    )  # fmt: skip


def _sequencer_reference(face: Interface, show: Show) -> str:
    led, width = face.outputs[0].name, face.outputs[0].width
    bits = (show.total - 1).bit_length()
    size, last = f"{bits}'d", f"{bits}'d{show.total - 1}"
    texts = [f"{width}'b{p:0{width}b}" for p in show.patterns]
    if show.shown_for == 1:
        listed = [f"      {size}{at}: {led} = {text};" for at, text in enumerate(texts[:-1])]
        listed.append(f"      default: {led} = {texts[-1]};")
        shows = "\n".join(["  always @(*)", "    case (t)", *listed, "    endcase"])
    else:
        rows = [f"(t < {size}{(at + 1) * show.shown_for}) ? {text} : "
                for at, text in enumerate(texts[:-1])]  # fmt: skip
        shows = f"  assign {led} = {''.join(rows)}{texts[-1]};"
    guard = f"if ({show.step}) " if show.step else ""
    wrap = last if show.once else f"{size}0"
    return "\n".join([
        face.header({led} if show.shown_for == 1 else set()), f"  reg [{bits - 1}:0] t;",
        clocked(face, f"t <= {size}0;", f"{guard}t <= (t == {last}) ? {wrap} : t + {size}1;"),
        shows, "endmodule\n",
    ])  # fmt: skip


def _sequencer_second(face: Interface, show: Show) -> str:
    led, width, last = face.outputs[0].name, face.outputs[0].width, show.total - 1
    after = f"t >= {last} ? {last if show.once else 0} : t + 1"
    return "\n".join([
        face.header(), f"  reg [{last.bit_length() - 1}:0] t;",
        clocked(face, "t <= 0;", f"if ({show.step or 1}) t <= {after};"),
        *(f"  assign {led}[{at}] = {_lit(show, at)};" for at in range(width)),
        "endmodule\n",
    ])  # fmt: skip


def _sequencer_says(face: Interface, show: Show) -> Says:
    led, width, step = face.outputs[0].name, face.outputs[0].width, show.step
    names = ", ".join(f"{p:0{width}b}" for p in show.patterns)
    each = f"{show.shown_for} {'cycles' if show.shown_for > 1 else 'cycle'}"
    each += f" with {step} = 1" if step else ""
    points = [
        (f"{led} shows the patterns {names} (binary), each for {each}, in this order",
         f"the sequence on {led} is {names} in binary, with {each} per pattern",
         f"patterns on {led}, in binary: {names}; each lasts {each}"),
        ("after the last one it starts over", "then it begins again with the first",
         "the sequence repeats for ever")
        if not show.once else
        ("the last pattern stays until reset", "it ends with the last pattern, which is kept",
         "played once; the last pattern remains"),
        ("reset goes to the beginning of the first pattern",
         f"after reset {led} is {show.patterns[0]:0{width}b}, with its full time ahead",
         "on reset the sequence begins"),
    ]  # fmt: skip
    if step:
        points.insert(2, (f"cycles with {step} = 0 do not count", f"{step} = 0 holds everything",
                          f"without {step} it stands still"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


FAMILIES: Final = (
    Family("serial crc", "sequences", _crc),
    Family("pattern sequencer", "sequences", _sequencer),
)
