"""Machines that count: runs of equal bits, groups of bits, cycles after an event."""

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
from .charts import INPUTS, RESULTS

TOPS: Final = ("run_detect", "run_length", "streak", "run_counter", "consecutive", "debounce_count")
PULSES: Final = ("z", "pulse", "tick", "p", "strobe", "beat", "out")
MARKS: Final = (("mark", "fault"), ("sep", "err"), ("flag", "abort"), ("hit", "over"),
                ("frame", "bad"), ("ok", "too_long"))  # fmt: skip
ORDINALS: Final = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
NUMBERS: Final = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def runs_of(x: str, bit: int, length: int, count: int = 300) -> Stimuli:
    """Return stimuli with runs of a bit, of about the given length."""

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        made = 0
        while made < count:
            near = rng.choice((length - 1, length, length + 1, rng.randint(1, 2 * length + 1)))
            for value, times in ((bit, near), (1 - bit, rng.choice((1, 1, 1, 2, 3)))):
                made += times
                yield from ({x: value} for _ in range(times))

    return stimuli


def _run(rng: Random) -> Case:
    """Return a detector of a number of equal bits in a row."""
    length, bit, restart = rng.randint(2, 12), int(rng.random() < 0.7), rng.random() < 0.4
    x, z = rng.choice(INPUTS), rng.choice(RESULTS)
    reset = draw_reset(rng)
    face = Interface(draw_top(TOPS, rng), (Port(x),), (Port(z),), draw_clock(rng), reset)
    assert reset is not None
    wide = length.bit_length()
    stop, other = (f"{wide}'d{v}" for v in (length, 1 if restart else length))
    ends = f"!{x}" if bit else x
    body = clocked(face, f"n <= {wide}'d0;", f"n <= {ends} ? {wide}'d0 : (n == {stop}) ? {other} : "
                   f"n + {wide}'d1;")  # fmt: skip
    reference = (f"{face.header()}\n  reg [{wide - 1}:0] n;\n{body}\n  assign {z} = (n == "
                 f"{stop});\n"
                 "endmodule\n")  # fmt: skip
    again = f"if (left == 0) left <= {length - 1 if restart else 0};\nelse left <= left - 1;"
    second = (
        f"{face.header()}\n  reg [{wide - 1}:0] left;\n"
        + clocked(face, f"left <= {length};",
                  f"if ({x} != {bit}) left <= {length};\nelse begin {again} end")
        + f"\n  assign {z} = (left == 0);\nendmodule\n"
    )  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        if inputs[x] != bit:
            return 0
        return min(state + 1, length) if not restart or state < length else 1

    name = "ones" if bit else "zeros"
    return Case(
        key=f"{length} {bit} {restart} {reset.asynchronous} {reset.active_low}", interface=face,
        says=_run_says(face, length, name, restart), reference=reference, second=second,
        machine=lambda: Registers(0, successor, lambda state, _: {z: int(state == length)}),
        stimuli=runs_of(x, bit, length),
    )  # fmt: skip


def _run_says(face: Interface, length: int, name: str, restart: bool) -> Says:
    x, z, bit = face.inputs[0].name, face.outputs[0].name, int(name == "ones")
    number = NUMBERS[length] if length < len(NUMBERS) else str(length)
    if restart:
        points = (
            (f"{z} is 1 for one cycle after every {number} consecutive {name} on {x}",
             f"[whenever|each time] {x} has been {bit} for {length} clock edges in a row, {z} is 1 "
             "in the next cycle",
             f"{length} {name} in a row on {x} give a pulse of one cycle on {z}, right after the "
             "last of them"),
            (f"then the count starts anew, so that a run of {2 * length} {name} gives two pulses",
             f"counting goes on from zero after it: the {name} counted are not used again",
             f"{name} counted for a pulse do not count for the next"),
        )  # fmt: skip
    else:
        points = (
            (f"{z} is 1 [when|while] the last {number} or more values of {x} were {name}",
             f"{z} goes high once {x} has been {bit} at {length} successive clock edges",
             f"after {length} consecutive {name} on {x}, {z} [becomes|is] 1"),
            (f"it stays 1 as long as the run lasts and is 0 in the cycle after {x} was {1 - bit}",
             f"{z} remains high until a cycle with {x} = {1 - bit} has been sampled",
             f"longer runs keep it at 1; a {1 - bit} ends it"),
        )  # fmt: skip
    start = (f"reset gives 0 and no {name} counted", "on reset the count is 0",
             f"after reset nothing has been counted and {z} is 0")  # fmt: skip
    return Says(told(face.names, *points, start), (*points, start))


