"""Clocked modules with one mistake in them, to be mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface
from . import (
    accumulators,
    count_codes,
    counters,
    edges,
    flipflops,
    pipelines,
    pulses,
    registers,
    rings,
    rotators,
    shiftregs,
    timers,
)  # fmt: skip

Mistake = Callable[[str, Interface], str]
SPOTS: Final = (
    "[The module below|This module] [has a bug|is wrong]; [correct|fix|mend] it. [What it should"
    " do|It should do this]: ",
    "Find [and correct|and fix|] the mistake in the module below. It is meant to do the following:"
    " ",
    "The code below does not do what it should[|; repair it]. Wanted: ",
    "[Somebody|A colleague] made one mistake in this module. Give the correct [code|module] for"
    " this [wish|requirement]: ",
)  # fmt: skip
AS_POINT: Final = (
    "the module below has [one|a] mistake that has to be corrected",
    "correct the bug in the code below, which should do what is said here",
    "give the corrected module: the code below does not meet the other points",
)


def _other_edge(text: str, face: Interface) -> str:
    assert face.clock is not None
    other = "negedge" if face.clock.edge == "posedge" else "posedge"
    return text.replace(f"{face.clock.edge} {face.clock.name}", f"{other} {face.clock.name}")


def _other_level(text: str, face: Interface) -> str:
    if face.reset is None:
        return text
    wrong = face.reset.name if face.reset.active_low else f"!{face.reset.name}"
    return text.replace(f"if ({face.reset.condition})", f"if ({wrong})")


def _other_kind(text: str, face: Interface) -> str:
    """Make an asynchronous reset synchronous, or the other way round."""
    if face.reset is None or face.clock is None:
        return text
    edge = "negedge" if face.reset.active_low else "posedge"
    clock = f"{face.clock.edge} {face.clock.name}"
    if face.reset.asynchronous:
        return text.replace(f" or {edge} {face.reset.name}", "")
    return text.replace(f"@({clock})", f"@({clock} or {edge} {face.reset.name})")


def _no_reset(text: str, face: Interface) -> str:
    """Forget the reset."""
    if face.reset is None:
        return text
    edge = "negedge" if face.reset.active_low else "posedge"
    text = text.replace(f" or {edge} {face.reset.name}", "")
    start = text.find(f"    if ({face.reset.condition})\n")
    end = text.find("    else\n", start)
    return text if start < 0 or end < 0 else text[:start] + text[end + len("    else\n") :]


def _off_by_one(text: str, face: Interface) -> str:
    found = re.search(r"== (\d+)'d(\d+)\)", text)
    if found is None:
        return text
    width, value = int(found[1]), int(found[2])
    wrong = value + 1 if value + 1 < 1 << width else value - 1
    return text.replace(found[0], f"== {width}'d{wrong})")


def _other_sign(text: str, face: Interface) -> str:
    found = re.search(r" ([+-]) \d+'d\d+;", text)
    if found is None:
        return text
    wrong = found[0].replace("+", "-") if found[1] == "+" else found[0].replace("-", "+")
    return text.replace(found[0], wrong)


def _other_condition(text: str, face: Interface) -> str:
    names = "|".join(port.name for port in face.inputs if port.width == 1)
    found = re.search(rf"if \((!?)({names})\)", text) if names else None
    if found is None:
        return text
    return text.replace(found[0], f"if ({'' if found[1] else '!'}{found[2]})", 1)


def _other_start(text: str, face: Interface) -> str:
    """Reset to another value."""
    if face.reset is None:
        return text
    start = text.find(f"if ({face.reset.condition})\n")
    shown = "|".join(port.name for port in face.outputs)
    found = re.compile(rf"\b(?:{shown}) <= (\d+)'d(\d+);").search(text, max(start, 0))
    if start < 0 or found is None:
        return text
    wrong = found[0].replace(f"'d{found[2]}", f"'d{int(found[2]) ^ 1}")
    return text[: found.start()] + wrong + text[found.end() :]


def _blocking(text: str, face: Interface) -> str:
    """Assign at once what should be taken over together, where the order then matters."""
    head, between, body = text.partition(");\n")
    at = body.rfind("    else\n" if face.reset else "always ")
    chain = re.findall(r"^      (?:  )?(\w+) <= (.+);$", body[at:], re.MULTILINE)
    used = any(
        re.search(rf"\b{earlier[0]}\b", later[1])
        for n, later in enumerate(chain) for earlier in chain[:n] if earlier[0] != later[0]
    )  # fmt: skip
    if not used:
        return text
    return head + between + re.sub(r"^( +[\w]+) <= ", r"\1 = ", body, flags=re.MULTILINE)


def _lost_case(text: str, face: Interface) -> str:
    """Leave out the branch of a case statement or of a chain of conditions."""
    found = list(
        re.finditer(r"^ +(?:\d+'[bd]\d+: |else if \(.*\) )\w+ <= .*;\n", text, re.MULTILINE)
    )
    if not found:
        return text
    gone = found[-1]
    return text[: gone.start()] + text[gone.end() :]


MISTAKES: Final[dict[str, Mistake]] = {
    "edge": _other_edge, "reset level": _other_level, "reset kind": _other_kind,
    "no reset": _no_reset, "off by one": _off_by_one, "sign": _other_sign,
    "condition": _other_condition, "start": _other_start, "blocking": _blocking,
    "branch": _lost_case,
}  # fmt: skip
SOURCES: Final[tuple[Family, ...]] = tuple(
    family
    for group in (
        accumulators,
        pipelines,
        registers,
        flipflops,
        counters,
        count_codes,
        rings,
        rotators,
        shiftregs,
        edges,
        pulses,
        timers,
    )
    for family in group.FAMILIES
    if not family.held_out and family.name not in ("d latch", "flip-flop from a waveform")
)
TIMING: Final = ("edge", "reset level", "reset kind", "no reset")


def _spoilt(rng: Random, among: tuple[str, ...]) -> Case:
    """Return a case of another family that shows its reference with one mistake."""
    while True:
        family = rng.choice(SOURCES)
        case = family.draw(rng)
        case, face = replace(case, origin=f"{family.name} {case.key}"), case.interface
        kinds = list(among)
        rng.shuffle(kinds)
        for kind in kinds:
            wrong = MISTAKES[kind](case.reference, face)
            if wrong != case.reference and len(case.reference.splitlines()) <= 32:
                return _asked(case, kind, wrong)


def _asked(case: Case, kind: str, wrong: str) -> Case:
    says, also = case.says, _made_sure(case.interface, kind)
    briefs = tuple(spot + brief.rstrip(".") + also for brief in says.brief for spot in SPOTS)
    points = (AS_POINT, *says.points, *(((also.strip(". "),),) if also else ()))
    asked = Says(brief=briefs, points=points if says.points else (), ports=says.ports)
    return replace(case, key=f"{kind} {case.key}", says=asked, skeleton=wrong)


def _made_sure(face: Interface, kind: str) -> str:
    """Return in words what may go without saying elsewhere, but not where it is the mistake."""
    if kind == "edge" and face.clock is not None:
        word = "rising" if face.clock.edge == "posedge" else "falling"
        return f". [The|Its] [clock edge|active edge] is the {word} one"
    if kind == "reset level" and face.reset is not None:
        word = "low" if face.reset.active_low else "high"
        return f". {face.reset.name} resets [while|when] it is {word}"
    return ""


def _timing(rng: Random) -> Case:
    return _spoilt(rng, TIMING)


def _value(rng: Random) -> Case:
    return _spoilt(rng, ("off by one", "sign", "condition", "start", "branch"))


def _assigned(rng: Random) -> Case:
    return _spoilt(rng, ("blocking",))


FAMILIES: Final = (
    Family("bug in clock or reset", "repairs", _timing),
    Family("bug in what a register takes", "repairs", _value),
    Family("blocking assignments", "repairs", _assigned, weight=0.4),
)
