"""Circuits of several gates: expressions in words and in algebra, named nets, gates in one chip."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import assigns, counted, draw_inputs, draw_output, listed, module
from ..expressions import (
    KINDS,
    Expr,
    Gate,
    Kind,
    algebra,
    code,
    decided,
    evaluate,
    infix,
    inverse,
    names_of,
    prefix,
)
from ..interface import Interface, Port
from ..machine import Function
from ..names import draw_top

NET_NAMES: Final = ("n", "w", "t", "net", "mid", "node", "wire_", "tmp")
BASIC: Final[tuple[Kind, ...]] = ("and", "or", "xor")


def _draw(rng: Random, names: tuple[str, ...]) -> Gate:
    """Return an expression of two levels in which every name stands at least once."""
    top: Kind = rng.choice(("or", "or", "and", "and", "xor", "nor", "nand", "xnor"))
    inner: list[Kind] = [k for k in KINDS if k != top and rng.random() < (1 if k in BASIC else 0.3)]
    left = [inverse(n) if rng.random() < 0.25 else n for n in names]
    rng.shuffle(left)
    args: list[Expr] = []
    while left:
        size = min(len(left), rng.choice((1, 2, 2, 2, 3)))
        part, left = left[:size], left[size:]
        args.append(part[0] if size == 1 else Gate(rng.choice(inner), tuple(part)))
    if len(args) == 1 or (len(args) < 4 and rng.random() < 0.35):
        pair = [inverse(n) if rng.random() < 0.35 else n for n in rng.sample(names, 2)]
        args.append(Gate(rng.choice(inner), tuple(pair)))
    return Gate(top, tuple(args)) if len(set(args)) > 1 else _draw(rng, names)


def _expression(rng: Random) -> Case:
    """One output that is an expression of two to six inputs."""
    count = rng.choice((2, 3, 3, 3, 4, 4, 4, 5, 6))
    names = draw_inputs(rng, count)
    y, of = draw_output(rng, names), _draw(rng, names)
    face = Interface(
        draw_top(("logic_fn", "circuit", "comb_logic", "boolean_fn", "two_level"), rng),
        tuple(Port(n) for n in names), (Port(y),),
    )  # fmt: skip
    return Case(
        key=f"expression {_shape(of, names)}", interface=face, says=_expression_says(y, of),
        reference=module(face, assigns({y: code(of)})),
        second=module(face, assigns({y: decided(of)})),
        machine=lambda: Function(lambda v: {y: evaluate(of, v)}),
    )  # fmt: skip


def _shape(of: Expr, names: tuple[str, ...]) -> str:
    """Return the expression with its inputs numbered, the same for all names."""
    if isinstance(of, str):
        return str(names.index(of))
    return f"{of.kind}({','.join(_shape(arg, names) for arg in of.args)})"


def _expression_says(y: str, of: Gate) -> Says:
    fed = [_fed(arg) for arg in of.args]
    gate = f"{_article(of.kind)} {of.kind.upper()} gate"
    return Says(
        brief=(
            f"{y} is {prefix(of)}",
            f"[implement|build|realise] {y} = {infix(of)}",
            f"{y} = {algebra(of)}, where + is OR, ' is NOT, ^ is XOR and a product is AND",
            f"[the circuit|it] [ends in|has at its output] {gate} that drives {y}; its inputs are "
            f"{listed(fed)}",
            f"[compute|form] {infix(of)} and [put it out on|drive it onto|show it on] {y}",
            f"the Boolean function {y} = {algebra(of)} (+ for OR, ' for NOT, ^ for XOR, products "
            f"for AND)",
            f"{gate} combines {listed(fed)} into {y}",
        ),
        points=((f"{y} is the output of {gate}", f"{gate} drives {y}"),
                *((f"[one|another] input of that gate is {part}",) for part in fed)),
    )  # fmt: skip


def _article(kind: str) -> str:
    return "a" if kind in ("nand", "nor", "not") else "an"


def _fed(of: Expr) -> str:
    """Return what feeds a gate's input."""
    if isinstance(of, str):
        return of
    if of.kind == "not":
        return f"{of.args[0]} inverted"
    return f"({infix(of)})"


def _netlist(rng: Random) -> Case:
    """Gates that are connected by named wires, given one by one."""
    names = draw_inputs(rng, rng.randint(2, 5))
    y = draw_output(rng, names)
    stem = rng.choice([s for s in NET_NAMES if not any(n.startswith(s) for n in (*names, y))])
    nets, unread = dict[str, Gate](), list(names)
    for number in range(1, rng.randint(2, 4) + 1):
        found = _one_gate(rng, (*names, *nets), unread)
        nets[f"{stem}{number}"] = found
        unread = [*(n for n in unread if n not in found.args), f"{stem}{number}"]
    ends = unread
    if len(ends) == 1:
        ends.append(rng.choice([n for n in (*names, *nets) if n != ends[0]]))
    nets[y] = Gate(rng.choice(KINDS), tuple(ends))
    face = Interface(
        draw_top(("netlist", "gate_net", "wired_gates", "circuit", "named_wires"), rng),
        tuple(Port(n) for n in names), (Port(y),),
    )  # fmt: skip
    wires = [f"wire {n} = {code(g)};" for n, g in nets.items() if n != y]
    whole = _expanded(nets[y], nets)
    order = {n: k for k, n in enumerate((*names, *nets))}
    shape = [(g.kind, [order[n] for n in names_of(g)]) for g in nets.values()]
    return Case(
        key=f"netlist {len(names)} {shape}", interface=face, says=_netlist_says(y, nets),
        reference=module(face, *wires, assigns({y: code(nets[y])})),
        second=module(face, assigns({y: decided(whole)})),
        machine=lambda: Function(lambda v: {y: evaluate(whole, v)}),
    )  # fmt: skip


