"""A specification in one of many styles: how the ports are listed, how the wish is said.

Styles follow what people write for modules: a one-liner above a port list, bullets, a datasheet, a
header to be completed. Clock and reset are said for every module in the same words of this file.
"""

from __future__ import annotations

from random import Random
from typing import Final

from .case import Case, Split
from .interface import Interface, Port
from .words import bits, pick, sentence, settle

ASKS: Final = (
    "[Write|Implement|Design|Build|Create] a [Verilog |SystemVerilog |]module named {top} with "
    "[the following|this] interface. All ports are one bit [wide |]unless [stated|noted] "
    "otherwise.",
    "[Write|Implement] the module {top}. Its ports ([one bit|single bits] unless a width is "
    "given):",
    "[Module|Module name]: {top}\n[Ports|Interface|Signals]:",
    "[I need|We need|Please write] a module called {top} "
    "[with these ports|that has the ports below].",
    "The module {top} is to be written in Verilog. It has these ports, of one bit where no width "
    "is said:",
)  # fmt: skip
COMPLETES: Final = (
    "[Complete|Finish|Fill in] [the|this] module[ below|]:",
    "[Here is the header|The header is given]; [write the rest|add the body].",
    "Write the body of this module:",
)
BEHAVES: Final = (
    "[The module should|It should|It must|The module must] [do|implement] [this|the following]:",
    "[Behaviour|Function|Requirements|Specification]:",
    "What it does:",
)
LOOKS: Final = (
    "[See this|It is described by this|The behaviour is given by this]:",
    "[Here it is written out|Written out]:",
    "The following shows it:",
)


def specification(case: Case, rng: Random, split: Split) -> str:
    """Return a specification of the case; equal generators give equal texts."""
    says, parts = case.says, [_ports(case, rng, split)]
    wish = _points(case, rng, split) if says.points and rng.random() < 0.4 else None
    if wish is None:
        wish = sentence(pick(says.brief, rng, split), case.interface.names)
        timing = _timing(case.interface, rng, split)
        order = [wish, timing] if rng.random() < 0.75 else [timing, wish]
        wish = " ".join(part for part in order if part)
    parts.append(wish)
    if says.tables and (says.needs_table or rng.random() < 0.3):
        parts.append(pick(LOOKS, rng, split) + "\n\n" + rng.choice(says.tables).rstrip())
    if case.skeleton:
        parts.append(case.skeleton.rstrip())
    return "\n\n".join(parts) + "\n"


def _ports(case: Case, rng: Random, split: Split) -> str:
    face, style = case.interface, rng.random()
    if style < 0.2 and not case.skeleton:
        return f"{pick(COMPLETES, rng, split)}\n\n{face.header()}"
    asks = pick([ask.replace("{top}", face.top) for ask in ASKS], rng, split)
    lines = [*_listed("input", face.all_inputs, case, rng), *_listed("output", face.outputs, case,
             rng)]  # fmt: skip
    mark = rng.choice((" - ", "- ", "  ", "* "))
    return asks + "\n\n" + "\n".join(mark + line for line in lines)


def _listed(direction: str, ports: tuple[Port, ...], case: Case, rng: Random) -> list[str]:
    known = case.says.ports or {}
    explained, form = rng.random() < 0.25, rng.randrange(4)
    lines: list[str] = []
    for port in ports:
        width = "" if port.width == 1 else f" ({bits(port.width)})"
        line = f"{direction} {port.name}{width}"
        if form == 1:
            line = f"{direction} {port.range}{port.name}"
        elif form == 2:
            line = f"{port.name}: {direction}" + (f", {bits(port.width)}" if width else "")
        elif form == 3 and width:
            line = f"{direction} {port.name} ({port.width}-bit)"
        if explained and port.name in known:
            line += f": {known[port.name]}"
        lines.append(line)
    return lines


def _points(case: Case, rng: Random, split: Split) -> str:
    face = case.interface
    points = [sentence(pick(point, rng, split), face.names) for point in case.says.points]
    points += [x for x in (_clock(face, rng, split), _reset(face, rng, split)) if x]
    mark = rng.choice(("- ", " - ", "* ", ""))
    numbered = rng.random() < 0.2
    lines = [f"{n}. {x}" if numbered else mark + x for n, x in enumerate(points, 1)]
    return pick(BEHAVES, rng, split) + "\n" + "\n".join(lines)


def _timing(face: Interface, rng: Random, split: Split) -> str:
    found = (_clock(face, rng, split), _reset(face, rng, split))
    return " ".join(part for part in found if part)


def _clock(face: Interface, rng: Random, split: Split) -> str:
    """Return a sentence on the clock's active edge; the rising one often goes without saying."""
    if face.clock is None:
        return ""
    edge = "[rising|positive]" if face.clock.edge == "posedge" else "[falling|negative]"
    if face.clock.edge == "posedge" and rng.random() < 0.35:
        return ""
    name = face.clock.name
    said = (
        "[All|The] [registers|flip-flops|sequential elements] [are triggered by|use|change on] "
        f"the {edge} edge of {name}",
        f"[Everything|All sequential logic] is clocked on the {edge} edge of {name}",
        f"[The state changes|Registers change][| only] [on|at] {name}'s {edge} edge",
        f"Use the {edge} edge of the clock {name}",
    )  # fmt: skip
    return sentence(pick(said, rng, split), face.names)


def _reset(face: Interface, rng: Random, split: Split) -> str:
    """Return a sentence on when the reset acts; to what it resets the family's words say."""
    if face.reset is None:
        return ""
    kind = "asynchronous" if face.reset.asynchronous else "synchronous"
    level = "active-low" if face.reset.active_low else "active-high"
    said_level = level if face.reset.active_low or rng.random() < 0.6 else ""
    name = face.reset.name
    adverb = f"{kind}ly"
    when = f"{name} is {'low' if face.reset.active_low else 'high'}"
    said = (
        f"{name} is [a|an] {said_level} {kind} reset".replace("[a|an]  ", "[a|an] "),
        f"[The reset|Reset] {name} is {kind}" + (f" and {said_level}" if said_level else ""),
        f"It is reset {adverb} [when|while] {when}",
        f"There is [a|an] {kind} {said_level} reset, {name}".replace("  ", " "),
    )
    text = settle(pick(said, rng, split), rng)
    return sentence(_articled(text), face.names)


def _articled(text: str) -> str:
    """Return the text with a before consonants and an before vowels, where a choice left either."""
    words = text.split(" ")
    for at, word in enumerate(words[:-1]):
        if word in ("a", "an"):
            words[at] = "an" if words[at + 1][:1].lower() in "aeiou" else "a"
    return " ".join(words)
