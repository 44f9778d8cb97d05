"""Bit-serial arithmetic: parity, complement, increment, addition, subtraction, least bit first."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told
from .charts import INPUTS, RESULTS

TOPS: Final = ("serial_unit", "bit_serial", "serial_alu", "lsb_first", "serial_op", "ser_calc")
PAIRS: Final = (("a", "b"), ("x", "y"), ("in1", "in2"), ("p", "w"), ("a_bit", "b_bit"),
                ("u", "v"), ("op_a", "op_b"))  # fmt: skip
SUMS: Final = ("sum", "s", "z", "result", "q", "dout", "total_bit")
FIRSTS: Final = ("first", "start", "new_word", "begin_word", "lsb", "word_start")


def _timing(z: str, registered: bool) -> tuple[str, ...]:
    if registered:
        return (
            f"{z} is registered: a bit of the result appears in the cycle after its input bits; "
            "reset clears it",
            f"{z} comes from a flip-flop, a cycle after the inputs, and is 0 after reset",
            f"register {z} (one cycle late, 0 on reset)",
        )
    return (
        f"{z} is combinational: a bit of the result appears in the same cycle as its input bits",
        f"{z} has no register of its own and follows the inputs in the same cycle",
        f"{z} is not delayed: it belongs to the present input bits",
    )


def _parity(rng: Random) -> Case:
    """Return a running parity, of all bits since reset or a clear."""
    x, z = rng.choice(INPUTS), rng.choice(("parity", "p", "par", "z", "q", "odd_ones"))
    start, enable = int(rng.random() < 0.3), rng.choice(("", "valid", "en", "take", "enable"))
    clear = rng.choice(("", "restart", "sync_clr", "first", "new_word"))
    reset = draw_reset(rng)
    face = Interface(draw_top(("parity_gen", "serial_parity", "parity_acc"), rng),
                     tuple(Port(n) for n in (x, enable, clear) if n), (Port(z),), draw_clock(rng),
                     reset)  # fmt: skip
    assert reset is not None
    body = f"if ({enable}) {z} <= {z} ^ {x};" if enable else f"{z} <= {z} ^ {x};"
    guard = " && ".join(t for t in (enable, x) if t)
    after = f"if ({guard}) now <= ~now;"
    if clear:
        body = f"if ({clear}) {z} <= 1'b{start};\nelse {body}"
        after = f"if ({clear}) now <= 0;\nelse {after}"
    second = (f"{face.header()}\n  reg now;\n" + clocked(face, "now <= 0;", after)
              + f"\n  assign {z} = now ^ 1'b{start};\nendmodule\n")  # fmt: skip

    def successor(ones: int, inputs: Values) -> int:
        if clear and inputs[clear]:
            return 0
        return ones + inputs[x] if not enable or inputs[enable] else ones

    clocks = clocked(face, f"{z} <= 1'b{start};", body)
    return Case(
        key=f"{start} {not enable} {not clear} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=_parity_says(face, start, enable, clear), second=second,
        reference=f"{face.header({z})}\n{clocks}\nendmodule\n",
        machine=lambda: Registers(0, successor, lambda ones, _: {z: (ones + start) % 2}),
        cycles=240,
    )  # fmt: skip


def _parity_says(face: Interface, start: int, enable: str, clear: str) -> Says:
    x, z, kind = face.inputs[0].name, face.outputs[0].name, ("odd", "even")[start]
    points = [
        (f"{z} is 1 when the number of ones sampled on {x} so far is {kind}, else 0",
         f"{z} [keeps|holds] the running parity of {x}: 1 for an {kind} number of ones",
         f"the register {z} tells whether an {kind} number of ones has been seen on {x}"),
    ]  # fmt: skip
    if enable:
        points.append((f"{x} counts only in cycles with {enable} = 1", f"{enable} = 0 holds {z}",
                       f"while {enable} is low no bit is taken"))  # fmt: skip
    if clear:
        points.append(
            (
                f"{clear} = 1 sets {z} to {start} at the clock edge, and the bit of that cycle "
                "does not count",
                f"with {clear} high {z} becomes {start} and {x} is ignored",
                f"{clear} restarts the count: {z} goes to {start}, {x} is not taken",
            )
        )
    if enable and clear:
        points.append((f"{clear} does so whatever {enable} is", f"{clear} wins over {enable}",
                       f"{enable} does not matter to {clear}"))  # fmt: skip
    points.append((f"reset forgets all bits, so that {z} is {start}", f"after reset {z} is {start}",
                   f"it starts from {start} at reset"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


# By name: the result's bit, the next flag, the flag of a new number, and the result in words.
UNARY: Final = {
    "complement": ("{x} ^ {f}", "{f} | {x}", 0, "two's complement (the negative)", "seen"),
    "increment": ("{x} ^ {f}", "{f} & {x}", 1, "number plus one", "carry"),
    "decrement": ("{x} ^ {f}", "{f} & ~{x}", 1, "number minus one", "borrow"),
}


def _unary(rng: Random, kind: str) -> Case:
    value, after, start, words, flag = UNARY[kind]
    x, z, registered = rng.choice(INPUTS), rng.choice(RESULTS), rng.random() < 0.5
    first = rng.choice(FIRSTS) if rng.random() < 0.5 else ""
    reset = draw_reset(rng)
    inputs = (Port(x), *([Port(first)] if first else []))
    face = Interface(draw_top((f"serial_{kind}", *TOPS), rng), inputs, (Port(z),), draw_clock(rng),
                     reset)  # fmt: skip
    assert reset is not None
    now = "now" if first else flag
    points = [
        (f"{x} brings numbers serially, least significant bit first; {z} gives the {words} in the "
         "same order",
         f"a bit-serial machine: {z} is the {words} of what comes in on {x}, LSB first",
         f"from the bits of a number on {x} (lowest first) find the bits of the {words} on {z}"),
        _timing(z, registered),
        ("a reset begins a new number: the bit sampled next is its lowest",
         "[on|after] reset a new number starts with its least significant bit",
         "reset starts a number"),
    ]  # fmt: skip
    if first:
        points.insert(2, (f"{first} is 1 in the cycle of the lowest bit of every number",
                          f"a new number starts with each cycle in which {first} is high",
                          f"{first} = 1 marks the least significant bit of a number"))  # fmt: skip
    return Case(
        key=f"{kind} {registered} {not first} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=Says(told(face.names, *points), tuple(points)),
        reference=_stored(face, (flag, start, first), value.format(x=x, f=now),
                          after.format(x=x, f=now), registered),
        second=_unary_second(face, kind, registered, first),
        machine=lambda: _number(face, kind, registered, first), cycles=300,
    )  # fmt: skip


def _stored(
    face: Interface, kept: tuple[str, int, str], result: str, after: str, registered: bool
) -> str:
    """Return a module with one flag kept from bit to bit, its start value and who restores it."""
    flag, start, first = kept
    z = face.outputs[0].name
    step, begin = f"{flag} <= {after};", f"{flag} <= 1'b{start};"
    if registered:
        step, begin = f"{z} <= {result};\n{step}", f"{z} <= 1'b0;\n{begin}"
    return "\n".join([
        face.header({z} if registered else set()), f"  reg {flag};",
        *([f"  wire now = {first} ? 1'b{start} : {flag};"] if first else []),
        clocked(face, begin, step), *([] if registered else [f"  assign {z} = {result};"]),
        "endmodule\n",
    ])  # fmt: skip


def _unary_second(face: Interface, kind: str, registered: bool, first: str) -> str:
    x, z = face.inputs[0].name, face.outputs[0].name
    begun = f"({first} ? 1'b0 : done)" if first else "done"
    # Once the deciding bit has come, the rest is copied or inverted.
    rest, before = (f"~{x}", x) if kind == "complement" else (x, f"~{x}")
    decisive = f"~{x}" if kind == "increment" else x
    return _shown(face, "done", f"{begun} ? 1'b1 : {decisive}", f"{begun} ? {rest} : {before}", z,
                  registered)  # fmt: skip


def _shown(face: Interface, flag: str, after: str, shown: str, z: str, registered: bool) -> str:
    if registered:
        return (f"{face.header({z})}\n  reg {flag};\n"
                + clocked(face, f"{flag} <= 0;\n{z} <= 0;", f"{flag} <= {after};\n{z} <= {shown};")
                + "\nendmodule\n")  # fmt: skip
    return (f"{face.header()}\n  reg {flag};\n" + clocked(face, f"{flag} <= 0;", f"{flag} <= "
     f"{after};")
            + f"\n  assign {z} = {shown};\nendmodule\n")  # fmt: skip


def _number(face: Interface, kind: str, registered: bool, first: str) -> Registers:
    """Return the machine as arithmetic on the whole numbers received so far."""
    a, b, z = (
        face.inputs[0].name,
        face.inputs[min(1, len(face.inputs) - 1)].name,
        face.outputs[0].name,
    )

    def taken(state: Any, inputs: Values) -> tuple[int, int, int]:
        one, other, length = (0, 0, 0) if first and inputs[first] else state[:3]
        return one | inputs[a] << length, other | inputs[b] << length, length + 1

    def bit(one: int, other: int, length: int) -> int:
        whole = {"complement": -one, "increment": one + 1, "decrement": one - 1,
                 "sum": one + other, "difference": one - other}[kind]  # fmt: skip
        return whole >> (length - 1) & 1

    def successor(state: Any, inputs: Values) -> Any:
        now = taken(state, inputs)
        return *now, bit(*now)

    def shown(state: Any, inputs: Values) -> Outputs:
        return {z: state[3] if registered else bit(*taken(state, inputs))}

    return Registers((0, 0, 0, 0), successor, shown)


def _complement(rng: Random) -> Case:
    return _unary(rng, "complement")


def _increment(rng: Random) -> Case:
    return _unary(rng, rng.choice(("increment", "decrement")))


def _adder(rng: Random) -> Case:
    (a, b), z = rng.choice(PAIRS), rng.choice(SUMS)
    kind, registered = rng.choice(("sum", "sum", "difference")), rng.random() < 0.5
    first = rng.choice(FIRSTS) if rng.random() < 0.5 else ""
    reset = draw_reset(rng)
    face = Interface(draw_top(("serial_adder", "bit_adder", *TOPS), rng),
                     (Port(a), Port(b), *([Port(first)] if first else [])), (Port(z),),
                     draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    minus = kind == "difference"
    flag, na = ("borrow", f"~{a}") if minus else ("carry", a)
    now, old = ("now", f"(c & ~{first})") if first else (flag, "c")
    after = f"({a} == {b}) ? {old} : {b}" if minus else f"({a} == {b}) ? {a} : {old}"
    return Case(
        key=f"{minus} {registered} {not first} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=_adder_says(face, minus, registered, first),
        reference=_stored(face, (flag, 0, first), f"{a} ^ {b} ^ {now}",
                          f"({na} & {b}) | ({na} & {now}) | ({b} & {now})", registered),
        second=_shown(face, "c", after, f"{old} ? {a} ~^ {b} : {a} ^ {b}", z, registered),
        machine=lambda: _number(face, kind, registered, first), cycles=300,
    )  # fmt: skip


def _adder_says(face: Interface, minus: bool, registered: bool, first: str) -> Says:
    a, b, z = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    flag = "borrow" if minus else "carry"
    words = f"the difference {a} minus {b}" if minus else f"the sum of {a} and {b}"
    points = [
        (f"{a} and {b} bring two numbers serially, least significant bit first; {z} gives the "
         "bits of "
         f"{words} in the same order",
         f"a bit-serial {'subtractor' if minus else 'adder'}: {z} is {words}, LSB first, with the "
         f"{flag} kept from bit to bit",
         f"{words}, one bit per cycle from the lowest up, goes to {z}; the {flag} is stored"),
        _timing(z, registered),
        (f"reset clears the {flag}, for a new pair of numbers", f"the {flag} is 0 after reset",
         f"on reset the {flag} is cleared"),
    ]  # fmt: skip
    if first:
        points.insert(2, (f"{first} is 1 with the lowest bits of every pair of numbers: then the "
                          "stored "
                          f"{flag} counts as 0",
                          f"in cycles with {first} high the {flag} from before is taken as 0",
                          f"{first} = 1 marks new numbers and ignores the old {flag}"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


FAMILIES: Final = (
    Family("serial parity", "serial arithmetic", _parity, weight=0.7),
    Family("serial two's complement", "serial arithmetic", _complement, weight=0.5),
    Family("serial increment", "serial arithmetic", _increment, held_out=True),
    Family("serial adder", "serial arithmetic", _adder, weight=0.7),
)
