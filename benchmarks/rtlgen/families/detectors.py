"""Detectors of bit patterns in a serial input, and what they set off."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from ..case import Case, Family, Says, Stimuli
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Outputs, Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told
from .charts import INPUTS, RESULTS

TOPS: Final = ("seq_detector", "pattern_detect", "detector", "seqdet", "recognizer", "bit_matcher")
VALIDS: Final = ("valid", "en", "strobe", "bit_valid", "enable", "take", "sample")
ENABLES: Final = ("shift_en", "shift", "active", "run", "go", "window", "load_en", "busy")


def pattern(rng: Random) -> str:
    """Return a pattern of 3 to 6 bits."""
    length = rng.choice((3, 4, 4, 5, 6))
    return f"{rng.randrange(1 << length):0{length}b}"


def bits_with(x: str, patterns: tuple[str, ...], count: int = 260, valid: str = "") -> Stimuli:
    """Return stimuli in which the patterns, their beginnings and chance bits follow each other."""

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        made = 0
        while made < count:
            bits = rng.choice(patterns) if rng.random() < 0.6 else f"{rng.randrange(8):03b}"
            bits = bits[: rng.randint(1, len(bits))] if rng.random() < 0.3 else bits
            for bit in bits:
                made += 1
                while valid and rng.random() < 0.3:
                    yield {x: rng.randrange(2), valid: 0}
                yield {x: int(bit), **({valid: 1} if valid else {})}

    return stimuli


def _filler(bits: str, size: int) -> str:
    """Return contents of a history that no beginning of the pattern can be mistaken for."""
    return f"{size}'b{('1' if bits[0] == '0' else '0') * size}"


def _shifted(name: str, size: int, x: str) -> str:
    return f"{{{name}[{size - 2}:0], {x}}}" if size > 1 else x


def _matched(bits: str, overlap: bool, mealy: bool, x: str, valid: str = "") -> str:
    """Return the statements that keep the history of the input."""
    size = len(bits) - mealy
    guard = f"if ({valid}) " if valid else ""
    if overlap:
        return f"{guard}past <= {_shifted('past', size, x)};"
    whole = f"{len(bits)}'b{bits}"
    if mealy:
        return (f"{guard}past <= ({{past, {x}}} == {whole}) ? {_filler(bits, size)} : "
                f"{_shifted('past', size, x)};")  # fmt: skip
    empty = _filler(bits, size - 1)
    return f"{guard}past <= {{(past == {whole}) ? {empty} : past[{size - 2}:0], {x}}};"


def _fallback(bits: str, overlap: bool) -> list[tuple[int, int]]:
    """Return, by the number of bits matched, how many are after a 0 and after a 1."""
    rows: list[tuple[int, int]] = []
    for done in range(len(bits) + 1):
        kept = "" if done == len(bits) and not overlap else bits[:done]
        row = [next(n for n in range(min(len(bits), len(kept) + 1), -1, -1)
                    if (kept + bit).endswith(bits[:n])) for bit in "01"]  # fmt: skip
        rows.append((row[0], row[1]))
    return rows


def _newest_first(
    face: Interface, bits: str, overlap: bool, mealy: bool, valid: str = ""
) -> str:  # fmt: skip
    """Return the detector with a history that shifts down, of bits that differ from the filler."""
    x, z, size = face.inputs[0].name, face.outputs[0].name, len(bits)
    fill = 1 - int(bits[0])
    held = size - mealy
    same = [f"{'' if int(bit) != fill else '~'}all[{at}]" for at, bit in enumerate(bits)]
    lines = [
        face.header(), f"  reg [{held - 1}:0] old;", f"  wire fresh = {x} ^ 1'b{fill};",
        f"  wire [{size - 1}:0] all = {'{fresh, old}' if mealy else 'old'};",
        f"  wire found = {' & '.join(same)};",
    ]  # fmt: skip
    past = f"old[{held - 1}:1]"
    after = f"{{fresh, {past}}}"
    if not overlap:
        after = (f"found ? 0 : {after}" if mealy
                 else f"{{fresh, found ? {held - 1}'d0 : {past}}}")  # fmt: skip
    lines.append(clocked(face, "old <= 0;", f"if ({valid or 1}) old <= {after};"))
    also = f" & {valid}" if valid and mealy else ""
    return "\n".join([*lines, f"  assign {z} = found{also};", "endmodule\n"])


def _watch(bits: str, overlap: bool, x: str, z: str, mealy: bool, valid: str = "") -> Registers:
    """Return the detector as a search in all bits since the last reset (or match)."""

    def hit(seen: str) -> bool:
        return seen.endswith(bits)

    def successor(seen: str, inputs: Values) -> str:
        if valid and not inputs[valid]:
            return seen
        if hit(seen) and not overlap:
            seen = ""
        return (seen + str(inputs[x]))[-len(bits) :]

    def shown(seen: str, inputs: Values) -> Outputs:
        if mealy:
            new = successor(seen, inputs)
            return {z: int(hit(new) and (not valid or inputs[valid] == 1))}
        return {z: int(hit(seen))}

    return Registers("", successor, shown)


def _when(bits: str, x: str, z: str, mealy: bool) -> tuple[str, ...]:
    if mealy:
        return (
            f"{z} is a Mealy output: 1 in the cycle in which the last bit of the pattern is on {x}",
            f"{z} [depends|must depend] on {x} directly and is high together with the last bit",
            f"{z} = 1 during the cycle of the [final|last] bit already (Mealy), else 0",
        )
    return (
        f"{z} is a Moore output: 1 in the cycle after the last bit of the pattern was "
        "[taken|sampled]",
        f"{z} comes from [registers|the state] only and is high for the cycle after the last bit",
        f"{z} = 1 in the cycle that follows the last bit (Moore), else 0",
    )


def _overlaps(overlap: bool) -> tuple[str, ...]:
    if overlap:
        return ("Occurrences may overlap", "Overlapping [matches|occurrences] count[|, too]",
                "The end of one occurrence may be the beginning of the next")  # fmt: skip
    return ("Occurrences must not overlap: after a match the search starts from nothing",
            "Non-overlapping: bits of a match are not used again",
            "After each detection it starts over, without reusing bits")  # fmt: skip


def _detector(rng: Random, *, with_valid: bool = False) -> Case:
    bits, overlap, mealy = pattern(rng), rng.random() < 0.6, rng.random() < 0.5
    x, z = rng.choice(INPUTS), rng.choice(RESULTS)
    valid = rng.choice(VALIDS) if with_valid else ""
    reset = draw_reset(rng)
    inputs = (Port(x), *([Port(valid)] if valid else []))
    face = Interface(draw_top(TOPS, rng), inputs, (Port(z),), draw_clock(rng), reset)
    assert reset is not None
    size = len(bits) - mealy
    body = clocked(face, f"past <= {_filler(bits, size)};",
                   _matched(bits, overlap, mealy, x, valid))  # fmt: skip
    seen = f"{{past, {x}}}" if mealy else "past"
    also = f"{valid} && " if valid and mealy else ""
    whole = f"{also}({seen} == {len(bits)}'b{bits})"
    reference = (f"{face.header()}\n  reg [{size - 1}:0] past;\n{body}\n"
                 f"  assign {z} = {whole};\nendmodule\n")  # fmt: skip
    points: tuple[tuple[str, ...], ...] = (
        (f"[Detect|Recognise] the [bit pattern|sequence] {bits} on [the serial input |]{x}, first "
         "bit leftmost",
         f"{z} [reports|shows] the sequence {bits} (leftmost bit first) on {x}, one bit per cycle",
         f"[A|This] sequence detector watches {x} for {bits}, oldest bit on the left"),
        _when(bits, x, z, mealy), _overlaps(overlap),
        ("[After|On] reset nothing has been seen yet", "Reset forgets all bits seen before",
         "Reset starts the search anew[|; bits before it do not count]"),
    )  # fmt: skip
    if valid:
        points = (*points[:1], _valid_words(valid, x, z, mealy), *points[1:])
    return Case(
        key=f"{bits} {overlap} {mealy} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points), reference=reference,
        second=_newest_first(face, bits, overlap, mealy, valid),
        machine=lambda: _watch(bits, overlap, x, z, mealy, valid),
        stimuli=bits_with(x, (bits,), valid=valid),
    )  # fmt: skip


def _valid_words(valid: str, x: str, z: str, mealy: bool) -> tuple[str, ...]:
    idle = f"{z} is 0 then" if mealy else f"{z} is held then"
    return (f"{x} is looked at only in cycles with {valid} = 1; the others are skipped and {idle}",
            f"a bit counts only while {valid} is high; in other cycles nothing moves and {idle}",
            f"{valid} = 0: {x} is ignored, {idle}")  # fmt: skip


def _plain(rng: Random) -> Case:
    return _detector(rng)


def _qualified(rng: Random) -> Case:
    return _detector(rng, with_valid=True)


def _window(rng: Random) -> Case:
    """Return a detector that raises an enable for some cycles after the pattern."""
    bits, length = pattern(rng), rng.randint(2, 12)
    x, en = rng.choice(INPUTS), rng.choice(ENABLES)
    reset = draw_reset(rng)
    face = Interface(draw_top(("shift_enable", "window_gen", *TOPS), rng), (Port(x),), (Port(en),),
                     draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    size, wide = len(bits) - 1, length.bit_length()
    empty, zero = _filler(bits, size), f"{wide}'d0"
    body = clocked(face, f"past <= {empty};\nleft <= {zero};", "\n".join([
        f"if (left != {zero}) left <= left - {wide}'d1;",
        f"else if ({{past, {x}}} == {len(bits)}'b{bits})", "begin", f"  past <= {empty};",
        f"  left <= {wide}'d{length};", "end", f"else past <= {_shifted('past', size, x)};",
    ]))  # fmt: skip
    text = (f"{face.header()}\n  reg [{size - 1}:0] past;\n  reg [{wide - 1}:0] left;\n{body}\n"
            f"  assign {en} = (left != {zero});\nendmodule\n")  # fmt: skip

    def successor(state: Any, inputs: Values) -> Any:
        seen, left = state
        if left:
            return "", left - 1
        seen = (seen + str(inputs[x]))[-len(bits) :]
        return ("", length) if seen == bits else (seen, 0)

    points = _window_words(bits, x, en, length)
    return Case(
        key=f"{bits} {length} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points), reference=text,
        second=_window_second(face, bits, length),
        machine=lambda: Registers(("", 0), successor, lambda state, _: {en: int(state[1] > 0)}),
        stimuli=bits_with(x, (bits,), 300),
    )  # fmt: skip


def _window_words(bits: str, x: str, en: str, length: int) -> tuple[tuple[str, ...], ...]:
    points = (
        (f"[When|Once] the sequence {bits} (leftmost bit first) has arrived on {x}, {en} is high "
         "for "
         f"exactly {length} cycles, beginning with the cycle after its last bit",
         f"{en} goes high in the cycle after the last bit of {bits} on {x} (left bit first) and "
         "stays "
         f"high for {length} cycles",
         f"{bits} on {x}, oldest bit left, starts a window of {length} cycles with {en} = 1 in the "
         "next cycle"),
        (f"while {en} is high, {x} is ignored; then the search starts from nothing",
         f"{x} does not count during these cycles, and the search begins anew after them",
         f"during the window {x} is not looked at; after it a whole new pattern is needed"),
        (f"[Reset|On reset] {en} is 0 and nothing has been seen",
         f"reset clears {en} and forgets all bits", f"after reset: {en} low, no bit seen"),
    )  # fmt: skip
    return points


def _window_second(face: Interface, bits: str, length: int) -> str:
    x, en, size = face.inputs[0].name, face.outputs[0].name, len(bits)
    rows = _fallback(bits, overlap=True)
    lines = [
        face.header(),
        "  reg [4:0] at;",
        "  reg [4:0] then;",
        "  always @(*)",
        "    case (at)",
    ]
    lines += [f"      {n}: then = {x} ? {one} : {zero};" for n, (zero, one) in
              enumerate(rows[:-1])]  # fmt: skip
    last = size + length - 1
    lines += [f"      {last}: then = 0;", "      default: then = at + 1;", "    endcase"]
    lines.append(clocked(face, "at <= 0;", "at <= then;"))
    return "\n".join([*lines, f"  assign {en} = at >= {size};", "endmodule\n"])


FAMILIES: Final = (
    Family("sequence detector", "detectors", _plain, weight=2),
    Family("sequence detector with valid", "detectors", _qualified, held_out=True),
    Family("window after a pattern", "detectors", _window),
)
