"""Serial transmitters and bits that leave a register one after the other."""

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

SENDS: Final = (("start", "tx"), ("send", "txd"), ("go", "line"), ("load", "so"), ("req",
    "ser_out"),
                ("begin_tx", "tx_out"))  # fmt: skip
DATAS: Final = ("data", "d", "char", "tx_data", "payload", "value", "din")
BUSY: Final = ("busy", "active", "sending", "tx_busy", "occupied")


def _requests(start: str, data: str, width: int, length: int) -> Stimuli:
    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        wait = 0
        for _ in range(320):
            wait = rng.choice((0, 1, length, length + 3)) if wait == 0 else wait - 1
            yield {start: int(wait == 0 or rng.random() < 0.1), data: rng.getrandbits(width)}

    return stimuli


def _transmitter(rng: Random) -> Case:
    width, high = rng.choice((4, 5, 6, 7, 8, 8)), rng.random() < 0.25
    parity = rng.choice((None, None, 0, 1))
    start, tx = rng.choice(SENDS)
    data, busy = rng.choice(DATAS), rng.choice(BUSY)
    reset = draw_reset(rng)
    face = Interface(
        draw_top(("serial_tx", "transmitter", "uart_tx", "sender"), rng),
        (Port(start), Port(data, width)),
        (Port(tx), Port(busy)),
        draw_clock(rng),
        reset,
    )
    assert reset is not None
    length = width + 2 + (parity is not None)
    plan = (width, high, parity, length)

    def successor(state: Any, inputs: Values) -> Any:
        if state:
            return state[1:]
        if not inputs[start]:
            return ()
        bits = [inputs[data] >> at & 1 for at in range(width)]
        sent = bits[::-1] if high else bits
        check = [] if parity is None else [(sum(bits) + parity) % 2]
        return (0, *sent, *check, 1)

    def shown(state: Any, _: Values) -> Outputs:
        return {tx: state[0] if state else 1, busy: int(bool(state))}

    return Case(
        key=f"{plan} {reset.asynchronous} {reset.active_low}", interface=face,
        says=_says(face, plan), reference=_text(face, plan), second=_second(face, plan),
        machine=lambda: Registers((), successor, shown), stimuli=_requests(start, data, width,
            length),
    )  # fmt: skip


Plan = tuple[int, bool, int | None, int]


def _text(face: Interface, plan: Plan) -> str:
    _, high, parity, length = plan
    (start, data), (tx, busy) = (
        tuple(p.name for p in ports) for ports in (face.inputs, face.outputs)
    )
    check = [] if parity is None else [f"{'~' if parity else ''}^{data}"]
    size = length - 1
    order = ["1'b0", data, *check] if high else [*check, data, "1'b0"]
    shift = (f"frame <= {{frame[{size - 2}:0], 1'b1}};" if high
             else f"frame <= {{1'b1, frame[{size - 1}:1]}};")  # fmt: skip
    body = clocked(face, f"frame <= {size}'b{'1' * size};\nleft <= 4'd0;", "\n".join([
        f"if (left == 4'd0 && {start})", "begin", f"  frame <= {{{', '.join(order)}}};",
        f"  left <= 4'd{length};", "end", "else", "begin", f"  {shift}",
        "  if (left != 4'd0) left <= left - 4'd1;", "end",
    ]))  # fmt: skip
    first = size - 1 if high else 0
    return (
        f"{face.header()}\n  reg [{size - 1}:0] frame;\n  reg [3:0] left;\n{body}\n"
        f"  assign {tx} = frame[{first}];\n  assign {busy} = (left != 4'd0);\nendmodule\n"
    )


def _second(face: Interface, plan: Plan) -> str:
    width, high, parity, length = plan
    (start, data), (tx, busy) = (
        tuple(p.name for p in ports) for ports in (face.inputs, face.outputs)
    )
    order = [width - 1 - at if high else at for at in range(width)]
    bits = [f"{data}[{at}]" for at in order]
    if parity is not None:
        bits.append(f"(^{data}) ^ 1'b{parity}")
    # The register is the other way round than in the reference, and the count goes up.
    bits = ["1'b0", *bits] if not high else ["1'b0", *bits][::-1]
    size = length - 1
    shift = f"{{~gone[{size - 2}:0], 1'b1}}" if not high else f"{{1'b1, ~gone[{size - 1}:1]}}"
    body = clocked(face, "gone <= 0;\nat <= 0;", "\n".join([
        f"if (at == 0 && {start}) begin gone <= ~{{{', '.join(bits)}}}; at <= 1; end",
        f"else begin gone <= ~{shift}; if (at != 0) at <= (at == {length}) ? 0 : at + 1; end",
    ]))  # fmt: skip
    last = 0 if high else size - 1
    return "\n".join([
        face.header(), f"  reg [{size - 1}:0] gone;", "  reg [3:0] at;", body,
        f"  assign {tx} = ~gone[{last}];", f"  assign {busy} = |at;", "endmodule\n",
    ])  # fmt: skip


def _says(face: Interface, plan: Plan) -> Says:
    width, high, parity, length = plan
    (start, data), (tx, busy) = (
        tuple(p.name for p in ports) for ports in (face.inputs, face.outputs)
    )
    order = "most significant" if high else "least significant"
    check = "" if parity is None else f"{('even', 'odd')[parity]} parity bit, "
    a_check = f"an {check}" if check else ""
    points = [
        (f"{start} = 1 at a clock edge while idle takes {data} and sends it on {tx} from the next "
         "cycle on, one bit per cycle",
         f"a transmitter with one bit per clock: it takes {data} when {start} is 1 and it is "
         "idle, and "
         f"{tx} brings the first bit in the next cycle",
         f"when idle, {start} = 1 starts the transmission of {data} on {tx}, a bit per cycle, "
         "beginning in the following cycle"),
        (f"the bits are: start bit 0, the {width} data bits with the {order} first, {a_check}stop "
         "bit 1",
         f"sent are a 0, then {data} ({order} bit first), {a_check}and a 1 at the end",
         f"order on {tx}: 0, {width} data bits from the {order} one, {check}1"),
        (f"{tx} is 1 when idle", f"[the idle line|an idle {tx}] is 1", f"between characters {tx} "
         "is 1"),
        (f"{busy} is 1 during these {length} cycles, and {start} is ignored then",
         f"{busy} tells that a bit is being sent ({length} cycles); requests in that time are lost",
         f"while the {length} bits are sent {busy} is 1 and {start} does nothing"),
        (f"reset makes it idle: {tx} = 1, {busy} = 0", f"after reset {tx} is 1 and {busy} 0",
         f"reset ends a transmission ({tx} goes to 1, {busy} to 0)"),
    ]  # fmt: skip
    if parity is not None:
        kind = ("even", "odd")[parity]
        points.insert(2, (f"data and parity bit together have an {kind} number of ones",
                          f"the parity bit makes the number of ones {kind}",
                          f"{kind} parity counts the ones in data and parity bit"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


FAMILIES: Final = (Family("serial transmitter", "frames", _transmitter),)