def _marks(rng: Random) -> Case:
    """Return a machine that tells runs of an exact length from those that are too long."""
    exact = rng.randint(3, 9)
    most = exact + rng.randint(1, 3)
    x, (mark, fault) = rng.choice(INPUTS), rng.choice(MARKS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("run_marks", "flag_finder", *TOPS), rng), (Port(x),),
                     (Port(mark), Port(fault)), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    wide = most.bit_length()
    zero, one, top = (f"{wide}'d{v}" for v in (0, 1, most))
    body = clocked(face, f"n <= {zero};\n{mark} <= 1'b0;", "\n".join([
        f"n <= !{x} ? {zero} : (n == {top}) ? {top} : n + {one};",
        f"{mark} <= !{x} && (n == {wide}'d{exact});",
    ]))  # fmt: skip
    reference = (f"{face.header({mark})}\n  reg [{wide - 1}:0] n;\n{body}\n"
                 f"  assign {fault} = (n == {top});\nendmodule\n")  # fmt: skip
    pattern = "1" * most
    second = (
        f"{face.header()}\n  reg [{most}:0] old;\n  reg was;\n"
        + clocked(face, "old <= 0;\nwas <= 0;",
                  f"old <= {{old, {x}}};\nwas <= ~{x} & (old[{exact}:0] == {(1 << exact) - 1});")
        + f"\n  assign {mark} = was;\n  assign {fault} = old[{most - 1}:0] == {most}'b{pattern};\n"
        "endmodule\n"
    )  # fmt: skip

    def successor(state: Any, inputs: Values) -> Any:
        run, _ = state
        return (run + 1, 0) if inputs[x] else (0, int(run == exact))

    def shown(state: Any, _: Values) -> Outputs:
        return {mark: state[1], fault: int(state[0] >= most)}

    points = _marks_words(mark, exact, x, fault, most)
    return Case(
        key=f"{exact} {most} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points), reference=reference, second=second,
        machine=lambda: Registers((0, 0), successor, shown), stimuli=runs_of(x, 1, exact),
    )  # fmt: skip


def _marks_words(
    mark: str, exact: int, x: str, fault: str, most: int
) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"{mark} is 1 for one cycle after a run of exactly {exact} ones on {x} was ended by a 0",
         f"a 0 after exactly {exact} consecutive ones on {x} sets {mark} in the next cycle, for "
         "one "
         "cycle",
         f"{mark} pulses right after the 0 that follows a run of {exact} ones, not more and not "
         f"fewer, on {x}"),
        (f"{fault} is 1 from the cycle after the {most}th one in a row until the cycle after a 0",
         f"{fault} is high while {most} or more ones have been sampled in a row, the last one just "
         "now",
         f"a run of {most} ones or longer holds {fault} at 1 until a 0 has been sampled"),
        ("reset clears both outputs and the count of ones[|, as if a 0 had been sampled]",
         f"after reset {mark} and {fault} are 0 and the run length is 0",
         "reset: both outputs 0, no ones counted"),
    )  # fmt: skip
    return points


def _pulses(rng: Random) -> Case:
    period = rng.randint(2, 12)
    x, z = rng.choice(INPUTS), rng.choice(PULSES)
    reset = draw_reset(rng)
    face = Interface(draw_top(("pulser", "pacer", "repeat_pulse", *TOPS[2:4]), rng), (Port(x),),
                     (Port(z),), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    wide = (period - 1).bit_length()
    zero, last = f"{wide}'d0", f"{wide}'d{period - 1}"
    body = clocked(face, f"n <= {zero};",
                   f"n <= (!{x} || n == {last}) ? {zero} : n + {wide}'d1;")  # fmt: skip
    size = f"[{wide - 1}:0] " if wide > 1 else ""
    second = (
        f"{face.header()}\n  reg [3:0] left;\n  wire done = left == 0;\n"
        + clocked(face, f"left <= {period - 1};",
                  f"left <= {x} & ~done ? left - 1 : {period - 1};")
        + f"\n  assign {z} = done & {x};\nendmodule\n"
    )  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        return (state + 1) % period if inputs[x] else 0

    points = _pulses_words(x, z, period)
    return Case(
        key=f"{period} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points), second=second,
        reference=(f"{face.header()}\n  reg {size}n;\n{body}\n"
                   f"  assign {z} = {x} && (n == {last});\nendmodule\n"),
        machine=lambda: Registers(0, successor, lambda state, inputs: {
            z: int(inputs[x] == 1 and state == period - 1)}),
        stimuli=runs_of(x, 1, 2 * period),
    )  # fmt: skip


def _pulses_words(x: str, z: str, period: int) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"while {x} is 1, {z} is 1 in every {ORDINALS.get(period, f'{period}th')} cycle of it "
         "and 0 in "
         "the others",
         f"as long as {x} stays high, {z} repeats {period - 1} "
         f"{'cycles' if period > 2 else 'cycle'} of 0 and one of 1",
         f"{z} is high in cycle {period}, {2 * period}, ... of an uninterrupted stretch of {x} = "
         "1"),
        (f"{z} is combinational: 0 whenever {x} is 0, which also starts the count anew",
         f"with {x} = 0, {z} is 0 at once and the count returns to its beginning",
         f"{x} low gives {z} = 0 in the same cycle and restarts the counting"),
        ("reset restarts the count", "reset sets the count to its beginning, too",
         "on reset the count begins again"),
    )  # fmt: skip
    return points


