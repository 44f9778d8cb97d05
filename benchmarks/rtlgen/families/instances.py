"""Modules made of copies of a smaller one, which is asked for as well."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Clock, Interface, Port, Reset, draw_clock, draw_reset
from ..machine import Function, Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told

CELLS: Final = ("cell1", "my_reg", "stage_reg", "sub_reg", "delay1", "storage")
GATES: Final = ("gate2", "sub", "mod_a", "block", "unit_a", "logic_cell")
TOPS: Final = ("top", "wrapper", "chain", "assembly", "top_level", "system")
# What a smaller module does with p and r, as Verilog, in words, and in Python.
OPERATIONS: Final = (
    ("p & r", "the AND of p and r", lambda p, r: p & r),
    ("p | r", "the OR of p and r", lambda p, r: p | r),
    ("p ^ r", "the XOR of p and r", lambda p, r: p ^ r),
    ("~(p & r)", "the NAND of p and r", lambda p, r: ~(p & r)),
    ("~(p | r)", "the NOR of p and r", lambda p, r: ~(p | r)),
    ("p & ~r", "p AND NOT r", lambda p, r: p & ~r),
)  # fmt: skip


def _inner(name: str, width: int, clock: Clock, reset: Reset | None) -> Interface:
    return Interface(name, (Port("d", width),), (Port("q", width),), clock, reset)


def _chain(rng: Random) -> Case:
    """Return a chain of two to four registers, of which all or only the last may be seen."""
    count, width = rng.choice((2, 3, 3, 4)), rng.choice((1, 1, 4, 8, 8, 16))
    taps, name = rng.random() < 0.4, rng.choice(CELLS)
    clock, reset = draw_clock(rng), draw_reset(rng, none=0.4)
    x, y = rng.choice((("in", "out"), ("din", "dout"), ("a", "z"), ("x", "y")))
    outs = (
        tuple(Port(f"{y}{at}", width) for at in range(1, count + 1)) if taps else (Port(y, width),)
    )
    face = Interface(draw_top(TOPS, rng), (Port(x, width),), outs, clock, reset)
    leaf = _inner(name, width, clock, reset)

    def successor(state: Any, inputs: Values) -> Any:
        return (inputs[x], *state)[:count]

    def shown(state: Any, _: Values) -> Outputs:
        known = [*state, *([None] * count)][:count]
        return {p.name: known[at if taps else count - 1] for at, p in enumerate(outs)}

    return Case(
        key=f"{count} {width} {taps} {reset} {clock.edge}", interface=face,
        says=_chain_says(face, leaf, count, taps),
        reference=_chain_reference(face, leaf, count, taps),
        second=_chain_second(face, count, taps), cycles=120,
        machine=lambda: Registers((0,) * count, successor, shown, forgets=True, power_on=()),
    )  # fmt: skip


def _chain_reference(face: Interface, leaf: Interface, count: int, taps: bool) -> str:
    x, outputs = face.inputs[0].name, [port.name for port in face.outputs]
    zero = f"{face.inputs[0].width}'d0"
    body = f"{leaf.header({'q'})}\n{clocked(leaf, f'q <= {zero};', 'q <= d;')}\nendmodule\n"
    wires = outputs if taps else [*(f"w{at}" for at in range(1, count)), *outputs]
    shared = "".join(f".{p.name}({p.name}), " for p in leaf.controls)
    links = zip([x, *wires[:-1]], wires, strict=True)
    lines = [
        f"  {leaf.top} u{at} ({shared}.d({a}), .q({b}));" for at, (a, b) in enumerate(links, 1)
    ]
    declared = [] if taps else [f"  wire {face.inputs[0].range}{', '.join(wires[:-1])};"]
    return "\n".join([face.header(), *declared, *lines, "endmodule\n", body])


def _chain_second(face: Interface, count: int, taps: bool) -> str:
    """Return the chain without instances, all its registers in one vector."""
    x, width = face.inputs[0].name, face.inputs[0].width
    moves = [f"r[{width * at} +: {width}] <= "
             f"{x if at == 0 else f'r[{width * (at - 1)} +: {width}]'};"
             for at in range(count)]  # fmt: skip
    show = [f"  assign {p.name} = r[{width * (at if taps else count - 1)} +: {width}];"
            for at, p in enumerate(face.outputs)]  # fmt: skip
    return "\n".join(
        [
            face.header(),
            f"  reg [{width * count - 1}:0] r;",
            clocked(face, "r <= 0;", "\n".join(moves)),
            *show,
            "endmodule\n",
        ]
    )


def _chain_says(face: Interface, leaf: Interface, count: int, taps: bool) -> Says:
    name, x = leaf.top, face.inputs[0].name
    ports = ", ".join(f"{p.range}{p.name}".strip() for p in (*leaf.all_inputs, *leaf.outputs))
    kind = "" if leaf.reset is None else ", and 0 on reset"
    last = (f"the outputs {', '.join(p.name for p in face.outputs)} are the q of the first to the "
            "last"
            if taps else f"{face.outputs[0].name} is the q of the last")  # fmt: skip
    points = (
        (f"define a module {name} (ports {ports}), a register whose output q takes d at the active "
         f"clock edge{kind}; {face.top} is to be made of {count} instances of it",
         f"write two modules: {name} with the ports {ports}, in which q is d delayed by a register"
         f"{kind}, and {face.top}, which instantiates it {count} times",
         f"{count} copies of a module {name}({ports}) are wired up; write {name} as well: q takes "
         "d at "
         f"the clock edge{kind}"),
        (f"the copies form a chain: {x} goes to the d of the first, and each q to the d of the "
         "next",
         f"they are connected in series, beginning with {x}", f"chain them from {x} on, q to d"),
        (last, f"of the chain, {last}", f"outputs: {last}"),
    )  # fmt: skip
    return Says(told((*face.names, face.top, name), *points), points)


def _tree(rng: Random) -> Case:
    """Return three gates of one kind or two, the third of which joins the other two."""
    width = rng.choice((1, 1, 1, 4, 8))
    kinds = rng.sample(range(len(OPERATIONS)), rng.choice((1, 2, 2)))
    names = [rng.choice(GATES)] if len(kinds) == 1 else rng.choice((["mod_a", "mod_b"],
        ["left_cell", "right_cell"], ["sub1", "sub2"], ["first_stage",
         "second_stage"]))  # fmt: skip
    ins, out = tuple(rng.choice(("abcd", "wxyz", "klmn"))), rng.choice(("f", "out", "res", "g"))
    # The kind (0 or 1) of each of the two gates in front, and of the one behind.
    plan = tuple(rng.randrange(len(kinds)) for _ in range(2)) + (len(kinds) - 1,)
    if len(kinds) == 2 and plan[:2] == (1, 1):
        plan = (0, 0, 1)
    face = Interface(draw_top(TOPS, rng), tuple(Port(n, width) for n in ins), (Port(out, width),))
    a, b, c, d = ins

    def function(inputs: Values) -> Outputs:
        first, other, last = (OPERATIONS[kinds[k]][2] for k in plan)
        value = last(first(inputs[a], inputs[b]), other(inputs[c], inputs[d]))
        return {out: value & (1 << width) - 1}

    return Case(
        key=f"{width} {kinds} {plan}", interface=face,
        says=_tree_says(face, names, kinds, plan),
        reference=_tree_reference(face, names, kinds, plan), second=_tree_second(face, kinds, plan),
        machine=lambda: Function(function), cycles=100,
    )  # fmt: skip


def _tree_reference(
    face: Interface, names: list[str], kinds: list[int], plan: tuple[int, ...]
) -> str:
    a, b, c, d = (port.name for port in face.inputs)
    out, width = face.outputs[0].name, face.inputs[0].width
    leaves = [
        Interface(n, (Port("p", width), Port("r", width)), (Port("s", width),)) for n in names
    ]
    bodies = [f"{leaf.header()}\n  assign s = {OPERATIONS[kind][0]};\nendmodule\n"
              for leaf, kind in zip(leaves, kinds, strict=True)]  # fmt: skip
    return "\n".join([
        face.header(), f"  wire {face.inputs[0].range}s1, s2;",
        f"  {names[plan[0]]} u1 (.p({a}), .r({b}), .s(s1));",
        f"  {names[plan[1]]} u2 (.p({c}), .r({d}), .s(s2));",
        f"  {names[plan[2]]} u3 (.p(s1), .r(s2), .s({out}));", "endmodule\n", "\n".join(bodies),
    ])  # fmt: skip


def _tree_second(face: Interface, kinds: list[int], plan: tuple[int, ...]) -> str:
    """Return the tree without instances, as one expression."""
    a, b, c, d = (port.name for port in face.inputs)

    def joined(kind: int, p: str, r: str) -> str:
        text = OPERATIONS[kinds[kind]][0]
        return "(" + text.replace("p", "\0").replace("r", r).replace("\0", p) + ")"

    whole = joined(plan[2], joined(plan[0], a, b), joined(plan[1], c, d))
    return f"{face.header()}\n  assign {face.outputs[0].name} = {whole};\nendmodule\n"


def _tree_says(face: Interface, names: list[str], kinds: list[int], plan: tuple[int, ...]) -> Says:
    a, b, c, d = (p.name for p in face.inputs)
    out, width = face.outputs[0].name, face.inputs[0].width
    wide = "" if width == 1 else f", all {width} bits wide"
    what = " and ".join(f"{n} (s is {OPERATIONS[k][1]})" for n, k in zip(names, kinds, strict=True))
    many = "modules" if len(names) > 1 else "module"
    one, two, three = (names[k] for k in plan)
    points = (
        (f"write the smaller {many} {what} with inputs p and r and output s{wide}, and build "
         f"{face.top} from instances",
         f"the module {face.top} is made of three instances; define the {many} {what}, with the "
         "inputs p, r and "
         f"the output s{wide}, as well",
         f"smaller {many}, to be written too: {what}, ports p, r (inputs), s (output){wide}"),
        (f"one {one} takes {a} as p and {b} as r, one {two} takes {c} as p and {d} as r",
         f"{a} and {b} are p and r of a first instance, of {one}; {c} and {d} those of a second, "
         "of "
         f"{two}", f"instances: {one} on {a} (p) and {b} (r), {two} on {c} (p) and {d} (r)"),
        (f"the s of the first is p and that of the second is r of a {three}, whose s is {out}",
         f"their results are p and r of a third instance, of {three}, that gives {out}",
         f"a {three} joins both results (first as p, second as r) into {out}"),
    )  # fmt: skip
    return Says(told((*face.names, face.top, *names), *points), points)


FAMILIES: Final = (
    Family("chain of instances", "instances", _chain),
    Family("tree of instances", "instances", _tree),
)
