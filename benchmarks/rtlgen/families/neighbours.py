"""Parity bits, and vectors that compare every bit with its neighbours."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import VECTORS, assigns, draw_outputs, module
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top

PARITIES: Final = ("parity", "parity", "p", "par", "parity_bit", "pbit", "y", "par_out")
ERRORS: Final = ("error", "err", "bad", "parity_error", "fault", "mismatch", "perr", "fail")
SIGNS: Final = {"and": "&", "or": "|", "xor": "^", "xnor": "^"}
TOGETHER: Final = {
    "and": "{} are both 1", "or": "at least one of {} is 1", "xor": "{} differ",
    "xnor": "{} are equal",
}  # fmt: skip


def _parity(rng: Random) -> Case:
    """The bit that makes the number of ones even or odd, alone or with the data."""
    width, odd = rng.randint(3, 64), rng.random() < 0.5
    a, p = rng.choice(VECTORS), rng.choice(PARITIES)
    form = rng.choice(("bit", "bit", "slice", "front", "back"))
    high, low = width - 1, 0
    if form == "slice":
        low = rng.randint(0, width - 2)
        high = rng.randint(low + 1, width - 1 if low else width - 2)
    part = f"{a}[{high}:{low}]" if form == "slice" else a
    size = width + 1 if form in ("front", "back") else 1
    y = p if size == 1 else rng.choice(("out", "y", "coded", "code", "tx", "data_out", "sent"))
    face = Interface(
        draw_top(("make_parity", "parity_gen", "add_parity", "parity_tree", "parity_logic"), rng),
        (Port(a, width),), (Port(y, size),),
    )  # fmt: skip
    bit = f"~^{part}" if odd else f"^{part}"
    value = {"front": f"{{{bit}, {a}}}", "back": f"{{{a}, {bit}}}"}.get(form, bit)

    def shown(values: Values) -> dict[str, int]:
        ones = f"{values[a]:0{width}b}"[::-1][low : high + 1].count("1")
        made = (ones + odd) % 2
        return {
            y: {"front": values[a] + (made << width), "back": 2 * values[a] + made}.get(form, made)
        }

    return Case(
        key=f"parity {width} {odd} {form} {high} {low}", interface=face,
        says=_parity_says(part, a, y, odd, form),
        reference=module(face, assigns({y: value})),
        second=module(face, _parity_loop(a, high, low, odd), f"assign {y} = "
        f"{value.replace(bit, 'found')};"),
        machine=lambda: Function(shown),
    )  # fmt: skip


def _parity_loop(a: str, high: int, low: int, odd: bool) -> str:
    return (
        f"reg found;\ninteger nr;\nalways @(*) begin\n  found = 1'b{int(odd)};\n"
        f"  for (nr = {low}; nr <= {high}; nr = nr + 1)\n    if ({a}[nr]) found = !found;\nend"
    )


def _parity_says(part: str, a: str, y: str, odd: bool, form: str) -> Says:
    kind, other = ("odd", "even") if odd else ("even", "odd")
    bit = f"the {kind} parity bit of {part}"
    rule = f"together with it the number of [ones|1 bits] is {kind}"
    if form in ("front", "back"):
        place = "[in front of|above] the data, as the most significant bit"
        if form == "back":
            place = "[behind|below] the data, as bit 0"
        return Says(
            brief=(
                f"{y} is {a} with an {kind} parity bit {place}; {rule}",
                f"[add|attach] an {kind} parity bit to {a}: it stands {place} of {y}, so that {y} "
                f"has an {kind} number of ones",
                f"{y} always has an {kind} number of ones: the parity bit {place}, the rest {a}",
                f"protect {a} by {kind} parity; {y} carries the parity bit {place}, and {a}",
            ),
            points=((f"an {kind} parity bit of {a} is formed: {rule}", f"the parity is {kind}: "
            f"{rule}"),
                    (f"{y} has it {place}", f"in {y} it stands {place}"),
                    (f"the other bits of {y} are {a}",)),
        )  # fmt: skip
    return Says(
        brief=(
            f"{y} is {bit}", f"{y} is 1 when {part} has an {other} number of ones",
            f"[compute|generate] {bit} on {y}: {rule}",
            f"{y} makes the number of ones in {part} and {y} together {kind}",
            f"{kind} parity [generator|generation] for {part}: {y} is 0 when {part} already has "
            f"an {kind} number of ones",
        ),
        points=((f"{y} is {bit}", f"the parity of {part} is {kind}, and {y} is the parity bit"),
                (f"it is 1 when {part} has an {other} number of ones", rule)),
    )  # fmt: skip


def _check(rng: Random) -> Case:
    """Whether data and its parity bit, or several words, arrive with the right parity."""
    width, odd = rng.randint(3, 64), rng.random() < 0.5
    a, y = rng.choice(VECTORS), rng.choice(ERRORS)
    p = rng.choice(("parity", "p", "par", "parity_in", "pbit", "rx_parity"))
    good = rng.random() < 0.35
    if good:
        y = rng.choice(("ok", "good", "valid", "pass", "parity_ok", "right"))
    face = Interface(
        draw_top(("parity_check", "check_parity", "parity_checker", "rx_check"), rng),
        (Port(a, width), Port(p)), (Port(y),),
    )  # fmt: skip
    value = f"{'~' if odd != good else ''}^{{{a}, {p}}}"
    kind = "odd" if odd else "even"
    meaning = f"{a} and {p} together [have|contain] an {kind} number of ones"
    when = f"1 exactly when {meaning}" if good else f"0 when {meaning}, and 1 otherwise"
    says = Says(
        brief=(
            f"{p} is the {kind} parity bit [that came|received] with {a}. {y} is {when}",
            f"check {kind} parity: {y} is {when}",
            f"{kind} parity checker: without an error {meaning}; {y} is 1 [only then|in that "
            f"case]" if good
            else f"{kind} parity checker: without an error {meaning}; {y} is 1 in all other cases",
            f"count the ones of {a} and {p}. The sum has to be {kind}; {y} says whether it "
            + ("is" if good else "is not"),
        ),
        points=((f"correct data has {kind} parity: {meaning}", f"when all is well, {meaning}"),
                (f"{y} is {1 if good else 0} for correct data and {0 if good else 1} otherwise",)),
    )  # fmt: skip
    return Case(
        key=f"parity check {width} {odd} {good}", interface=face, says=says,
        reference=module(face, assigns({y: value})),
        second=module(face, assigns({y: f"(^{a} {'==' if odd != good else '!='} {p})"})),
        machine=lambda: Function(
            lambda v: {y: int(((v[a].bit_count() + v[p]) % 2 == odd) == good)}),
    )  # fmt: skip


Plan = tuple[str, str, str]


def _neighbours(rng: Random) -> Case:
    """Each output bit from a bit and its left or right neighbour, with several edges."""
    width, a = rng.choice((rng.randint(3, 16), rng.randint(3, 100))), rng.choice(VECTORS)
    names = draw_outputs(rng, rng.choice((1, 1, 2, 3)), (a,))
    edges = ("wrap", "zero", "one", "short")
    plans: dict[str, Plan] = {
        n: (rng.choice(list(SIGNS)), rng.choice(("left", "right")), rng.choice(edges))
        for n in names
    }
    face = Interface(
        draw_top(("neighbours", "adjacent", "edges", "pair_logic", "bit_pairs"), rng),
        (Port(a, width),),
        tuple(Port(n, width - (edge == "short")) for n, (_, _, edge) in plans.items()),
    )
    codes = {n: _neighbour_code(a, width, *plan) for n, plan in plans.items()}
    said = [_neighbour_says(n, a, width, plan) for n, plan in plans.items()]
    brief = tuple("; ".join(options[at] for options in said) for at in range(4))
    loops = "\n".join(_neighbour_loop(n, a, width, *plan) for n, plan in plans.items())
    return Case(
        key=f"neighbours {width} {list(plans.values())}", interface=face,
        says=Says(brief=brief, points=tuple(said)), reference=module(face, assigns(codes)),
        second=module(face, f"integer nr;\nalways @(*) begin\n{loops}\nend", registers=names),
        machine=lambda: Function(
            lambda v: {n: _compared(v[a], width, plan) for n, plan in plans.items()}),
    )  # fmt: skip


def _compared(value: int, width: int, plan: Plan) -> int:
    kind, side, edge = plan
    found = list[bool]()
    for at in range(width):
        near = at + 1 if side == "left" else at - 1
        inside = 0 <= near < width
        if not inside and edge == "short":
            continue
        level = value >> near % width & 1 if inside or edge == "wrap" else int(edge == "one")
        both = {value >> at & 1, level}
        meanings = {"and": both == {1}, "or": 1 in both, "xor": len(both) == 2}
        found.append(meanings.get(kind, len(both) == 1))
    return sum(bit << at for at, bit in enumerate(found))


def _neighbour_code(a: str, width: int, kind: str, side: str, edge: str) -> str:
    upper, lower = f"{a}[{width - 1}:1]", f"{a}[{width - 2}:0]"
    if edge == "short":
        inner = f"{upper} {SIGNS[kind]} {lower}"
    else:
        far = f"{a}[0]" if side == "left" else f"{a}[{width - 1}]"
        fill = {"zero": "1'b0", "one": "1'b1"}.get(edge, far)
        moved = f"{{{fill}, {upper}}}" if side == "left" else f"{{{lower}, {fill}}}"
        inner = f"{a} {SIGNS[kind]} {moved}"
    return f"~({inner})" if kind == "xnor" else inner


def _neighbour_loop(name: str, a: str, width: int, kind: str, side: str, edge: str) -> str:
    step = 1 if side == "left" else width - 1
    near = f"{a}[(nr + {step}) % {width}]"
    if edge in ("zero", "one"):
        outside = f"nr == {width - 1 if side == 'left' else 0}"
        near = f"({outside} ? 1'b{int(edge == 'one')} : {near})"
    short = edge == "short"
    first = int(short and side == "right")
    last = width - 1 if short and side == "left" else width
    sign = {"xor": "!=", "xnor": "=="}.get(kind, SIGNS[kind])
    return (
        f"  for (nr = {first}; nr < {last}; nr = nr + 1)\n"
        f"    {name}[nr - {first}] = {a}[nr] {sign} {near};"
    )


def _neighbour_says(name: str, a: str, width: int, plan: Plan) -> tuple[str, ...]:
    (kind, side, edge), top = plan, width - 1
    gate = kind.upper()
    if edge == "short":
        pair = f"{a}[i] and {a}[i + 1]"
        together = TOGETHER[kind].format(pair)
        return (
            f"{name}[i] is the {gate} of {pair}, for i from 0 to {top - 1}",
            f"each bit of {name} looks at two neighbouring bits of {a}: {name}[i] is 1 when "
            f"{together}",
            f"{name}[i] is 1 when {together}; there are {top} such pairs",
            f"{name} has the {gate} of every pair of adjacent bits of {a}, {name}[0] that of "
            f"{a}[0] and {a}[1]",
        )  # fmt: skip
    where = "[right|less significant|next lower]"
    near, own, far = "i - 1", f"{a}[0]", f"{a}[{top}]"
    if side == "left":
        where = "[left|more significant|next higher]"
        near, own, far = "i + 1", f"{a}[{top}]", f"{a}[0]"
    end = f"the missing neighbour of {own} counts as {int(edge == 'one')}"
    if edge == "wrap":
        end = (
            f"{own} has {far} as its neighbour[, the vector being a ring|: the vector wraps "
            f"around|]"
        )
    both = f"{a}[i] and {a}[{near}]"
    together = TOGETHER[kind].format(both)
    return (
        f"{name}[i] is the {gate} of {both}; {end}",
        f"{name}[i] compares {a}[i] with its {where} neighbour and is 1 when {together}; {end}",
        f"each bit of {name} is the {gate} of the same bit of {a} and its {where} neighbour "
        f"({a}[{near}] for {a}[i]); {end}",
        f"for every i, {name}[i] is 1 when {together}; {end}",
    )  # fmt: skip


FAMILIES: Final = (
    Family("parity bit", "bit logic", _parity),
    Family("parity fault", "bit logic", _check, held_out=True),
    Family("neighbours", "bit logic", _neighbours),
)
