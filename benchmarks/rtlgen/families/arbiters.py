"""Arbiters: fixed priority without a register, with a grant that is held, and round robin."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Function, Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told

REQUESTS: Final = ("req", "r", "request", "reqs", "ask", "wants", "bid")
GRANTS: Final = ("grant", "gnt", "g", "ack", "winner", "sel_out", "given")
TOPS: Final = ("arbiter", "arb", "bus_arbiter", "prio_arb", "grant_unit", "arbiter_core")


def _one(width: int, at: int) -> str:
    return f"{width}'b{1 << at:0{width}b}"


def _chain(req: str, width: int, order: list[int]) -> str:
    """Return the grant as a chain of conditions, the first request of the order first."""
    return (
        "".join(f"{req}[{at}] ? {_one(width, at)} : " for at in order) + f"{width}'b{'0' * width}"
    )


def _winner(requests: int, order: list[int]) -> int:
    return next((1 << at for at in order if requests >> at & 1), 0)


def _order(rng: Random, width: int) -> list[int]:
    kind = rng.choice(("low", "low", "high", "mixed"))
    order = list(range(width))
    if kind == "high":
        order.reverse()
    if kind == "mixed":
        rng.shuffle(order)
    return order


def _priority_words(req: str, order: list[int]) -> tuple[str, ...]:
    said = ", ".join(f"{req}[{at}]" for at in order)
    if order == sorted(order):
        return (
            f"the lowest index has the highest priority, so {req}[0] comes first",
            f"{req}[0] has priority over {req}[1] and so on upwards",
            "lower indices win",
        )
    if order == sorted(order, reverse=True):
        return (
            f"the highest index has the highest priority, so {req}[{len(order) - 1}] comes first",
            f"{req}[{len(order) - 1}] has the highest priority and {req}[0] the lowest",
            "higher indices win",
        )
    return (f"priorities from the highest: {said}", f"the order of priority is {said}, highest "
                                                    "first",
            f"{said}: the first of these that is 1 wins")  # fmt: skip


def _fixed(rng: Random) -> Case:
    width = rng.randint(2, 8)
    order = _order(rng, width)
    req, grant, shows = rng.choice(REQUESTS), rng.choice(GRANTS), rng.random() < 0.4
    any_name = rng.choice(("any", "valid", "busy", "some"))
    outs = (Port(grant, width), *([Port(any_name)] if shows else []))
    face = Interface(draw_top(TOPS, rng), (Port(req, width),), outs)
    reference = (f"{face.header()}\n  assign {grant} = {_chain(req, width, order)};\n"
                 + (f"  assign {any_name} = |{req};\n" if shows else "")
                 + "endmodule\n")  # fmt: skip
    before = ["".join(f" & ~{req}[{over}]" for over in order[: order.index(at)])
              for at in range(width)]  # fmt: skip
    lines = [f"  assign {grant}[{at}] = {req}[{at}]{before[at]};" for at in range(width)]
    if shows:
        lines.append(f"  assign {any_name} = {req} != 0;")

    def function(inputs: Values) -> Outputs:
        found = _winner(inputs[req], order)
        return {grant: found, **({any_name: int(found > 0)} if shows else {})}

    points = [
        (f"[one|at most one] bit of {grant} is 1: that of the request in {req} with the highest "
         "priority",
         f"an arbiter without memory: of the requests {req}, the one of highest priority gets its "
         "bit "
         f"of {grant}",
         f"{grant} has the same bit numbers as {req} and grants one of the requests"),
        _priority_words(req, order),
        (f"without a request {grant} is 0", "no request, no grant", f"{req} = 0 gives {grant} = 0"),
    ]  # fmt: skip
    if shows:
        points.append((f"{any_name} is 1 if there is any request", f"{any_name} is the OR of {req}",
                       f"{any_name} tells that somebody asks"))  # fmt: skip
    return Case(
        key=f"{order} {shows}", interface=face, says=Says(told(face.names, *points), tuple(points)),
        reference=reference, second="\n".join([face.header(), *lines, "endmodule\n"]),
        machine=lambda: Function(function),
    )  # fmt: skip


def _held(rng: Random) -> Case:
    width = rng.randint(2, 5)
    order = _order(rng, width)
    req, grant = rng.choice(REQUESTS), rng.choice(GRANTS)
    reset = draw_reset(rng)
    face = Interface(draw_top(TOPS, rng), (Port(req, width),), (Port(grant, width),),
     draw_clock(rng),
                     reset)  # fmt: skip
    assert reset is not None
    reference = (
        f"{face.header({grant})}\n"
        + clocked(face, f"{grant} <= {width}'d0;",
                  f"if (({grant} & {req}) == {width}'d0)\n  {grant} <= "
                  f"{_chain(req, width, order)};")
        + "\nendmodule\n"
    )  # fmt: skip
    moves = [f"now <= now & {req};", f"if (!(|(now & {req})))", "begin"]
    moves += [f"  if ({req}[{at}]) now <= {1 << at};" for at in reversed(order)] + ["end"]
    second = (f"{face.header()}\n  reg [{width - 1}:0] now;\n"
              + clocked(face, "now <= 0;", "\n".join(moves))
              + f"\n  assign {grant} = now;\nendmodule\n")  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        return state if state & inputs[req] else _winner(inputs[req], order)

    points = _held_words(width, grant, req, order)
    return Case(
        key=f"{order} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points), reference=reference, second=second,
        machine=lambda: Registers(0, successor, lambda state, _: {grant: state}), cycles=240,
    )  # fmt: skip


def _held_words(width: int, grant: str, req: str, order: list[int]) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"an arbiter for {width} requesters: at a clock edge at most one bit of the register "
         f"{grant} "
         f"is set, for a request in {req}",
         f"{grant} (one bit per requester, at most one set) is registered and answers {req}",
         f"at each clock edge {grant} is decided from {req}; at most one bit is 1"),
        (f"whoever has the grant keeps it as long as the own bit of {req} is 1",
         "a grant is held while its request stays high, whatever the others do",
         f"as long as the granted request remains 1, {grant} does not change"),
        ("otherwise the requests are compared anew: " + _priority_words(req, order)[0],
         "when nobody holds the grant, " + _priority_words(req, order)[1],
         "a free grant goes to the best request in the same edge; " + _priority_words(req,
          order)[2]),
        (f"with no request {grant} becomes 0", f"no request: {grant} is 0 after the edge",
         f"{grant} becomes 0 if {req} is 0"),
        (f"reset clears {grant}", f"after reset {grant} is 0", "reset: no grant"),
    )  # fmt: skip
    return points


def _rounds(rng: Random) -> Case:
    width, down = rng.choice((2, 2, 3, 3, 4)), rng.random() < 0.3
    req, grant, stays = rng.choice(REQUESTS), rng.choice(GRANTS), rng.random() < 0.3
    reset = draw_reset(rng)
    face = Interface(draw_top(("round_robin", "rr_arbiter", "fair_arb", *TOPS[:3]), rng),
                     (Port(req, width),), (Port(grant, width),), draw_clock(rng),
                      reset)  # fmt: skip
    assert reset is not None
    step = -1 if down else 1
    first = width - 1 if down else 0
    start = (first - step) % width
    orders = [[(last + step * (at + 1)) % width for at in range(width)] for last in range(width)]

    def successor(state: Any, inputs: Values) -> Any:
        granted, last = state
        if stays and granted & inputs[req]:
            return state
        found = _winner(inputs[req], orders[last])
        return found, last if not found else found.bit_length() - 1

    way = "downwards" if down else "upwards"
    points = _rounds_words(grant, req, width, way, first, stays)
    return Case(
        key=f"{width} {down} {stays} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=Says(told(face.names, *points), tuple(points)),
        reference=_rounds_reference(face, start, orders, stays),
        second=_rounds_second(face, start, orders, stays),
        machine=lambda: Registers((0, start), successor, lambda state, _: {grant: state[0]}),
        cycles=260,
    )  # fmt: skip


def _rounds_words(
    grant: str, req: str, width: int, way: str, first: int, stays: bool
) -> tuple[tuple[str, ...], ...]:
    points = [
        (f"a round-robin arbiter: at each clock edge the register {grant} gives one of the "
         "requests "
         f"{req} its bit",
         f"{width} requesters share in turn; {grant}, registered, has at most one bit set, for a "
         f"request in {req}",
         f"{grant} is decided at every clock edge, in fair order, from {req}"),
        (f"the search starts behind the requester that was granted last and goes {way} and around, "
         f"so that the one granted last comes last",
         f"looked at first is the neighbour of the last winner, then the others {way}, modulo "
         f"{width}, "
         "and the last winner at the end",
         f"the order is cyclic and {way}: the one after the last winner has the highest priority, "
         "the "
         "last winner the lowest"),
        (f"without a request {grant} becomes 0 and the last winner is remembered",
         f"no request: {grant} is 0, and the memory of the last winner stays",
         f"{req} = 0 gives {grant} = 0 and changes nothing in the order"),
        (f"reset clears {grant}; {req}[{first}] has the highest priority then",
         f"after reset there is no grant and the search begins with {req}[{first}]",
         f"on reset {grant} is 0, with {req}[{first}] first in the order"),
    ]  # fmt: skip
    if stays:
        points.insert(2, ("a grant is kept while its own request stays 1",
                          "nothing changes as long as the granted request is still 1",
                          "the winner keeps the grant until its request falls"))  # fmt: skip
    return tuple(points)


def _rounds_reference(face: Interface, start: int, orders: list[list[int]], stays: bool) -> str:
    """Return the arbiter with a case over the last winner: a chain of conditions for each."""
    req, grant, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    wide = (width - 1).bit_length()
    size = f"{wide}'d"
    rows = "\n".join(f"      {size}{last}: pick = {_chain(req, width, order)};"
                     for last, order in enumerate(orders[:-1]))  # fmt: skip
    index = "".join(f"pick[{at}] ? {size}{at} : " for at in range(width))
    move = f"{grant} <= pick;\nlast <= {index}last;"
    if stays:
        moves = "\n".join(f"  {line}" for line in move.splitlines())
        move = f"if (({grant} & {req}) == {width}'d0)\nbegin\n{moves}\nend"
    return (
        f"{face.header({grant})}\n"
        f"  reg {Port('last', wide).range}last;\n  reg [{width - 1}:0] pick;\n"
        f"  always @(*)\n    case (last)\n{rows}\n      default: pick = "
        f"{_chain(req, width, orders[-1])};\n    endcase\n"
        + clocked(face, f"{grant} <= {width}'d0;\nlast <= {size}{start};", move) + "\nendmodule\n"
    )  # fmt: skip


def _rounds_second(
    face: Interface, start: int, orders: list[list[int]], stays: bool
) -> str:  # fmt: skip
    """Return the arbiter with an equation per grant bit: nobody before me in any of the orders."""
    req, grant, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    keep = f"|(now & {req})" if stays else "1'b0"
    lines = [face.header(), f"  reg [{width - 1}:0] now;", "  reg [1:0] last;",
             f"  wire [{width - 1}:0] then;"]  # fmt: skip
    for at in range(width):
        before = [
            f"(last == {last}) & (|({req} & "
            f"{width}'d{sum(1 << n for n in order[: order.index(at)])}))"
            for last, order in enumerate(orders)
        ]
        lines.append(f"  assign then[{at}] = {req}[{at}] & ~({' | '.join(before)});")
    index = " | ".join(f"({{2{{then[{at}]}}}} & 2'd{at})" for at in range(width))
    lines += [
        clocked(face, f"now <= 0;\nlast <= {start};", f"if (!({keep}))\nbegin\n  now <= then;\n"
                f"  if (|then) last <= {index};\nend"),
        f"  assign {grant} = now;", "endmodule\n",
    ]  # fmt: skip
    return "\n".join(lines)


FAMILIES: Final = (
    Family("fixed-priority arbiter", "arbiters", _fixed),
    Family("arbiter with hold", "arbiters", _held),
    Family("round-robin arbiter", "arbiters", _rounds),
)
