"""What changes on a signal: edge detectors, captures and synchronisers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port
from ..machine import Outputs, Registers, Values
from ..verilog import clocked
from .clocking import apart, faced, module, sized, timing
from .synchronisers import synchroniser_reference, synchroniser_says, synchroniser_second

SIGNALS: Final = ("in", "a", "x", "sig", "level", "line", "button", "req", "d", "sensor", "irq")
PULSES: Final = ("pulse", "edge_det", "pedge", "change", "event_out", "hit", "y", "z", "detected")
KEPT: Final = ("out", "captured", "seen", "pending", "flags", "latched", "q")
KINDS: Final = ("rising", "falling", "any")
ARROWS: Final = {"rising": "0 to 1", "falling": "1 to 0", "any": "0 to 1 or from 1 to 0"}
FORMS: Final = {"rising": "{now} & ~{last}", "falling": "~{now} & {last}", "any": "{now} ^ {last}"}


def _found(kind: str, now: int, last: int, width: int) -> int:
    both = (1 << width) - 1
    return {"rising": now & (both - last), "falling": last & (both - now), "any": now ^ last}[kind]


def runs(name: str, width: int, most: int, cycles: int = 160) -> Stimuli:
    """Return stimuli whose bits stay for a while and at times flicker."""

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        left, value = [0] * width, rng.randrange(1 << width)
        for _ in range(cycles):
            for n in range(width):
                if left[n] == 0:
                    value ^= 1 << n
                    left[n] = rng.choice((1, rng.randint(1, most), rng.randint(1, 2 * most)))
                left[n] -= 1
            yield {name: value}

    return stimuli


def _detector(rng: Random) -> Case:
    width, kind = rng.choice((1, 1, 1, 2, 4, 5, 8, 8, 10, 12, 16, 32)), rng.choice(KINDS)
    d, q, late = rng.choice(SIGNALS), rng.choice(PULSES), rng.random() < 0.6
    face = faced(rng, ("edge_detector", f"{kind}_edge", "change_finder"), (Port(d, width),),
                 (Port(q, width),), none=0.5)  # fmt: skip

    def successor(state: tuple[int, int | None] | None, i: Values) -> tuple[int, int | None]:
        return i[d], None if state is None else _found(kind, i[d], state[0], width)

    def shown(state: tuple[int, int | None], i: Values) -> Outputs:
        return {q: state[1] if late else _found(kind, i[d], state[0], width)}

    return Case(
        key=f"{width} {kind} {late} {timing(face)}", interface=face,
        says=_detector_says(face, kind, late), reference=_detector_reference(face, kind, late),
        second=_detector_second(face, kind, late), stimuli=runs(d, width, 3, 120), cycles=120,
        machine=lambda: Registers((0, 0), successor, shown, forgets=True),
    )  # fmt: skip


def _detector_says(face: Interface, kind: str, late: bool) -> Says:
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    each = d if width == 1 else f"each bit of {d}"
    edge = "[change|edge]" if kind == "any" else f"{kind} edge"
    its = q if width == 1 else f"the same bit of {q}"
    out, source = (q, d) if width == 1 else (f"each bit of {q}", f"the same bit of {d}")
    zero = ". Reset clears all registers, so the previous sample counts as 0" if face.reset else ""
    when = ("in the cycle after the clock edge that samples the new value (a registered output)"
            if late else "as soon as the new value is there and until the next clock edge"
            " (combinational from the input and the previous sample)")  # fmt: skip
    return Says(
        brief=(
            f"find where {each} changed from {ARROWS[kind]} between two clock edges; {its}"
            f" [shows|signals] it with a 1 {when}, and is 0 otherwise{zero}",
            f"detect [a|one|every] {edge} of {each}: compared with the sample of the previous clock"
            f" edge it went from {ARROWS[kind]}. Then {its} is 1 {when}, otherwise 0{zero}",
            (f"{out} is a register that becomes 1 at a clock edge at which {source} has gone from"
             f" {ARROWS[kind]} since the previous clock edge, else 0{zero}" if late else
             f"a register keeps {d} from the last clock edge; {out} is 1, without further register,"
             f" while {source} has gone from {ARROWS[kind]} against it, else 0{zero}"),
            f"{out} gives a pulse of one cycle for [every|each] {edge} ({ARROWS[kind]}) of"
            f" {source}, {when}{zero}",
        ),
    )  # fmt: skip


def _detector_reference(face: Interface, kind: str, late: bool) -> str:
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    new = FORMS[kind].format(now=d, last="last")
    blank = sized(0, width)
    if late:
        body = clocked(face, f"last <= {blank};\n{q} <= {blank};", f"last <= {d};\n{q} <= {new};")
    else:
        body = clocked(face, f"last <= {blank};", f"last <= {d};") + f"\n  assign {q} = {new};"
    reg = f"  reg {face.inputs[0].range}last;\n"
    return module(face, reg + body, *((q,) if late else ()))


def _detector_second(face: Interface, kind: str, late: bool) -> str:
    """Return the previous sample, and with `late` the result above it, in one register."""
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    past = f"now[{width - 1}:0]" if late else "now"
    if kind == "any":
        word = f"({d} & ~{past}) | (~{d} & {past})"
    else:
        word = f"~(~({FORMS[kind].format(now=d, last=past)}))"
    if not late:
        return apart(face, width, "0", f"after = {d};", f"assign {q} = {word};")
    shows = f"assign {q} = now[{2 * width - 1}:{width}];"
    return apart(face, 2 * width, "0", f"after = {{{word}, {d}}};", shows)


class _Capture:
    """A capture that goes on sampling its input in reset, or counts it as 0 then."""

    def __init__(self, names: tuple[str, str, str | None], kind: str, width: int, *, samples: bool):
        self.d, self.q, self.ack = names
        self.kind, self.width, self.samples = kind, width, samples
        self.last, self.kept, self.fresh = 0, None, False

    def reset(self) -> None:
        """Forget what was captured."""
        self.kept, self.last, self.fresh = 0, 0, self.samples

    def clock(self, inputs: Values) -> None:
        """Add what changed since the last clock edge."""
        if self.kept is not None:
            gone = inputs[self.ack] if self.ack else 0
            self.kept = self.kept & ~gone | _found(self.kind, inputs[self.d], self.last, self.width)
        self.last = inputs[self.d]

    def outputs(self, inputs: Values) -> Outputs:
        """Show what was captured; right after a clock edge in reset the sample is taken as well."""
        if self.fresh:
            self.last, self.fresh = inputs[self.d], False
        return {} if self.kept is None else {self.q: self.kept}


def _capture(rng: Random) -> Case:
    width, kind = rng.choice((1, 2, 4, 6, 8, 8, 12, 16, 24, 32)), rng.choice(KINDS)
    d, q = rng.choice(SIGNALS), rng.choice(KEPT)
    ack = rng.choice(("ack", "clear_mask", "drop", "w1c", "done")) if rng.random() < 0.4 else None
    inputs = (Port(d, width), *((Port(ack, width),) if ack else ()))
    face = faced(rng, ("edge_capture", "event_flags", "sticky_edges"), inputs, (Port(q, width),))
    assert face.reset is not None
    samples = not face.reset.asynchronous and rng.random() < 0.6

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for given in runs(d, width, 6, 160)(rng):
            cleared = {ack: rng.getrandbits(width) & rng.getrandbits(width)} if ack else {}
            yield {**given, **cleared}

    return Case(
        key=f"{width} {kind} {bool(ack)} {samples} {timing(face)}", interface=face,
        says=_capture_says(face, kind, samples), reference=_capture_reference(face, kind, samples),
        second=_capture_second(face, kind, samples), stimuli=stimuli,
        machine=lambda: _Capture((d, q, ack), kind, width, samples=samples),
    )  # fmt: skip


def _capture_names(face: Interface) -> tuple[str, str, str | None]:
    """Return the names of the input, the output and, where there is one, the clearing input."""
    d, *more = (port.name for port in face.inputs)
    return d, face.outputs[0].name, more[0] if more else None


def _capture_says(face: Interface, kind: str, samples: bool) -> Says:
    (d, q, ack), width = _capture_names(face), face.inputs[0].width
    each, its = (d, q) if width == 1 else (f"a bit of {d}", f"the same bit of {q}")
    rst = (f"the previous value of {d} is sampled in reset as well" if samples else
           f"the previous value of {d} counts as 0 after reset")  # fmt: skip
    until = "until reset" + (f" or until a clock edge with a 1 in {ack} [at this bit|for it]"
                             if ack and width > 1 else f" or until a clock edge with {ack} high"
                             if ack else "")  # fmt: skip
    wins = ". A new change wins over clearing in the same cycle" if ack else ""
    return Says(
        brief=(
            f"{'each bit of ' * (width > 1)}{q} tells that {'the same bit of ' * (width > 1)}{d}"
            f" has gone from {ARROWS[kind]} at least once: it is set by the clock edge that finds"
            f" such a change and kept {until}{wins}. Reset clears {q}, and {rst}",
            f"capture changes: when {each} goes from {ARROWS[kind]} between two clock edges, {its}"
            f" becomes 1 and stays 1 {until}{wins}. Reset clears {q}; {rst}",
            f"{q} remembers transitions. If {each} went from {ARROWS[kind]} since the last clock"
            f" edge, {its} is set and stays set {until}{wins}. In reset {q} is 0; {rst}",
            f"sticky {'edge' if kind == 'any' else kind + ' edge'} flags: {its} is set at the clock"
            f" edge that finds {each} changed from {ARROWS[kind]} and held {until}{wins}. {q} is 0"
            f" in reset; {rst}",
        ),
    )  # fmt: skip


def _capture_reference(face: Interface, kind: str, samples: bool) -> str:
    (d, q, ack), blank = _capture_names(face), sized(0, face.inputs[0].width)
    keeps = f"({q} & ~{ack})" if ack else q
    new = FORMS[kind].format(now=d, last="last")
    at_reset = f"last <= {d if samples else blank};\n{q} <= {blank};"
    body = clocked(face, at_reset, f"last <= {d};\n{q} <= {keeps} | ({new});")
    return module(face, f"  reg {face.inputs[0].range}last;\n{body}", q)


def _capture_second(face: Interface, kind: str, samples: bool) -> str:
    d, q, ack = _capture_names(face)
    edge = {"rising": f"{d} & (last ^ {d})", "falling": f"last & (last ^ {d})",
            "any": f"(last | {d}) & ~(last & {d})"}[kind]  # fmt: skip
    over = f"(kept & ~{ack})" if ack else "kept"
    sampling = (f"  always {face.event()}\n    last <= {d};\n" if samples else
                clocked(face, "last <= 0;", f"last <= {d};") + "\n")  # fmt: skip
    reg = face.inputs[0].range
    return module(face, f"  reg {reg}last;\n  reg {reg}kept;\n{sampling}"
                  + clocked(face, "kept <= 0;", f"kept <= {over} | ({edge});")
                  + f"\n  assign {q} = kept;")  # fmt: skip


def _on_pulse(rng: Random) -> Case:
    d, kind = rng.choice(SIGNALS), rng.choice(KINDS[:2])
    q, start = rng.choice(("lamp", "state", "q", "on", "out", "power")), int(rng.random() < 0.25)
    face = faced(rng, ("push_toggle", "lamp_switch", "toggle_on_edge"), (Port(d),), (Port(q),))
    says = Says(
        brief=(
            f"{q} toggles at each clock edge at which {d} has gone from {ARROWS[kind]} since the"
            f" clock edge before, and holds otherwise. Reset sets {q} to {start}; the stored"
            f" previous value of {d} is 0 in reset",
            f"every {kind} edge of {d}, as seen by comparing it with its value at the previous"
            f" clock edge, inverts {q}. In reset {q} is {start} and the previous value is taken as"
            " 0",
            f"a push button switch: {d} going from {ARROWS[kind]} (sampled by the clock) flips {q}"
            f" once, however long it stays. Reset: {q} = {start}, previous sample = 0",
        ),
    )  # fmt: skip
    test = f"{d} && !last" if kind == "rising" else f"!{d} && last"
    body = clocked(
        face, f"last <= 1'b0;\n{q} <= 1'b{start};", f"last <= {d};\nif ({test}) {q} <= ~{q};"
    )
    logic = (
        f"after[0] = {d};\nif (now[0] != {d} && {d} == {int(kind == 'rising')}) after[1] = !now[1];"
    )

    def successor(state: tuple[int, int], i: Values) -> tuple[int, int]:
        return i[d], state[1] ^ _found(kind, i[d], state[0], 1)

    return Case(
        key=f"{kind} {start} {timing(face)}", interface=face, says=says, stimuli=runs(d, 1, 3, 120),
        reference=module(face, f"  reg last;\n{body}", q),
        second=apart(face, 2, f"2'd{2 * start}", logic, f"assign {q} = now[1];"),
        machine=lambda: Registers((0, start), successor, lambda s, _: {q: s[1]}),
    )  # fmt: skip


def _synchroniser(rng: Random) -> Case:
    width, stages = rng.choice((1, 1, 1, 2, 4, 8)), rng.choice((2, 2, 3))
    d, q, start = rng.choice(SIGNALS), rng.choice(("synced", "q", "out", "sync_out", "d_sync")), 0
    face = faced(rng, ("synchronizer", "sync2", "cdc_sync"), (Port(d, width),), (Port(q, width),),
                 none=0.5)  # fmt: skip
    if face.reset and rng.random() < 0.25:
        start = (1 << width) - 1

    def machine() -> Registers:
        return Registers((start,) * stages, lambda s, i: (*s[1:], i[d]), lambda s, _: {q: s[0]},
                         power_on=(None,) * stages)  # fmt: skip

    return Case(
        key=f"{width} {stages} {start} {timing(face)}", interface=face,
        says=synchroniser_says(face, stages, start),
        reference=synchroniser_reference(face, stages, start),
        second=synchroniser_second(face, stages, start), machine=machine, cycles=80,
    )  # fmt: skip


FAMILIES: Final = (
    Family("edge detector", "edges", _detector),
    Family("edge capture", "edges", _capture, weight=0.8),
    Family("toggle on an edge", "edges", _on_pulse, held_out=True, weight=0.5),
    Family("synchroniser", "edges", _synchroniser, weight=0.6),
)
