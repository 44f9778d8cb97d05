"""Gates: wires and constants, single gates, gates on vectors, chips of gates, named nets."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import (
    assigns,
    constant,
    draw_inputs,
    draw_output,
    draw_outputs,
    listed,
    module,
)
from ..expressions import (
    KINDS,
    Expr,
    Gate,
    code,
    decided,
    evaluate,
    inverse,
)
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top

WIDTHS: Final = (2, 3, 4, 5, 6, 8, 8, 10, 12, 16, 16, 20, 24, 32, 32, 48, 64, 100)
ACTIONS: Final = {
    "and": "is 1 [only when|exactly when|if and only if] {every} 1",
    "or": "is 1 [as soon as|when|if] at least one of {these} is 1",
    "xor": "is 1 [when|exactly when] an odd number of {these} is 1",
    "nand": "is 0 [only when|exactly when] {every} 1, and 1 otherwise",
    "nor": "is 1 [only when|exactly when] {every} 0",
    "xnor": "is 1 [when|exactly when] an even number of {these} is 1",
}


def _gate(rng: Random) -> Case:
    """One gate of one to eight inputs, some of them inverted at times."""
    count = rng.choice((1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7, 8))
    kind = rng.choice(KINDS) if count > 1 else rng.choice(("not", "not", "buf"))
    names = draw_inputs(rng, count)
    y = draw_output(rng, names)
    turned = [count > 1 and rng.random() < 0.3 for _ in names] if rng.random() < 0.25 else []
    args: list[Expr] = [inverse(n) if t else n for n, t in zip(names, turned, strict=False)]
    args = args or list(names)
    of: Expr = Gate(kind, tuple(args)) if kind != "buf" else names[0]
    face = Interface(
        draw_top((f"{kind}_gate", f"{kind}{count}", "gate", "one_gate"), rng),
        tuple(Port(name) for name in names), (Port(y),),
    )  # fmt: skip
    said = _gate_says(kind, names, y, [n for n, t in zip(names, turned, strict=False) if t])
    return Case(
        key=f"gate {kind} {count} {turned}", interface=face, says=said,
        reference=module(face, assigns({y: code(of)})),
        second=module(face, assigns({y: decided(of)})),
        machine=lambda: Function(lambda values: {y: evaluate(of, values)}),
    )  # fmt: skip


def _gate_says(kind: str, names: tuple[str, ...], y: str, turned: list[str]) -> Says:
    if kind in ("not", "buf"):
        return _single_says(kind, names[0], y)
    noun, article = kind.upper(), "a" if kind in ("nand", "nor") else "an"
    where = after = ""
    if turned:
        after = f", where {listed(turned)} count{'s' if len(turned) == 1 else ''} inverted"
        verb = "is" if len(turned) == 1 else "are"
        where = f"; {listed(turned)} {verb} inverted [before the gate|at the gate's input|first]"
    literals = listed([f"{n} inverted" if n in turned else n for n in names])
    gate = f"a {len(names)}-input {noun} gate"
    if len(names) == 2:
        gate = f"[a two-input {noun} gate|a 2-input {noun} gate|{article} {noun} gate]"
    every = "both inputs are" if len(names) == 2 else "all inputs are"
    these = "the two inputs" if len(names) == 2 else f"the {len(names)} inputs"
    exact = f"{y} {ACTIONS[kind].format(every=every, these=these)}{after}"
    return Says(
        brief=(
            f"[implement|build|make] {gate}[ with output {y}| that drives {y}|]{where}",
            f"{y} is the {noun} of {literals}",
            exact,
            f"drive {y} with the [logical |]{noun} of {literals}",
            f"{gate}: inputs {literals}, output {y}",
            f"the circuit is [only|just] {article} {noun} gate from {literals} to {y}",
        ),
        points=((f"{y} is the {noun} of {literals}",
                 f"{article} {noun} gate with inputs {literals} drives {y}"), (exact,)),
        ports=None if turned else {y: f"{noun} of the inputs"},
    )  # fmt: skip


def _single_says(kind: str, a: str, y: str) -> Says:
    if kind == "buf":
        brief = (
            f"[a|just a] wire: {y} follows {a}", f"connect {a} [straight|directly] to {y}",
            f"{y} [always equals|is the same as] {a}",
            f"pass {a} through to {y} [unchanged|as it is]",
            f"whatever arrives at {a} leaves at {y}, with no register between",
        )  # fmt: skip
    else:
        brief = (
            f"[a|one] NOT gate from {a} to {y}", f"{y} is the [inverse|complement|negation] of {a}",
            f"an inverter: {y} is 1 when {a} is 0, and 0 when {a} is 1",
            f"invert {a} and [drive {y} with it|give it out on {y}]",
            f"{y} always shows the opposite of {a}",
        )  # fmt: skip
    return Says(brief=brief, points=(brief[1:],))


def _wires(rng: Random) -> Case:
    """Outputs that are tied to a level, follow an input, or follow its inverse."""
    inputs = draw_inputs(rng, rng.randint(1, 4))
    outputs = draw_outputs(rng, rng.randint(1, 5), inputs)
    width = 1 if rng.random() < 0.6 else rng.choice(WIDTHS[:14])
    base, mask = rng.choice("dh"), (1 << width) - 1
    ways = [_way(rng, len(inputs), width) for _ in outputs]
    face = Interface(
        draw_top(("wires", "wiring", "routing", "tie_off", "connect"), rng),
        tuple(Port(n, width) for n in inputs), tuple(Port(n, width) for n in outputs),
    )  # fmt: skip
    codes, said = dict[str, str](), list[tuple[str, ...]]()
    for y, (kind, at) in zip(outputs, ways, strict=True):
        if kind == "level":
            codes[y] = constant(at, width, base)
            said.append(_level_says(y, at, width, base))
        else:
            codes[y] = ("~" if kind == "inverse" else "") + inputs[at]
            said.append(_wire_says(y, kind, inputs[at], width))

    def value(way: tuple[str, int], values: Values) -> int:
        kind, at = way
        return at if kind == "level" else values[inputs[at]] ^ (mask if kind == "inverse" else 0)

    joint = f"assign {{{', '.join(outputs)}}} = {{{', '.join(codes.values())}}};"
    return Case(
        key=f"wires {width} {len(inputs)} {ways} {base}", interface=face,
        says=Says(brief=_joined(said), points=tuple(said)),
        reference=module(face, assigns(codes)), second=module(face, joint),
        machine=lambda: Function(
            lambda v: {y: value(way, v) for y, way in zip(outputs, ways, strict=True)}),
    )  # fmt: skip


def _way(rng: Random, inputs: int, width: int) -> tuple[str, int]:
    kind = rng.choice(("level", "inverse", "wire", "wire", "wire"))
    return kind, _level(rng, width) if kind == "level" else rng.randrange(inputs)


def _joined(said: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple("; ".join(options[at] for options in said) for at in range(4))


def _level_says(y: str, level: int, width: int, base: str) -> tuple[str, ...]:
    number = f"{level}" if base != "h" or width == 1 else f"hexadecimal {level:X}"
    spoken = number if width > 1 else ("[high|logic 1|1]" if level else "[low|logic 0|0]")
    return (f"{y} is always {spoken}", f"tie {y} to {number}",
            f"{y} is [constantly|permanently] {number}", f"hold {y} at {spoken}")  # fmt: skip


def _wire_says(y: str, kind: str, a: str, width: int) -> tuple[str, ...]:
    if kind == "inverse":
        each = "" if width == 1 else " (every bit)"
        return (f"{y} is the [inverse|complement] of {a}{each}", f"{y} is NOT {a}{each}",
                f"invert {a}{each} to get {y}",
                f"{y} carries the opposite of {a}{each}")  # fmt: skip
    return (f"{y} [equals|is|follows] {a}", f"{y} is driven by {a}", f"connect {a} to {y}",
            f"{a} goes through to {y}")  # fmt: skip


def _fixed(rng: Random) -> Case:
    """Outputs that are constants; there is no input, or one that does not matter."""
    spare = rng.choice(("unused", "nc", "in", "a", "en", "d")) if rng.random() < 0.4 else ""
    outputs = draw_outputs(rng, rng.randint(1, 3), (spare,))
    ports = tuple(Port(n, rng.choice((1, 1, 1, *WIDTHS[:14]))) for n in outputs)
    base = rng.choice("dh")
    values = {p.name: _level(rng, p.width) for p in ports}
    face = Interface(
        draw_top(("constants", "tie_off", "fixed_levels", "straps"), rng),
        (Port(spare),) if spare else (), ports,
    )  # fmt: skip
    said = [_level_says(p.name, values[p.name], p.width, base) for p in ports]
    if spare:
        said.append((f"{spare} is not used", f"ignore {spare}", f"{spare} has no effect",
                     f"{spare} does not matter"))  # fmt: skip
    joint = ", ".join(constant(values[p.name], p.width, "b") for p in ports)
    return Case(
        key=f"fixed {[p.width for p in ports]} {list(values.values())} {base} {bool(spare)}",
        interface=face, says=Says(brief=_joined(said), points=tuple(said)),
        reference=module(
            face, assigns({p.name: constant(values[p.name], p.width, base) for p in ports})),
        second=module(face, f"assign {{{', '.join(outputs)}}} = {{{joint}}};"),
        machine=lambda: Function(lambda _: dict(values)),
    )  # fmt: skip


def _level(rng: Random, width: int) -> int:
    some = rng.randrange(1 << width)
    return rng.choice((0, 1, (1 << width) - 1, some, some))


def _vector_gate(rng: Random) -> Case:
    """A gate on whole vectors, bit by bit."""
    count, width = rng.choice((1, 2, 2, 2, 2, 3, 4)), rng.choice(WIDTHS)
    kind = rng.choice(KINDS) if count > 1 else "not"
    names = draw_inputs(rng, count)
    y = draw_output(rng, names)
    of = Gate(kind, names)
    face = Interface(
        draw_top((f"{kind}_vector", f"bitwise_{kind}", "vector_gate", f"{kind}{width}"), rng),
        tuple(Port(n, width) for n in names), (Port(y, width),),
    )  # fmt: skip
    noun = kind.upper() if count > 1 else "inverse"
    many = "inverters" if count == 1 else f"{noun} gates"
    wish = f"the bitwise {noun} of {listed(names)}"
    same = listed([f"the same bit of {n}" for n in names])
    says = Says(
        brief=(
            f"{y} [is|shall be|must be] {wish}", f"drive {y} with {wish}",
            f"[use|take] one {'NOT' if count == 1 else noun} gate for each of the {width} bits: "
            f"bit k of {y} is the {noun} of {listed([f'bit k of {n}' for n in names])}",
            f"{width} {many} side by side: each bit of {y} is the {noun} of {same}",
            f"bit by bit, {y} is the {noun} of {listed(names)}",
        ),
        points=((f"{y} is {wish}", f"every bit of {y} is the {noun} of {same}"),),
    )  # fmt: skip
    whole = range(width)
    loop = f"for (nr = 0; nr < {width}; nr = nr + 1)\n    {y}[nr] = {decided(_indexed(of))};"
    return Case(
        key=f"vector gate {kind} {count} {width}", interface=face, says=says,
        reference=module(face, assigns({y: code(of)})),
        second=module(face, f"integer nr;\nalways @(*)\n  {loop}", registers=(y,)),
        machine=lambda: Function(lambda v: {y: sum(
            evaluate(of, {n: v[n] >> k & 1 for n in names}) << k for k in whole)}),
    )  # fmt: skip


def _indexed(of: Expr) -> Expr:
    if isinstance(of, str):
        return f"{of}[nr]"
    return Gate(of.kind, tuple(_indexed(arg) for arg in of.args))


FAMILIES: Final = (
    Family("gate", "gates", _gate, weight=1.2),
    Family("wires", "gates", _wires),
    Family("constants", "gates", _fixed, weight=0.6),
    Family("vector gate", "gates", _vector_gate),
)