def _one_gate(rng: Random, known: tuple[str, ...], unread: list[str]) -> Gate:
    """Return a gate over known signals, rather those that nothing reads yet."""
    if rng.random() < 0.2:
        return Gate("not", (rng.choice(unread),))
    found = rng.sample(unread, min(len(unread), 2))
    if len(found) < 2:
        found.append(rng.choice([n for n in known if n not in found]))
    return Gate(rng.choice(KINDS), tuple(found))


def _netlist_says(y: str, nets: dict[str, Gate]) -> Says:
    inner = [n for n in nets if n != y]
    options = [
        (f"{n} is {prefix(g)}", f"{n} = {infix(g)}",
         f"{_article(g.kind)} {g.kind.upper()} gate with [input|inputs] {listed(names_of(g))} "
         f"drives {n}")
        for n, g in nets.items()
    ]  # fmt: skip
    wires = f"[internal|inner] [wires|nets|signals] {listed(inner)}"
    each = ["; ".join(option[at] for option in options) for at in range(3)]
    return Says(
        brief=(
            f"[use|declare|there are] {wires}. {each[0]}",
            f"{each[1]}. {listed(inner)} are not ports but wires inside",
            f"{each[2]}",
            f"[build|describe] this circuit, with {wires}: {each[0]}",
            f"a circuit of {counted(len(nets), 'gate')}: {each[1]}",
            f"gate by gate: {each[2]}",
        ),
        points=((f"it has the {wires}",), *options),
    )  # fmt: skip


def _expanded(of: Expr, nets: dict[str, Gate]) -> Expr:
    if isinstance(of, str):
        return _expanded(nets[of], nets) if of in nets else of
    return Gate(of.kind, tuple(_expanded(arg, nets) for arg in of.args))


def _chip(rng: Random) -> Case:
    """Several gates of one kind in a package, or of different ones."""
    sections, fan_in = rng.randint(2, 4), rng.choice((2, 2, 3, 4))
    if sections * fan_in > 9:
        fan_in = 2
    same = rng.random() < 0.5
    first = rng.choice(KINDS)
    kinds: list[Kind] = [first if same else rng.choice(KINDS) for _ in range(sections)]
    marks, pins, foot = _pins(rng, sections, fan_in)
    outs = [f"{foot}{m}" for m in marks]
    gates = {y: Gate(k, p) for y, k, p in zip(outs, kinds, pins, strict=True)}
    face = Interface(
        draw_top(("gate_chip", "quad_gate", "gate_pack", "gate_array", "chip"), rng),
        tuple(Port(n) for group in pins for n in group), tuple(Port(y) for y in outs),
    )  # fmt: skip
    of_kind = counted(sections, f"{fan_in}-input {first.upper()} gate")
    head = of_kind if same else f"{counted(sections, 'gate')} of {fan_in} inputs each"
    return Case(
        key=f"chip {kinds} {fan_in}", interface=face, says=_chip_says(head, gates),
        reference=module(face, assigns({y: code(g) for y, g in gates.items()})),
        second=module(face, assigns({y: decided(g) for y, g in gates.items()})),
        machine=lambda: Function(lambda v: {y: evaluate(g, v) for y, g in gates.items()}),
    )  # fmt: skip


def _chip_says(head: str, gates: dict[str, Gate]) -> Says:
    each = "; ".join(f"{y} is {prefix(g)}" for y, g in gates.items())
    short = "; ".join(f"{y} = {infix(g)}" for y, g in gates.items())
    return Says(
        brief=(
            f"[the chip|this chip|the package] [holds|contains|has] {head}: {each}",
            f"{head} in one [package|module|chip]. {short}", each,
            f"[model|describe] a logic chip with {head}, [working independently|independent of "
            f"each other]: {short}",
        ),
        points=((f"there are {head}",), *(
            (f"{y} is {prefix(g)}", f"{y} = {infix(g)}",
             f"{_article(g.kind)} {g.kind.upper()} gate with inputs {listed(names_of(g))} drives "
             f"{y}")
            for y, g in gates.items())),
    )  # fmt: skip


def _pins(rng: Random, sections: int, fan_in: int) -> tuple[list[str], list[tuple[str, ...]], str]:
    """Return the sections' marks, each section's inputs, and the stem of the outputs."""
    style = rng.random()
    if style < 0.4:
        marks = [str(n + 1) for n in range(sections)]
        return marks, [tuple(f"{letter}{m}" for letter in "abcd"[:fan_in]) for m in marks], "y"
    stem, foot = rng.choice((("in", "out"), ("i", "o"), ("x", "z"), ("d", "q"), ("p", "y")))
    if style < 0.7:
        marks = list("abcd"[:sections])
        return marks, [tuple(f"{stem}{m}{k + 1}" for k in range(fan_in)) for m in marks], foot
    marks = [str(n) for n in range(sections)]
    return marks, [tuple(f"{stem}{m}_{k}" for k in range(fan_in)) for m in marks], foot


FAMILIES: Final = (
    Family("worded expression", "gates", _expression, weight=1.5),
    Family("gate netlist", "gates", _netlist),
    Family("gate chip", "gates", _chip, weight=0.7),
)
