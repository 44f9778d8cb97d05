"""Rules in plain English: alarms, fans, doors, pumps, with inputs that have a meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import assigns, module
from ..expressions import Expr, Gate, code, decided, evaluate, inverse, names_of
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top
from .scenes import SCENES, Signal


def _not(of: Expr) -> Expr:
    return of.args[0] if isinstance(of, Gate) and of.kind == "not" else inverse(of)


# By the number of conditions: the words, and the expression of the conditions.
SHAPES: Final[dict[int, tuple[tuple[str, Callable[..., Expr]], ...]]] = {
    2: (
        ("{0} and {1}", lambda a, b: Gate("and", (a, b))),
        ("both {0} and {1}", lambda a, b: Gate("and", (a, b))),
        ("{0} or {1} (or both)", lambda a, b: Gate("or", (a, b))),
        ("at least one of these holds: {0}; {1}", lambda a, b: Gate("or", (a, b))),
        ("{0}, unless {1}", lambda a, b: Gate("and", (a, _not(b)))),
        ("exactly one of these two holds: {0}; {1}", lambda a, b: Gate("xor", (a, b))),
    ),
    3: (
        ("{0} and {1} and {2}", lambda a, b, c: Gate("and", (a, b, c))),
        ("{0} and, besides, {1} or {2}", lambda a, b, c: Gate("and", (a, Gate("or", (b, c))))),
        ("both {0} and {1}, or else {2}", lambda a, b, c: Gate("or", (Gate("and", (a, b)), c))),
        ("{0} or {1}, unless {2}", lambda a, b, c: Gate("and", (Gate("or", (a, b)), _not(c)))),
        ("{0} and {1}, unless {2}", lambda a, b, c: Gate("and", (a, b, _not(c)))),
        ("any of these holds: {0}; {1}; {2}", lambda a, b, c: Gate("or", (a, b, c))),
        ("{2}, and in any case when both {0} and "
        "{1}", lambda a, b, c: Gate("or", (c, Gate("and", (a, b))))),
    ),
    4: (
        ("both {0} and {1}, or both {2} and {3}",
         lambda a, b, c, d: Gate("or", (Gate("and", (a, b)), Gate("and", (c, d))))),
        ("at least one of the first two and at least one of the last two of these hold: {0}; {1}; "
        "{2}; {3}",
         lambda a, b, c, d: Gate("and", (Gate("or", (a, b)), Gate("or", (c, d))))),
        ("{0} and {1} and {2}, unless {3}", lambda a, b, c, d: Gate("and", (a, b, c, _not(d)))),
        ("{0} and one or more of these hold: {1}; {2}; {3}",
         lambda a, b, c, d: Gate("and", (a, Gate("or", (b, c, d))))),
    ),
}  # fmt: skip


def _rule(rng: Random, signals: Sequence[Signal]) -> tuple[Expr, tuple[str, str, str]]:
    """Return a condition, and the words for it: in meanings, in marked meanings, and in levels."""
    uses = rng.sample(signals, min(len(signals), rng.choice((2, 2, 3, 3, 3, 4))))
    low = [int(rng.random() < 0.3) for _ in uses]
    pairs = list(zip(uses, low, strict=True))
    args: list[Expr] = [inverse(s.name) if turned else s.name for s, turned in pairs]
    meant = [s.false if turned else s.true for s, turned in pairs]
    level = [f"{s.name} is {1 - turned}" for s, turned in pairs]
    marked = [f"{s.false if t else s.true} ({s.name} = {1 - t})" for s, t in pairs]
    words, made = rng.choice(SHAPES[len(uses)])
    return made(*args), (words.format(*meant), words.format(*marked), words.format(*level))


def _rules(rng: Random) -> Case:
    """One or two outputs, each with a rule over inputs that have a meaning."""
    scene = rng.choice(SCENES)
    signals = rng.sample(scene.inputs, rng.randint(2, len(scene.inputs)))
    outputs = rng.sample(scene.outputs, rng.choice((1, 1, 2, 2)))
    rules = {name: _rule(rng, signals) for name, _ in outputs}
    used = {name for of, _ in rules.values() for name in names_of(of)}
    signals = [s for s in signals if s.name in used]
    face = Interface(
        draw_top((scene.top, f"{scene.top}_logic", "rules", "controller"), rng),
        tuple(Port(s.name) for s in signals), tuple(Port(name) for name in rules),
    )  # fmt: skip
    codes = {name: code(of) for name, (of, _) in rules.items()}
    says = _rules_says(signals, dict(outputs), {n: words for n, (_, words) in rules.items()})
    return Case(
        key=f"rules {codes}", interface=face, says=says, reference=module(face, assigns(codes)),
        second=module(face, assigns({n: decided(of) for n, (of, _) in rules.items()})),
        machine=lambda: Function(lambda v: {n: evaluate(of, v) for n, (of, _) in rules.items()}),
    )  # fmt: skip


def _rules_says(
    signals: Sequence[Signal], outputs: Mapping[str, str], rules: Mapping[str, tuple[str, str, str]]
) -> Says:
    meanings = "; ".join(f"{s.name} is 1 when {s.true} and 0 when {s.false}" for s in signals)
    acts = "; ".join(f"{name} = 1 means that {act}" for name, act in outputs.items())
    plain = "; ".join(f"{act} when {rules[name][0]}" for name, act in outputs.items())
    marked = "; ".join(f"{act} ({name} = 1) when {rules[name][1]}" for name, act in outputs.items())
    levels = "; ".join(f"{name} is 1 when {rules[name][2]}" for name in outputs)
    points = tuple(
        (f"{name} is 1 when {rules[name][1]}", f"{act} ({name} = 1) when {rules[name][1]}",
         f"{name} is 1 when {rules[name][2]}, otherwise 0")
        for name, act in outputs.items()
    )  # fmt: skip
    return Says(
        brief=(
            f"{meanings}. {acts}. The rules: {plain}. [Otherwise an output is 0|In all other "
            f"cases they are 0]",
            f"{marked}. Otherwise [the output is|outputs are] 0",
            f"{levels}; [otherwise|in all other cases] 0",
            f"inputs: {meanings}. Outputs: {acts}. Wanted: {plain}. In all other cases 0",
            f"only in these cases an output is 1: {marked}",
        ),
        points=points,
        ports={**{s.name: f"1 when {s.true}, 0 when {s.false}" for s in signals},
               **{name: f"1 when {act}" for name, act in outputs.items()}},
    )  # fmt: skip


# A measured quantity: port names, the words for it, and its unit.
QUANTITIES: Final = (
    (("temp", "t_now", "celsius"), "the temperature", "degrees"),
    (("level", "depth", "mark"), "the water level", "cm"),
    (("rpm", "velocity", "v_now"), "the speed", "units"), (("press", "bar", "p_now"), "the "
    "pressure", "units"),
    (("weight", "mass", "kg"), "the load", "kg"), (("light", "lux", "sensor"), "the "
    "brightness", "units"),
)  # fmt: skip
SWITCHES: Final = (
    ("enable", "manual"),
    ("mode", "test"),
    ("on", "override"),
    ("armed", "always_on"),
    ("auto", "boost"),
)
ACTIONS: Final = ("heater", "fan", "valve", "alarm", "motor", "lamp", "relay", "warn")
COMPARED: Final = {"<": "below", ">": "above", ">=": "{} or more", "<=": "{} or less"}


def _limits(rng: Random) -> Case:
    """An output that depends on a measured number against a limit, and on switches."""
    names, said, unit = rng.choice(QUANTITIES)
    a, width = rng.choice(names), rng.randint(4, 10)
    enable, force = rng.choice(SWITCHES)
    sign, limit = rng.choice(list(COMPARED)), rng.randint(2, (1 << width) - 3)
    y, form = rng.choice(ACTIONS), rng.choice(("plain", "enable", "force", "both"))
    gated, forced = form in ("enable", "both"), form in ("force", "both")
    switches = [n for n, used in ((enable, gated), (force, forced)) if used]
    face = Interface(
        draw_top((f"{y}_switch", f"{y}_control", "thermostat", "limit_switch", "guard"), rng),
        (Port(a, width), *(Port(n) for n in switches)), (Port(y),),
    )  # fmt: skip
    test = f"({a} {sign} {width}'d{limit})"
    value = f"({enable} & {test})" if gated and forced else f"{enable} & {test}" if gated else test
    value = f"{force} | {value}" if forced else value[1:-1] if form == "plain" else value
    where = COMPARED[sign].format(limit) if "{" in COMPARED[sign] else f"{COMPARED[sign]} {limit}"
    inner = f"(({a} {sign} {limit}) ? 1'b1 : 1'b0)"
    second = f"{force} ? 1'b1 : {inner}" if forced else inner
    if gated:
        second = second.replace(inner, f"({enable} ? {inner} : 1'b0)")

    def on(v: Values) -> int:
        reached = {"<": v[a] < limit, ">": v[a] > limit, ">=": v[a] >= limit, "<=": v[a] <= limit}
        return int((reached[sign] and (not gated or v[enable] == 1)) or (forced and v[force] == 1))

    return Case(
        key=f"limits {form} {sign} {limit} {width}", interface=face,
        says=_limits_says(y, f"{said} "
        f"{a}", where, unit, enable if gated else "", force if forced else ""),
        reference=module(face, assigns({y: value})), second=module(face, assigns({y: second})),
        machine=lambda: Function(lambda v: {y: on(v)}), stimuli=_around(face, a, limit),
    )  # fmt: skip


def _around(face: Interface, a: str, limit: int) -> Callable[[Random], list[dict[str, int]]]:
    def given(rng: Random) -> list[dict[str, int]]:
        found = list[dict[str, int]]()
        for _ in range(120):
            values = {p.name: rng.getrandbits(p.width) for p in face.inputs}
            if rng.random() < 0.6:
                values[a] = limit + rng.randint(-2, 2)
            found.append(values)
        return found

    return given


def _limits_says(y: str, said: str, where: str, unit: str, enable: str, force: str) -> Says:
    also = f" while {enable} is 1" if enable else ""
    both = f" and {enable} is 1" if enable else ""
    anyway = f"; {force} = 1 switches it on in any case" if force else ""
    either = f"{force} is 1, or if " if force else ""
    measure = f"{said} is an unsigned number of {unit}"
    points = [
        (f"{y} is on (1) when {said} is {where}{both}", f"{y} = 1 if {said} is {where}{both}")
    ]
    if force:
        points.append(
            (
                f"{force} = 1 turns {y} on whatever else holds",
                f"{y} is also 1 whenever {force} is 1",
            )
        )
    points.append((f"otherwise {y} is off (0)", f"in all other cases {y} is 0"))
    return Says(
        brief=(
            f"[switch|turn] {y} on (1) when {said} is {where}{also}{anyway}. Otherwise it is off "
            f"(0)",
            f"{measure}. {y} is 1 if {either}{said} is {where}{both}, otherwise 0",
            f"{y} has to be [on|active|1] whenever {said} is {where}{both}{anyway}. It is off (0) "
            f"otherwise",
            f"set {y} if {either}{said} is {where}{both}, and clear it otherwise",
            f"{measure}; when it is {where}{both}, {y} is on (1), otherwise off{anyway}",
        ),
        points=tuple(points), ports={y: "1 = on"},
    )  # fmt: skip


FAMILIES: Final = (
    Family("rules in English", "rules", _rules, weight=1.5),
    Family("limit and switches", "rules", _limits),
)
