"""Single flip-flops with logic before them: choices of sources, T and JK, gates and feedback."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import (
    ENABLES,
    STORED,
    apart,
    faced,
    high,
    indented,
    module,
    reset_points,
    resets,
    sized,
    timing,
)  # fmt: skip

SOURCES: Final = (
    ("a", "b", "c", "e"), ("d0", "d1", "d2", "d3"), ("in0", "in1", "in2", "in3"),
    ("x", "y", "w", "v"), ("src_a", "src_b", "src_c", "src_d"), ("p", "r", "s", "t"),
)  # fmt: skip
SELECTS: Final = ("sel", "s_sel", "choose", "mux_sel", "select", "source")
COMPLEMENTS: Final = {"q": "q_n", "out": "out_n", "y": "yn", "r": "rn"}
NAMED: Final = {"&": "AND", "|": "OR", "^": "XOR", "~&": "NAND", "~|": "NOR", "~^": "XNOR"}
GATE: Final = {
    "&": lambda x, y: x & y, "|": lambda x, y: x | y, "^": lambda x, y: x ^ y,
    "~&": lambda x, y: 1 - (x & y), "~|": lambda x, y: 1 - (x | y), "~^": lambda x, y: 1 - (x ^ y),
}  # fmt: skip


def _chosen(rng: Random) -> Case:
    width, count = rng.choice((1, 1, 1, 4, 8, 16)), rng.choice((2, 2, 3, 4))
    names, sel, q = rng.choice(SOURCES)[:count], rng.choice(SELECTS), rng.choice(STORED)
    en = rng.choice(ENABLES) if rng.random() < 0.4 else None
    bits = 1 if count == 2 else 2
    inputs = (*(Port(n, width) for n in names), Port(sel, bits), *((Port(en),) if en else ()))
    face = faced(rng, ("mux_ff", "source_reg", "select_and_store"), inputs, (Port(q, width),),
                 none=0.5)  # fmt: skip
    order = list(names)
    rng.shuffle(order)
    logic = "\n".join(f"if ({sel} == {v}{f' && {en}' if en else ''}) after = {n};"
                      for v, n in enumerate(order))  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        chosen = i[sel]
        return state if (en and not i[en]) or chosen >= count else i[order[chosen]]

    return Case(
        key=f"{width} {count} {[names.index(n) for n in order]} {bool(en)} {timing(face)}",
        interface=face, says=_chosen_says(face, order, en), cycles=100,
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};",
                                       _chosen_body(face, order, en)), q),
        second=apart(face, width, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda v, _: {q: v}, forgets=True),
    )  # fmt: skip


def _chosen_says(face: Interface, order: list[str], en: str | None) -> Says:
    count, q = len(order), face.outputs[0].name
    sel, hold = face.inputs[count].name, count == 3
    cases = [f"{n} [when|if|for] {sel} [is|=] {v}" for v, n in enumerate(order)]
    rest = f" and keeps its value when {sel} is 3" if hold else ""
    only = f", but only while {en} is high (otherwise it holds)" if en else ""
    return Says(
        brief=(
            f"at every clock edge [the register|] {q} takes the source that {sel} selects:"
            f" {', '.join(cases)}{rest}{only}{resets(face, q)}",
            f"a {count}-to-1 multiplexer in front of a [register|flip-flop]: at the clock edge {q}"
            f" loads {', '.join(cases)}{rest}{only}{resets(face, q)}",
            f"{q} [takes|is loaded with] {', '.join(cases)}{rest}{only}{resets(face, q)}",
            f"select one of {count} sources with {sel} and register it in {q}: {', '.join(cases)}"
            f"{f'; at {sel} = 3 {q} holds' if hold else ''}{only}{resets(face, q)}",
        ),
        points=(
            *((f"{sel} = {v}: {q} takes {n} at the clock edge",
               f"{q} loads {n} when {sel} is {v}") for v, n in enumerate(order)),
            *(((f"{sel} = 3: {q} keeps its value",),) if hold else ()),
            *(((f"while {en} is low {q} holds", f"nothing is loaded unless {en} is high"),)
              if en else ()),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def _chosen_body(face: Interface, order: list[str], en: str | None) -> str:
    q, sel = face.outputs[0].name, face.inputs[len(order)].name
    if len(order) == 2:
        body = f"{q} <= {sel} ? {order[1]} : {order[0]};"
        return f"if ({en}) {body}" if en else body
    arms = "\n".join(f"  2'd{v}: {q} <= {n};" for v, n in enumerate((*order, q)[:4]))
    body = f"case ({sel})\n{arms}\nendcase"
    return f"if ({en})\n{indented(body, 2)}" if en else body


def _toggling(rng: Random) -> Case:
    t, q = rng.choice(("t", "toggle", "flip", "invert", "tick", "change")), rng.choice(STORED)
    start, level = int(rng.random() < 0.3), int(rng.random() > 0.2)
    face = faced(rng, ("tff", "toggle_ff", "t_flop"), (Port(t),), (Port(q),), falling=0.25)
    when = high(t, level)
    says = Says(
        brief=(
            f"at a clock edge with {t} = {level}, {q} becomes its own complement; with {t} ="
            f" {1 - level} it stays{resets(face, q, str(start))}",
            f"a T flip-flop: {q} [toggles|inverts|flips] at [the|every] clock edge [when|if] {when}"
            f" and [holds|keeps its value] otherwise{resets(face, q, str(start))}",
            f"{q} [changes to its complement|is inverted] by each clock edge at which {when};"
            f" otherwise it [does not change|stays]{resets(face, q, str(start))}",
            f"[toggle|invert] {q} on each clock edge while {when}{resets(face, q, str(start))}",
        ),
        points=(
            (f"when {when} the clock edge inverts {q}", f"{q} toggles on clock edges with {t} ="
             f" {level}"),
            (f"otherwise {q} holds", f"with {t} = {1 - level} {q} does not change"),
            *reset_points(face, q, str(start)),
        ),
        ports={t: "toggle control"},
    )  # fmt: skip
    test = t if level else f"!{t}"
    logic = f"after = now {'^' if level else '~^'} {t};"
    return Case(
        key=f"{start} {level} {timing(face)}", interface=face, says=says, cycles=80,
        reference=module(face, clocked(face, f"{q} <= 1'b{start};", f"if ({test}) {q} <= ~{q};"),
                         q),
        second=apart(face, 1, f"1'b{start}", logic, f"assign {q} = now;"),
        machine=lambda: Registers(start, lambda s, i: 1 - s if i[t] == level else s,
                                  lambda s, _: {q: s}),
    )  # fmt: skip


def _jk(rng: Random) -> Case:
    j, k = rng.choice((("j", "k"), ("J", "K"), ("j_in", "k_in"), ("set_j", "clr_k")))
    q = rng.choice(tuple(COMPLEMENTS))
    n = COMPLEMENTS[q] if rng.random() < 0.35 else None
    outputs = (Port(q), Port(n)) if n else (Port(q),)
    face = faced(rng, ("jkff", "jk_flipflop", "jk"), (Port(j), Port(k)), outputs, none=0.5,
                 falling=0.25)  # fmt: skip
    arms = f"2'b00: {q} <= {q};\n2'b01: {q} <= 1'b0;\n2'b10: {q} <= 1'b1;\n2'b11: {q} <= ~{q};"
    body = clocked(face, f"{q} <= 1'b0;", f"case ({{{j}, {k}}})\n{indented(arms, 2)}\nendcase")
    more = f"\n  assign {n} = ~{q};" if n else ""

    def successor(state: int | None, i: Values) -> int | None:
        if i[j] != i[k]:
            return i[j]
        return state if not i[j] or state is None else 1 - state

    def shown(state: int, _: Values) -> dict[str, int | None]:
        return {q: state, n: 1 - state} if n else {q: state}

    shows = f"assign {q} = now;" + (f"\nassign {n} = !now;" if n else "")
    return Case(
        key=f"{bool(n)} {timing(face)}", interface=face, says=_jk_says(face, n), cycles=80,
        reference=module(face, body + more, q),
        second=apart(face, 1, "0", f"if ({j} && {k}) after = !now;\nelse if ({j} | {k}) after ="
                                   f" {j};",
                     shows),
        machine=lambda: Registers(0, successor, shown, forgets=True),
    )  # fmt: skip


def _jk_says(face: Interface, n: str | None) -> Says:
    """Return the words for a JK flip-flop, with an inverted output `n` if there is one."""
    j, k, q = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    also = f". {n} is [always|] the complement of {q}" if n else ""
    return Says(
        brief=(
            f"JK flip-flop {q}. {j} sets it and {k} clears it at the clock edge; with both high it"
            f" toggles, with both low it holds{also}{resets(face, q)}",
            f"a JK flip-flop: at the clock edge {j}=1 {k}=0 sets {q}, {j}=0 {k}=1 clears it, both 1"
            f" toggle it, both 0 [keep it|leave it as it is]{also}{resets(face, q)}",
            f"[implement|write] a JK flip-flop with [inputs|controls] {j} and {k}: 00 holds, 01"
            f" clears, 10 sets and 11 toggles {q}{also}{resets(face, q)}",
            f"{q} is the state of a JK flip-flop. ({j}, {k}) = (0, 0): no change; (0, 1): 0; (1, 0)"
            f": 1; (1, 1): inverted{also}{resets(face, q)}",
        ),
        tables=("\n".join((f"{j} | {k} | {q} after the clock edge", f"0 | 0 | {q} (no change)",
                           "0 | 1 | 0", "1 | 0 | 1", f"1 | 1 | not {q}")),),
    )  # fmt: skip


def _gate(op: str, x: str, y: str) -> str:
    return f"~({x} {op[1]} {y})" if len(op) == 2 else f"{x} {op} {y}"


def _twin(op: str, x: str, y: str) -> str:
    x, y = (f"({v})" if v[0] == "~" else v for v in (x, y))
    forms = {"&": f"~(~{x} | ~{y})", "|": f"~(~{x} & ~{y})", "^": f"({x} != {y})",
             "~&": f"(~{x} | ~{y})", "~|": f"(~{x} & ~{y})", "~^": f"({x} == {y})"}  # fmt: skip
    return forms[op]


class _Feedback(NamedTuple):
    """A flip-flop q that takes gate `last` of itself and of gate `first`, or of a alone.

    Gate `first` of a and b is there if `both` are used. Output z is gate `over` of q and b, if any.
    """

    a: str
    b: str
    q: str
    z: str
    first: str
    last: str
    over: str
    both: bool

    @property
    def start(self) -> int:
        """Return the value in reset: with an AND it can only fall, so it starts high then."""
        return int(self.last == "&")


def _gated(rng: Random) -> Case:
    a, b = rng.choice(SOURCES)[:2]
    q, shows = rng.choice((("z", False), ("out", False), ("q", False), ("q", True), ("y", True)))
    first, last = rng.choice(tuple(GATE)), rng.choice(tuple(GATE))
    both = rng.random() < 0.7
    inputs = (Port(a), Port(b)) if both or shows else (Port(a),)
    over = rng.choice(tuple(GATE)) if shows else ""
    z = "z" if shows else q
    face = faced(rng, ("small_circuit", "feedback_ff", "gate_and_ff"), inputs,
                 (Port(q), Port(z)) if shows else (Port(q),))  # fmt: skip
    loop = _Feedback(a, b, q, z, first, last, over, both)

    def successor(state: int, i: Values) -> int:
        return GATE[last](state, GATE[first](i[a], i[b]) if both else i[a])

    def shown(state: int, i: Values) -> dict[str, int | None]:
        return {q: state, z: GATE[over](state, i[b])} if shows else {q: state}

    return Case(
        key=f"{first if both else ''} {last} {over} {timing(face)}", interface=face,
        says=_gated_says(face, loop), reference=_gated_reference(face, loop),
        second=_gated_second(face, loop), cycles=80,
        machine=lambda: Registers(loop.start, successor, shown),
    )  # fmt: skip


def _gated_says(face: Interface, loop: _Feedback) -> Says:
    a, b, q, z, first, last, over, both = loop
    also = f". The output {z} is the {NAMED[over]} of {q} and {b}, combinational" if over else ""
    part = f"the {NAMED[first]} of {a} and {b}" if both else a
    end = f"{also}{resets(face, q, str(loop.start))}"
    return Says(
        brief=(
            f"one flip-flop, {q}, with feedback: at every clock edge it [takes|stores] the"
            f" {NAMED[last]} of {q} and {part}{end}",
            f"a D flip-flop with output {q}. Its D input is the {NAMED[last]} of {q} and"
            f" {'(' + part + ')' if both else a}{end}",
            f"{q} is a flip-flop; [at each clock edge|every clock edge] it becomes the"
            f" {NAMED[last]} of its old value and {part}{end}",
            (f"gate 1 is one {NAMED[first]} gate with inputs {a} and {b}; gate 2 is one"
             f" {NAMED[last]} gate with inputs {q} and gate 1's output. Gate 2 drives the D input"
             f" of a flip-flop whose output is {q}" if both else
             f"{a} and the flip-flop's own output {q} go into one {NAMED[last]} gate, which drives"
             f" the flip-flop's D input") + end,
        ),
    )  # fmt: skip


def _gated_reference(face: Interface, loop: _Feedback) -> str:
    a, b, q, z, first, last, over, both = loop
    node = _gate(first, a, b) if both else a
    value = _gate(last, q, f"({node})" if both and len(first) == 1 else node)
    more = f"\n  assign {z} = {_gate(over, q, b)};" if over else ""
    return module(face, clocked(face, f"{q} <= 1'b{loop.start};", f"{q} <= {value};") + more, q)


def _gated_second(face: Interface, loop: _Feedback) -> str:
    a, b, q, z, first, last, over, both = loop
    twin = _twin(last, "now", _twin(first, a, b) if both else a)
    shows = f"assign {q} = now;" + (f"\nassign {z} = {_twin(over, 'now', b)};" if over else "")
    return apart(face, 1, str(loop.start), f"after = {twin};", shows)


FAMILIES: Final = (
    Family("mux and register", "flipflops", _chosen, weight=0.8),
    Family("t flip-flop", "flipflops", _toggling, weight=0.3),
    Family("jk flip-flop", "flipflops", _jk, weight=0.3),
    Family("gate before a flip-flop", "flipflops", _gated, weight=0.7),
)
