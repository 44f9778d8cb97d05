"""Parts of state machines: next-state and output logic only, in binary and one-hot codes."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Function, Outputs, Values
from ..names import draw_top
from ..words import told
from .charts import INPUTS, RESULTS, Chart, choice, draw_chart, listed

TOPS: Final = ("next_logic", "fsm_comb", "transition_logic", "fsm_logic", "state_logic", "nsl")
NOW: Final = ("state", "y", "s", "present", "cur_state", "state_in", "ps", "current")
AFTER: Final = ("next_state", "ny", "ns", "following", "nxt_state", "state_out", "nxt", "after")


def _codes(chart: Chart) -> list[str]:
    return [f"{name} = {at:0{chart.width}b}" for at, name in enumerate(chart.states)]


def _table(chart: Chart, x: str, z: str) -> str:
    heads = ["State", f"Next state {x}=0", f"Next state {x}=1", *([z] if z else [])]
    lines = [" | ".join(heads)]
    for at, name in enumerate(chart.states):
        shown = [str(chart.outputs[at][0])] if z else []
        cells = [name, chart.named(at, 0), chart.named(at, 1), *shown]
        lines.append(" | ".join(c.ljust(len(h)) for c, h in zip(cells, heads, strict=True)))
    return "\n".join(line.rstrip() for line in lines)


def _coded_table(chart: Chart, names: tuple[str, str, str, str]) -> str:
    now, after, x, z = names
    heads = [now, f"{after} {x}=0", f"{after} {x}=1", z]
    lines = [" | ".join(heads)]
    for at in range(len(chart.states)):
        codes = [at, *chart.following[at]]
        cells = [*(f"{code:0{chart.width}b}" for code in codes), str(chart.outputs[at][0])]
        lines.append(" | ".join(c.ljust(len(h)) for c, h in zip(cells, heads, strict=True)))
    return "\n".join(line.rstrip() for line in lines)


def _arrows(chart: Chart, x: str) -> str:
    return "\n".join(
        f"{state} --{x}={v}--> {chart.named(at, v)}"
        for at, state in enumerate(chart.states)
        for v in (0, 1)
    )


def _next_logic(rng: Random) -> Case:
    """Return the combinational part of a Moore machine with binary state codes."""
    chart = draw_chart(rng, rng.choice((3, 4, 4, 4, 5, 6)))
    now, after = rng.choice(NOW), rng.choice(AFTER)
    x, z = rng.choice(INPUTS[:6]), rng.choice(RESULTS)
    now, width = now if now != x else "state", chart.width
    face = Interface(draw_top(TOPS, rng), (Port(now, width), Port(x)),
                     (Port(after, width), Port(z)))  # fmt: skip

    def function(inputs: Values) -> Outputs:
        if inputs[now] >= len(chart.states):
            return {after: 0, z: 0}
        return {after: chart.following[inputs[now]][inputs[x]], z: chart.outputs[inputs[now]][0]}

    tables = (_coded_table(chart, (now, after, x, z)),)
    if rng.random() < 0.6:
        tables = ("\n".join([f"State codes: {', '.join(_codes(chart))}", _table(chart, x, z)]),)
    return Case(
        key=f"{chart.key} {now in tables[0].splitlines()[0]}", interface=face,
        says=_next_says(chart, face, (now, after, x, z), tables),
        reference=_next_text(chart, face, (now, after, x, z)),
        second=_next_second(chart, face, (now, after, x, z)), machine=lambda: Function(function),
    )  # fmt: skip


def _next_text(chart: Chart, face: Interface, names: tuple[str, str, str, str]) -> str:
    now, after, x, z = names
    size, rows = f"{chart.width}'d", list[str]()
    for at, following in enumerate(chart.following):
        codes = [f"{size}{to}" for to in following]
        rows.append(f"      {size}{at}: {after} = {choice(x, codes)};")
    shown = " || ".join(f"({now} == {size}{at})" for at in chart.marked)
    rows.append(f"      default: {after} = {size}0;")
    return "\n".join([
        face.header({after}), "  always @(*)", f"    case ({now})", *rows, "    endcase",
        f"  assign {z} = {shown};", "endmodule\n",
    ])  # fmt: skip


def _next_second(chart: Chart, face: Interface, names: tuple[str, str, str, str]) -> str:
    now, after, x, z = names
    count, wide = len(chart.states), chart.width
    total = 2 * count * wide
    packed = shown = 0
    for at, row in enumerate(chart.following):
        for value, to in enumerate(row):
            packed |= to << ((2 * at + value) * wide)
        shown |= chart.outputs[at][0] << at
    return "\n".join([
        face.header(), f"  wire [{total - 1}:0] all = {total}'h{packed:x};",
        f"  wire [{count - 1}:0] lit = {count}'h{shown:x};",
        f"  assign {after} = ({now} < {count}) ? all[(2 * {now} + {x}) * {wide} +: {wide}] : 0;",
        f"  assign {z} = ({now} < {count}) & lit[{now}];", "endmodule\n",
    ])  # fmt: skip


def _next_says(
    chart: Chart, face: Interface, names: tuple[str, str, str, str], tables: tuple[str, ...]
) -> Says:
    now, after, x, z = names
    points = (
        ("[Implement|Write] [only |]the next-state logic and the output logic of [the|a] Moore "
         "machine [below|in the table]; the state register is not [part of it|included]",
         "the module is the combinational part of a state machine, without its [state "
         "register|flip-flops]",
         "no clock: this is next-state and output logic [alone|only]"),
        (f"{now} is the present state[ code|], {after} the next state and {z} the output",
         f"from the state {now} and the input {x} it finds the next state {after}; {z} depends on "
         f"{now} alone",
         f"{now} and {x} come in, {after} and {z} go out"),
        (f"for codes of no state, {after} is 0 and {z} is 0",
         f"in unused codes {after} and {z} are 0", f"unused states: {after} = 0, {z} = 0")
        if len(chart.states) < 1 << chart.width else ("All codes are in use",),
    )  # fmt: skip
    return Says(told(face.names, *points), points, tables, needs_table=True)


def _hot_terms(chart: Chart, to: int, now: str, x: str) -> str:
    terms: list[str] = []
    for at, row in enumerate(chart.following):
        if row[0] == row[1] == to:
            terms.append(f"{now}[{at}]")
        elif row[0] == to:
            terms.append(f"({now}[{at}] & ~{x})")
        elif row[1] == to:
            terms.append(f"({now}[{at}] & {x})")
    return " | ".join(terms) or "1'b0"


def _hot_logic(rng: Random) -> Case:
    """Return next-state and output equations of a one-hot machine, valid for any state vector."""
    chart = draw_chart(rng, rng.choice((3, 4, 4, 5, 5, 6)))
    now, after = rng.choice(NOW), rng.choice(AFTER)
    x, z = rng.choice(INPUTS[:6]), rng.choice(RESULTS)
    now = now if now != x else "state"
    count = len(chart.states)
    face = Interface(draw_top(("one_hot", "onehot_logic", *TOPS), rng),
                     (Port(now, count), Port(x)), (Port(after, count), Port(z)))  # fmt: skip
    lines = [f"  assign {after}[{to}] = {_hot_terms(chart, to, now, x)};" for to in range(count)]
    shown = " | ".join(f"{now}[{at}]" for at in chart.marked)
    lines += [f"  assign {z} = {shown};", "endmodule\n"]

    def function(inputs: Values) -> Outputs:
        active = [at for at in range(count) if inputs[now] >> at & 1]
        found = 0
        for at in active:
            found |= 1 << chart.following[at][inputs[x]]
        return {after: found, z: int(any(chart.outputs[at][0] for at in active))}

    drawn, says_codes = rng.random() < 0.5, [f"{s} = {now}[{i}]" for i, s in
                                             enumerate(chart.states)]  # fmt: skip
    table = (
        _table(chart, x, z)
        if drawn
        else f"{_arrows(chart, x)}\n{z} = 1 in " + listed([chart.states[at] for at in chart.marked])
    )
    return Case(
        key=f"{chart.key} {drawn}", interface=face, reference="\n".join([face.header(), *lines]),
        says=_hot_says(face, (now, after, x, z), ", ".join(says_codes), table),
        second=_hot_second(chart, face, (now, after, x, z)), machine=lambda: Function(function),
        cycles=400,
    )  # fmt: skip


def _hot_second(chart: Chart, face: Interface, names: tuple[str, str, str, str]) -> str:
    now, after, x, z = names
    count = len(chart.states)
    mask = sum(row[0] << at for at, row in enumerate(chart.outputs))
    rows = [f"    if ({now}[{at}]) next[{x} ? {row[1]} : {row[0]}] = 1;"
            for at, row in enumerate(chart.following)]  # fmt: skip
    return "\n".join([
        face.header(), f"  reg [{count - 1}:0] next;", "  always @(*) begin", "    next = 0;",
        *rows, "  end", f"  assign {after} = next;", f"  assign {z} = |({now} & {count}'d{mask});",
        "endmodule\n",
    ])  # fmt: skip


def _hot_says(face: Interface, names: tuple[str, str, str, str], codes: str, table: str) -> Says:
    now, after, _, z = names
    points = (
        ("[Derive|Write] the next-state and output equations of a one-hot [state machine|FSM] by "
         "inspection; [there is no state register|the flip-flops are elsewhere]",
         "the module holds the combinational logic of a state machine with one-hot encoding",
         "one-hot next-state logic and output logic, without registers"),
        (f"the present state is {now}, a bit per state: {codes}",
         f"state bits: {codes}", f"one bit of {now} stands for each state: {codes}"),
        (f"{after} is the next state in the same order, {z} the output",
         f"{after} has the same bit order; {z} is the Moore output",
         f"give {after} (same order of bits) and {z}"),
        (f"each bit is an OR over the arrows into its state, also when {now} is not one-hot",
         f"the equations must [hold|be used] for any {now}, even one with several bits set or "
         "none: "
         f"a bit of {after} is the OR of the transitions into that state",
         f"if {now} has several ones (or none), every set bit takes its own transition"),
    )  # fmt: skip
    return Says(told(face.names, *points), points, (table,), needs_table=True)


def _one_bit(rng: Random) -> Case:
    """Return one bit of the next state as a function of the coded state and the input."""
    chart = draw_chart(rng, rng.choice((3, 4, 5, 6)))
    now, x = "y", rng.choice(("x", "w", "in", "d"))
    bit, out = rng.randrange(chart.width), rng.choice(("Y", "z", "next_bit", "f"))
    rows = [(at, v) for at in range(len(chart.states)) for v in (0, 1)]
    ones = [(at, v) for at, v in rows if chart.following[at][v] >> bit & 1]
    if not ones or len(ones) == len(rows):
        return _one_bit(rng)
    face = Interface(draw_top(TOPS, rng), (Port(now, chart.width), Port(x)), (Port(out),))
    known = set(rows)

    def function(inputs: Values) -> Outputs:
        at = (inputs[now], inputs[x])
        return {out: int(at in ones) if at in known else 0}

    width, size = chart.width + 1, len(chart.states)
    whole = " || ".join(f"({{{now}, {x}}} == {width}'d{2 * at + v})" for at, v in ones)
    mask = sum(1 << (2 * at + v) for at, v in ones)
    bits = f"[{2 * size - 1}:0]"
    second = (f"{face.header()}\n  wire {bits} lit = {2 * size}'d{mask};\n  assign {out} = "
              f"({now} < {size}) ? lit[2 * {now} + {x}] : 1'b0;\nendmodule\n")  # fmt: skip
    points = (
        (f"{out} is bit {bit} of the next state of the machine [below|in the table]",
         f"[find|give] one bit of the next state, bit {bit}, on {out}",
         f"only next-state bit number {bit} is wanted, as {out}"),
        (f"{now} is the coded state, with the codes {', '.join(_codes(chart))}",
         f"[the state is|state] {now}: {', '.join(_codes(chart))}"),
        (f"for unused codes {out} is 0", f"{out} is 0 in codes of no state"),
    )  # fmt: skip
    return Case(
        key=f"{chart.key} {bit}", interface=face, second=second,
        reference=f"{face.header()}\n  assign {out} = {whole};\nendmodule\n",
        says=Says(told(face.names, *points), points, (_table(chart, x, ""),), needs_table=True),
        machine=lambda: Function(function),
    )  # fmt: skip


FAMILIES: Final = (
    Family("next-state logic", "state logic", _next_logic, weight=1.2),
    Family("one-hot equations", "state logic", _hot_logic, weight=1.2),
    Family("one next-state bit", "state logic", _one_bit, held_out=True),
)
