"""Messages and characters on a line: framing by a marker, serial receivers and transmitters."""

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
from .characters import Plan, receiver_says

BYTES: Final = ("in", "din", "byte_in", "rx_byte", "d", "data_in", "in_byte")
DONES: Final = ("done", "valid", "ready", "complete", "msg_done", "strobe", "finished")
WORDS: Final = ("message", "packet", "word", "out", "msg", "data_out", "q")
LINES: Final = ("in", "rx", "rxd", "line", "ser_in", "si", "serial_in")


def _framing(rng: Random) -> Case:
    """Return a machine that finds messages of some bytes, whose first byte has a marker bit."""
    size, bit, keeps = rng.choice((2, 3, 3, 4, 5)), rng.randrange(8), rng.random() < 0.5
    level, keeps = int(rng.random() < 0.75), keeps and size < 5
    x, done, word = rng.choice(BYTES), rng.choice(DONES), rng.choice(WORDS)
    reset = draw_reset(rng)
    outs = (Port(done), *([Port(word, 8 * size)] if keeps else []))
    face = Interface(draw_top(("framer", "packet_finder", "msg_sync", "byte_framer"), rng),
                     (Port(x, 8),), outs, draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    wide = size.bit_length()
    zero, one, last = (f"{wide}'d{v}" for v in (0, 1, size))
    begins = f"{x}[{bit}]" if level else f"!{x}[{bit}]"
    step = f"n <= (n == {zero} || n == {last}) ? {begins} : n + {one};"
    body = clocked(face, f"n <= {zero};", step)
    keep = f"\n  always @({face.clock.edge} {face.clock.name})" if face.clock else ""
    keep += f"\n    {word} <= {{{word}[{8 * size - 9}:0], {x}}};"
    reference = (
        f"{face.header({word} if keeps else set())}\n  reg [{wide - 1}:0] n;\n{body}"
        f"{keep if keeps else ''}\n  assign {done} = (n == {last});\nendmodule\n"
    )
    second = _framing_second(face, size, f"({x}[{bit}] == 1'b{level})", keep if keeps else "")

    def successor(state: Any, inputs: Values) -> Any:
        got = () if len(state) == size else state
        marked = inputs[x] >> bit & 1 == level
        return (*got, inputs[x]) if got or marked else ()

    def shown(state: Any, _: Values) -> Outputs:
        full = len(state) == size
        value = sum(b << 8 * (size - 1 - at) for at, b in enumerate(state)) if full else None
        return {done: int(full), **({word: value} if keeps else {})}

    return Case(
        key=f"{size} {bit} {level} {keeps} {reset.asynchronous} {reset.active_low}", interface=face,
        says=_framing_says(face, size, bit, level, keeps), reference=reference, second=second,
        machine=lambda: Registers((), successor, shown), cycles=220,
    )  # fmt: skip


def _framing_second(face: Interface, size: int, begins: str, keep: str) -> str:
    hot = f"at[{size}] | at[0]"
    registers = {face.outputs[1].name} if keep else set[str]()
    lines = [face.header(registers), f"  reg [{size}:0] at;"]
    moves = [f"at[0] <= ({hot}) & ~{begins};", f"at[1] <= ({hot}) & {begins};"]
    moves.append(f"at[{size}:2] <= at[{size - 1}:1];")
    lines.append(clocked(face, "at <= 1;", "\n".join(moves)) + keep)
    return "\n".join([*lines, f"  assign {face.outputs[0].name} = at[{size}];", "endmodule\n"])


def _framing_says(face: Interface, size: int, bit: int, level: int, keeps: bool) -> Says:
    x, done = face.inputs[0].name, face.outputs[0].name
    points = [
        (f"{x} brings a byte per cycle; a message is {size} bytes long and begins with a byte "
         "whose "
         f"bit {bit} is {level}",
         f"find messages of {size} bytes in the byte stream {x}: the first byte has {x}[{bit}] = "
         f"{level}",
         f"in the stream of bytes on {x}, bit {bit} = {level} marks the first of the {size} bytes "
         "of "
         "a message"),
        (f"bytes before it are skipped; in the others of a message bit {bit} has no meaning",
         f"only when looking for a first byte does {x}[{bit}] matter; other bytes are ignored then",
         f"while a message lasts {x}[{bit}] is not looked at; outside, unmarked bytes are dropped"),
        (f"{done} is 1 for the one cycle after a message's last byte; the byte in that cycle may "
         "already be the first of the next message",
         f"in the cycle after the last byte {done} is 1, and the search goes on with the byte of "
         "that cycle",
         f"{done} pulses in the cycle that follows byte {size}; the next message may begin in this "
         "very cycle"),
        (f"reset begins the search anew, with {done} = 0",
         f"after reset it looks for a first byte and {done} is 0", "reset drops a message begun"),
    ]  # fmt: skip
    if keeps:
        word = face.outputs[1].name
        points.insert(3, (
            f"while {done} is 1, {word} holds the message, first byte in the highest bits; at "
            "other "
            "times it does not matter",
            f"{word} is the whole message, first byte on the left, in cycles with {done} = 1 "
            "(don't "
            "care otherwise)",
            f"with {done} comes {word}: the {size} bytes, the first most significant"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


def _characters(x: str, bits: int, parity: int | None, idle: int) -> Stimuli:
    """Return stimuli of characters, some with a bad parity or a bad stop bit."""

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        made = 0
        while made < 330:
            data = [rng.randrange(2) for _ in range(bits)]
            frame = [0, *data]
            if parity is not None:
                frame.append((sum(data) + parity + (rng.random() < 0.25)) % 2)
            frame += [1] if rng.random() < 0.75 else [0] * rng.randint(1, 4)
            frame += [1] * rng.choice((0, 0, 1, 2, 5))
            made += len(frame)
            yield from ({x: bit if idle else 1 - bit} for bit in frame)

    return stimuli


def _receiver(rng: Random) -> Case:
    """Return a receiver of characters, one bit per cycle."""
    bits, waits = rng.choice((4, 5, 6, 7, 8, 8, 8)), rng.random() < 0.6
    parity = rng.choice((None, None, 0, 1))
    shows, idle = rng.random() < 0.6, int(rng.random() < 0.8)
    x, done, out = (
        rng.choice(LINES),
        rng.choice(DONES),
        rng.choice(("data", "q", "rx_data", "char")),
    )
    reset = draw_reset(rng)
    outs = (*([Port(out, bits)] if shows else []), Port(done))
    face = Interface(draw_top(("serial_rx", "receiver", "uart_rx", "rx_fsm"), rng), (Port(x),),
     outs,
                     draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    stop = bits + 1 + (parity is not None)
    plan = Plan(bits, stop, parity, waits, idle)

    def successor(state: Any, inputs: Values) -> Any:
        return _received(plan, state, inputs[x])

    def shown(state: Any, _: Values) -> Outputs:
        return {done: int(state[2] is not None), **({out: state[2]} if shows else {})}

    return Case(
        key=f"{tuple(plan)} {shows} {reset.asynchronous} {reset.active_low}", interface=face,
        says=receiver_says(face, plan, shows), reference=_receiver_text(face, plan, shows),
        second=_receiver_second(face, plan, shows),
        machine=lambda: Registers(("idle", (), None), successor, shown),
        stimuli=_characters(x, bits, parity, idle),
    )  # fmt: skip


def _received(plan: Plan, state: Any, level: int) -> Any:
    """Return what it does next, the bits so far and the character that has ended, if any."""
    mode, seen, _ = state
    bit = level if plan.idle else 1 - level
    if mode == "idle":
        return ("idle", (), None) if bit else ("in", (), None)
    if mode == "bad":
        return ("idle" if bit else "bad", (), None)
    if len(seen) < plan.stop - 1:
        return ("in", (*seen, bit), None)
    good = plan.parity is None or sum(seen) % 2 == plan.parity
    data = sum((b if plan.idle else 1 - b) << at for at, b in enumerate(seen[: plan.bits]))
    after = "idle" if bit or not plan.waits else "bad"
    return (after, (), data if good and bit else None)


def _receiver_text(face: Interface, plan: Plan, shows: bool) -> str:
    bits, stop, parity, waits, idle = plan
    x, done = face.inputs[0].name, face.outputs[-1].name
    mark, space = (x, f"!{x}") if idle else (f"!{x}", x)
    wrong = stop + 1
    also = "" if parity is None else f" && par == 1'b{parity}"
    zero, last = "4'd0", f"4'd{stop}"
    lines = [f"{done} <= (n == {last}) && {mark}{also};", f"if (n == {zero}) n <= {space};"]
    if waits:
        lines.append(f"else if (n >= {last}) n <= {mark} ? {zero} : 4'd{wrong};")
        lines.append("else n <= n + 4'd1;")
    else:
        lines.append(f"else n <= (n == {last}) ? {zero} : n + 4'd1;")
    if parity is not None:
        lines.append(f"par <= (n == {zero}) ? 1'b0 : par ^ {mark};")
    declared = "  reg [3:0] n;\n" + ("" if parity is None else "  reg par;\n")
    begin = f"n <= {zero};\n{done} <= 1'b0;" + ("" if parity is None else "\npar <= 1'b0;")
    registers = {done}
    if shows:
        out = face.outputs[0].name
        registers.add(out)
        lines.append(f"if (n != {zero} && n <= 4'd{bits}) {out} <= {{{x}, {out}[{bits - 1}:1]}};")
        begin += f"\n{out} <= {bits}'d0;"
    body = clocked(face, begin, "\n".join(lines))
    return f"{face.header(registers)}\n{declared}{body}\nendmodule\n"


def _receiver_second(face: Interface, plan: Plan, shows: bool) -> str:
    """Return the receiver as a shift register into which the whole character goes."""
    bits, stop, parity, waits, idle = plan
    x, done = face.inputs[0].name, face.outputs[-1].name
    right = "1'b1" if parity is None else f"(odd == 1'b{parity})"
    moves = [
        "ok <= 0;",
        "odd <= busy & (odd ^ level);",
        "if (bad) bad <= ~level;",
        f"else if (!busy) busy <= ({x} != 1'b{idle});",
        f"else if (left == 1) begin busy <= 0; left <= {stop}; ok <= level & {right};"
        f" bad <= {int(waits)} & ~level; end",
        "else left <= left - 1;",
        f"if (busy & (left > {stop - bits})) got <= {{{x}, got[{bits - 1}:1]}};",
    ]
    lines = [face.header(), "  reg busy, bad, ok, odd;", "  reg [3:0] left;",
             f"  reg [{bits - 1}:0] got;", f"  wire level = ({x} == 1'b{idle});",
             clocked(face, "busy <= 0;\nbad <= 0;\nok <= 0;\ngot <= 0;\nodd <= 0;\nleft <= "
                           f"{stop};",
                     "\n".join(moves)), f"  assign {done} = ok;"]  # fmt: skip
    if shows:
        lines.append(f"  assign {face.outputs[0].name} = got;")
    return "\n".join([*lines, "endmodule\n"])


FAMILIES: Final = (
    Family("message framing", "frames", _framing),
    Family("serial receiver", "frames", _receiver, weight=1.5),
)