def _groups(rng: Random) -> Case:
    """Return a machine that counts the ones in each group of some bits."""
    size = rng.randint(3, 7)
    wanted, least = rng.randint(1, size), rng.random() < 0.3
    x, z = rng.choice(INPUTS), rng.choice(RESULTS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("group_count", "ones_in_group", "blocks"), rng), (Port(x),),
                     (Port(z),), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    rule = ">=" if least else "=="
    body = clocked(face, f"at <= 3'd0;\nones <= 3'd0;\n{z} <= 1'b0;", "\n".join([
        f"at <= (at == 3'd{size - 1}) ? 3'd0 : at + 3'd1;",
        f"ones <= (at == 3'd{size - 1}) ? 3'd0 : ones + {x};",
        f"{z} <= (at == 3'd{size - 1}) && (ones + {x} {rule} 3'd{wanted});",
    ]))  # fmt: skip
    second = (
        f"{face.header()}\n  reg [2:0] at, ones;\n  reg got;\n  wire [2:0] sum = ones + {x};\n"
        + clocked(face, "at <= 0;\nones <= 0;\ngot <= 0;",
                  f"if (at == {size - 1}) begin at <= 0; ones <= 0; got <= "
                  f"{'!(sum < ' if least else '!(sum != '}{wanted}); end\n"
                  "else begin at <= at + 1; ones <= sum; got <= 0; end")
        + f"\n  assign {z} = got;\nendmodule\n"
    )  # fmt: skip

    def successor(state: Any, inputs: Values) -> Any:
        bits = (*state[0], inputs[x])
        if len(bits) < size:
            return bits, 0
        return (), int(sum(bits) >= wanted if least else sum(bits) == wanted)

    many = f"{'at least' if least else 'exactly'} {wanted}"
    points = _groups_words(x, size, z, many)
    return Case(
        key=f"{size} {wanted} {least} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points), second=second,
        reference=f"{face.header({z})}\n  reg [2:0] at, ones;\n{body}\nendmodule\n",
        machine=lambda: Registers(((), 0), successor, lambda state, _: {z: state[1]}), cycles=300,
    )  # fmt: skip


def _groups_words(x: str, size: int, z: str, many: str) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"the bits of {x}, one per cycle, are taken in groups of {size}, one group after the "
         "other",
         f"{x} is divided into consecutive groups of {size} cycles",
         f"{x} is looked at in blocks of {size} bits that do not overlap"),
        (f"in the cycle after a group's last bit {z} is 1 if {many} of its bits were 1",
         f"if {many} of the {size} bits are 1, {z} is high for one cycle, right after the last",
         f"{z} is 1 during the cycle behind a group with {many} ones"),
        (f"at all other times {z} is 0", f"otherwise {z} is 0"),
        (f"the first group begins after reset, which also clears {z}",
         f"reset clears {z} and starts a new group", f"after reset a group begins, with {z} = 0"),
    )  # fmt: skip
    return points


FAMILIES: Final = (
    Family("run of equal bits", "runs", _run, weight=1.2),
    Family("exact and long runs", "runs", _marks),
    Family("pulses while an input holds", "runs", _pulses),
    Family("ones in groups of bits", "runs", _groups, held_out=True),
)
