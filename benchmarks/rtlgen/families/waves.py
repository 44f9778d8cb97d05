"""Circuits to be found from a waveform: functions of a few inputs, and small machines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock
from ..machine import Function, Outputs, Registers, Values
from ..names import draw_top
from ..tables import waveform
from ..verilog import clocked
from ..words import told

OUTPUTS: Final = ("q", "z", "y", "out", "f")
TOPS: Final = ("waves", "mystery", "circuit", "traced", "unknown_circuit", "scope")
# A function is an input's name or (operation, left, right); `!` inverts the left, `?` is a ? b : c.
Tree = str | tuple[str, Any, Any]
MUX: Final = ("?", "a", ("b", "c"))
MAJORITY: Final = ("|", ("|", ("&", "a", "b"), ("&", "a", "c")), ("&", "b", "c"))


def _tree(rng: Random, names: str) -> Tree:
    """Return a function of all the names: random operations over random halves of them."""
    if len(names) == 1:
        return names
    mine = sorted(rng.sample(names[1:], rng.randint(0, len(names) - 2)))
    rest = "".join(n for n in names[1:] if n not in mine)
    return rng.choice("&|^"), _tree(rng, names[0] + "".join(mine)), _tree(rng, rest)


def _drawn(rng: Random, names: str) -> Tree:
    chance = rng.random()
    if len(names) == 3 and chance < 0.16:
        return MUX if chance < 0.08 else MAJORITY
    tree = _tree(rng, names)
    if chance < 0.35:
        return ("!", tree, None)
    if chance < 0.5 and isinstance(tree, tuple) and tree[0] in "&|" and isinstance(tree[2], str):
        return tree[0], tree[1], ("!", tree[2], None)
    return tree


def _value(tree: Tree, given: Values) -> int:
    if isinstance(tree, str):
        return given[tree]
    operation, left, right = tree
    if operation == "?":
        return given[right[0]] if given[left] else given[right[1]]
    one = _value(left, given)
    if operation == "!":
        return 1 - one
    two = _value(right, given)
    return {"&": one & two, "|": one | two, "^": one ^ two}[operation]


def _text(tree: Tree, *, outer: bool = True) -> str:
    if isinstance(tree, str):
        return tree
    operation, left, right = tree
    if operation == "?":
        return f"{left} ? {right[0]} : {right[1]}"
    if operation == "!":
        return f"~{_text(left, outer=False)}"
    # Chains of one operation need no parentheses on the left.
    same = isinstance(left, tuple) and left[0] == operation
    text = f"{_text(left, outer=same)} {operation} {_text(right, outer=False)}"
    return text if outer else f"({text})"


def _function(rng: Random) -> Case:
    names = "abcd"[: rng.choice((2, 3, 3, 3, 4, 4))]
    tree = _drawn(rng, names)
    expression = _text(tree)
    out = rng.choice(OUTPUTS)
    face = Interface(draw_top(TOPS, rng), tuple(Port(n) for n in names), (Port(out),))
    rows = [dict(zip(names, row, strict=True)) for row in product((0, 1), repeat=len(names))]
    order = [*rows, *rng.sample(rows, rng.randint(0, 3))]
    if rng.random() < 0.4:
        rng.shuffle(order)
    if rng.random() < 0.5:
        order.insert(0, order[0])
    table = waveform([*names, out], [[str(row[n]) for n in names] + [str(_value(tree, row))]
                                     for row in order], step_ns=rng.choice((5, 5, 10)))  # fmt: skip
    ones = [row for row in rows if _value(tree, row)]
    terms = ["(" + " & ".join(n if row[n] else f"~{n}" for n in names) + ")" for row in ones]

    def function(inputs: Values) -> Outputs:
        return {out: _value(tree, inputs)}

    return Case(
        key=expression, interface=face, says=_function_says(face, table),
        reference=f"{face.header()}\n  assign {out} = {expression};\nendmodule\n",
        second=f"{face.header()}\n  assign {out} = {' | '.join(terms)};\nendmodule\n",
        machine=lambda: Function(function),
    )  # fmt: skip


def _function_says(face: Interface, table: str) -> Says:
    names, out = ", ".join(p.name for p in face.inputs), face.outputs[0].name
    points = (
        (f"{out} is a combinational function of {names}", f"{out} comes from {names} through a "
         "combinational circuit", f"there is no clock: {out} depends on {names} only"),
        ("[find|read] it [from|in] the waveform[ below|], which shows every combination of inputs",
         "the waveform shows what it does for every input", "find the function by the waveform"),
    )  # fmt: skip
    return Says(told(face.names, *points), points, (table,), needs_table=True)


# By name: width of q, what a clock edge does, and the next value in Python from q, a and the limit.
Rule = tuple[int, str, Callable[[int, int, int], int]]
RULES: Final[dict[str, Rule]] = {
    "count or load": (3, "q <= a ? 3'd{load} : (q == 3'd{top}) ? 3'd0 : q + 3'd1;",
                      lambda q, a, k: k % 8 if a else (0 if q == k // 8 else (q + 1) % 8)),
    "count while": (3, "q <= !a ? 3'd{load} : (q == 3'd{top}) ? 3'd0 : q + 3'd1;",
                    lambda q, a, k: k % 8 if not a else (0 if q == k // 8 else (q + 1) % 8)),
    "down or load": (3, "q <= a ? 3'd{load} : (q == 3'd0) ? 3'd{top} : q - 3'd1;",
                     lambda q, a, k: k % 8 if a else (k // 8 if q == 0 else q - 1)),
    "shift in": (3, "q <= {{q[1:0], a}};", lambda q, a, _: (q << 1 | a) & 7),
    "shift down": (3, "q <= {{a, q[2:1]}};", lambda q, a, _: q >> 1 | a << 2),
    "step by two": (3, "q <= a ? 3'd{load} : q + 3'd2;",
                    lambda q, a, k: k % 8 if a else (q + 2) % 8),
    "hold or double": (4, "q <= a ? 4'd{load} : {{q[2:0], q[3]}};",
                       lambda q, a, k: k % 8 if a else (q << 1 | q >> 3) & 15),
}  # fmt: skip


def _machine(rng: Random) -> Case:
    name = rng.choice(list(RULES))
    width, step, following = RULES[name]
    top = rng.randint(3, 7)
    load = rng.randint(1, top)
    constant = top * 8 + load
    clock = draw_clock(rng, falling=0.2)
    face = Interface(draw_top(TOPS, rng), (Port("a"),), (Port("q", width),), clock)
    body = clocked(face, "", step.format(load=load, top=top))
    put = {"count while": 0}.get(name, 1)
    words = [following(v, 1 - put, constant) for v in range(1 << width)]
    packed, total = sum(w << width * at for at, w in enumerate(words)), width * len(words)
    second = (
        f"{face.header({'q'})}\n  wire [{total - 1}:0] all = {total}'h{packed:x};\n"
        + clocked(face, "", f"q <= (a == {put}) ? {load} : all[q * {width} +: {width}];")
        + "\nendmodule\n"
    )

    def successor(state: Any, inputs: Values) -> Any:
        known = {following(q, inputs["a"], constant) for q in range(1 << width)}
        if state is None:
            return known.pop() if len(known) == 1 else None
        return following(state, inputs["a"], constant)

    if name.startswith("shift"):
        return _shifter(rng, face, body, step.startswith("q <= {{q"))
    table = _trace(rng, face, following, constant, put)
    return Case(
        key=f"{name} {top} {load} {clock.edge}", interface=face, says=_machine_says(face, table),
        reference=f"{face.header({'q'})}\n{body}\nendmodule\n", second=second,
        machine=lambda: Registers(None, successor, lambda state, _: {"q": state}, forgets=True),
        cycles=160,
    )  # fmt: skip


def _shifter(rng: Random, face: Interface, body: str, up: bool) -> Case:
    """Return a shift register, which needs no load to become known."""

    def successor(state: tuple[int, ...], inputs: Values) -> tuple[int, ...]:
        return (*state, inputs["a"])[-3:]

    def shown(state: tuple[int, ...], _: Values) -> Outputs:
        bits = state if up else state[::-1]
        return {"q": int("".join(map(str, bits)), 2) if len(state) == 3 else None}

    rule = RULES["shift in" if up else "shift down"][2]
    table = _trace(rng, face, rule, 0, -1)
    moves = ["q[2] <= q[1];", "q[1] <= q[0];", "q[0] <= a;"] if up else [
        "q[0] <= q[1];", "q[1] <= q[2];", "q[2] <= a;"]  # fmt: skip
    second = f"{face.header({'q'})}\n" + clocked(face, "", "\n".join(moves)) + "\nendmodule\n"
    return Case(
        key=f"shift {up} {face.clock and face.clock.edge}", interface=face,
        says=_machine_says(face, table), second=second,
        reference=f"{face.header({'q'})}\n{body}\nendmodule\n",
        machine=lambda: Registers(None, successor, shown, power_on=()), cycles=120,
    )  # fmt: skip


def _trace(
    rng: Random, face: Interface, following: Callable[[int, int, int], int], constant: int,
        load: int
) -> str:  # fmt: skip
    """Return a waveform, twice a cycle, that begins with a known q and shows all it can do."""
    assert face.clock is not None
    edge = 1 if face.clock.edge == "posedge" else 0
    rows: list[list[str]] = []
    q = following(0, load, constant) if load >= 0 else 0
    if load >= 0:
        plan = [load, *([1 - load] * 11), load, 1 - load, 1 - load]
    else:
        plan = [1, 0, 0, 0, 1, 1, 0, 1, 0, *(rng.randrange(2) for _ in range(3))]
    known = load < 0
    for a in plan:
        rows.append([str(1 - edge), str(a), str(q) if known else "x"])
        q, known = following(q, a, constant), True
        rows.append([str(edge), str(a), str(q)])
    return waveform([face.clock.name, "a", "q"], rows)


def _machine_says(face: Interface, table: str) -> Says:
    assert face.clock is not None
    points = (
        (f"the circuit is sequential, with input a and output q, clocked by {face.clock.name}; "
         "there is no "
         "reset", "the register q is driven by the input a and its own value",
         "q is a register without reset; its next value depends on a and q"),
        ("[find|work out] what it does from the waveform[ below|] (q is given in decimal)",
         "the waveform, with q in decimal, shows what it does", "find the circuit by the waveform "
          "(q in "
         "decimal)"),
    )  # fmt: skip
    return Says(told(face.names, *points), points, (table,), needs_table=True)


FAMILIES: Final = (
    Family("function from a waveform", "waveforms", _function, weight=0.6),
    Family("machine from a waveform", "waveforms", _machine, weight=0.6),
)
